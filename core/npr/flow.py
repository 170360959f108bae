"""Directions that strokes follow: unit vectors along a picture's forms, and lines through them."""

from math import isfinite

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Array, blur, pick, slopes
from .palette import luminance
from .picture import Wraps
from .picture import blur as blur_around


def along_forms(picture: Array, sigma: float, wraps: Wraps = (False, False)) -> Array:
    """Return unit vectors (H, W, 2), x then y, along the edges and stripes of a picture.

    The smoothed structure tensor's weaker eigenvector; where nothing has a direction, that of its
    neighbours spreads in. A vector and its opposite mean the same.

    Args:
        picture: (H, W, 3) in [0, 1].
        sigma: how far directions are averaged, pixels.
        wraps: whether the picture goes on around, downward and to the right.
    """
    grey = blur_around(luminance(picture), max(0.5, sigma / 6), wraps)
    gx, gy = (8 * slope for slope in slopes(grey))
    near = [_spread(g, sigma, wraps) for g in (gx * gx, gx * gy, gy * gy)]
    return along(*near)


def structure(picture: Array, sigma: float) -> tuple[Array, Array, Array]:
    """Return the structure tensor's three parts, (H, W) each: of x x, x y and y y, over ``sigma`` pixels.

    Args:
        picture: (H, W), or (H, W, C), whose channels are added up.
        sigma: how far it is averaged, pixels.
    """
    gx, gy = slopes(picture)
    parts = (gx * gx, gx * gy, gy * gy)
    if picture.ndim == 3:  # a numpy reduction of three numbers is far slower
        parts = [cv2.transform(part, np.ones((1, part.shape[-1]), np.float32)) for part in parts]
    xx, xy, yy = (blur(part, sigma) for part in parts)
    return xx, xy, yy


def along(xx: Array, xy: Array, yy: Array) -> Array:
    """Return unit vectors (H, W, 2) in which a picture changes least: the tensor's weaker eigenvectors."""
    return from_angle(0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2)


def _spread(field: Array, sigma: float, wraps: Wraps) -> Array:
    return blur_around(field, sigma, wraps) + 0.05 * blur_around(field, sigma * 4, wraps) + 1e-9


def from_angle(angle: NDArray[np.floating]) -> Array:
    """Return unit vectors (H, W, 2) of angles in radians; y points down."""
    return np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32)


def mix(first: Array, second: Array, mask: NDArray[np.floating]) -> Array:
    """Return directions that turn from ``first`` to ``second`` where ``mask`` (H, W) goes to 1."""
    doubled = [_double_angle(f) for f in (first, second)]
    both = doubled[0] * (1 - mask) + doubled[1] * mask
    return from_angle(np.angle(both) / 2)


def doubled(vectors: Array) -> Array:
    """Return vectors (H, W, 2) with their angles doubled, as long as they were: so opposites are the same."""
    x, y = vectors[..., 0], vectors[..., 1]
    length = np.maximum(np.hypot(x, y), 1e-9)
    return np.stack([(x * x - y * y) / length, 2 * x * y / length], -1).astype(np.float32)


def _double_angle(flow: Array) -> NDArray[np.complex64]:
    return ((flow[..., 0] + 1j * flow[..., 1]) ** 2).astype(np.complex64)


def turn(flow: Array, degrees: float) -> Array:
    """Return the directions turned clockwise by ``degrees``."""
    a = np.deg2rad(degrees)
    x, y = flow[..., 0], flow[..., 1]
    return np.stack([x * np.cos(a) - y * np.sin(a), x * np.sin(a) + y * np.cos(a)], -1).astype(
        np.float32
    )


ENDLESS = (np.inf, np.inf)
"""The period of a field that does not wrap."""


def sample(
    field: Array, points: NDArray[np.floating], period: tuple[float, float] = ENDLESS
) -> Array:
    """Return a field's nearest values at points (…, 2), x then y, clipped to the picture.

    Args:
        field: (H, W) or (H, W, C).
        points: (…, 2).
        period: height and width after which it is the same again; infinite: it ends.
    """
    return field[find_cells(field.shape, points[..., 0], points[..., 1], period)]


