"""Where strokes lie on surfaces: sheets of paper on them, and the way that strokes run there.

Sheets are laid on from three sides, or by the surface's own UVs. Along curvature strokes run the way that
surfaces bend most, as cross-contours do (Girshick, Interrante, Haker & Lemoine, "Line Direction Matters: An
Argument for the Use of Principal Directions in 3D Line Drawings", NPAR 2000). Departure: ways are rounded, so
that strokes stay straight and of even width in patches, as Praun et al. 2001 have them by lapped textures.
"""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ...color import Floats
from .highlight import dot
from .tones import rises

SIDES = ((1, 2), (0, 2), (0, 1))
"""Axes of the sheets of the three sides."""
BLEND = 8.0
"""How sharply the three sides give way to each other."""
WAYS = 6
"""Ways that strokes run by curvature, in half a turn."""
SEAM = 8.0
"""How much faster UVs change at a seam than around it."""
EVEN = 0.2
"""Below this share one way bends hardly more than the other: strokes run as they do without."""


class Sheet(NamedTuple):
    """Paper on surfaces."""

    share: Floats
    """(H, W) in [0, 1], how much of a pixel's strokes are on it."""
    flat: Floats
    """(H, W, 2), places on it, scene units."""
    turn: Floats | None = None
    """(H, W), turn of the strokes there, radians; None: none."""


def three_sides(place: Floats, normal: Floats) -> Iterator[Sheet]:
    """Yield sheets from three sides of space, shares by the normal.

    Args:
        place: (H, W, 3), positions on the things themselves, scene units.
        normal: (H, W, 3), unit vectors, likewise.
    """
    weights = [cv2.pow(np.abs(normal[..., axis]), BLEND) for axis in range(3)]
    total = np.maximum(weights[0] + weights[1] + weights[2], 1e-9)
    for weight, sides in zip(weights, SIDES, strict=True):
        flat = cv2.merge([np.ascontiguousarray(place[..., k]) for k in sides])
        yield Sheet(weight / total, np.asarray(flat, np.float32))


def bent_sides(place: Floats, normal: Floats, depth: Floats, reach: float) -> Iterator[Sheet]:
    """Yield the sheets of three sides, on which strokes run the way the surface bends most.

    Args:
        place: (H, W, 3), positions on the things themselves, scene units.
        normal: (H, W, 3), unit vectors, likewise.
        depth: (H, W), scene units; across its steps nothing is compared.
        reach: how far around the bend is measured, pixels.
    """
    across, down = rises(place)
    turns = rises(normal)
    one_thing = _one_thing(depth, across, down)
    for sheet, sides in zip(three_sides(place, normal), SIDES, strict=True):
        yield sheet._replace(turn=_way(across, down, turns, sides, one_thing * sheet.share, reach))


def uv_sheet(uv: Floats, place: Floats, objects: NDArray[np.integer]) -> Sheet:
    """Return the sheet of surfaces' own UVs, as large on each object as it is on the median.

    Args:
        uv: (H, W, 2).
        place: (H, W, 3), scene units.
        objects: (H, W), a number for each object.
    """
    flat = np.zeros_like(uv)
    apart = np.sqrt(sum(dot(step, step) for step in rises(place)))
    steps = np.sqrt(sum(dot2(step) for step in rises(uv)))
    for number in np.unique(objects):
        own = objects == number
        known = own & (steps > 1e-9)
        if known.any():
            flat[own] = uv[own] * np.float32(np.median(apart[known] / steps[known]))
    pace = steps / np.maximum(apart, 1e-12)
    usual = cv2.erode(pace, np.ones((7, 7), np.uint8))  # a seam is three pixels wide
    whole = fill_nearest(flat, pace <= SEAM * usual)  # at seams pixels are means of two places
    return Sheet(np.ones(objects.shape, np.float32), whole)


def fill_nearest(picture: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return a picture (H, W, C) in which what is not known is as the nearest pixel that is.

    Args:
        picture: (H, W, C).
        known: (H, W); where all or none are, the picture is returned as it is.
    """
    if known.all() or not known.any():
        return picture
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.asarray(nearest, np.intp)
    there = np.zeros((int(nearest.max()) + 1, picture.shape[-1]), np.float32)
    there[nearest[known]] = picture[known]
    return np.where(known[..., None], picture, there[nearest])


def dot2(vectors: Floats) -> Floats:
    """Return the squared lengths of vectors (…, 2)."""
    return vectors[..., 0] ** 2 + vectors[..., 1] ** 2


def _one_thing(depth: Floats, across: Floats, down: Floats) -> Floats:
    """Return where neighbours lie on one surface, (H, W), 0 or 1."""
    step = np.sqrt(np.maximum(dot(across, across), dot(down, down)))
    usual = np.asarray(cv2.blur(step, (9, 9)), np.float32)
    return (
        (depth < 1e9) & (step <= 4 * np.minimum(usual, cv2.medianBlur(step, 5) + 1e-12))
    ).astype(np.float32)


def _way(  # slopes of places and of normals, and where they count
    across: Floats, down: Floats, turns: tuple[Floats, Floats], sides: tuple[int, int],
    weight: Floats, reach: float,
) -> Floats:  # fmt: skip
    """Return the way the surface bends most, radians on a sheet, rounded; 0 where it bends alike all ways."""
    (a, b), (e, f) = ((slope[..., sides[0]], slope[..., sides[1]]) for slope in (across, down))
    area = a * f - b * e
    safe = np.where(np.abs(area) > 1e-12, area, 1)[..., None]
    along = [(turns[0] * f[..., None] - turns[1] * b[..., None]) / safe,
             (turns[1] * a[..., None] - turns[0] * e[..., None]) / safe]  # fmt: skip
    xx, xy, yy = dot(along[0], along[0]), dot(along[0], along[1]), dot(along[1], along[1])
    calm = weight / np.sqrt(np.maximum(xx + yy, 1e-12))  # a sharp edge does not outweigh all around
    xx, xy, yy = (cv2.GaussianBlur(part * calm, (0, 0), reach) for part in (xx, xy, yy))
    lean = np.hypot(xx - yy, 2 * xy) / np.maximum(xx + yy, 1e-12)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    step = np.float32(np.pi / WAYS)
    return np.where(lean > EVEN, np.rint(angle / step) * step, 0).astype(np.float32)
