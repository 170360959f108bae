"""FlowNetS and FlowNetC: the motion from one frame to another, coarse to fine.

Dosovitskiy et al., "FlowNet: Learning Optical Flow with Convolutional Networks", ICCV 2015. S sees both
frames as one picture of six channels; C encodes each alone down to an eighth of the size and compares the
two by correlation. Departures: channels and reach are free, so that a small network is the same class; batch
norms of published files are folded into the convolutions before them (``checkpoints.flow``). Features may be
centred and scaled to length 1 before they are compared: without that, strong features match everything, and
a small network does not learn in many thousand steps what it then learns at once.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .correlation import correlation

MEAN = (0.411, 0.432, 0.45)
"""What is taken from red, green and blue in [0, 1]."""
UNIT = 20.0
"""Pixels of the frames that the network's own unit stands for."""
MULTIPLE = 64
"""Sides of frames that every level halves evenly."""
LEVELS = (2, 3, 4, 5, 6)
"""Of the flows: level k has cells of 2^k pixels."""
LEAK = 0.1
"""Slope of all ReLUs below zero."""
KERNELS = {"conv1": 7, "conv2": 5, "conv3": 5}
"""Sides of kernels; 3 for all others."""


class Sizes(NamedTuple):
    """The sizes of such a network; the paper's by default."""

    widths: tuple[int, ...] = (64, 128, 256, 512, 512, 1024)
    """Channels of conv1 … conv6."""
    rising: tuple[int, ...] = (64, 128, 256, 512)
    """Channels of deconv2 … deconv5."""
    redirected: int = 0
    """Channels of the first frame that bypass the correlation (FlowNetC's 32); 0 makes a FlowNetS."""
    reach: int = 10
    """Steps of the correlation to each side."""
    step: int = 2
    """Cells per step, of eight pixels each."""
    cosine: bool = False
    """Whether features are compared by their angle, after the frame's mean is subtracted."""

    @property
    def correlated(self) -> bool:
        """Whether this is a FlowNetC."""
        return self.redirected > 0


COMPACT_S = Sizes((16, 24, 36, 48, 64, 72), (16, 24, 36, 40))
"""A small FlowNetS."""
COMPACT = Sizes((16, 24, 40, 64, 72, 96), (24, 32, 48, 48), 16, 4, 1, cosine=True)
"""Ours, a small FlowNetC; it compares places up to 32 pixels apart."""
CONTRAST = 3.0
"""What cosines are multiplied by: about 1 over their deviation."""


