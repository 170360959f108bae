"""CycleGAN's losses, as the authors define them."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...nn.adversary import fool, tell

CYCLE, IDENTITY = 10.0, 0.5
"""Weights: of the way there and back, and, as a share of it, of a picture that is of the domain already."""
Net = Callable[[Tensor], Tensor]


def generator_terms(
    there: Net, back: Net, rivals: tuple[Net, Net], pictures: tuple[Tensor, Tensor]
) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
    """Return both generators' weighted terms, and what they made of a and of b.

    Args:
        there: From a to b; ``back``: from b to a.
        back: See above.
        rivals: Who judges what was made for b, and who what was made for a.
        pictures: (B, 3, H, W) in [-1, 1] of a and b.
    """
    a, b = pictures
    made_b, made_a = there(a), back(b)
    return {
        "adv b": fool([rivals[0](made_b)]),
        "cycle a": CYCLE * (back(made_b) - a).abs().mean(),
        "own b": CYCLE * IDENTITY * (there(b) - b).abs().mean(),
        "adv a": fool([rivals[1](made_a)]),
        "cycle b": CYCLE * (there(made_a) - b).abs().mean(),
        "own a": CYCLE * IDENTITY * (back(a) - a).abs().mean(),
    }, (made_b, made_a)


def rival_loss(rival: Net, made: Tensor, real: Tensor) -> Tensor:
    """Return what a discriminator minimises: half of what MUNIT's does."""
    return 0.5 * tell([rival(made)], [rival(real)])


def total(terms: dict[str, Tensor]) -> Tensor:
    """Return the generators' whole loss."""
    return torch.stack(list(terms.values())).sum()
