"""The image transformation network: downsampling to a quarter of the size, residual blocks, upsampling.

Johnson, Alahi & Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016,
with instance norms (Ulyanov et al. 2016), and with doubling and a convolution for a transposed one.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .fix import Stage
from .instance import InstanceNorm, Norm
from .pad import Conv

SCALE = 4
"""Pixels a cell of the residual blocks, which is also what a picture's sides must be multiples of."""
MakeNorm = Callable[[int], Norm]
"""From a number of channels to a norm of them."""


class Sizes(NamedTuple):
    """The sizes of such a network; our small one by default."""

    widths: tuple[int, int, int] = (16, 32, 64)
    blocks: int = 4
    first: int = 9
    """Side of the first kernel."""
    last: int = 3


def sizes_of(shapes: Mapping[str, tuple[int, ...]]) -> Sizes:
    """Return the sizes of a network by the shapes of its tensors."""
    fine, _, _, first = shapes["down.conv1.weight"]
    middle, coarse = shapes["down.conv2.weight"][0], shapes["down.conv3.weight"][0]
    blocks = sum(name.startswith("block") and name.endswith(".conv1.weight") for name in shapes)
    return Sizes((fine, middle, coarse), blocks, first, shapes["up.conv3.weight"][-1])


class Down(nn.Module):
    """A picture (B, 3, H, W) to features (B, C, H / 4, W / 4)."""

    def __init__(self, sizes: Sizes, norm: MakeNorm = InstanceNorm) -> None:
        super().__init__()
        fine, middle, coarse = sizes.widths
        self.conv1 = Conv(3, fine, sizes.first)
        self.conv2, self.conv3 = Conv(fine, middle, stride=2), Conv(middle, coarse, stride=2)
        self.norm1, self.norm2, self.norm3 = (norm(width) for width in sizes.widths)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features."""
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return F.relu(self.norm3(self.conv3(x)))


class Block(nn.Module):
    """A residual block; ``rectified``: whether a ReLU follows its sum."""

    def __init__(
        self, channels: int, norm: MakeNorm = InstanceNorm, *, rectified: bool = False
    ) -> None:
        super().__init__()
        self.rectified = rectified
        self.conv1, self.conv2 = Conv(channels, channels), Conv(channels, channels)
        self.norm1, self.norm2 = (norm(channels) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        x = x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(x) if self.rectified else x


class Up(nn.Module):
    """Features (B, C, h, w) to a picture (B, 3, 4 h, 4 w).

    Args:
        sizes: Channels and kernels.
        norm: Function that makes a norm.
        bound: The picture is 0.5 + ``bound`` * tanh of the last convolution; None: the convolution itself.
    """

    def __init__(
        self, sizes: Sizes, norm: MakeNorm = InstanceNorm, *, bound: float | None = None
    ) -> None:
        super().__init__()
        self.bound = bound
        fine, middle, coarse = sizes.widths
        self.conv1, self.conv2 = Conv(coarse, middle), Conv(middle, fine)
        self.norm1, self.norm2 = norm(middle), norm(fine)
        self.conv3 = Conv(fine, 3, sizes.last)

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture, not clamped."""
        x = F.relu(self.norm1(self.conv1(F.interpolate(x, scale_factor=2.0))))
        x = F.relu(self.norm2(self.conv2(F.interpolate(x, scale_factor=2.0))))
        x = self.conv3(x)
        return x if self.bound is None else 0.5 + self.bound * torch.tanh(x)


class TransformNet(nn.Module):
    """A picture (B, 3, H, W) to another, not clamped, its sides rounded up to multiples of 4.

    Args:
        sizes: Channels, blocks and kernels.
        affine: Whether the norms have weights and biases.
    """

    def __init__(self, sizes: Sizes = Sizes(), *, affine: bool = True) -> None:  # noqa: B008  # a constant
        super().__init__()
        self.sizes = sizes
        norm = partial(InstanceNorm, affine=affine)
        self.down, self.up = Down(sizes, norm), Up(sizes, norm)
        for number in range(1, sizes.blocks + 1):
            self.add_module(f"block{number}", Block(sizes.widths[2], norm))

    def stages(self) -> list[Stage]:
        """Return the parts in order, each with the context that it needs around a tile."""
        blocks = [self.get_submodule(f"block{n}") for n in range(1, self.sizes.blocks + 1)]
        return [
            Stage(self.down, self.sizes.first // 2 + 3),
            *(Stage(block, 2 * SCALE, SCALE) for block in blocks),
            Stage(self.up, self.sizes.last // 2 + 3, SCALE),
        ]

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture; every norm takes the moments of its own input."""
        for stage in self.stages():
            x = stage.net(x)
        return x
