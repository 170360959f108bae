"""The two students: an encoder of four blocks, and a decoder that restores the details lost in each block.

Chiu & Gurari, "PCA-Based Knowledge Distillation Towards Lightweight and Content-Style Balanced
Photorealistic Style Transfer Models", CVPR 2022. Every block of an encoder also returns the high frequencies
of its input, and the decoder's block adds them again. ``vgg`` is a VGG-19 with few channels; ``mobilenet``
begins like MobileNet, without batch norms, and each of its blocks halves the size.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.pad import Conv

BLOCKS = {
    "vgg": (
        ("preprocess", "conv1_1"),
        ("conv1_2", "pool", "conv2_1"),
        ("conv2_2", "pool", "conv3_1"),
        ("conv3_2", "conv3_3", "conv3_4", "pool", "conv4_1"),
    ),
    "mobilenet": (
        ("conv1",),
        ("conv_dw_1", "conv_pw_1", "conv_dw_2"),
        ("conv_pw_2", "conv_dw_3", "conv_pw_3", "conv_dw_4"),
        ("conv_pw_4", "conv_dw_5", "conv_pw_5", "conv_dw_6"),
    ),
}
"""The layers of each block of an encoder, as they were published; a ReLU follows every convolution."""
WIDTHS = {"vgg": (10, 20, 58, 64), "mobilenet": (10, 19, 37, 54)}
"""Channels that each block yields."""
SCALES = {"vgg": (1, 2, 4, 8), "mobilenet": (2, 4, 8, 16)}
"""Pixels of the picture that a cell of what a block yields spans."""
EXTRA = {"vgg": (0, 0, 0, 2), "mobilenet": (0, 0, 0, 0)}
"""Convolutions that a decoder's block has beside its first and last."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The outputs of the encoder's blocks: features, and the high frequencies of their inputs."""

    features: tuple[Tensor, ...]
    skips: tuple[Tensor, ...]


class Padded(nn.Conv2d):
    """A 3x3 convolution, padded by reflection on all sides or, if it halves the size, right and below."""

    def __init__(self, channels: int, out: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__(channels, out, 3, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]  # as everywhere
        """Return (B, out, H / stride, W / stride), rounded down."""
        edge = (0, 1, 0, 1) if self.stride == (2, 2) else (1, 1, 1, 1)
        return super().forward(F.pad(x, edge, mode="reflect"))


class Rise(nn.Module):
    """One block of a decoder: doubles the size, reduces the channels, and adds the skip.

    Args:
        channels: Of its input.
        out: Of its skip and its output.
        extra: Convolutions before the skip is added.
        early: Whether the size is doubled before its first convolution (mobilenet) or after (vgg).
    """

    def __init__(self, channels: int, out: int, extra: int, *, early: bool) -> None:
        super().__init__()
        self.early = early
        self.narrow = Conv(channels, out)
        self.more = nn.ModuleList(Conv(out, out) for _ in range(extra))
        self.last = Conv(out, out)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return (B, out, 2 H, 2 W) of (B, channels, H, W)."""
        skip = fit(skip, 2 * x.shape[-2], 2 * x.shape[-1])
        x = double(F.relu(self.narrow(x))) if not self.early else F.relu(self.narrow(double(x)))
        for conv in self.more:
            x = F.relu(conv(x))
        return F.relu(self.last(x + skip))


class Finish(nn.Module):
    """The decoder's last block: features and the picture's own high frequencies to a picture."""

    def __init__(self, channels: int, *, early: bool) -> None:
        super().__init__()
        self.early = early
        self.last = Conv(channels + 3, 3)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return (B, 3, H, W), around [0, 1]."""
        x = double(x) if self.early else x
        return self.last(torch.cat([x, fit(skip, x.shape[-2], x.shape[-1])], 1))


class Student(nn.Module):
    """Encoder and decoder of one kind, ``vgg`` or ``mobilenet``; ``widths`` are the blocks' channels."""

    def __init__(self, kind: str, widths: Sequence[int] | None = None) -> None:
        super().__init__()
        self.kind, widths = kind, tuple(widths or WIDTHS[kind])
        make, early = (_vgg, False) if kind == "vgg" else (_mobilenet, True)
        inputs = (3, *widths[:3])
        self.encoder = nn.ModuleList(
            make(names, wide, out)
            for names, wide, out in zip(BLOCKS[kind], inputs, widths, strict=True)
        )
        self.decoder = nn.ModuleList(
            Rise(widths[k], widths[k - 1], EXTRA[kind][k], early=early)
            if k
            else Finish(widths[0], early=early)
            for k in range(4)
        )

    def encode(self, x: Tensor) -> Encoded:
        """Return the outputs of the four blocks for (B, 3, H, W) in [0, 1]."""
        features, skips = [], []
        for block in range(len(self.encoder)):
            skips.append(detail(x))
            x = self._encoded(block, x)
            features.append(x)
        return Encoded(tuple(features), tuple(skips))

    def skip(self, block: int, x: Tensor) -> Tensor:
        """Return only one block's skip for (B, 3, H, W); only the blocks before it are computed."""
        for number in range(block):
            x = self._encoded(number, x)
        return detail(x)

    def _encoded(self, block: int, x: Tensor) -> Tensor:
        return self.encoder[block](2 * x - 1 if self.kind == "mobilenet" and block == 0 else x)

    def decode(self, block: int, x: Tensor, skip: Tensor) -> Tensor:
        """Return the output of a block, 3 to 0, for features ``x``; block 0's is the picture, not clamped."""
        return self.decoder[block](x, skip)


def _vgg(names: Sequence[str], channels: int, out: int) -> nn.Sequential:
    layers: list[tuple[str, nn.Module]] = []
    for name in names:
        if name == "pool":
            layers.append((name, nn.MaxPool2d(2)))
        elif name == "preprocess":
            layers.append((name, Conv(channels, channels, 1)))
        else:
            wide = out if name == names[-1] else channels
            layers += [(name, Conv(channels, wide)), (f"{name}_relu", nn.ReLU())]
    return nn.Sequential(OrderedDict(layers))


def _mobilenet(names: Sequence[str], channels: int, out: int) -> nn.Sequential:
    layers: list[tuple[str, nn.Module]] = []
    for name in names:
        stride = 2 if name == names[-1] else 1
        if "pw" in name:
            layer = Conv(channels, out, 1)
            channels = out
        elif "dw" in name:
            layer = Padded(channels, channels, stride=stride, groups=channels)
        else:
            layer = Padded(channels, out, stride=stride)
        layers += [(name, layer), (f"{name}_relu", nn.ReLU())]
    return nn.Sequential(OrderedDict(layers))


def detail(x: Tensor) -> Tensor:
    """Return (B, C, H, W) minus its mean over 3x3 cells; the border is repeated."""
    return x - F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)


def double(x: Tensor) -> Tensor:
    """Return (B, C, 2 H, 2 W), bilinear between the centres of cells."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def fit(x: Tensor, height: int, width: int) -> Tensor:
    """Return (B, C, height, width): cut, or extended with zeros, equally on both sides."""
    down, right = height - x.shape[-2], width - x.shape[-1]
    if (down, right) == (0, 0):
        return x
    top, left = (int(n / 2) for n in (down, right))
    return F.pad(x, (left, right - left, top, down - top))
