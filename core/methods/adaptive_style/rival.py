"""The discriminator, whose verdicts are taken at five depths, and the block that compares pictures roughly.

TensorFlow pads what SAME asks for: unevenly where the sum is odd, more at the end.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.instance import InstanceNorm

WIDTHS = (2, 2, 4, 8, 8, 16, 16)
"""Channels of the seven layers as multiples of the width."""
HEADS = {0: 5, 1: 10, 3: 10, 5: 6, 6: 3}
"""Side of the kernel that gives verdicts, by layer."""
SLOPE = 0.2
POOL = 10
"""Side of the means that pictures are compared by."""


def pad_same(x: Tensor, size: int, stride: int = 1) -> Tensor:
    """Return (B, C, H, W) with zeros around, so that a convolution gives H / stride, rounded up."""
    sides: list[int] = []
    for length in (x.shape[3], x.shape[2]):
        whole = max((-(-length // stride) - 1) * stride + size - length, 0)
        sides += [whole // 2, whole - whole // 2]
    return F.pad(x, sides)


class Rival(nn.Module):
    """Seven convolutions to half the size, five of which are followed by a verdict a cell."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        before = 3
        for number, factor in enumerate(WIDTHS):
            after = factor * width
            self.add_module(f"conv{number}", nn.Conv2d(before, after, 5, 2, bias=False))
            self.add_module(f"norm{number}", InstanceNorm(after))
            if number in HEADS:
                head = nn.Conv2d(after, 1, HEADS[number], bias=False)
                self.add_module(f"head{number}", head)
            before = after

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the verdicts, above 0 for real, of pictures (B, 3, H, W) in [-1, 1]."""
        found: list[Tensor] = []
        for number in range(len(WIDTHS)):
            conv, norm = (self.get_submodule(f"{kind}{number}") for kind in ("conv", "norm"))
            x = F.leaky_relu(norm(conv(pad_same(x, 5, 2))), SLOPE)
            if number in HEADS:
                head = self.get_submodule(f"head{number}")
                found.append(head(pad_same(x, HEADS[number])))
        return found


def smear(x: Tensor) -> Tensor:
    """Return means of ``POOL`` pixels a side, (B, C, H, W): of the pixels that are inside the picture."""
    ones = torch.ones_like(x[:1, :1])
    total, count = (F.avg_pool2d(pad_same(v, POOL), POOL, 1) for v in (x, ones))
    return total / count
