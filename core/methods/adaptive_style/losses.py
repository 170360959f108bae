"""The losses, as the authors define them (Sanakoyeu et al., ECCV 2018, section 3)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .rival import smear

IMAGE, FEATURE = 100.0, 100.0
"""Weights of the two content terms; the adversarial one has 1."""


def taken_for(verdicts: Sequence[Tensor], real: float) -> Tensor:
    """Return the cross-entropy of verdicts with 1 (real) or 0, summed over the depths."""
    terms = [F.binary_cross_entropy_with_logits(v, torch.full_like(v, real)) for v in verdicts]
    return torch.stack(terms).sum()


def rival_loss(
    painting: Sequence[Tensor], photo: Sequence[Tensor], made: Sequence[Tensor]
) -> Tensor:
    """Return what the discriminator minimises: paintings are real, photographs and results are not."""
    return taken_for(painting, 1.0) + taken_for(photo, 0.0) + taken_for(made, 0.0)


def image_loss(made: Tensor, photo: Tensor) -> Tensor:
    """Return how much the result differs from the photograph seen roughly."""
    return F.mse_loss(smear(made), smear(photo))


def feature_loss(made: Tensor, photo: Tensor) -> Tensor:
    """Return how much the result's code differs from the photograph's: the style-aware content loss."""
    return (made - photo).abs().mean()


def share_right(verdicts: Sequence[Tensor], *, real: bool) -> float:
    """Return the share of verdicts on what is ``real`` or not that are right, a mean over the depths."""
    right = [((v > 0) == real).float().mean() for v in verdicts]
    return float(torch.stack(right).mean())
