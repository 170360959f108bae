"""Sheets that are printed on: hairs of hand-made paper."""

import numpy as np

from .clouds import MOST, Clouds
from .noise import fibres
from .picture import Wraps


def hairs(
    shape: tuple[int, int], length: float, apart: float, rng: np.random.Generator, wraps: Wraps
) -> Clouds:
    """Return short curved hairs, ``length`` pixels long, one on each ``apart`` x ``apart``, in [0, 1]."""
    sizes, steps = list[int](), list[float]()
    for side, wrap in zip(shape, wraps, strict=True):
        repeats = max(1, -(-side // MOST))
        count = max(1, round(side / repeats)) if wrap else min(side, MOST)
        sizes.append(count)
        steps.append(side / (count * repeats) if wrap else 1.0)
    count = max(1, round(sizes[0] * sizes[1] / apart**2))
    return Clouds(fibres((sizes[0], sizes[1]), length, count, rng), (steps[0], steps[1]))
