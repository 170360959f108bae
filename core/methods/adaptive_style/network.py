"""The network of an artist: an encoder to a sixteenth of the size, residual blocks, and four doublings.

Our small one goes to a quarter of the size and back by two doublings: a few channels keep no picture at a
sixteenth. Its last layer sees the picture too, whose colours the norms forget.

Sanakoyeu et al., "A Style-Aware Content Loss for Real-time HD Style Transfer", ECCV 2018. Pictures are in
[-1, 1] inside. The encoder mirrors the picture once by ``EDGE`` pixels and pads nowhere else. The authors'
norms count that mirrored edge in their moments; ours, of a picture that is processed in tiles, are of the
picture's own cells.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.beside import SCALE as QUARTER
from ...nn.beside import Begin, Beside, End
from ...nn.fix import Stage
from ...nn.instance import InstanceNorm
from ...nn.pad import Conv, reflect
from ...nn.signed import Signed, Unsigned

SCALE = 16
"""Pixels a cell of the published code."""
BLOCKS = 9


class Sizes(NamedTuple):
    """The sizes of a network; our small one by default."""

    down: tuple[int, ...] = (12, 24, 48)
    """Channels of each convolution of the encoder, of which all but the first halve the size."""
    blocks: int = 2
    up: tuple[int, ...] = (24, 12)
    """Channels after each doubling."""
    sees: bool = True
    """Whether the last layer sees the picture beside its features; the code is at a quarter then."""


COMPACT = Sizes()
PUBLISHED = Sizes((32, 32, 64, 128, 256), BLOCKS, (256, 128, 64, 32), sees=False)


def sizes_of(shapes: Mapping[str, tuple[int, ...]]) -> Sizes:
    """Return the sizes of a network by the shapes of its tensors."""
    blocks = sum(name.startswith("block") and name.endswith(".conv1.weight") for name in shapes)
    down, up = (
        tuple(shapes[name][0] for name in map(layer.format, range(1, 10)) if name in shapes)
        for layer in ("encoder.conv{}.weight", "up{}.conv.weight")
    )
    return Sizes(down, blocks, up, sees=shapes["last.conv.weight"][1] > up[-1])


def insets(halvings: int) -> list[tuple[int, int]]:
    """Return the cells of each convolution's output, before and after, that lie on the mirrored edge."""
    before = edge_of(halvings) - 1
    found, both = [(before, before)], 2 * before
    for _ in range(halvings):
        before, both = before // 2, (both - 1) // 2
        found.append((before, both - before))
    return found


def edge_of(halvings: int) -> int:
    """Return the mirrored pixels around the picture, which the encoder's convolutions take off again."""
    return 2**halvings - 1


class InsetNorm(InstanceNorm):
    """An instance norm of features that reach ``inset`` cells, before and after, beyond the picture."""

    def __init__(self, channels: int, inset: tuple[int, int]) -> None:
        super().__init__(channels)
        self.inset = inset


class Encoder(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1], sides multiples of its scale, to its code (B, C, H / 16, W / 16)."""

    def __init__(self, down: tuple[int, ...]) -> None:
        super().__init__()
        self.norm0, self.edge = InstanceNorm(3), edge_of(len(down) - 1)
        self.count, before = len(down), 3
        for number, (after, inset) in enumerate(zip(down, insets(len(down) - 1), strict=True), 1):
            layer = nn.Conv2d(before, after, 3, 1 if number == 1 else 2, bias=False)
            self.add_module(f"conv{number}", layer)
            self.add_module(f"norm{number}", InsetNorm(after, inset))
            before = after

    def forward(self, x: Tensor) -> Tensor:
        """Return the code."""
        x = reflect(self.norm0(x), self.edge)
        for number in range(1, self.count + 1):
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


def coarsen(x: Tensor) -> Tensor:
    """Return (B, 3, H, W) as one remembers it: means of a code's cells, and what lies between them."""
    return F.interpolate(F.avg_pool2d(x, QUARTER), scale_factor=float(QUARTER), mode="bilinear")


class Last(nn.Module):
    """Features, and the picture where it is seen, to a picture in [-1, 1]."""

    def __init__(self, channels: int, *, sees: bool = False) -> None:
        super().__init__()
        self.sees = sees
        self.conv = PlainConv(channels + 3 * sees, 3, 7)

    def forward(self, features: Tensor, x: Tensor | None = None) -> Tensor:
        """Return (B, 3, H, W)."""
        if self.sees and x is not None:
            features = torch.cat([features, coarsen(x).to(features.dtype)], 1)
        return 2 * torch.sigmoid(self.conv(features)) - 1


class Decoder(nn.Module):
    """The doublings and the last layer, which sees the picture."""

    def __init__(self, ups: Sequence[nn.Module], last: nn.Module) -> None:
        super().__init__()
        self.ups, self.last = nn.Sequential(*ups), last

    def forward(self, features: Tensor, x: Tensor) -> Tensor:
        """Return the picture in [-1, 1] of features (B, C, h, w) and the picture that they are of."""
        return self.last(self.ups(features), x)


class Generator(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1], sides multiples of 16, painted."""

    def __init__(self, sizes: Sizes = COMPACT) -> None:
        super().__init__()
        self.sizes, width = sizes, sizes.down[-1]
        self.encoder = Encoder(sizes.down)
        for number in range(1, sizes.blocks + 1):
            self.add_module(f"block{number}", Block(width))
        for number, (before, after) in enumerate(pairwise((width, *sizes.up)), 1):
            self.add_module(f"up{number}", Doubling(before, after))
        self.last = Last(sizes.up[-1], sees=sizes.sees)

    def parts(self, name: str, count: int) -> list[nn.Module]:
        """Return the parts of a name, in order."""
        return [self.get_submodule(f"{name}{n}") for n in range(1, count + 1)]

    def decode(self, code: Tensor, x: Tensor | None = None) -> Tensor:
        """Return the picture of a code and, if the last layer sees it, of the picture that it is of."""
        blocks, ups = self.parts("block", self.sizes.blocks), self.parts("up", len(self.sizes.up))
        for part in (*blocks, *ups):
            code = part(code)
        return self.last(code, x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture."""
        return self.decode(self.encoder(x), x)

    def stages(self) -> list[Stage]:
        """Return the parts from a picture in [0, 1] to one, each with the context that it needs."""
        blocks, ups = self.parts("block", self.sizes.blocks), self.parts("up", len(self.sizes.up))
        if self.sizes.sees:
            return self._seeing(blocks, Decoder(ups, self.last))
        end = nn.Sequential(self.last, Unsigned())
        return [
            Stage(nn.Sequential(Signed(), self.encoder), 2 * SCALE),
            *(Stage(block, 2 * SCALE, SCALE) for block in blocks),
            *(Stage(up, SCALE >> n, SCALE >> n) for n, up in enumerate(ups)),
            Stage(end, 3),
        ]

    def _seeing(self, blocks: list[nn.Module], decoder: nn.Module) -> list[Stage]:
        width = self.sizes.down[-1]
        return [
            Stage(nn.Sequential(Signed(), Begin(self.encoder)), 2 * QUARTER),
            *(Stage(Beside(block, width), 2 * QUARTER, QUARTER) for block in blocks),
            Stage(nn.Sequential(End(decoder, width), Unsigned()), 2 * QUARTER, QUARTER),
        ]
