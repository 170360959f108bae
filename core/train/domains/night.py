"""Streets, landscapes and plain walls by day; the same at night: blue dark, warm lamps, lit windows."""

from dataclasses import replace

import cv2
import numpy as np

from ...npr.noise import Array, blur, fractal, ramp
from ...npr.palette import adjust, gradient, over, rgb
from .scenery import Lamp, Scenery, glow, scenery
from .snow import ground
from .surface import Rng, Shape, chance, expose, shade, state_of, uniform

WARM = ("#ffb45a", "#ffc983", "#ff9a3f", "#ffe0ae", "#f2d58a")


def day(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) by day."""
    view = _view(shape, scale, rng)
    sun = 1 + 0.12 * fractal(shape, shape[0] / 2, rng, roughness=2.2)
    warm = np.array([1.04, 1.0, 0.95], np.float32) ** uniform(rng, 0, 1.5)
    return expose(np.clip(view.color * sun[..., None] * warm, 0, 1.2), rng)


def night(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) at night."""
    return darken(_view(shape, scale, rng), state_of(rng))


def moonlit(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) at night, with the moon's light alone: no lamp, window or star shines."""
    view = _view(shape, scale, rng)
    dark = replace(view, lamps=[], panes=np.zeros_like(view.panes))
    return darken(dark, state_of(rng), stars=False)


def _view(shape: Shape, scale: float, rng: Rng) -> Scenery:
    """Return a scene, or in a third of cases ground or a wall with a lamp somewhere near."""
    if chance(rng, 0.65):
        return scenery(shape, rng)
    picture = shade(ground(shape, scale, rng)[0], rng)
    none = np.zeros(shape, np.float32)
    return Scenery(picture, none, none, _somewhere(shape, rng))


def _somewhere(shape: Shape, rng: Rng) -> list[Lamp]:
    count = int(rng.integers(0, 4))
    at = rng.uniform(-0.3, 1.3, (count, 2)) * shape[::-1]
    return [(float(x), float(y), uniform(rng, 0.3, 1.2) * shape[0]) for x, y in at]


def darken(view: Scenery, rng: Rng, *, stars: bool = True) -> Array:
    """Return a view at night: what the sky still gives, what lamps give, panes and lamps that shine."""
    shape = view.sky.shape
    linear = view.color**2.2
    moon = rgb("#5f7fc0") ** 2.2 * uniform(rng, 0.16, 0.42)
    grey = linear.mean(-1, keepdims=True)
    ambient = (
        (0.45 * linear + 0.55 * grey)
        * moon
        * (1 + 0.15 * fractal(shape, shape[0] / 3, rng)[..., None])
    )
    ambient = over(ambient.astype(np.float32), _night_sky(shape, rng, stars=stars) ** 2.2, view.sky)
    tint = rgb(WARM[int(rng.integers(len(WARM)))]) ** 2.2
    lamps = glow(shape, view.lamps) if view.lamps else np.zeros(shape, np.float32)
    lit = linear * tint * (lamps * (1 - 0.85 * view.sky) * uniform(rng, 0.35, 0.9))[..., None]
    panes = (view.panes * uniform(rng, 0.5, 1.1))[..., None] * tint
    shining = ambient + lit + panes
    halo = (
        blur(panes.astype(np.float32), shape[0] / 60) * 0.5
        + blur(panes.astype(np.float32), shape[0] / 14) * 0.7
    )
    seen = 1 - np.exp(-1.35 * (shining + halo))
    noisy = np.clip(seen, 0, 1) ** (1 / 2.2) + rng.normal(0, 0.006, (*shape, 1))
    return np.clip(noisy, 0, 1).astype(np.float32)


def _night_sky(shape: Shape, rng: Rng, *, stars: bool) -> Array:
    colors = (
        ("#070b1c", "#14234a", "#2f4470"), ("#05070f", "#101a33", "#22304f"),
        ("#0d1030", "#262a5a", "#574a78"),
    )[int(rng.integers(3))]  # fmt: skip
    y = np.linspace(0, 1.3, shape[0], dtype=np.float32)[:, None]
    sky = gradient(colors, np.broadcast_to(y, shape) + 0.08 * fractal(shape, shape[0] / 5, rng))
    cloud = ramp(fractal(shape, (shape[0] / 8, shape[0] / 3), rng, roughness=1.6), 0.3, 2.2)
    sky = adjust(sky, light=uniform(rng, -3, 8) * cloud)
    if not stars:
        return sky
    bright = np.zeros(shape, np.uint8)
    for _ in range(int(rng.integers(0, 90))):
        at = (int(rng.integers(shape[1])), int(rng.integers(shape[0])))
        cv2.circle(bright, at, int(rng.integers(0, 2)), int(rng.integers(60, 255)), -1)
    sky = over(sky, "#f2f0e6", bright.astype(np.float32) / 255 * (1 - cloud))
    if chance(rng, 0.3):
        at, radius = rng.random(2) * (shape[1], 0.4 * shape[0]), uniform(rng, 0.02, 0.05) * shape[0]
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        far = np.hypot(x - at[0], y - at[1])
        sky = over(
            sky,
            "#e8e6d4",
            np.clip(ramp(far, radius + 1, radius - 1) + 0.3 * np.exp(-far / (4 * radius)), 0, 1),
        )
    return sky
