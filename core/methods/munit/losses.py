"""MUNIT's losses, as the authors define them (Huang et al., ECCV 2018, section 4)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.adversary import MultiScale, fool, tell
from .network import Pair

OWN, STYLE, CODE, CYCLE = 10.0, 1.0, 1.0, 10.0
"""Weights of the terms besides the adversarial one, which has 1."""


def translation_terms(
    pair: Pair, x: Tensor, y: Tensor, code: Tensor, *, fully: bool = True
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Return the unweighted terms of one direction, what it made, and that in [-1, 1].

    Args:
        pair: The generators of where it comes from and where it goes.
        x: (B, 3, H, W) in [-1, 1] of where it comes from; ``y``: of where it goes.
        y: See above.
        code: Random styles (B, code).
        fully: Whether the way back and a picture of the domain already are looked at too.
    """
    here, there = pair
    content = here.content(x)
    made = there.decode(content, code, x)
    shown = made.clamp(-1, 1)
    terms = {"style": F.l1_loss(there.style(shown), code)}
    if fully:
        again = there.content(shown)
        own = there.decode(there.content(y), there.style(y), y)
        cycled = here.decode(again, here.style(x), shown)
        terms |= {
            "own": F.l1_loss(own, y),
            "code": F.l1_loss(again, content),
            "cycle": F.l1_loss(cycled, x),
        }
    return terms, made, shown


def total(terms: dict[str, Tensor], adversarial: Tensor) -> Tensor:
    """Return the generators' whole loss of both directions' terms."""
    weights = {"own": OWN, "style": STYLE, "code": CODE, "cycle": CYCLE}
    return adversarial + torch.stack([weights[k.split()[0]] * v for k, v in terms.items()]).sum()


def rival_loss(rival: MultiScale, made: Tensor, real: Tensor) -> Tensor:
    """Return what a domain's discriminator minimises."""
    return tell(rival(made), rival(real))


def adversarial_loss(rival: MultiScale, made: Tensor) -> Tensor:
    """Return what a domain's generator minimises of its discriminator's verdicts."""
    return fool(rival(made))
