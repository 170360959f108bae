"""Nearest neighbours among feature vectors by cosine, with a limit on how often one is chosen.

Kolkin et al., "Neural Neighbor Style Transfer", 2022: both sets are centred by their own means first, so
that a picture's darkest cells meet the style's darkest, whatever the two levels are.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 128
"""Queries that are compared with all keys at a time: few enough for the processor's cache."""
GROUP = 64
"""Keys of which the best is found together: values alone are compared quickly, with places slowly."""
ROUNDS = 16
"""How often prices are raised and lowered."""
STEP, COOLING = 0.02, 0.8
"""How far a price first moves where a key is chosen e times as often as it may be; how that shrinks."""
DEAREST = 0.25
"""The most that a price takes off a likeness: a far better match is taken all the same."""
ASKED = 4096
"""Queries, evenly spread, from which prices are found."""


def directions(rows: Tensor, mean: Tensor | None = None) -> Tensor:
    """Return rows (N, C) less their mean, or less another (C,), at length 1; at the mean they are 0."""
    return F.normalize(rows - (rows.mean(0) if mean is None else mean), dim=1)


def middle(rows: Tensor, share: Tensor, theirs: Tensor, spread: float) -> Tensor:
    """Return the point from which rows (N, C) are seen, (C,): their own mean, so that dark meets dark.

    A content of one colour has no dark and no light of its own: directions from its mean would be those of
    rounding errors. The less it varies beside the style, the more it is seen from the style's mean.

    Args:
        rows: Features of a picture.
        share: How much each counts, (N,), in sum 1.
        theirs: The style's mean, (C,).
        spread: Root mean square of the style's distances from it.
    """
    own = share @ rows
    varies = ((rows - own).square().sum(1) @ share).sqrt()
    calm = (1 - varies / max(spread, 1e-6)).clamp(0, 1).square()
    return torch.lerp(own, theirs, calm)


def nearest(
    queries: Tensor,
    keys: Tensor,
    *,
    penalty: Tensor | None = None,
    pulse: Callable[[], None] = lambda: None,
) -> Tensor:
    """Return the index of the most alike key for each query, (N,); of equal ones, any.

    Args:
        queries: (N, C), rows of length 1; see ``directions``.
        keys: (M, C), the same.
        penalty: What is taken off the cosine with each key, (M,).
        pulse: Is called often.
    """
    across, found = keys.T.contiguous(), []
    for part in queries.split(BLOCK):
        pulse()
        likeness = part @ across
        if penalty is not None:
            likeness -= penalty
        found.append(most_alike(likeness))
    return torch.cat(found)


def most_alike(likeness: Tensor) -> Tensor:
    """Return the index of the largest value of each row, (N,); of equal ones, any."""
    count, keys = likeness.shape
    if keys % GROUP:
        return likeness.max(1).indices
    columns = likeness.view(count, keys // GROUP, GROUP)
    column = columns.amax(1).max(1).indices
    best = columns.gather(2, column[:, None, None].expand(-1, keys // GROUP, 1))[..., 0]
    return best.max(1).indices * GROUP + column


def prices(
    queries: Tensor,
    keys: Tensor,
    *,
    reuse: float,
    pulse: Callable[[], None] = lambda: None,
) -> Tensor:
    """Return penalties of keys, (M,) from 0 to ``DEAREST``, by which favourites are chosen less often.

    The dual ascent of transport with capacities (Bertsekas, "A Distributed Algorithm for the Assignment
    Problem", 1979): a key that is chosen more than ``reuse`` times as often as the average gets dearer, one
    that is chosen less gets cheaper. Found from ``ASKED`` of the queries; ``pulse`` is called every round.
    """
    asked = queries[:: max(1, len(queries) // ASKED)]
    allowed = max(1.0, reuse * len(asked) / len(keys))
    price = keys.new_zeros(len(keys), dtype=torch.float32)
    for turn in range(ROUNDS):
        pulse()
        chosen = nearest(asked, keys, penalty=price)
        used = torch.bincount(chosen, minlength=len(keys)).float()
        price += STEP * COOLING**turn * (used / allowed).log().clamp(-1, 3)
        price.clamp_(0, DEAREST)
    return price


def balance(queries: Tensor, keys: Tensor, groups: Tensor, shares: Tensor) -> Tensor:
    """Return penalties of keys, (M,), by which groups of keys are chosen about as often as they should be.

    Args:
        queries: (N, C); ``ASKED`` of them are looked at.
        keys: (M, C).
        groups: The group of each key, (M,), from 0 on.
        shares: How much of the queries each group should get, (G,), in sum 1.
    """
    asked = queries[:: max(1, len(queries) // ASKED)]
    price = keys.new_zeros(len(shares), dtype=torch.float32)
    for turn in range(ROUNDS):
        chosen = groups[nearest(asked, keys, penalty=price[groups])]
        used = torch.bincount(chosen, minlength=len(shares)).float() / len(asked)
        price += DEAREST * COOLING**turn * (used.clamp_min(1e-2) / shares.clamp_min(1e-2)).log()
        price -= price.min()
    return price[groups]
