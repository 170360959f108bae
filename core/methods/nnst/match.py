"""Which patch of the style each cell of the picture takes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.neighbours import balance, middle, nearest, prices
from .bank import ABOVE, BELOW, LEFT, RIGHT, Bank, compare

BLOCK = 2048
"""Cells that are offered their neighbours' patches at a time."""

SEARCHED = 8192
"""Patches, drawn from all, among which the nearest is sought; what lies beside them is found by coherence."""
SWEEPS = 8
"""How often every cell is offered what its neighbours lead to."""
AGREEMENT = 0.1
"""At coherence 1, the cosine that each neighbour is worth that comes from the same place of the style."""
AT_FIRST = 3.0
"""How many times more it is worth in the first sweep, so that pieces begin to grow."""
OFFERS = ((-1, 0, BELOW), (1, 0, ABOVE), (0, -1, RIGHT), (0, 1, LEFT))
"""Where a neighbour lies (rows, columns), and what beside its patch would continue it here."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How patches are chosen.

    Attributes:
        reuse: How many times more often than on average a patch may be taken.
        coherence: How much neighbours should come from neighbours, from 0 to 1.
        generator: Draws the patches that are searched.
        pulse: Is called every block of cells.
    """

    reuse: float
    coherence: float
    generator: torch.Generator
    pulse: Callable[[], None]


def match(queries: Tensor, weights: Tensor | None, bank: Bank, rules: Rules) -> Tensor:
    """Return the index in the bank of the patch that each cell takes, (h, w).

    Args:
        queries: The picture's hypercolumns among the bank's components, (1, D, h, w).
        weights: How much each cell counts, (1, 1, h, w), or None.
        bank: The style's patches.
        rules: How they are chosen.
    """
    counts = torch.ones_like(queries[0, 0]) if weights is None else weights[0, 0]
    share = (counts / counts.sum()).flatten()
    rows = queries[0].flatten(1).T
    seen = middle(rows, share, bank.middle, bank.spread)
    asked = compare(rows, seen, bank.spread, asks=True)
    dear = torch.zeros_like(bank.compared[:, 0])
    drawn = torch.randperm(len(dear), generator=rules.generator)[:SEARCHED].sort().values
    drawn = drawn.to(rows.device)
    keys = bank.compared[drawn]
    dear[drawn] = _penalty(asked[share > 0], keys, bank, bank.owner[drawn], rules)
    index = drawn[nearest(asked, keys, penalty=dear[drawn], pulse=rules.pulse)].view(counts.shape)
    if not rules.coherence:
        return index
    return cohere(index, asked, bank, dear, AGREEMENT * rules.coherence, rules.pulse)


def _penalty(asked: Tensor, keys: Tensor, bank: Bank, owner: Tensor, rules: Rules) -> Tensor:
    """Return what is taken off the likeness of each of the keys, so that none is taken too often."""
    penalty = prices(asked, keys, reuse=rules.reuse, pulse=rules.pulse)
    if len(bank.shares) > 1:
        penalty = penalty + balance(asked, keys, owner, bank.shares)
    return penalty


def cohere(
    index: Tensor,
    asked: Tensor,
    bank: Bank,
    penalty: Tensor,
    agreement: float,
    pulse: Callable[[], None],
) -> Tensor:
    """Return an index (h, w) of which more neighbours come from neighbouring cells of the style.

    Each cell is offered what would continue its neighbours' patches, and takes what is most alike, neighbours
    that agree counted in (iterated conditional modes, Besag 1986; the offers are those of Ashikhmin,
    "Synthesizing Natural Textures", 2001). Cells change like the two colours of a chessboard, so that the
    whole never gets worse within a sweep.
    """
    index = index.clone()
    rows, columns = torch.meshgrid(*(torch.arange(n) for n in index.shape), indexing="ij")
    odd = ((rows + columns) % 2).flatten().to(index.device)
    for sweep in range(SWEEPS):
        worth = agreement * (AT_FIRST + (1 - AT_FIRST) * sweep / (SWEEPS - 1))
        for color in (0, 1):
            cells = (odd == color).nonzero()[:, 0]
            offers = torch.cat([index.flatten()[None], _offers(index, bank)])[:, cells]
            for part, offered in zip(cells.split(BLOCK), offers.split(BLOCK, 1), strict=True):
                pulse()
                index.view(-1)[part] = _best(offered, asked[part], bank, penalty, worth)
    return index


def _offers(index: Tensor, bank: Bank) -> Tensor:
    """Return what each of its four neighbours leads to at every cell, (4, h * w); -1: there is none."""
    height, width = index.shape
    around = F.pad(index[None, None], (1, 1, 1, 1), value=-1)[0, 0]
    offers = []
    for down, right, side in OFFERS:
        theirs = around[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        led = bank.beside[side][theirs.clamp_min(0)]
        offers.append(torch.where(theirs < 0, -1, led).flatten())
    return torch.stack(offers)


def _best(offered: Tensor, asked: Tensor, bank: Bank, penalty: Tensor, worth: float) -> Tensor:
    """Return the best of the offers (5, n), of which the first is what the cell has, (n,)."""
    scores = []
    for offer in offered:
        patch = offer.clamp_min(0)
        score = (asked * bank.compared[patch]).sum(1) - penalty[patch]
        score += worth * (offered[1:] == offer).sum(0)
        scores.append(torch.where(offer < 0, -torch.inf, score))
    best = torch.stack(scores).max(0).indices
    return offered.gather(0, best[None])[0]
