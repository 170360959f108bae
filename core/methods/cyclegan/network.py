"""CycleGAN's generator: to a quarter of the size, residual blocks, back by transposed convolutions.

Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", ICCV 2017.
Pictures are in [-1, 1] inside; ``Signed`` and ``Unsigned`` are around it.

Our small generator departs as that of MUNIT does: it does not paint the picture anew out of features at a
quarter of the size, but says by how much its colours are multiplied and what is added, so grain stays.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.beside import SCALE, Begin, Beside, End
from ...nn.fix import Stage
from ...nn.instance import FixedNorm, InstanceNorm, PlainNorm
from ...nn.pad import Conv
from ...nn.retouch import Folded, Retouch
from ...nn.signed import Signed, Unsigned


class Sizes(NamedTuple):
    """The sizes of a generator; our small one by default."""

    width: int = 16
    blocks: int = 4
    batch: bool = False
    """Whether its norms are batch norms with moments of their own, else each picture's."""
    keeps: bool = True
    """Whether it changes the picture instead of painting it anew."""


COMPACT = Sizes()
PUBLISHED = Sizes(64, 9, keeps=False)


def sizes_of(shapes: Mapping[str, tuple[int, ...]]) -> Sizes:
    """Return the sizes of a generator by the shapes of its tensors."""
    blocks = sum(name.startswith("block") and name.endswith(".conv1.weight") for name in shapes)
    keeps = "retouch.last.weight" in shapes
    first = shapes["down.conv1.weight"][0]
    return Sizes(first // 2 if keeps else first, blocks, "down.norm1.mean" in shapes, keeps=keeps)


def norm_of(channels: int, sizes: Sizes) -> nn.Module:
    """Return a norm of so many channels."""
    if sizes.keeps:
        return PlainNorm()
    if not sizes.batch:
        return InstanceNorm(channels, affine=False)
    mean, var, weight, bias = torch.tensor((0.0, 1, 1, 0))[:, None].repeat(1, channels)
    return FixedNorm(mean.clone(), var.clone(), weight.clone(), bias.clone())


class Down(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1] to features (B, 4 C, H / 4, W / 4)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width = sizes.width
        self.conv1 = Conv(3, width, 7)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, 2, 1)
        self.conv3 = nn.Conv2d(2 * width, 4 * width, 3, 2, 1)
        self.norm1, self.norm2, self.norm3 = (norm_of(width << n, sizes) for n in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """Return the features."""
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return F.relu(self.norm3(self.conv3(x)))


class Block(nn.Module):
    """A residual block."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width = 4 * sizes.width
        self.conv1, self.conv2 = Conv(width, width), Conv(width, width)
        self.norm1, self.norm2 = (norm_of(width, sizes) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        return x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))


class Up(nn.Module):
    """Features (B, 4 C, h, w) to a picture (B, 3, 4 h, 4 w) in [-1, 1]."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width = sizes.width
        self.conv1, self.conv2 = (
            nn.ConvTranspose2d(2 * n, n, 3, 2, 1, output_padding=1) for n in (2 * width, width)
        )
        self.last = Conv(width, 3, 7)
        self.norm1, self.norm2 = norm_of(2 * width, sizes), norm_of(width, sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture."""
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return torch.tanh(self.last(x))


class Generator(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1], sides multiples of 4, to one of the other domain."""

    def __init__(self, sizes: Sizes = COMPACT) -> None:
        super().__init__()
        self.sizes = sizes
        self.down = Folded(sizes.width) if sizes.keeps else Down(sizes)
        for number in range(1, sizes.blocks + 1):
            self.add_module(f"block{number}", Block(sizes))
        if sizes.keeps:
            self.retouch = Retouch(sizes.width)
        else:
            self.up = Up(sizes)

    def parts(self) -> list[nn.Module]:
        """Return what makes a picture in [-1, 1] of one, in order."""
        blocks = [self.get_submodule(f"block{n}") for n in range(1, self.sizes.blocks + 1)]
        if not self.sizes.keeps:
            return [self.down, *blocks, self.up]
        channels = 4 * self.sizes.width
        beside = [Beside(block, channels) for block in blocks]
        return [Begin(self.down), *beside, End(self.retouch, channels)]

    def stages(self) -> list[Stage]:
        """Return the parts from a picture in [0, 1] to one, each with the context that it needs."""
        first, *blocks, last = self.parts()
        return [
            Stage(nn.Sequential(Signed(), first), 8),
            *(Stage(block, 2 * SCALE, SCALE) for block in blocks),
            Stage(nn.Sequential(last, Unsigned()), 16 if self.sizes.keeps else 9, SCALE),
        ]

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture."""
        for part in self.parts():
            x = part(x)
        return x
