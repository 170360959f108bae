"""Losses between features, as pure functions; each returns a scalar tensor."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

EPS = 1e-5
"""Added to variances before their root is taken."""


def content_loss(got: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference of two (B, C, H, W) features."""
    return F.mse_loss(got, target)


def channel_stats(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and unbiased deviation over space of (B, C, H, W), each (B, C, 1, 1)."""
    var, mean = torch.var_mean(features, (2, 3), keepdim=True)
    return mean, (var + EPS).sqrt()


def stats_loss(got: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> Tensor:
    """Return AdaIN's style loss: squared differences of means and deviations, summed over levels.

    Huang & Belongie 2017, eq. 13, with mean squares instead of norms, as in every implementation.
    """
    terms = [
        F.mse_loss(a, b)
        for level, target in style.items()
        for a, b in zip(channel_stats(got[level]), channel_stats(target), strict=True)
    ]
    return torch.stack(terms).sum()


def gram(features: Tensor, *, divide_by: str = "space") -> Tensor:
    """Return F F^T of (B, C, H, W) divided by H W (``space``) or C H W (``all``): (B, C, C)."""
    flat = features.flatten(2)
    count = flat.shape[2] * (flat.shape[1] if divide_by == "all" else 1)
    return flat @ flat.mT / count


def gram_loss(got: Tensor, style: Tensor) -> Tensor:
    """Return LST's style loss at one level, for features (B, C, H, W) and (B, C, H', W').

    Li et al. 2019: summed squares of differences of means, and of Gram matrices / (C H W), per picture.
    """
    means = (got.mean((2, 3)) - style.mean((2, 3))).square().sum()
    grams = (gram(got, divide_by="all") - gram(style, divide_by="all")).square().sum()
    return (means + grams) / got.shape[0]


def total_variation(x: Tensor) -> Tensor:
    """Return the sum of the absolute differences between neighbouring pixels of (B, C, H, W)."""
    return x.diff(dim=2).abs().sum() + x.diff(dim=3).abs().sum()
