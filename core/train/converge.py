"""How far what is made is from what is real, on held-out pictures, and whether it still comes nearer.

The distance is Fréchet's (Heusel et al. 2017) between the channels' means and deviations in each picture,
taken as independent of each other, on features of a network that did not teach.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from .loop import History
from .tolerant import Tolerant

LEVELS = ("relu2", "relu3")
LEAST = 12
"""Measurements before anything is said."""
GAIN = 0.03
"""Share by which the last third's best must be better than the best before it."""


@torch.no_grad()
def describe(network: Tolerant, pictures: Sequence[Tensor]) -> Tensor:
    """Return a row (N, F) for each picture (1, 3, H, W) in [0, 1]: means and deviations of its features."""
    rows = [_row(network, picture) for picture in pictures]
    return torch.stack(rows)


def _row(network: Tolerant, picture: Tensor) -> Tensor:
    found = network.features(picture)
    flat = [found[k].float().flatten(2)[0] for k in LEVELS]
    return torch.cat([part for f in flat for part in (f.mean(1), f.std(1))])


def frechet(made: Tensor, real: Tensor) -> float:
    """Return the distance of two sets of rows (N, F) as normal distributions of independent numbers.

    It is divided by the real ones' total variance, so that it has no unit.
    """
    means = (made.mean(0) - real.mean(0)).square().sum()
    spreads = (made.std(0, correction=0) - real.std(0, correction=0)).square().sum()
    return float((means + spreads) / real.var(0, correction=0).sum().clamp_min(1e-12))


def has_converged(history: History, name: str) -> bool:
    """Return whether a distance has stopped falling: a third of the run brought no more than ``GAIN``."""
    values = [value for _, value in history.of(name)]
    if len(values) < LEAST:
        return False
    cut = len(values) - len(values) // 3
    return min(values[cut:]) > (1 - GAIN) * min(values[:cut])
