"""The network of an artist: an encoder to a sixteenth of the size, residual blocks, and four doublings.

Sanakoyeu et al., "A Style-Aware Content Loss for Real-time HD Style Transfer", ECCV 2018. Pictures are in
[-1, 1] inside. The encoder mirrors the picture once by ``EDGE`` pixels and pads nowhere else. The authors'
norms count that mirrored edge in their moments; ours, of a picture that is processed in tiles, are of the
picture's own cells.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.fix import Stage
from ...nn.instance import InstanceNorm
from ...nn.pad import Conv, reflect
from ...nn.signed import Signed, Unsigned

SCALE = 16
"""Pixels a cell of the code."""
EDGE = 15
"""Mirrored pixels around the picture."""
BLOCKS = 9
INSETS = ((14, 14), (7, 6), (3, 3), (1, 1), (0, 0))
"""Cells of each convolution's output, before and after, that lie on the mirrored edge."""


class Sizes(NamedTuple):
    """The sizes of a network; our small one by default."""

    width: int = 12
    blocks: int = 5


COMPACT = Sizes()
PUBLISHED = Sizes(32, BLOCKS)


def sizes_of(shapes: Mapping[str, tuple[int, ...]]) -> Sizes:
    """Return the sizes of a network by the shapes of its tensors."""
    blocks = sum(name.startswith("block") and name.endswith(".conv1.weight") for name in shapes)
    return Sizes(shapes["encoder.conv1.weight"][0], blocks)


class InsetNorm(InstanceNorm):
    """An instance norm of features that reach ``inset`` cells, before and after, beyond the picture."""

    def __init__(self, channels: int, inset: tuple[int, int]) -> None:
        super().__init__(channels)
        self.inset = inset


class Encoder(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1], sides multiples of 16, to its code (B, 8 C, H / 16, W / 16)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm0 = InstanceNorm(3)
        sizes = (3, width, width, 2 * width, 4 * width, 8 * width)
        for number, inset in enumerate(INSETS, 1):
            before, after = sizes[number - 1 : number + 1]
            layer = nn.Conv2d(before, after, 3, 1 if number == 1 else 2, bias=False)
            self.add_module(f"conv{number}", layer)
            self.add_module(f"norm{number}", InsetNorm(after, inset))

    def forward(self, x: Tensor) -> Tensor:
        """Return the code."""
        x = reflect(self.norm0(x), EDGE)
        for number in range(1, len(INSETS) + 1):
            conv, norm = (self.get_submodule(f"{kind}{number}") for kind in ("conv", "norm"))
            x = F.relu(norm(conv(x)))
        return x


class PlainConv(Conv):
    """A convolution without bias, mirrored at the border."""

    def __init__(self, channels: int, out: int, size: int = 3) -> None:
        super().__init__(channels, out, size)
        self.bias = None


class Block(nn.Module):
    """A residual block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = PlainConv(channels, channels), PlainConv(channels, channels)
        self.norm1, self.norm2 = InstanceNorm(channels), InstanceNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        return x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))


class Doubling(nn.Module):
    """Features at twice the size, by repetition and a convolution."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(channels, out, 3, padding=1, bias=False), InstanceNorm(out)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, out, 2 h, 2 w)."""
        return F.relu(self.norm(self.conv(F.interpolate(x, scale_factor=2.0))))


class Last(nn.Module):
    """Features to a picture in [-1, 1]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = PlainConv(channels, 3, 7)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 3, H, W)."""
        return 2 * torch.sigmoid(self.conv(x)) - 1


class Generator(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1], sides multiples of 16, painted."""

    def __init__(self, sizes: Sizes = COMPACT) -> None:
        super().__init__()
        self.sizes, width = sizes, sizes.width
        self.encoder = Encoder(width)
        for number in range(1, sizes.blocks + 1):
            self.add_module(f"block{number}", Block(8 * width))
        widths = (8 * width, 8 * width, 4 * width, 2 * width, width)
        for number in range(1, 5):
            self.add_module(f"up{number}", Doubling(*widths[number - 1 : number + 1]))
        self.last = Last(width)

    def parts(self) -> list[nn.Module]:
        """Return what decodes, in order."""
        names = [f"block{n}" for n in range(1, self.sizes.blocks + 1)]
        return [self.get_submodule(name) for name in (*names, "up1", "up2", "up3", "up4", "last")]

    def decode(self, code: Tensor) -> Tensor:
        """Return the picture of a code."""
        for part in self.parts():
            code = part(code)
        return code

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture."""
        return self.decode(self.encoder(x))

    def stages(self) -> list[Stage]:
        """Return the parts from a picture in [0, 1] to one, each with the context that it needs."""
        blocks = [self.get_submodule(f"block{n}") for n in range(1, self.sizes.blocks + 1)]
        ups = [self.get_submodule(f"up{n}") for n in range(1, 5)]
        end = nn.Sequential(self.last, Unsigned())
        return [
            Stage(nn.Sequential(Signed(), self.encoder), 2 * SCALE),
            *(Stage(block, 2 * SCALE, SCALE) for block in blocks),
            *(Stage(up, SCALE >> n, SCALE >> n) for n, up in enumerate(ups)),
            Stage(end, 3),
        ]
