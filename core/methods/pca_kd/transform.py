"""The map of the content's features to the style's: a matrix and an offset, from measured moments.

Chiu & Gurari, CVPR 2022, section 3.3, as in the authors' code: the identity is added to every matrix before
its root is taken, so directions without variance are not changed. In float64.
"""

import torch
from torch import Tensor

from ...nn.stats import Moments

SMALLEST = 1e-8
"""Added to variances of single channels."""


def affine(kind: str, content: Moments, style: Moments) -> tuple[Tensor, Tensor]:
    """Return matrix (C, C) and offset (C,) that map the content's features to the style's, float64.

    Args:
        kind: ``zca``, ``ot`` or ``adain``; the first two reach the style's covariance.
        content: Moments of the content's features.
        style: Moments of the style's features.
    """
    matrix = {"zca": zca, "ot": transport, "adain": contrast}[kind](content.cov, style.cov)
    return matrix, style.mean - matrix @ content.mean


def zca(content: Tensor, style: Tensor) -> Tensor:
    """Return whitening followed by colouring, of two covariances (C, C)."""
    return root(style) @ root(content, -0.5)


def transport(content: Tensor, style: Tensor) -> Tensor:
    """Return the optimal-transport map between two covariances (C, C)."""
    there, back = root(content), root(content, -0.5)
    return back @ root(there @ style @ there) @ back


def contrast(content: Tensor, style: Tensor) -> Tensor:
    """Return the ratio of every channel's deviations, as a diagonal matrix (C, C)."""
    return ((style.diagonal() + SMALLEST) / (content.diagonal() + SMALLEST)).sqrt().diag()


def root(matrix: Tensor, exponent: float = 0.5) -> Tensor:
    """Return a symmetric matrix (C, C) plus the identity, to the power of 1/2 or -1/2."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * (values.clamp_min(0) + 1).pow(exponent)) @ vectors.mT
