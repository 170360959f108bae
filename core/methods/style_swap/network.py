"""The swap of patches between two feature maps.

Chen & Schmidt, "Fast Patch-based Style Transfer of Arbitrary Style", 2016, section 3.1. Similarity is the
normalised cross-correlation; content patches are one cell apart, and overlapping replacements are averaged.

Departure: the paper takes only the best patch, so where two are equally similar up to the last digit,
rounding decides, and tiles differ. Here patches are averaged with softmax weights of similarity / ``blend``;
blend 0 is the paper's swap. Patches are gathered and added up, not convolved with one-hot maps; the numbers
are the same.
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
    """A style's patches, row by row over the picture: directions (K, C * size * size) and norms (K, 1)."""

    directions: Tensor
    norms: Tensor
    size: int

    def pick(self, indices: Tensor) -> Tensor:
        """Return the patches with these indices, (N, C * size * size)."""
        return self.directions[indices] * self.norms[indices]


def patches_of(features: Tensor, size: int, stride: int = 1) -> Patches:
    """Return the patches of (1, C, h, w) features, ``size`` cells per side and ``stride`` cells apart."""
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
    """Return the style's replacements of patches (N, D)."""
    scores = likeness(rows, style)
    if blend == 0:
        return style.pick(scores.argmax(1))
    return (torch.softmax(scores / blend, 1) * style.norms.T) @ style.directions


def assemble(rows: Tensor, height: int, width: int, size: int) -> Tensor:
    """Return (1, C, height, width) from the patches (N, D) around every cell; overlaps are averaged."""
    return _add_patches(rows, height, width, size) / _overlap(height, width, size).to(rows)


def swap(content: Tensor, style: Patches, blend: float = 0.0) -> Tensor:
    """Return content features (1, C, h, w) replaced by the style's patches, strip by strip."""
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
