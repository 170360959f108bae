"""A picture that painters read by windows, and what is made of the whole of it: smaller copies, blurs."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..tiling import Box
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
    height, width = picture.shape
    step = max(1, ROWS // factor) * factor
    parts = [
        shrink(picture.read(Box(top, 0, min(height, top + step), width)), factor, picture.wraps[1])
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
