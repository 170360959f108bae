"""Whitening and colouring: the linear map that gives content features the style's covariance.

Li et al., "Universal Style Transfer via Feature Transforms", NeurIPS 2017, eq. 3 and 4, in float64.
Departure: the paper drops eigenvalues below a bound; here they fade out, sqrt(l) / (l + bound) instead of
1 / sqrt(l), because with a sharp bound the last digit of an eigenvalue decides, and tiles differ. A bound
near 0 gives the paper's result.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...nn.stats import Moments

SMALLEST = 1e-10
"""Share of the largest eigenvalue below which one is taken for rounding."""


def whitening_matrix(cov: Tensor, threshold: float) -> Tensor:
    """Return the inverse root of a covariance (C, C); bound: ``threshold`` of the largest eigenvalue."""
    values, vectors = torch.linalg.eigh(cov)
    values = values.clamp_min(0)
    gains = values.sqrt() / (values + max(threshold, SMALLEST) * values[-1].clamp_min(1e-30))
    return (vectors * gains) @ vectors.mT


def colouring_matrix(cov: Tensor) -> Tensor:
    """Return the root of a covariance (C, C)."""
    values, vectors = torch.linalg.eigh(cov)
    return (vectors * values.clamp_min(0).sqrt()) @ vectors.mT


def affine(
    content: Moments,
    styles: Sequence[Moments],
    weights: Sequence[float],
    *,
    alpha: float,
    threshold: float,
) -> tuple[Tensor, Tensor]:
    """Return matrix (C, C) and offset (C,) of the transform of features, float64.

    Several styles are mixed by weight after colouring; ``alpha`` blends with the untouched features.
    """
    shares = torch.tensor(weights, dtype=torch.float64) / sum(weights)
    coloured = torch.einsum(
        "s,sij->ij", shares, torch.stack([colouring_matrix(_unbiased(m)) for m in styles])
    )
    mean = torch.einsum("s,si->i", shares, torch.stack([m.mean for m in styles]))
    matrix = coloured @ whitening_matrix(_unbiased(content), threshold)
    blended = alpha * matrix + (1 - alpha) * torch.eye(len(matrix), dtype=matrix.dtype)
    return blended, alpha * (mean - matrix @ content.mean)


def _unbiased(m: Moments) -> Tensor:
    correction = m.weight / max(m.weight - 1, 1.0)  # of fewer than two cells there is no covariance
    return m.cov * max(1.0, correction)
