"""The palette of pictures: their colours, and how much of the surface each of them covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import Floats
from ..imaging.lazy import Pixels
from .oklab import to_oklab

SIDE = 64
"""Longer side of the small copies in which colours are measured: what is finer is grain, no colour."""
MOST = 96
"""Colours of a palette, at most."""
STEP = 0.02
"""Difference of lightness below which two colours are one, where there are few."""
FAINT = 2e-4
"""Share of its picture below which a colour does not count."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours, and how much of the surface each covers."""

    lab: NDArray[np.float64]
    """(N, 3), OKLab."""
    weight: NDArray[np.float64]
    """(N,), above 0; their sum is the surface."""

    @property
    def share(self) -> NDArray[np.float64]:
        """Weights that sum to 1."""
        return self.weight / self.weight.sum()

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean colour, (3,)."""
        return self.share @ self.lab

    def scaled(self, area: float) -> "Palette":
        """Return the palette of a surface of this area."""
        return Palette(self.lab, self.share * area)


def measure_palette(rgb: Pixels, coverage: Pixels | None = None) -> Palette:
    """Return a picture's palette, of a surface of 1.

    Args:
        rgb: (1, 3, H, W), sRGB in [0, 1].
        coverage: (1, 1, H, W), how much each pixel counts; None, or nothing but 0: all alike.
    """
    colors, weight = shrink(rgb, coverage, SIDE)
    lab = to_oklab(colors[0].astype(np.float64)).reshape(3, -1).T.astype(np.float64)
    return _merge(lab, weight.ravel().astype(np.float64)).scaled(1)


def join(palettes: Sequence[Palette]) -> Palette:
    """Return the palette of several surfaces together, each by its weight.

    The mean colour of each is among its colours however small it is, so no material is lost.
    """
    lab = np.concatenate([palette.lab for palette in palettes])
    return _merge(lab, np.concatenate([palette.weight for palette in palettes]), faint=0)


def shrink(rgb: Pixels, coverage: Pixels | None, side: int) -> tuple[Floats, Floats]:
    """Return a small copy (1, 3, h, w) by means of areas, and the weights of its pixels, (1, 1, h, w).

    A large picture is read in stripes.
    """
    height, width = rgb.shape[-2:]
    ratio = min(1.0, side / max(height, width))
    rows, columns = max(1, round(height * ratio)), max(1, round(width * ratio))
    edges = np.linspace(0, height, rows + 1).round().astype(int)
    parts = [
        _shrink_row(rgb, coverage, slice(top, bottom), columns) for top, bottom in pairwise(edges)
    ]
    colors, weights = (np.concatenate(some, -2) for some in zip(*parts, strict=True))
    return (colors, weights) if weights.any() else shrink(rgb, None, side)


def _shrink_row(
    rgb: Pixels, coverage: Pixels | None, rows: slice, columns: int
) -> tuple[Floats, Floats]:
    """Return one row of the small copy, (1, 3, 1, columns), and its weights."""
    x = np.asarray(rgb[..., rows, :], np.float32)
    weight = np.ones_like(x[:, :1])
    if coverage is not None:
        weight = np.asarray(coverage[..., rows, :], np.float32)
    total = _mean(weight, columns)
    return _mean(x * weight, columns) / np.maximum(total, 1e-12), total


def _mean(x: Floats, columns: int) -> Floats:
    """Return means over all rows and over equal parts of the columns: (1, C, 1, columns)."""
    down = x[0].mean(1, dtype=np.float64)
    rows = [cv2.resize(row[None], (columns, 1), interpolation=cv2.INTER_AREA) for row in down]
    return np.stack(rows)[None]


def _merge(
    lab: NDArray[np.float64], weight: NDArray[np.float64], *, faint: float = FAINT
) -> Palette:
    """Return a palette of at most ``MOST`` colours: those that are near each other are one."""
    step = STEP
    while True:
        cell = np.floor(lab / (step, step / 2, step / 2)).astype(np.int64)
        _, index = np.unique(cell, axis=0, return_inverse=True)
        index = index.ravel()
        total = np.bincount(index, weight).astype(np.float64)
        if (total > faint * total.sum()).sum() <= MOST:
            break
        step *= 1.25
    sums = np.stack([np.bincount(index, weight * lab[:, k]) for k in range(3)], -1)
    kept = total > faint * total.sum()
    return Palette(sums[kept] / total[kept, None], total[kept])
