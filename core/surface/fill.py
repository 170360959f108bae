"""Texels that nothing shows, filled from those around them that are shown."""

import torch
import torch.nn.functional as F
from torch import Tensor


def fill_outward(rgb: Tensor, coverage: Tensor) -> Tensor:
    """Return the picture with uncovered texels filled smoothly from the covered ones around them.

    Pull-push over a pyramid (Gortler et al., "The Lumigraph", 1996, section 3.4): colours are averaged
    downward where they are known and pushed back up where they are not.
    """
    weight = coverage.clamp(0, 1)
    return torch.where(weight > 0, rgb, _pull_push(rgb * weight, weight))


def _pull_push(color: Tensor, weight: Tensor) -> Tensor:
    """Return full colours from premultiplied ones; ``weight`` says how well each is known."""
    known = color / weight.clamp_min(1e-6)
    if max(weight.shape[-2:]) == 1 or bool((weight > 0).all()):
        return known
    smaller = _pull_push(_halve(color), _halve(weight).clamp_max(1))
    larger = F.interpolate(smaller, weight.shape[-2:], mode="bilinear", align_corners=False)
    return torch.lerp(larger, known, (weight > 0).float())


def _halve(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
