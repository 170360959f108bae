"""How several styles share a picture: each is chosen for its share of the cells."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...nn.neighbours import nearest
from .bank import Bank

ASKED = 2048
"""Cells of the picture, evenly spread, that are asked."""
ROUNDS, STEP, COOLING = 20, 0.1, 0.85
"""How often prices are moved, how far at first where one style has all, and how that shrinks."""


def style_prices(queries: Tensor, bank: Bank, shares: Sequence[float]) -> Tensor | None:
    """Return what is taken off the likeness to each sought cell so that styles get their shares, (m,).

    None: there is one style.
    """
    if len(shares) < 2 or not len(queries):
        return None
    asked = queries[:: max(1, len(queries) // ASKED)]
    keys, owner = bank.keys[bank.sought], bank.place[bank.sought, 0]
    wanted = torch.tensor(shares, device=keys.device)
    price = torch.zeros_like(wanted)
    for turn in range(ROUNDS):
        chosen = owner[nearest(asked, keys, penalty=price[owner])]
        got = torch.bincount(chosen, minlength=len(shares)).float() / len(asked)
        price += STEP * COOLING**turn * (got - wanted)
    return price[owner]
