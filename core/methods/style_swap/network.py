"""The swap of patches between two feature maps.

Chen & Schmidt, "Fast Patch-based Style Transfer of Arbitrary Style", 2016, section 3.1. Likeness is the
normalised cross-correlation; content patches overlap by all but one cell, and where their replacements
overlap the mean is taken.

Departure: the paper takes the best patch alone, so where two are alike but for the last digit, rounding
decides and tiles differ. Here patches are averaged with softmax weights of their likeness over ``blend``;
blend 0 is the paper's swap. Patches are gathered and added up, never convolved with one-hot maps: the same
numbers.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

ROOM = 2**24
"""Numbers that a table of likenesses may hold at a time."""
EPS = 1e-8
"""Added to a patch's norm, as a patch of a dead network is all zeros."""


@dataclass(frozen=True, slots=True)
class Patches:
    """A style's patches: directions (K, C * size * size), row by row over the picture, and norms (K, 1)."""

    directions: Tensor
    norms: Tensor
    size: int

    def pick(self, indices: Tensor) -> Tensor:
        """Return the patches of these numbers, (N, C * size * size)."""
        return self.directions[indices] * self.norms[indices]


def patches_of(features: Tensor, size: int, stride: int = 1) -> Patches:
    """Return the patches of (1, C, h, w) features, ``size`` cells a side and ``stride`` cells apart."""
    rows = unfold(features, size, stride)
    norms = rows.norm(dim=1, keepdim=True) + EPS
    return Patches(rows.div_(norms), norms, size)


def unfold(features: Tensor, size: int, stride: int = 1) -> Tensor:
    """Return the patches of (1, C, h, w) as rows (N, C * size * size)."""
    return F.unfold(features, size, stride=stride)[0].T.contiguous()


def likeness(rows: Tensor, style: Patches) -> Tensor:
    """Return the cosines between patches (N, D) and the style's, (N, K)."""
    return (rows / (rows.norm(dim=1, keepdim=True) + EPS)) @ style.directions.T


def replace_patches(rows: Tensor, style: Patches, blend: float = 0.0) -> Tensor:
    """Return what the style has in place of patches (N, D)."""
    scores = likeness(rows, style)
    if blend == 0:
        return style.pick(scores.argmax(1))
    return (torch.softmax(scores / blend, 1) * style.norms.T) @ style.directions


def assemble(rows: Tensor, height: int, width: int, size: int) -> Tensor:
    """Return (1, C, height, width) of the patches (N, D) around every cell, the mean where they overlap."""
    return _add_patches(rows, height, width, size) / _overlap(height, width, size).to(rows)


def swap(content: Tensor, style: Patches, blend: float = 0.0) -> Tensor:
    """Return content features (1, C, h, w) made of the style's patches, a strip at a time."""
    size, (height, width) = style.size, content.shape[-2:]
    wide, row = width - size + 1, max(style.directions.shape)
    step = max(1, ROOM // (wide * row))
    out = torch.zeros_like(content)
    for top in range(0, height - size + 1, step):
        strip = content[:, :, top : top + step + size - 1]
        rows = replace_patches(unfold(strip, size), style, blend)
        out[:, :, top : top + strip.shape[2]] += _add_patches(rows, strip.shape[2], width, size)
    return out / _overlap(height, width, size).to(out)


def _add_patches(rows: Tensor, height: int, width: int, size: int) -> Tensor:
    return F.fold(rows.T[None], (height, width), size)


def _overlap(height: int, width: int, size: int) -> Tensor:
    count = (height - size + 1) * (width - size + 1)
    return F.fold(torch.ones(1, size * size, count), (height, width), size)
