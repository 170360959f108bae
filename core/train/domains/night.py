"""Streets, landscapes and plain walls by day; the same at night: blue dark, warm lamps, lit windows.

Or in one light of the night alone, as textures are wanted.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ...npr.noise import Array, blur, fractal, ramp
from ...npr.palette import adjust, gradient, over, rgb
from .metal import metal
from .scenery import Lamp, Scenery, glow, scenery
from .snow import ground
from .surface import Rng, Shape, chance, expose, shade, state_of, uniform


@dataclass(frozen=True, slots=True)
class Light:
    """What shines at night: its colour, how grey things are in it (0 to 1), how bright it is."""

    tint: str
    grey: float
    least: float
    most: float


LIGHTS = (
    Light("#5f7fc0", 0.6, 0.14, 0.4), Light("#a9bde0", 0.45, 0.3, 0.8), Light("#5c80d8", 0.3, 0.4, 0.95),
    Light("#ffa040", 0.8, 0.3, 1.0), Light("#ffc078", 0.3, 0.3, 1.1), Light("#ff7a30", 0.3, 0.22, 0.8),
    Light("#e4ecff", 0.15, 0.25, 0.9), Light("#f060b0", 0.3, 0.3, 0.85), Light("#48c8e8", 0.35, 0.25, 0.85),
    Light("#9060f0", 0.35, 0.3, 0.9),
)  # fmt: skip  # a table: moon, full moon, blue hour; sodium, bulb, fire; white lamp, three of neon
WARM = ("#ffb45a", "#ffc983", "#ff9a3f", "#ffe0ae", "#f2d58a")


def day(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) by day."""
    return _in_the_sun(_view(shape, scale, rng), rng)


def _in_the_sun(view: Scenery, rng: Rng) -> Array:
    shape = view.sky.shape
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


def lit_alone(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) in one light of the night: the moon's, a lamp's, a fire's, neon's."""
    view = _anything(shape, scale, rng)
    state = state_of(rng)
    light = LIGHTS[int(state.integers(len(LIGHTS)))]
    return light_up(view, light, state)


def light_up(view: Scenery, light: Light, rng: Rng) -> Array:
    """Return a view in a light; what it does not reach has the dusk's blue, and skies are the night's.

    What is darker than its surroundings is turned away from it, so that the picture itself says where it is.
    """
    shape = view.sky.shape
    linear = view.color**2.2
    grey = linear.mean(-1, keepdims=True)
    seen = (1 - light.grey) * linear + light.grey * grey
    bright = light.least * (light.most / light.least) ** rng.random()
    near = blur(grey[..., 0], shape[0] / 12)
    facing = 0.3 + 0.9 * ramp(grey[..., 0] / (near + 0.02), 0.4, 1.5)[..., None]
    uneven = 1 + 0.12 * fractal(shape, shape[0] / 2, rng, roughness=2.2)[..., None]
    shone = rgb(light.tint) ** 2.2 * bright * facing * uneven
    dusk = rgb("#33476f") ** 2.2 * uniform(rng, 0.3, 1.6)
    lit = seen * (shone + dusk)
    lit = over(lit.astype(np.float32), _night_sky(shape, rng, stars=False) ** 2.2, view.sky)
    shown = (1 - np.exp(-1.6 * lit)) ** (1 / 2.2)
    return np.clip(shown + rng.normal(0, 0.004, (*shape, 1)), 0, 1).astype(np.float32)


def by_day(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) by day of what ``lit_alone`` shows."""
    return _in_the_sun(_anything(shape, scale, rng), rng)


def _anything(shape: Shape, scale: float, rng: Rng) -> Scenery:
    """Return a scene, or in more than half of cases ground, a wall or metal."""
    if chance(rng, 0.4):
        return scenery(shape, rng)
    made = metal(shape, scale, rng).surface if chance(rng, 0.3) else ground(shape, scale, rng)[0]
    none = np.zeros(shape, np.float32)
    return Scenery(shade(made, rng), none, none, [])


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
