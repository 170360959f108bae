"""Keeping the content's colours: by luminance, or by giving the style the content's colours first.

Gatys, Bethge, Hertzmann & Shechtman, "Preserving Color in Neural Artistic Style Transfer", 2016.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.whitening import power

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of R'G'B' in Y' (BT.601), as the published programs take it."""
RIDGE = 1e-5
"""Added to the variances of colours."""
MATCHES = ("sym", "pca", "chol")
FRINGE = 3
"""Pixels below which colour is not trusted in another method's result."""


def luminance(x: Tensor) -> Tensor:
    """Return Y' of (1, 3, H, W), (1, 1, H, W)."""
    return torch.einsum("c,bchw->bhw", x.new_tensor(LUMINANCE), x)[:, None]


def recolor(picture: Tensor, content: Tensor) -> Tensor:
    """Return the luminance of ``picture`` with the colours of ``content``, (1, 3, H, W), clipped to [0, 1].

    Y'CbCr is linear, so the content is shifted along grey until it has the picture's luminance.
    """
    return (content + luminance(picture) - luminance(content)).clamp(0, 1)


def grey(x: Tensor, mean: Tensor | None = None) -> Tensor:
    """Return the luminance of (1, 3, H, W) in all three channels, shifted to a mean if one is given."""
    y = luminance(x)
    shift = 0 if mean is None else mean - y.mean()
    return (y + shift).clamp(0, 1).expand(-1, 3, -1, -1).contiguous()


def limit_chroma(x: Tensor) -> Tensor:
    """Return (1, 3, H, W) without colour details finer than ``FRINGE`` pixels; luminance is not changed."""
    y = luminance(x)
    size = [max(1, round(side / FRINGE)) for side in x.shape[-2:]]
    small = F.interpolate(x - y, size, mode="bilinear", antialias=True, align_corners=False)
    return y + F.interpolate(small, x.shape[-2:], mode="bicubic", align_corners=False)


def match_color(source: Tensor, wanted: Tensor, kind: str = "sym") -> Tensor:
    """Return ``source`` with the mean and covariance of the colours of ``wanted``, clipped to [0, 1].

    Args:
        source: (1, 3, H, W).
        wanted: (1, 3, H', W').
        kind: The map that reaches the covariance: ``sym``, the smallest change (Monge-Kantorovich),
            ``pca``, which maps principal axes to each other in order, or ``chol``, by Cholesky factors.
    """
    pixels, mean, have = _statistics(source)
    _, target, want = _statistics(wanted)
    moved = _map(have, want, kind) @ (pixels - mean) + target
    return moved.reshape(source.shape).clamp(0, 1).to(source)


def _statistics(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    pixels = x[0].double().flatten(1)
    mean = pixels.mean(1, keepdim=True)
    centred = pixels - mean
    covariance = centred @ centred.mT / pixels.shape[1]
    return pixels, mean, covariance + RIDGE * torch.eye(3, dtype=pixels.dtype)


def _map(have: Tensor, want: Tensor, kind: str) -> Tensor:
    if kind == "chol":
        factor = torch.linalg.cholesky(have)
        return torch.linalg.solve_triangular(
            factor, torch.linalg.cholesky(want), upper=False, left=False
        )
    if kind == "pca":
        return power(want, 0.5, floor=0) @ power(have, -0.5, floor=0)
    root, inverse = power(have, 0.5, floor=0), power(have, -0.5, floor=0)
    return inverse @ power(root @ want @ root, 0.5, floor=0) @ inverse
