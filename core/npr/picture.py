"""A picture that painters read by windows, and what is made of the whole of it: smaller copies, blurs."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..crossings import Crossings
from ..tiling import Box, reflect
from .noise import Array

ROWS = 1024
"""Rows that are read at once when a picture is reduced."""
Wraps = tuple[bool, bool]
"""Whether the lower border meets the upper one, and the right one the left."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a known size, (H, W, 3) in [0, 1], of which windows are made when they are read."""

    shape: tuple[int, int]
    read: Callable[[Box], Array]
    """Return a window inside the picture, (h, w, 3) float32."""
    wraps: Wraps = (False, False)
    shown: Callable[[Box], Array] | None = None
    """Return how much a window's pixels count where all of a picture is measured, (h, w); None: all alike."""
    pieces: NDArray[np.integer] | None = None
    """(H, W): numbers of pieces from one to another of which no stroke runs; None: it is one."""
    crossings: Crossings | None = None
    """Where strokes go on over the seams of pieces; None: nowhere."""

    @property
    def side(self) -> float:
        """Side of the square that is as large, in pixels: brushes are shares of it."""
        return float(np.sqrt(self.shape[0] * self.shape[1]))


def as_picture(picture: "Array | Picture") -> Picture:
    """Return an array (H, W, 3) as a picture that is read by windows."""
    if isinstance(picture, Picture):
        return picture
    own = np.asarray(picture, np.float32)
    return Picture(
        (own.shape[0], own.shape[1]), lambda box: own[box.top : box.bottom, box.left : box.right]
    )


def reduce(picture: Picture, factor: int) -> Array:
    """Return the picture in means of ``factor`` x ``factor`` pixels, (ceil(H / f), ceil(W / f), 3)."""
    return _reduce(picture, picture.read, factor)


def reduce_shown(picture: Picture, factor: int) -> Array:
    """Return how much each cell of ``reduce`` counts, (h, w)."""
    if picture.shown is None:
        return np.ones(tuple(-(-side // factor) for side in picture.shape), np.float32)
    return _reduce(picture, picture.shown, factor)


def _reduce(picture: Picture, read: Callable[[Box], Array], factor: int) -> Array:
    height, width = picture.shape
    step = max(1, ROWS // factor) * factor
    parts = [
        shrink(read(Box(top, 0, min(height, top + step), width)), factor, picture.wraps[1])
        for top in range(0, height, step)
    ]
    return np.concatenate(parts)


def shrink(field: Array, factor: int, wrap: bool = False) -> Array:
    """Return an array in means of ``factor`` x ``factor`` values; borders are continued."""
    if factor == 1:
        return np.ascontiguousarray(field, np.float32)
    height, width = field.shape[:2]
    down, along = -height % factor, -width % factor
    if down:
        field = cv2.copyMakeBorder(field, 0, down, 0, 0, cv2.BORDER_REPLICATE)
    if along:
        kind = cv2.BORDER_WRAP if wrap and along < width else cv2.BORDER_REPLICATE
        field = cv2.copyMakeBorder(field, 0, 0, 0, along, kind)
    size = (field.shape[1] // factor, field.shape[0] // factor)
    return cv2.resize(np.asarray(field), size, interpolation=cv2.INTER_AREA).astype(np.float32)


def blur(field: Array, sigma: float, wraps: Wraps = (False, False)) -> Array:
    """Return a Gaussian blur, ``sigma`` in cells: around where the picture wraps, else mirrored.

    A wide one is made of means of cells, which differ from it by less than paint shows.
    """
    if sigma <= 0:
        return field
    if sigma > 6:
        factor = int(sigma // 3)
        small = blur(shrink(field, factor, wraps[1]), sigma / factor, wraps)
        return enlarge(small, field.shape[:2], factor, wraps)
    reach = int(4 * sigma) + 1
    down, along = (reach if wrap else 0 for wrap in wraps)
    wide = pad(field, down, along)
    wide = cv2.GaussianBlur(wide, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return wide[down : down + field.shape[0], along : along + field.shape[1]]


def pad(field: Array, down: int, along: int) -> Array:
    """Return a field continued around by so many rows and columns on each side."""
    if not (down or along):
        return field
    rows = np.arange(-down, field.shape[0] + down) % field.shape[0]
    columns = np.arange(-along, field.shape[1] + along) % field.shape[1]
    return np.ascontiguousarray(field[rows[:, None], columns])


def enlarge(small: Array, size: tuple[int, int], factor: int, wraps: Wraps) -> Array:
    """Return a field of means of ``factor`` values in the size (height, width) that it had, smoothly."""
    down, along = (2 if wrap else 0 for wrap in wraps)
    wide = pad(small, down, along)
    shape = (wide.shape[1] * factor, wide.shape[0] * factor)
    big = cv2.resize(wide, shape, interpolation=cv2.INTER_LINEAR)
    top, left = down * factor, along * factor
    return np.ascontiguousarray(big[top : top + size[0], left : left + size[1]])


@dataclass(frozen=True, slots=True)
class Copy:
    """A field that is known in cells of ``factor`` x ``factor`` pixels, and read smoothly at any place."""

    cells: Array
    """(h, w) or (h, w, C)."""
    factor: int
    wraps: Wraps = (False, False)
    size: tuple[int, int] = (0, 0)
    """Height and width of the picture, in pixels, where it wraps."""

    def at(self, x: Array, y: Array) -> Array:
        """Return values at places of pixels (h, w), x and y."""
        x, y = self._turn(x, 1), self._turn(y, 0)
        column, row = (
            (v + np.float32(0.5)) / np.float32(self.factor) - np.float32(0.5) for v in (x, y)
        )
        cells = self.cells if self.cells.ndim == 3 else self.cells[..., None]
        parts = [
            cv2.remap(
                np.ascontiguousarray(cells[..., k : k + 4]),
                column.astype(np.float32),
                row.astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_WRAP if any(self.wraps) else cv2.BORDER_REPLICATE,
            ).reshape(*x.shape, -1)
            for k in range(0, cells.shape[2], 4)
        ]
        found = np.concatenate(parts, -1)
        return found if self.cells.ndim == 3 else found[..., 0]

    def read(self, box: Box) -> Array:
        """Return a window."""
        x, y = places(box)
        return self.at(x, y)

    def _turn(self, places: Array, axis: int) -> Array:
        """Return places inside the picture: around, or at its border."""
        side = self.size[axis] or self.cells.shape[axis] * self.factor
        return places % side if self.wraps[axis] else np.clip(places, 0, side - 1)


def places(box: Box) -> tuple[Array, Array]:
    """Return the x and the y of a window's pixels, (h, w) each."""
    y, x = np.mgrid[box.top : box.bottom, box.left : box.right].astype(np.float32)
    return x, y


def read_around(picture: Picture, box: Box) -> Array:
    """Return a window that may leave the picture: it goes on around where it wraps, else mirrored."""
    height, width = picture.shape
    if box.top >= 0 and box.left >= 0 and box.bottom <= height and box.right <= width:
        return picture.read(box)
    rows, columns = (
        np.arange(start, stop) % side if wrap else reflect(start, stop, side)
        for start, stop, side, wrap in zip(
            (box.top, box.left), (box.bottom, box.right), picture.shape, picture.wraps, strict=True
        )
    )
    top, left = int(rows.min()), int(columns.min())
    inside = picture.read(Box(top, left, int(rows.max()) + 1, int(columns.max()) + 1))
    return np.ascontiguousarray(inside[(rows - top)[:, None], columns - left])