class FlowNet(nn.Module):
    """Two frames (B, 3, H, W) in [0, 1] to the flow from the first to the second.

    A pixel p of the first frame is found at ``p + flow(p)`` of the second.
    """

    def __init__(self, sizes: Sizes = Sizes()) -> None:  # noqa: B008  # a constant
        super().__init__()
        self.sizes = sizes
        one, two, three, four, five, six = sizes.widths
        cells = (2 * sizes.reach + 1) ** 2
        if sizes.correlated:
            self.conv_redir = nn.Conv2d(three, sizes.redirected, 1)
            self.register_buffer("comparison", comparison(sizes))
        self.conv1 = _conv("conv1", 3 if sizes.correlated else 6, one, 2)
        self.conv2, self.conv3 = _conv("conv2", one, two, 2), _conv("conv3", two, three, 2)
        seen = sizes.redirected + cells if sizes.correlated else three
        self.conv3_1 = _conv("conv3_1", seen, three, 1)
        for k, (below, width) in enumerate(((three, four), (four, five), (five, six)), 4):
            self.add_module(f"conv{k}", _conv(f"conv{k}", below, width, 2))
            self.add_module(f"conv{k}_1", _conv(f"conv{k}_1", width, width, 1))
        deep = six
        for k in (5, 4, 3, 2):
            self.add_module(f"predict{k + 1}", nn.Conv2d(deep, 2, 3, padding=1, bias=False))
            self.add_module(f"up{k + 1}", _double(2, 2))
            self.add_module(f"deconv{k}", _double(deep, sizes.rising[k - 2]))
            deep = sizes.widths[k - 1] + sizes.rising[k - 2] + 2
        self.predict2 = nn.Conv2d(deep, 2, 3, padding=1, bias=False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the flow in pixels, (B, 2, H, W), of frames of any size."""
        height, width = first.shape[-2:]
        edge = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
        first, second = (F.pad(frame, edge, mode="replicate") for frame in (first, second))
        return in_pixels(self.levels(first, second)[0], first.shape[-2:])[..., :height, :width]

    def levels(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """Return the flows of the levels 2 to 6, finest first, in units of 20 pixels.

        They are (B, 2, H / 2^k, W / 2^k); sizes round up at every level.
        """
        mean = first.new_tensor(MEAN)[:, None, None]
        features = self._encoded(first - mean, second - mean)
        x, flows = features[6], [self._predict(6, features[6])]
        for k in (5, 4, 3, 2):
            skip = features[k]
            rising, flow = (
                self.get_submodule(f"deconv{k}")(x),
                self.get_submodule(f"up{k + 1}")(flows[0]),
            )
            above = torch.cat([_leak(rising), flow], 1)[..., : skip.shape[-2], : skip.shape[-1]]
            x = torch.cat([skip, above], 1)
            flows.insert(0, self._predict(k, x))
        return flows

    def _predict(self, level: int, x: Tensor) -> Tensor:
        return self.get_submodule(f"predict{level}")(x)

    def _encoded(self, first: Tensor, second: Tensor) -> dict[int, Tensor]:
        """Return the features that the levels 2 to 6 refine; level 2's are those of the first frame."""
        quarter, x = self._met(first, second)
        features = {2: quarter, 3: _leak(self.conv3_1(x))}
        for k in (4, 5, 6):
            x = _leak(self.get_submodule(f"conv{k}")(features[k - 1]))
            features[k] = _leak(self.get_submodule(f"conv{k}_1")(x))
        return features

    def _met(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return features at a quarter of the size, and features of both frames together at an eighth."""
        if not self.sizes.correlated:
            return self._narrowed(torch.cat([first, second], 1))
        (quarter, one), (_, two) = self._narrowed(first), self._narrowed(second)
        alike = correlation(self._to_compare(one), self._to_compare(two), *self.sizes[3:5])
        return quarter, torch.cat([_leak(self.conv_redir(one)), _leak(alike)], 1)

    def _to_compare(self, x: Tensor) -> Tensor:
        if not self.sizes.cosine:
            return x
        centred = x.float() - x.float().mean((2, 3), keepdim=True)
        return F.normalize(centred, eps=1e-3) * (CONTRAST * x.shape[1]) ** 0.5

    def _narrowed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        quarter = _leak(self.conv2(_leak(self.conv1(x))))
        return quarter, _leak(self.conv3(quarter))


def comparison(sizes: Sizes) -> Tensor:
    """Return the sizes of a FlowNetC that its shapes do not show, as the tensor stored beside its weights."""
    return torch.tensor([float(sizes.step), float(sizes.cosine)])


def sizes_of(state: Mapping[str, Tensor]) -> Sizes:
    """Return the sizes of a network by its tensors.

    Raises:
        KeyError: if some are missing.
    """
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    widths = tuple(shapes[f"conv{k}.weight"][0] for k in range(1, 7))
    rising = tuple(shapes[f"deconv{k}.weight"][1] for k in range(2, 6))
    redirected = shapes.get("conv_redir.weight", (0,))[0]
    if not redirected:
        return Sizes(widths, rising)
    displacements = shapes["conv3_1.weight"][1] - redirected
    step, cosine = state["comparison"].tolist()
    reach = (round(displacements**0.5) - 1) // 2
    return Sizes(widths, rising, redirected, reach, int(step), bool(cosine))


def in_pixels(flow: Tensor, size: tuple[int, int] | torch.Size) -> Tensor:
    """Return a level's flow resized to frames of (height, width), bilinear, in their pixels, float32."""
    return UNIT * F.interpolate(flow.float(), tuple(size), mode="bilinear", align_corners=False)


def _conv(name: str, channels: int, out: int, stride: int) -> nn.Conv2d:
    size = KERNELS.get(name, 3)
    return nn.Conv2d(channels, out, size, stride, size // 2)


def _double(channels: int, out: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=False)


def _leak(x: Tensor) -> Tensor:
    return F.leaky_relu(x, LEAK)
