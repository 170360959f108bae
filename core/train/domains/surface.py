"""A material before light falls on it, how light falls on it, and cells, cracks and scattered things."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...npr.noise import Array, blur, fractal, ramp, warp
from ...npr.palette import adjust
from ...npr.relief import light

Rng = np.random.Generator
Shape = tuple[int, int]
Polygon = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Surface:
    """A material: ``color`` (H, W, 3) in [0, 1] and ``height`` (H, W), its relief in pixels."""

    color: Array
    height: Array


FINER = 1.5
"""Pictures are drawn so many times larger and shrunk, so that edges are smooth."""
KNEE = 0.82
"""Above this a camera holds light back, so that snow keeps its forms."""
Material = Callable[[Shape, float, Rng], Surface]
"""Makes a material of (height, width); its details have ``scale`` times their usual size."""


def state_of(rng: Rng) -> Rng:
    """Return a stream for what befell a thing, so that the thing and its light do not depend on it."""
    return rng.spawn(1)[0]


def uniform(rng: Rng, low: float, high: float) -> float:
    """Return a number between two."""
    return float(rng.uniform(low, high))


def chance(rng: Rng, share: float) -> bool:
    """Return True in this share of cases."""
    return bool(rng.random() < share)


def pick(rng: Rng, *choices: str) -> str:
    """Return one of several words."""
    return choices[int(rng.integers(len(choices)))]


def occlude(color: Array, height: Array, reach: float, strength: float) -> Array:
    """Return the colour darkened where the relief lies below its surroundings ``reach`` pixels wide."""
    buried = np.clip((blur(height, reach) - height) / max(reach, 1e-3), 0, 1.5)
    return color * (1 / (1 + strength * buried))[..., None]


def shade(surface: Surface, rng: Rng, *, gloss: float = 0.0, depth: float = 1.0) -> Array:
    """Return a surface (H, W, 3) under a soft light from somewhere above, hollows dark."""
    reach = surface.height.shape[0] / 80
    color = occlude(surface.color, surface.height, reach, uniform(rng, 0.3, 1.6))
    color = occlude(color, surface.height, reach * 4, uniform(rng, 0.2, 1.0))
    angle, steep = uniform(rng, -2.6, -0.5), uniform(rng, 0.5, 1.0)
    toward = (float(np.cos(angle)), float(np.sin(angle)), 1 / steep)
    depth *= uniform(rng, 0.2, 1.0)
    lit = light(color, blur(surface.height, 1.0), depth=depth, gloss=gloss, toward=toward)
    return expose(lit, rng)


def expose(picture: Array, rng: Rng) -> Array:
    """Return a picture as another camera and hour would show it: exposure, warmth, a gentle slope."""
    warm = np.array([1, 0.2, -1], np.float32) * rng.normal(0, 0.014) + rng.normal(0, 0.008, 3)
    gain = np.exp(rng.normal(0, 0.12) + warm).astype(np.float32)
    y, x = np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j]
    slope = 1 + x * rng.normal(0, 0.04) + y * rng.normal(0, 0.04)
    seen = picture * gain * slope[..., None]
    return np.where(seen < KNEE, seen, 1 - (1 - KNEE) * np.exp((KNEE - seen) / (1 - KNEE))).astype(
        np.float32
    )


def cells(
    shape: Shape, size: float, rng: Rng, *, wander: float = 0.1
) -> tuple[NDArray[np.intp], Array]:
    """Return cells about ``size`` pixels wide: their numbers (H, W) and the distance to their borders.

    ``wander`` bends borders by that share of the size.
    """
    rows, columns = (max(2, round(side / size) + 2) for side in shape)
    grid = np.indices((rows, columns)).reshape(2, -1).T - 0.5
    seeds = (grid + rng.uniform(-0.42, 0.42, grid.shape)) * size
    inside = np.all((seeds >= 0) & (seeds < shape), axis=1)
    at = seeds[inside].astype(int)
    empty = np.full(shape, 255, np.uint8)
    empty[at[:, 0], at[:, 1]] = 0
    _, labels = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    numbers = labels.astype(np.intp)
    if wander:
        numbers = bend_labels(numbers, wander * size, size * 1.3, rng)
    return numbers, border_distance(numbers)


def bend_labels(labels: NDArray[np.integer], by: float, size: float, rng: Rng) -> NDArray[np.intp]:
    """Return labels whose borders wander by ``by`` pixels in bends of ``size`` pixels."""
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]].astype(np.float32)
    dx, dy = (by * fractal(labels.shape, size, rng, roughness=2.6) for _ in range(2))
    return cv2.remap(
        labels.astype(np.float32), x + dx, y + dy, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT
    ).astype(np.intp)


def border_distance(labels: NDArray[np.integer]) -> Array:
    """Return each pixel's distance (H, W) to the nearest other label, pixels."""
    inner = np.full(labels.shape, 255, np.uint8)
    inner[:, 1:][labels[:, 1:] != labels[:, :-1]] = 0
    inner[1:][labels[1:] != labels[:-1]] = 0
    return cv2.distanceTransform(inner, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def cracks(shape: Shape, size: float, rng: Rng, *, keep: float = 0.5) -> Array:
    """Return thin broken cracks (H, W) in [0, 1] between plates of ``size`` pixels."""
    _, distance = cells(shape, size, rng, wander=0.12)
    field = fractal(shape, size * 1.5, rng, roughness=1.2)
    wide = 0.5 + 1.4 * ramp(field, 0.6 - 2 * keep, 2.6 - 2 * keep)
    ragged = 0.5 * fractal(shape, 4, rng, roughness=0.8)
    return ramp((distance + ragged) / wide, 1.5, 0.3) * ramp(field, 0.6 - 2 * keep, 1.2 - 2 * keep)


def spots(shape: Shape, share: float, size: tuple[float, float], rng: Rng) -> Array:
    """Return ragged dots (H, W) in [0, 1], many small, few large, over about ``share`` of the area."""
    low, high = size
    drawn = np.zeros(shape, np.uint8)
    left = share * shape[0] * shape[1]
    while left > 0:
        radius = low * (high / low) ** (rng.random() ** 2.2)
        at = (int(rng.integers(shape[1]) * 16), int(rng.integers(shape[0]) * 16))
        cv2.circle(drawn, at, round(radius * 16), 255, -1, cv2.LINE_AA, 4)
        left -= np.pi * radius * radius
    ragged = [low * fractal(shape, low * 2.5, rng, roughness=1) for _ in range(2)]
    return warp(drawn.astype(np.float32) / 255, *ragged)


def outline(center: NDArray[np.floating], radius: float, rng: Rng, points: int = 14) -> Polygon:
    """Return a lumpy stone's outline (points, 2), x then y."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False) + rng.random()
    swell = 1 + 0.16 * np.sin(2 * angle + 6 * rng.random()) + 0.08 * rng.normal(0, 1, points)
    flat = np.array([1, rng.uniform(0.6, 1)])
    turn = rng.uniform(0, np.pi)
    c, s = np.cos(turn), np.sin(turn)
    ring = np.stack([np.cos(angle), np.sin(angle)], -1) * (radius * swell[:, None]) * flat
    return center + ring @ np.array([[c, s], [-s, c]])


def blade(
    foot: NDArray[np.floating], length: float, width: float, angle: float, bend: float
) -> Polygon:
    """Return the outline (12, 2) of a pointed blade that bends by ``bend`` radians along its length."""
    t = np.linspace(0, 1, 6)
    way = angle + bend * t
    path = foot + np.cumsum(np.stack([np.cos(way), np.sin(way)], -1) * length / 6, 0)
    half = width / 2 * np.sin(np.pi * np.clip(0.12 + 0.88 * t, 0, 1) ** 0.7)
    side = np.stack([-np.sin(way), np.cos(way)], -1) * half[:, None]
    return np.concatenate([path + side, (path - side)[::-1]])


def fill(canvas: Array, shape: Polygon, value: NDArray[np.floating] | tuple[float, ...]) -> None:
    """Fill a polygon of a canvas (H, W, up to 4) with a value."""
    fixed = np.round(shape * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], [float(v) for v in value], cv2.LINE_8, 4)


def blend(below: Surface, above: Surface, mask: Array, lift: float = 0.0) -> Surface:
    """Return one material over another where ``mask`` (H, W) is 1, ``lift`` pixels higher."""
    height = below.height * (1 - mask) + (above.height + lift) * mask
    return Surface(below.color * (1 - mask[..., None]) + above.color * mask[..., None], height)


def speckle(color: Array, amount: float, size: float, rng: Rng) -> Array:
    """Return a colour whose lightness has grain of ``size`` pixels; ``amount`` in L."""
    return adjust(color, light=amount * fractal(color.shape[:2], size, rng, roughness=1.0))
