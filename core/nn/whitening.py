"""Powers of covariance matrices, and maps between Gaussians made from them. Float64."""

import torch
from torch import Tensor


def power(cov: Tensor, exponent: float, *, floor: float = 1e-4) -> Tensor:
    """Return a symmetric matrix (…, C, C) to a power; the least eigenvalue is ``floor`` times the largest."""
    values, vectors = torch.linalg.eigh(cov)
    values = torch.maximum(values, floor * values[..., -1:].clamp_min(1e-30))
    return (vectors * values.pow(exponent)[..., None, :]) @ vectors.mT


def with_ridge(cov: Tensor, ridge: float) -> Tensor:
    """Return the covariance with ``ridge`` times its mean variance added to each variance."""
    mean = cov.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    return cov + (ridge * mean + 1e-12) * torch.eye(cov.shape[-1], dtype=cov.dtype)


def transport_map(
    content: Tensor, style: Tensor, *, ridge: float = 1e-3, floor: float = 0.0
) -> Tensor:
    """Return the optimal-transport map between two centred Gaussians, (…, C, C).

    T = Σc^-½ (Σc^½ Σs Σc^½)^½ Σc^-½, the smallest change of the features that reaches the style's
    covariance (Lu et al., "A Closed-form Solution to Universal Style Transfer", ICCV 2019, eq. 8).

    Args:
        content: Covariance of the content, (…, C, C).
        style: Covariance of the style.
        ridge: Share of the mean variance that is added to each variance.
        floor: Variance that is added too: directions that vary less are hardly changed, so that the noise
            of a flat content is not amplified to the style's contrast.
    """
    least = floor * torch.eye(content.shape[-1], dtype=torch.float64)
    content, style = (with_ridge(cov.double(), ridge) + least for cov in (content, style))
    root, inverse = power(content, 0.5), power(content, -0.5)
    return inverse @ power(root @ style @ root, 0.5) @ inverse
