"""What strokes leave on pixels: on those in one stroke, and, mixed, on those in which strokes meet."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..tiling import Box
from .bristles import Paint
from .noise import Array, pick
from .ribbons import FINE, Layer, Places

Painter = Callable[[Places], Paint]
Pixels = NDArray[np.intp]
"""Pixels of a window, counted row by row."""
SAMPLES = [(column, row) for row in range(FINE) for column in range(FINE)]


def tell_apart(drawn: NDArray[np.int32]) -> tuple[Pixels, Pixels]:
    """Return the pixels that lie in one stroke, and those in which strokes meet or end.

    Args:
        drawn: (FINE h, FINE w), labels of quads, as of ``Layer.draw``.
    """
    first, *others = (drawn[row::FINE, column::FINE] for column, row in SAMPLES)
    low = high = first
    for other in others:
        low, high = np.minimum(low, other), np.maximum(high, other)
    apart = high - low > 1  # quads that follow each other in a stroke are one
    return np.flatnonzero(~apart & (low > 0)), np.flatnonzero(apart)


def paint_whole(
    layer: Layer, painter: Painter, drawn: NDArray[np.int32], pixels: Pixels, box: Box
) -> Paint:
    """Return the paint of pixels that lie in one stroke."""
    rows, columns = np.divmod(pixels, box.width)
    label = pick(drawn.ravel(), FINE * (rows * drawn.shape[1] + columns))
    return painter(layer.place(label, _shift(columns, box.left), _shift(rows, box.top)))


def paint_mixed(
    layer: Layer, painter: Painter, drawn: NDArray[np.int32], pixels: Pixels, box: Box
) -> Paint:
    """Return the mean paint of pixels in which strokes meet."""
    rows, columns = np.divmod(pixels, box.width)
    corner = FINE * (rows * drawn.shape[1] + columns)
    color = np.zeros((3, len(pixels)), np.float32)
    height, cover = np.zeros(len(pixels), np.float32), np.zeros(len(pixels), np.float32)
    for column, row in SAMPLES:
        label = pick(drawn.ravel(), corner + (row * drawn.shape[1] + column))
        there = np.flatnonzero(label)
        if not len(there):
            continue
        x = _shift(pick(columns, there), box.left + (column + 0.5) / FINE - 0.5)
        y = _shift(pick(rows, there), box.top + (row + 0.5) / FINE - 0.5)
        paint = painter(layer.place(pick(label, there), x, y))
        for tone, painted in zip(color, paint.color, strict=True):
            tone[there] += painted * paint.cover
        height[there] += paint.height * paint.cover
        cover[there] += paint.cover
    share = np.maximum(cover, 1e-6)
    return Paint(color / share, height / share, cover / len(SAMPLES))


def _shift(places: Pixels, start: float) -> Array:
    return places.astype(np.float32) + np.float32(start)
