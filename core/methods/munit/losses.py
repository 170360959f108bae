"""MUNIT's losses, as the authors define them (Huang et al., ECCV 2018, section 4)."""

import torch
from torch import Tensor

from ...nn.adversary import MultiScale, fool, tell
from .network import Pair

OWN, STYLE, CONTENT, CYCLE = 10.0, 1.0, 1.0, 10.0
"""Weights of the terms besides the adversarial one, which has 1."""


def apart(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean absolute difference."""
    return (one - other).abs().mean()


def generator_terms(
    pair: Pair, pictures: tuple[Tensor, Tensor], codes: tuple[Tensor, Tensor]
) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
    """Return the unweighted terms of both generators, and what they made for a and b.

    Args:
        pair: The generators of a and b.
        pictures: (B, 3, H, W) in [-1, 1] of a and b.
        codes: Random styles (B, code) of a and b.
    """
    nets = pair
    contents = [net.content(x) for net, x in zip(nets, pictures, strict=True)]
    styles = [net.style(x) for net, x in zip(nets, pictures, strict=True)]
    terms: dict[str, Tensor] = {}
    made = tuple(nets[to].decode(contents[1 - to], codes[to], pictures[1 - to]) for to in range(2))
    again = [nets[to].content(made[to]) for to in range(2)]
    for k, side in enumerate("ab"):
        own = nets[k].decode(contents[k], styles[k], pictures[k])
        cycled = nets[k].decode(again[1 - k], styles[k], made[1 - k])
        terms |= {
            f"own {side}": apart(own, pictures[k]),
            f"style {side}": apart(nets[k].style(made[k]), codes[k]),
            f"content {side}": apart(again[1 - k], contents[k]),
            f"cycle {side}": apart(cycled, pictures[k]),
        }
    return terms, (made[0], made[1])


def total(terms: dict[str, Tensor], adversarial: Tensor) -> Tensor:
    """Return the generators' whole loss."""
    weights = {"own": OWN, "style": STYLE, "content": CONTENT, "cycle": CYCLE}
    return adversarial + torch.stack([weights[k.split()[0]] * v for k, v in terms.items()]).sum()


def rival_loss(rival: MultiScale, made: Tensor, real: Tensor) -> Tensor:
    """Return what a domain's discriminator minimises."""
    return tell(rival(made), rival(real))


def adversarial_loss(rival: MultiScale, made: Tensor) -> Tensor:
    """Return what a domain's generator minimises of its discriminator's verdicts."""
    return fool(rival(made))
