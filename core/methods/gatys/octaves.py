"""A picture as a sum of octaves: optimised in this space, large forms change within a few steps.

In pixels every step of a descent is mostly grain, because there the gradient is large. A picture given as
octaves, each half the size of the one before, with brightness separate from colour, changes in large forms
first (Olah, Mordvintsev & Schubert, "Feature Visualization", 2017, on preconditioning). The same pictures
can be reached.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

FADING = 0.8
"""How much less an octave moves than the next smaller one; pooling already makes it 4 times as much."""
COLOR = (0.15, 0.4, 0.8)
"""How much colour moves in the largest octaves, beside brightness: fine grain has none."""
SMALLEST = 8
"""Cells of the shorter side below which there is no further octave."""


@dataclass(frozen=True, slots=True)
class Octaves:
    """Changes of a picture (1, 3, H, W) as one vector.

    Attributes:
        start: The picture without a change.
        sizes: Rows and columns of each octave, the largest first.
    """

    start: Tensor
    sizes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, start: Tensor, count: int) -> "Octaves":
        """Return at most ``count`` octaves around a picture; with one, the unknowns are its pixels."""
        height, width = start.shape[-2:]
        sizes = [(height, width)]
        while len(sizes) < count and min(sizes[-1]) >= 2 * SMALLEST:
            sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
        return cls(start, tuple(sizes))

    def still(self) -> Tensor:
        """Return the zero vector, (N,): no change."""
        return self.start.new_zeros(sum(self._lengths()))

    def picture(self, change: Tensor) -> Tensor:
        """Return the picture of a vector (N,)."""
        total = None
        parts = change.split(self._lengths())
        for octave, size in reversed(list(enumerate(self.sizes))):
            part = parts[octave].view(1, 3, *size) * self._reach(octave)
            total = part if total is None else part.add_(_widen(total, size))
        return torch.einsum("ij,bjhw->bihw", _basis(self.start), total).add_(self.start)

    def back(self, gradient: Tensor) -> Tensor:
        """Return the gradient with respect to the vector, (N,), from that of the picture.

        Octave by octave: a graph of all of them would need most of the memory for a large picture.
        """
        gradients = self.still()
        slope = torch.einsum("ij,bihw->bjhw", _basis(self.start), gradient)
        for octave, part in enumerate(gradients.split(self._lengths())):
            slope = _gather(slope, self.sizes[octave])
            part.view_as(slope).copy_(slope).mul_(self._reach(octave))
        return gradients

    def _lengths(self) -> list[int]:
        return [3 * rows * columns for rows, columns in self.sizes]

    def _reach(self, octave: int) -> Tensor:
        """Return the scales of brightness and of the two colours of an octave, (3, 1, 1)."""
        color = COLOR[octave] if octave < len(COLOR) else 1.0
        return FADING**octave * self.start.new_tensor([1, color, color])[:, None, None]


def _widen(x: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(x, size, mode="bilinear")


@torch.enable_grad()
def _gather(slope: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the gradient with respect to a smaller octave from that of its enlarged picture."""
    if slope.shape[-2:] == size:
        return slope
    leaf = slope.new_zeros(1, 3, *size).requires_grad_()
    return torch.autograd.grad(_widen(leaf, (slope.shape[-2], slope.shape[-1])), leaf, slope)[0]


def _basis(like: Tensor) -> Tensor:
    """Return brightness and two opponent colours as columns of length 1."""
    columns = like.new_tensor([[1, 1, 1], [1, 0, -1], [1, -2, 1]]).T
    return columns / columns.norm(dim=0)
