"""A map of colours as a table, interpolated between its nodes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..color import Floats
from .oklab import to_oklab, to_srgb

NODES = 25
"""Of the table along each of red, green and blue."""
STRIPE = 1 << 14
"""Pixels that are mapped at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Lut:
    """A map from sRGB to sRGB."""

    table: NDArray[np.float32]
    """(N³, 3): the colour that each node becomes; blue varies fastest."""

    def apply(self, rgb: Floats) -> Floats:
        """Return a picture (1, 3, H, W) in the mapped colours, between nodes by trilinear interpolation."""
        flat = rgb.reshape(3, -1)
        out = np.empty(flat.shape, np.float32)
        for start in range(0, flat.shape[1], STRIPE):
            part = slice(start, start + STRIPE)
            out[:, part] = self._look_up(flat[:, part])
        return out.reshape(rgb.shape)

    def _look_up(self, rgb: Floats) -> Floats:
        place = rgb.clip(0, 1) * np.float32(NODES - 1)
        low = np.minimum(place.astype(np.int32), NODES - 2)
        up = place - low
        shares = np.stack([1 - up, up])
        first = (low[0] * NODES + low[1]) * NODES + low[2]
        out = np.zeros((rgb.shape[1], 3), np.float32)
        for red, green, blue in product((0, 1), repeat=3):
            corner = self.table[first + ((red * NODES + green) * NODES + blue)]
            corner *= (shares[red, 0] * shares[green, 1] * shares[blue, 2])[:, None]
            out += corner
        return out.T


def tabulate(map_lab: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Lut:
    """Return the table of a map of OKLab colours, (N, 3) to (N, 3)."""
    axis = np.linspace(0, 1, NODES)
    nodes = np.stack(np.meshgrid(axis, axis, axis, indexing="ij")).reshape(3, -1)
    mapped = map_lab(to_oklab(nodes).T.astype(np.float64))
    return Lut(to_srgb(mapped.T).T.astype(np.float32))
