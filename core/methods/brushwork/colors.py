"""One linear map of colours from the content's to the style's: lightness keeps its order.

The Knothe-Rosenblatt map between two Gaussians of (lightness, two chroma): lightness is mapped by itself, so
what was darker stays darker; chroma follows given lightness (Rosenblatt, "Remarks on a Multivariate
Transformation", 1952).
"""

import torch
from torch import Tensor

from ...nn.stats import Moments
from ...nn.whitening import transport_map

LUMA = (0.299, 0.587, 0.114)
"""Lightness of display-referred RGB (ITU-R BT.601)."""
FLOOR = 0.03
"""Least deviation that is taken for the content's: what is nearly flat is not blown up to noise."""
TOWARD = 0.65
"""How far, on a scale of ratios, contrast in lightness goes to the style's: materials keep their values."""
LEAST_CHROMA = 0.002
"""Deviation of chroma that is added to both sides of the transport: what has none gets none."""
LEAST, MOST = 0.35, 2.5
"""Least and largest change of contrast in lightness: a style of one grey leaves forms."""


def _opponent() -> Tensor:
    red, green, blue = LUMA
    rows = [[red, green, blue], [-red, -green, 1 - blue], [1 - red, -green, -blue]]
    return torch.tensor(rows, dtype=torch.float64)


def color_map(content: Moments, style: Moments) -> tuple[Tensor, Tensor]:
    """Return a matrix (3, 3) and an offset (3,), float32: RGB of the content to RGB of the style."""
    basis = _opponent()
    own, theirs = (basis @ m.cov @ basis.T for m in (content, style))
    own = own + FLOOR**2 * torch.eye(3, dtype=torch.float64)
    contrast = ((theirs[0, 0] / own[0, 0]) ** (TOWARD / 2)).clamp(LEAST, MOST)
    lower = torch.zeros(3, 3, dtype=torch.float64)
    lower[0, 0] = contrast
    tint = _slope(theirs)
    rest = transport_map(_residual(own), _residual(theirs), floor=LEAST_CHROMA**2)
    lower[1:, 1:] = rest
    lower[1:, 0] = tint * contrast - rest @ _slope(own)
    matrix = torch.linalg.solve(basis, lower @ basis)
    return matrix.float(), (style.mean - matrix @ content.mean).float()


def unmapped() -> tuple[Tensor, Tensor]:
    """Return the map that leaves colours as they are."""
    return torch.eye(3), torch.zeros(3)


def _slope(cov: Tensor) -> Tensor:
    """Return how chroma follows lightness, (2,)."""
    return cov[1:, 0] / cov[0, 0].clamp_min(1e-6)


def _residual(cov: Tensor) -> Tensor:
    """Return the covariance of chroma that lightness does not explain, (2, 2)."""
    return cov[1:, 1:] - torch.outer(_slope(cov), cov[0, 1:])


def lightness(x: Tensor) -> Tensor:
    """Return the lightness of pixels, (1, 1, H, W), of (1, 3, H, W)."""
    return (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def recolor(x: Tensor, colors: tuple[Tensor, Tensor]) -> Tensor:
    """Return pixels (1, 3, H, W) mapped, within [0, 1]."""
    matrix, offset = colors
    flat = torch.addmm(offset[:, None].to(x), matrix.to(x), x[0].flatten(1))
    return flat.reshape(x.shape).clamp_(0, 1)
