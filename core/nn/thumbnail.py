"""A small copy of a picture, to measure statistics in it instead of in the picture.

Chen et al., "Towards Ultra-Resolution Neural Style Transfer via Thumbnail Instance Normalization", AAAI 2022.
One pass over a small picture replaces many over a large one; but details that shrinking removes, above all
noise and fine grain, are missing in the statistics.
"""

import torch.nn.functional as F
from torch import Tensor

LONGEST = 1024
"""Pixels of a thumbnail's longer side."""


def thumbnail(
    x: Tensor, coverage: Tensor | None = None, longest: int = LONGEST
) -> tuple[Tensor, Tensor | None]:
    """Shrink a picture (1, 3, H, W) and the weights of its pixels, (1, 1, H, W) or None."""
    ratio = longest / max(x.shape[-2:])
    if ratio >= 1:
        return x, coverage
    size = (max(1, round(x.shape[-2] * ratio)), max(1, round(x.shape[-1] * ratio)))
    small = F.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False)
    return small.clamp(0, 1), None if coverage is None else F.adaptive_avg_pool2d(coverage, size)
