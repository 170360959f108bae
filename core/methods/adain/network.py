"""Adaptive instance normalisation, of whole feature maps or from moments that were measured before.

Huang & Belongie, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", ICCV 2017,
eq. 8. Deviations of content and style are unbiased, with 1e-5 added to the variance.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...nn.losses import EPS, channel_stats
from ...nn.stats import Moments


def adain(content: Tensor, style: Tensor) -> Tensor:
    """Return the content's features (B, C, H, W) with mean and deviation of the style's (B, C, H', W')."""
    mean, deviation = channel_stats(content)
    style_mean, style_deviation = channel_stats(style)
    return (content - mean) / deviation * style_deviation + style_mean


def mix(content: Tensor, styles: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Return the mean of the results for several styles, by weight (section 7.1 of the paper)."""
    total = sum(weights)
    parts = [w / total * adain(content, f) for f, w in zip(styles, weights, strict=True)]
    return torch.stack(parts).sum(0)


def affine(
    content: Moments, styles: Sequence[Moments], weights: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """Return ``mix`` as scale and shift of the content's features, each (C,), float64."""
    total = sum(weights)
    deviation = _blend([m.std(EPS, unbiased=True) for m in styles], weights, total)
    mean = _blend([m.mean for m in styles], weights, total)
    scale = deviation / content.std(EPS, unbiased=True)
    return scale, mean - scale * content.mean


def _blend(parts: list[Tensor], weights: Sequence[float], total: float) -> Tensor:
    return torch.stack([w / total * part for part, w in zip(parts, weights, strict=True)]).sum(0)
