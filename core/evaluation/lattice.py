"""Lattices: patterns with a period that networks leave where a picture is flat."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .pixels import Array, check_alike, check_sides, flat_places, frequencies, grey, spectra

FINE, COARSE = 64, 192
"""Sides of the windows, in pixels."""
EDGES = {FINE: (12, 7, 4.5, 3.2, 2.5, 2, 1.4), COARSE: (48, 32, 20, 12)}
"""Periods, in pixels, between which lie the rings of frequency that are looked at in each."""
TURNS = 4
"""Times that a period is in a window, at least, to be found there."""
FLAT = 0.2
"""Share of a picture's windows that count as flat."""
FAINT = 0.1
"""Amplitude in grey levels of 8 bits of a wave that nobody sees: its peak counts as 1."""


Ring = tuple[NDArray[np.bool_], Array]
"""A ring of frequency: the mask of its bins, and their frequencies."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """The strongest pattern of flat areas: how far it stands out, and its period in pixels."""

    energy: float
    period: float


def lattice(picture: Array, content: Array) -> Lattice:
    """Return the periodic energy of a picture (3, H, W) in the areas where its content is flat.

    The fifth of the content's windows with the least variation about a plane are the flat areas. Of the
    picture's grey in each, a ring of frequency at a time: the largest power divided by the ring's median,
    to which the peak of a wave of ``FAINT`` levels is added, so that what cannot be seen counts for
    nothing. A window's figure is its largest; the median over windows is the energy. Periods of 2 (along
    the diagonal 1.4) to 12 pixels are sought in windows of 64, those of 12 to 48 in windows of 192
    pixels. White noise has about 9, photographs 15 to 70, paintings 12 to 40, a woven pattern hundreds.

    Raises:
        PictureError: if a side is below 64 pixels, or the two sizes differ.
    """
    check_alike(picture, content)
    check_sides(picture, FINE, "lattice")
    here, there = grey(picture), grey(content)
    sides = {FINE: FINE, COARSE: min(COARSE, *here.shape)}
    found = [_strongest(here, there, side, EDGES[kind]) for kind, side in sides.items()]
    return max(found, key=lambda one: one.energy)


def _strongest(picture: Array, content: Array, side: int, edges: tuple[float, ...]) -> Lattice:
    """Return the median over flat windows of the strongest peak's energy, and of its period."""
    places = flat_places(content, side, FLAT)
    rings = _rings(side, tuple(edge for edge in edges if edge * TURNS <= side))
    faint = (FAINT / 2 * np.hanning(side).sum() ** 2) ** 2
    peaks = [_peak(power, rings, faint) for power in spectra(picture, places, side)]
    if not rings:
        return Lattice(0.0, 0.0)
    energies, periods = np.array(peaks).T
    strong = energies >= np.median(energies)
    return Lattice(float(np.median(energies)), float(np.median(periods[strong])))


def _rings(side: int, edges: tuple[float, ...]) -> list[Ring]:
    """Return the rings between neighbouring periods."""
    bins = frequencies(side)
    masks = [(bins >= 1 / low) & (bins < 1 / high) for low, high in pairwise(edges)]
    return [(mask, bins[mask]) for mask in masks]


def _peak(power: Array, rings: list[Ring], faint: float) -> tuple[float, float]:
    """Return the energy and the period of the strongest peak of a spectrum."""
    best = (0.0, 0.0)
    for mask, bins in rings:
        ring = power[mask]
        top = int(ring.argmax())
        best = max(best, (float(ring[top] / (np.median(ring) + faint)), float(1 / bins[top])))
    return best
