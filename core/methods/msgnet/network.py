"""MSG-Net: one network for a set of styles; a style is given by the Gram matrix of its features.

Zhang & Dana, "Multi-style Generative Network for Real-time Transfer", 2017 (arXiv 1703.06953). The CoMatch
layer multiplies the content's features by W G, a learned matrix times the style's Gram matrix. All norms are
instance norms without weight or bias. The published network works on BGR, 0 … 255; here this conversion is
in its first and last weights.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.fix import Stage
from ...nn.instance import InstanceNorm
from ...nn.losses import gram
from ...nn.pad import Conv

SCALE = 4
"""Pixels a cell of the features, which is also what a picture's sides must be multiples of."""
WIDER = 4
"""A bottleneck's output over its inner channels."""


class Sizes(NamedTuple):
    """The sizes of such a network; our small one by default."""

    fine: int = 16
    """Channels after the first convolution."""
    down: tuple[int, int] = (8, 32)
    """Inner channels of the two bottlenecks that halve the size."""
    up: tuple[int, int] = (8, 4)
    """Inner channels of the two bottlenecks that double the size."""
    blocks: int = 6
    first: int = 7
    """Side of the first kernel."""
    last: int = 3

    @property
    def channels(self) -> int:
        """Channels of the features that CoMatch changes."""
        return WIDER * self.down[1]


PUBLISHED = Sizes(64, (32, 128), (32, 16), 6, 7, 7)


def sizes_of(shapes: Mapping[str, tuple[int, ...]]) -> Sizes:
    """Return the sizes of a network by the shapes of its tensors."""
    inner = {name: shapes[f"{name}.conv1.weight"][0] for name in ("encode.down1", "encode.down2")}
    outer = {name: shapes[f"{name}.conv1.weight"][0] for name in ("decode.up1", "decode.up2")}
    fine, _, _, first = shapes["encode.conv.weight"]
    blocks = sum(name.startswith("block") and name.endswith(".conv1.weight") for name in shapes)
    last = shapes["decode.conv.weight"][-1]
    return Sizes(fine, tuple(inner.values()), tuple(outer.values()), blocks, first, last)  # pyright: ignore[reportArgumentType]  # two each


class Bottleneck(nn.Module):
    """Three convolutions, each after a norm and a ReLU, with fewer channels between, and a skip.

    Args:
        channels: Channels in.
        inner: Channels of the 3x3 convolution; the output has four times as many.
        stride: 2 halves the size.
        double: Whether the size is doubled before the 3x3 convolution.
    """

    def __init__(self, channels: int, inner: int, *, stride: int = 1, double: bool = False) -> None:
        super().__init__()
        self.doubled = double
        self.norm1, self.norm2, self.norm3 = (
            InstanceNorm(width, affine=False) for width in (channels, inner, inner)
        )
        self.conv1, self.conv3 = Conv(channels, inner, 1), Conv(inner, WIDER * inner, 1)
        self.conv2 = Conv(inner, inner, stride=stride)
        changed = double or stride > 1 or channels != WIDER * inner
        self.skip = Conv(channels, WIDER * inner, 1, stride=stride) if changed else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 4 inner, h', w')."""
        y = F.relu(self.norm2(self.conv1(F.relu(self.norm1(x)))))
        y = F.relu(self.norm3(self.conv2(self._grown(y))))
        return self.conv3(y) + self._grown(self.skip(x))

    def _grown(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0) if self.doubled else x


class Encode(nn.Module):
    """A picture (B, 3, H, W) to the features (B, C, H / 4, W / 4) that CoMatch changes."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        first, second = sizes.down
        self.conv, self.norm = (
            Conv(3, sizes.fine, sizes.first),
            InstanceNorm(sizes.fine, affine=False),
        )
        self.down1 = Bottleneck(sizes.fine, first, stride=2)
        self.down2 = Bottleneck(WIDER * first, second, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features."""
        return self.down2(self.down1(F.relu(self.norm(self.conv(x)))))


class Match(nn.Module):
    """CoMatch for one style: a 1x1 convolution with the transpose of P = W G, P (C, C)."""

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.register_buffer("kernel", matrix.T[..., None, None].contiguous())

    def forward(self, x: Tensor) -> Tensor:
        """Return the matched features, (B, C, h, w)."""
        return F.conv2d(x, self.get_buffer("kernel"))


class Decode(nn.Module):
    """Features (B, C, h, w) to a picture (B, 3, 4 h, 4 w)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        first, second = sizes.up
        self.up1 = Bottleneck(sizes.channels, first, double=True)
        self.up2 = Bottleneck(WIDER * first, second, double=True)
        self.norm = InstanceNorm(WIDER * second, affine=False)
        self.conv = Conv(WIDER * second, 3, sizes.last)

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture, not clamped."""
        return self.conv(F.relu(self.norm(self.up2(self.up1(x)))))


class Network(nn.Module):
    """A picture (B, 3, H, W) in [0, 1] and a style's Gram matrix to the stylized picture, not clamped."""

    def __init__(self, sizes: Sizes = Sizes()) -> None:  # noqa: B008  # a constant
        super().__init__()
        self.sizes = sizes
        self.encode, self.decode = Encode(sizes), Decode(sizes)
        self.match = nn.Parameter(0.02 * torch.rand(sizes.channels, sizes.channels))
        for number in range(1, sizes.blocks + 1):
            self.add_module(f"block{number}", Bottleneck(sizes.channels, sizes.down[1]))

    def blocks(self) -> list[nn.Module]:
        """Return the bottlenecks between encoding and decoding."""
        return [self.get_submodule(f"block{n}") for n in range(1, self.sizes.blocks + 1)]

    def describe(self, style: Tensor) -> Tensor:
        """Return the Gram matrix of style pictures (B, 3, H, W), divided by C h w: (B, C, C)."""
        return gram(self.encode(style), divide_by="all")

    def matched(self, features: Tensor, target: Tensor) -> Tensor:
        """Return features (B, C, h, w) after the CoMatch layer, for Gram matrices (B, C, C)."""
        return ((self.match @ target).mT @ features.flatten(2)).view_as(features)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the picture; every norm takes the moments of its own input."""
        x = self.matched(self.encode(x), target)
        for block in self.blocks():
            x = block(x)
        return self.decode(x)

    def encoding(self) -> Stage:
        """Return the part up to the features, with the context that it needs around a tile."""
        return Stage(self.encode, self.sizes.first // 2 + 3)

    def stages(self, target: Tensor) -> list[Stage]:
        """Return all parts in order for one style, given by its Gram matrix (C, C)."""
        first, *others = self.blocks()
        matched = nn.Sequential(Match(self.match.detach() @ target), first)
        return [
            self.encoding(),
            *(Stage(block, SCALE, SCALE) for block in (matched, *others)),
            Stage(self.decode, self.sizes.last // 2 + 3, SCALE),
        ]
