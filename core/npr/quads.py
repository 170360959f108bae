"""Convex quads drawn as numbers: large ones one by one by OpenCV, small ones all at once.

Half of the time in which fine strokes are painted went into calls that drew a few samples each.
"""

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Array

SUBPIXELS = 4
"""Bits below the point in the corners that are drawn."""
SMALL = (6, 12, 24)
"""Rows and columns below which quads are drawn with others that are about as large."""
NOWHERE, TINY = np.float32(1e6), np.float32(1e-6)

Numbers = NDArray[np.int32]


def draw_quads(
    corners: NDArray[np.int32], numbers: NDArray[np.integer], size: tuple[int, int]
) -> Numbers:
    """Return the highest number of the quads on each sample (H, W); 0: none.

    Args:
        corners: (Q, 4, 2), x then y, in samples times 2 to the ``SUBPIXELS``.
        numbers: (Q,), above 0, rising.
        size: height and width in samples.
    """
    low, high = (bound >> SUBPIXELS for bound in find_bounds(corners))
    extent = (high - low).max(1)
    large = np.flatnonzero(extent >= SMALL[-1])
    drawn = np.zeros(size, np.int32)
    fill = cv2.fillConvexPoly
    for points, number in zip(list(corners[large]), numbers[large].tolist(), strict=True):
        fill(drawn, points, number, cv2.LINE_8, SUBPIXELS)
    for least, side in pairwise((0, *SMALL)):
        some = np.flatnonzero((extent >= least) & (extent < side))
        if len(some):
            small = _draw_small(corners[some], numbers[some], low[some], side, size)
            np.maximum(drawn, small, out=drawn)
    return drawn


def find_bounds(corners: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the least and the greatest x and y (Q, 2) of quads (Q, 4, 2)."""
    first, second, third, fourth = np.moveaxis(corners, 1, 0)  # a reduction of four numbers is slow
    low = np.minimum(np.minimum(first, second), np.minimum(third, fourth))
    return low, np.maximum(np.maximum(first, second), np.maximum(third, fourth))


def _draw_small(
    corners: NDArray[np.int32],
    numbers: NDArray[np.integer],
    low: NDArray[np.int32],
    rows: int,
    size: tuple[int, int],
) -> Numbers:
    """Draw quads that have ``rows`` rows at most, from ``low`` (Q, 2) on."""
    left, right = _find_spans(corners - (low[:, None] << SUBPIXELS), rows + 2)
    row = low[:, 1:] + np.arange(rows + 2, dtype=np.int32)
    left = np.maximum(left + low[:, :1], 0)
    count = np.minimum(right + low[:, :1], size[1] - 1) + 1 - left
    seen = (count > 0) & (row >= 0) & (row < size[0])
    count, start = count[seen], (row * size[1] + left)[seen]
    number = np.repeat(numbers.astype(np.int32), seen.sum(1))
    ends = count.cumsum()
    places = np.repeat(start - ends + count, count)
    places += np.arange(len(places), dtype=np.int32)
    drawn = np.zeros(size, np.int32)
    drawn.ravel()[places] = np.repeat(number, count)  # of equal places the last one counts
    return drawn


def _find_spans(corners: NDArray[np.int32], rows: int) -> tuple[Numbers, Numbers]:
    """Return the first and the last column of quads on each of ``rows`` rows, (Q, rows).

    A quad has the samples in it and those next to which its outline goes, as OpenCV draws it.
    """
    points = corners.astype(np.float32) * np.float32(2.0**-SUBPIXELS)
    row = np.arange(rows, dtype=np.float32)
    left = np.full((len(points), rows), NOWHERE, np.float32)
    right = -left
    for k in range(4):
        away, first, last = _cross(points[:, k - 1], points[:, k], row)
        np.minimum(left, first + away, out=left)
        np.maximum(right, last - away, out=right)
    return np.floor(left + 0.5).astype(np.int32), np.floor(right + 0.5).astype(np.int32)


def _cross(start: Array, stop: Array, row: Array) -> tuple[Array, Array, Array]:
    """Return 0 on rows on which edges (Q, 2) have a part, else a distance, and from and to where, (Q, R)."""
    (x, y), (dx, dy) = (part.T[..., None] for part in (start, stop - start))
    middle, half = y + dy / 2, np.abs(dy) / 2
    slope = dx / np.where(np.abs(dy) < TINY, TINY, dy)
    level = np.abs(dx) > np.abs(dy)  # such an edge has several samples on a row
    reach = np.where(level, np.copysign(np.float32(0.5), slope), np.float32(0))
    away = np.where(np.abs(row - middle) > half + 0.5, NOWHERE, np.float32(0))
    low, high = middle - half, middle + half
    first, last = (
        x + (np.minimum(np.maximum(row + side, low), high) - y) * slope for side in (-reach, reach)
    )
    return away, first, last
