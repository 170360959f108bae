"""The Laplacian pyramid: a picture as the sum of octaves, each half the size of the one before.

Burt & Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983, with bilinear filters. A descent on its
levels moves large forms as fast as fine ones.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

SMALLEST = 8
"""Pixels of the shorter side below which a level is not halved."""


def split(x: Tensor, depth: int) -> list[Tensor]:
    """Return at most ``depth`` levels of detail of (B, C, H, W), the finest first, and what remains."""
    parts = []
    while len(parts) < depth and min(x.shape[-2:]) >= 2 * SMALLEST:
        half = resize(x, (x.shape[-2] // 2, x.shape[-1] // 2))
        parts.append(x - resize(half, (x.shape[-2], x.shape[-1])))
        x = half
    return [*parts, x]


def join(parts: Sequence[Tensor]) -> Tensor:
    """Return the picture of which ``split`` made these levels."""
    x = parts[-1]
    for detail in parts[-2::-1]:
        x = resize(x, (detail.shape[-2], detail.shape[-1])) + detail
    return x


def resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Return (B, C, H, W) resized bilinearly, without antialiasing."""
    return F.interpolate(x, size, mode="bilinear", align_corners=False)
