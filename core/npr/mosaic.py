"""Mosaic: square stones laid in rows along a picture's forms, set in grout.

After A. Hausner, "Simulating Decorative Mosaics", SIGGRAPH 2001: a centroidal Voronoi diagram in the
Manhattan metric, turned to a direction field. Departures: the diagram is computed by windows in numpy
instead of cones on a graphics card, and stones have uneven sizes and hues, bevels, and light.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import along_forms, sample
from .noise import Array, blur, fractal, generator, ramp, slopes
from .palette import Color, adjust, over, rgb, to_lab, vary
from .relief import light

FINE = 2


def mosaic(
    picture: Array,
    *,
    flow: Array | None = None,
    size: float | None = None,
    grout: Color = "#3a3430",
    seed: int = 0,
) -> Array:
    """Return the picture as a mosaic, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the rows, unit vectors (H, W, 2); None: along the picture's forms.
        size: side of a stone in pixels; None: a 52nd of the longer side.
        grout: colour between the stones.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    size = size or max(2.0, max(height, width) / 52)
    field = along_forms(picture, size * 1.2) if flow is None else flow
    rng = generator(seed, 41)
    seeds, owner = stones(picture, field, size, rng)
    colors = _colors(picture, owner, len(seeds), rng)
    owner, inset = _cells(
        (height * FINE, width * FINE), seeds * FINE, sample(field, seeds), size * FINE
    )
    return cv2.resize(
        _set(colors, owner, inset, size * FINE, rgb(grout), rng),
        (width, height),
        interpolation=cv2.INTER_AREA,
    )


def stones(
    picture: Array, flow: Array, size: float, rng: np.random.Generator, rounds: int = 14
) -> tuple[Array, NDArray[np.intp]]:
    """Return the stones' centres (N, 2) and each pixel's stone (H, W).

    Centres move to the middle of their cells, and away from the picture's edges, so that a stone is on
    one side of an edge.
    """
    height, width = picture.shape[:2]
    count = max(1, round(1.12 * height * width / size**2))
    seeds = (rng.random((count, 2)) * (width, height)).astype(np.float32)
    rim = _edges(picture, size)
    for step in range(rounds):
        owner, _ = _cells((height, width), seeds, sample(flow, seeds), size)
        free = np.where(rim, count, owner) if step > 2 else owner
        seeds = _middles(free, seeds, count)
    return seeds, _cells((height, width), seeds, sample(flow, seeds), size)[0]


def _edges(picture: Array, size: float) -> NDArray[np.bool_]:
    lab = to_lab(blur(picture, size / 12))
    gx, gy = slopes(lab)
    strong = np.sqrt((gx**2 + gy**2).sum(-1)) > 5.25
    wide = max(1, round(size * 0.22))
    return cv2.dilate(strong.astype(np.uint8), np.ones((wide, wide), np.uint8)) > 0


def _middles(owner: NDArray[np.intp], seeds: Array, count: int) -> Array:
    y, x = np.indices(owner.shape)
    share = np.bincount(owner.ravel(), minlength=count + 1)[:count]
    total = [np.bincount(owner.ravel(), axis.ravel(), count + 1)[:count] for axis in (x, y)]
    mean = np.stack(total, 1) / np.maximum(share, 1)[:, None]
    return np.where(share[:, None] > 0, mean, seeds).astype(np.float32)


def _cells(
    shape: tuple[int, int], seeds: Array, flow: Array, size: float
) -> tuple[NDArray[np.intp], Array]:
    """Return each pixel's stone, and its distance (pixels) from the border of the stone's cell."""
    reach = int(size * 1.6) + 2
    nearest = np.full((shape[0] + 2 * reach, shape[1] + 2 * reach), 1e6, np.float32)
    second, owner = nearest.copy(), np.zeros(nearest.shape, np.intp)
    span = np.arange(-reach, reach + 1, dtype=np.float32)
    for index, ((x, y), (ux, uy)) in enumerate(zip(seeds, flow, strict=True)):
        column, row = int(x), int(y)
        dx, dy = span[None, :] - (x - column), span[:, None] - (y - row)
        distance = np.maximum(np.abs(dx * ux + dy * uy), np.abs(dy * ux - dx * uy))
        at = (slice(row, row + 2 * reach + 1), slice(column, column + 2 * reach + 1))
        near, far, who = nearest[at], second[at], owner[at]
        wins = distance < near
        np.minimum(far, np.where(wins, near, distance), out=far)
        near[wins], who[wins] = distance[wins], index
    inner = (slice(reach, reach + shape[0]), slice(reach, reach + shape[1]))
    return owner[inner], ((second - nearest) / 2)[inner]


def _colors(picture: Array, owner: NDArray[np.intp], count: int, rng: np.random.Generator) -> Array:
    """Return one colour per stone (N, 3), as uneven as fired glass."""
    share = np.maximum(np.bincount(owner.ravel(), minlength=count), 1)[:, None]
    flat = picture.reshape(-1, 3)
    mean = np.stack([np.bincount(owner.ravel(), flat[:, i], count) for i in range(3)], 1) / share
    return vary(adjust(mean.astype(np.float32), chroma=1.15), rng, light=4.5, chroma=4, hue=5)


def _set(
    colors: Array,
    owner: NDArray[np.intp],
    inset: Array,
    size: float,
    grout: Array,
    rng: np.random.Generator,
) -> Array:
    """Return the lit stones in their grout."""
    shape = owner.shape
    chips = fractal(shape, size * 0.3, rng, roughness=1.8)
    gap = size * 0.062 * (1 + rng.normal(0, 0.22, len(colors)))[owner]
    inside = blur(inset, size * 0.03) - gap - chips * size * 0.012
    stone = ramp(inside, -0.6, 0.9)
    vein = fractal(shape, (size * 0.9, size * 0.9), rng, roughness=1.4)
    face = adjust(colors[owner], light=2.6 * vein)
    tilt = _tilts(owner, len(colors), size, rng)
    height = size * 0.16 * ramp(inside, 0, size * 0.2) + tilt + 0.10 * vein
    sand = (
        over(np.ones((*shape, 3), np.float32), grout, np.ones(shape))
        + 0.035 * fractal(shape, 2.5, rng)[..., None]
    )
    joined = sand + (face - sand) * stone[..., None]
    relief = blur(height * stone, 0.8)
    shadow = 1 - 0.4 * (1 - stone) * ramp(inside, -size * 0.2, 0)
    return light(joined * shadow[..., None], relief, depth=1.15, gloss=0.4, sharpness=30).astype(
        np.float32
    )


def _tilts(owner: NDArray[np.intp], count: int, size: float, rng: np.random.Generator) -> Array:
    """Return planes (H, W): every stone is slightly tilted and lit differently."""
    y, x = np.indices(owner.shape, np.float32)
    slope = rng.normal(0, 0.05, (2, count)).astype(np.float32)
    centre = _middles(owner, np.zeros((count, 2), np.float32), count)
    dx, dy = x - centre[owner, 0], y - centre[owner, 1]
    return np.clip(slope[0][owner] * dx + slope[1][owner] * dy, -size * 0.1, size * 0.1)