def find_cells(
    shape: tuple[int, ...],
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    period: tuple[float, float],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of a field at places."""
    down, along = period
    x, y = (x % along if isfinite(along) else x), (y % down if isfinite(down) else y)
    column = np.minimum(np.maximum(x, 0), shape[1] - 1).astype(np.intp)
    return np.minimum(np.maximum(y, 0), shape[0] - 1).astype(np.intp), column


def _find_flat(
    shape: tuple[int, ...], x: Array, y: Array, period: tuple[float, float]
) -> NDArray[np.intp]:
    """Return the cells of a field at places, counted row by row."""
    rows, columns = find_cells(shape, x, y, period)
    rows *= shape[1]
    rows += columns
    return rows


def trace(
    flow: Array,
    starts: NDArray[np.floating],
    step: float | Array,
    count: int,
    inertia: float = 0.3,
    period: tuple[float, float] = ENDLESS,
) -> Array:
    """Return lines (N, count + 1, 2) that follow the flow from their starts, all at once.

    Args:
        flow: unit vectors (H, W, 2).
        starts: (N, 2), x then y, pixels.
        step: length of a step, pixels, of all or of each (N, 1); its sign chooses the side.
        count: steps.
        inertia: share of the last direction kept in the next, 0 … 1.
        period: as in ``sample``.
    """
    right, down = np.ascontiguousarray(np.moveaxis(flow, -1, 0)).reshape(2, -1)
    x, y = np.ascontiguousarray(np.asarray(starts, np.float32).T)
    stride = step[:, 0] if isinstance(step, np.ndarray) else step
    cells = _find_flat(flow.shape, x, y, period)
    way_x, way_y = (pick(part, cells) * np.sign(stride) for part in (right, down))
    path = np.empty((len(x), count + 1, 2), np.float32)
    path[:, 0] = starts
    for k in range(1, count + 1):
        cells = _find_flat(flow.shape, x, y, period)
        here_x, here_y = pick(right, cells), pick(down, cells)
        back = np.where(here_x * way_x + here_y * way_y < 0, np.float32(-1), np.float32(1))
        way_x = inertia * way_x + (1 - inertia) * (here_x * back)
        way_y = inertia * way_y + (1 - inertia) * (here_y * back)
        length = np.maximum(np.sqrt(way_x * way_x + way_y * way_y), 1e-6)
        way_x, way_y = way_x / length, way_y / length
        x, y = x + way_x * abs(stride), y + way_y * abs(stride)
        path[:, k, 0], path[:, k, 1] = x, y
    return path


def streaks(
    field: Array, flow: Array, length: float, pixels: NDArray[np.intp] | None = None
) -> Array:
    """Return a field (H, W) or (H, W, 3) averaged along the flow (line integral convolution).

    Args:
        field: what is drawn out into streaks.
        flow: unit vectors (H, W, 2).
        length: of the streaks, pixels.
        pixels: (h, w), those at which alone it is wanted, counted row by row; None: all.
    """
    every = np.arange(field.shape[0] * field.shape[1]).reshape(field.shape[:2])
    pixels = every if pixels is None else pixels
    y, x = (part.astype(np.float32) for part in np.divmod(pixels, field.shape[1]))
    count = max(1, round(min(length / 2, 24)))
    step = np.float32(length / (2 * count))
    total = field.reshape(-1, *field.shape[2:])[pixels]
    starts = flow.reshape(-1, 2)[pixels]
    for side in (-1, 1):
        column, row = x.copy(), y.copy()
        right, down = cv2.split(np.float32(side) * starts)
        for _ in range(count):
            column += right * step
            row += down * step
            here = cv2.remap(flow, column, row, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            next_right, next_down = cv2.split(here)
            back = np.where(
                next_right * right + next_down * down < 0, np.float32(-1), np.float32(1)
            )
            right, down = next_right * back, next_down * back
            total += cv2.remap(field, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return total / (2 * count + 1)
