"""Dry stone, and the same wet: darker, richer, glossy, with puddles that show the sky."""

import numpy as np

from ...npr.noise import Array, blur, fractal, ramp
from ...npr.palette import adjust, from_lab, gradient, to_lab
from ...npr.relief import normals
from .ground import gravel, soil
from .stone import asphalt, cobbles, concrete, planks, rock, wall
from .surface import (
    Material,
    Rng,
    Shape,
    Surface,
    chance,
    occlude,
    pick,
    shade,
    state_of,
    uniform,
)

STONES: tuple[Material, ...] = (
    cobbles,
    cobbles,
    wall,
    wall,
    rock,
    rock,
    rock,
    concrete,
    asphalt,
    gravel,
    soil,
    planks,
)
SKIES = (
    ("#5a6672", "#8f9ba6", "#c9d2d8"), ("#3f4a55", "#76828c", "#b3bcc2"), ("#6a88ad", "#a9c0d6", "#e6edf2"),
    ("#7a7f84", "#b4b8ba", "#e3e4e2"), ("#4a5a70", "#8a93a8", "#d8c6b8"),
)  # fmt: skip  # a table: overcast, storm, clearing, white, evening


def dry(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of dry stone."""
    return shade(_stone(shape, scale, rng), rng)


def wet(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of wet stone: here drier, there under water."""
    made = _stone(shape, scale, rng)
    state = state_of(rng)
    damp = _dampness(made.height, scale, state)
    glossy, sky = _rained(made, damp, scale, rng, state)
    if chance(state, 0.65):
        glossy = _puddles(glossy, made.height, sky, scale, state)
    return np.clip(glossy, 0, 1).astype(np.float32)


def wet_all_over(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of stone just rained on: wet everywhere, and no water stands on it."""
    made = _stone(shape, scale, rng)
    glossy, _ = _rained(made, np.ones_like(made.height), scale, rng, state_of(rng))
    return np.clip(glossy, 0, 1).astype(np.float32)


def wet_in_some_way(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of stone that is damp, soaked, shining, in puddles, or streaked."""
    made = _stone(shape, scale, rng)
    state = state_of(rng)
    how = pick(state, "damp", "soaked", "shining", "shining", "puddles", "puddles", "streaks")
    damp, shine = _ways(how, made.height, scale, state)
    color = soak(made.color, damp, state)
    sky = _sky(shape, state)
    lit = shade(Surface(color, blur(made.height, 0.8 * scale)), rng, depth=0.8)
    if shine:
        lit = _glisten(lit, made.height, shine * damp, sky, scale, state)
    if how == "puddles":
        lit = _puddles(lit, made.height, sky, scale, state)
    return np.clip(lit, 0, 1).astype(np.float32)


def _ways(how: str, height: Array, scale: float, rng: Rng) -> tuple[Array, float]:
    """Return how wet it is (H, W) and how much it shines, both in [0, 1]."""
    if how == "damp":
        cloud = fractal(height.shape, 90 * scale, rng, roughness=1.3)
        return uniform(rng, 0.25, 0.55) + 0.35 * ramp(cloud, -0.4, 0.6), 0.0
    if how == "streaks":
        return _streaks(height, scale, rng), uniform(rng, 0.2, 0.7)
    shine = {"soaked": 0.25, "shining": 1.0, "puddles": 0.5}[how] * uniform(rng, 0.6, 1.0)
    return np.ones_like(height), shine


def _streaks(height: Array, scale: float, rng: Rng) -> Array:
    """Return where water ran down (H, W) in [0, 1]: broad and narrow tongues, more of them in what is low."""
    wide = uniform(rng, 30, 90) * scale
    runs = fractal(height.shape, (12 * wide, wide), rng, roughness=1.8)
    runs += 0.4 * (blur(height, 8 * scale) - height) / (4 * scale)
    runs += 0.5 * fractal(height.shape, (6 * wide, 0.4 * wide), rng, roughness=1.2)
    edge = float(np.quantile(runs, uniform(rng, 0.25, 0.6)))
    return np.maximum(ramp(runs, edge - 0.3, edge + 0.3), uniform(rng, 0, 0.35))


def _rained(made: Surface, damp: Array, scale: float, rng: Rng, state: Rng) -> tuple[Array, Array]:
    """Return a surface darker, richer and shining where it is damp, and the sky that shines on it."""
    color = soak(made.color, damp, state)
    sky = _sky(damp.shape, state)
    lit = shade(Surface(color, blur(made.height, 0.8 * scale)), rng, depth=0.8)
    return _glisten(lit, made.height, damp, sky, scale, state), sky


def _stone(shape: Shape, scale: float, rng: Rng) -> Surface:
    made = STONES[int(rng.integers(len(STONES)))](shape, scale, rng)
    pale = adjust(made.color, light=uniform(rng, 2, 18), chroma=uniform(rng, 0.6, 1))
    return Surface(pale, made.height)


def _dampness(height: Array, scale: float, rng: Rng) -> Array:
    """Return how wet it is (H, W): wholly, or with drier islands on high ground."""
    if chance(rng, 0.55):
        return np.ones_like(height)
    wish = fractal(height.shape, 110 * scale, rng, roughness=1.3)
    wish += (blur(height, 8 * scale) - height) / (4 * scale)
    edge = float(np.quantile(wish, uniform(rng, 0.05, 0.4)))
    return ramp(wish, edge - 0.25, edge + 0.25)


def soak(color: Array, damp: Array, rng: Rng) -> Array:
    """Return a colour (H, W, 3) as water in its pores makes it: darker, richer."""
    lab = to_lab(color)
    dark, rich = uniform(rng, 0.45, 0.66), uniform(rng, 1.15, 1.5)
    lab[..., 0] *= 1 - (1 - dark) * damp
    lab[..., 1:] *= (1 + (rich - 1) * damp)[..., None]
    return from_lab(lab)


def _sky(shape: Shape, rng: Rng) -> Array:
    """Return what shines down (H, W, 3): a blurred sky with clouds and dark things at its edge."""
    colors = SKIES[int(rng.integers(len(SKIES)))]
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] * rng.normal(0, 0.25)
    cloud = fractal(shape, shape[0] / 3, rng, roughness=2.2)
    sky = gradient(colors, 0.55 + 0.2 * cloud + y)
    things = ramp(fractal(shape, (shape[0], shape[0] / 6), rng, roughness=1.6), 0.4, 1.2)
    return sky * (1 - uniform(rng, 0, 0.6) * things)[..., None]


def _glisten(lit: Array, height: Array, damp: Array, sky: Array, scale: float, rng: Rng) -> Array:
    """Return the picture with the sky on its wet film, brightest on slopes that face the light."""
    film = blur(height, uniform(rng, 0.8, 2.0) * scale)
    normal = normals(film, uniform(rng, 1.0, 2.2))
    angle, steep = uniform(rng, -2.8, -0.3), uniform(rng, 0.25, 0.6)
    lamp = np.array([np.cos(angle) * steep, np.sin(angle) * steep, 1.0])
    facing = np.clip(normal @ (lamp / np.linalg.norm(lamp)).astype(np.float32), 0, 1)
    shine = facing ** uniform(rng, 25, 120) * uniform(rng, 0.5, 1.0)
    grazing = (1 - normal[..., 2]) * 0.35
    broken = ramp(fractal(height.shape, 10 * scale, rng, roughness=0.9), -1.4, 1.0)
    share = np.clip(shine * broken + grazing + uniform(rng, 0.02, 0.07), 0, 0.92) * damp
    bright = np.clip(sky * 1.15 + 0.08, 0, 1)
    return lit * (1 - share[..., None]) + bright * share[..., None]


def _puddles(picture: Array, height: Array, sky: Array, scale: float, rng: Rng) -> Array:
    """Return the picture with water standing in what is low."""
    low = blur(height, uniform(rng, 2, 9) * scale) / scale
    low = low / max(float(low.std()), 1e-6) + 1.3 * fractal(
        height.shape, 140 * scale, rng, roughness=2.2
    )
    level = float(np.quantile(low, uniform(rng, 0.08, 0.5)))
    mask = ramp(low, level + 0.06, level - 0.06)
    depth = np.clip(level - low, 0, 2)
    ripple = fractal(height.shape, (9 * scale, 40 * scale), rng, roughness=2) * uniform(
        rng, 0, 0.05
    )
    mirrored = np.clip(sky * (1 + ripple[..., None]), 0, 1)
    murk = occlude(picture, low, 3, 0.2) * (0.85 / (1 + 0.5 * depth))[..., None]
    strong = np.clip(uniform(rng, 0.25, 0.65) + 0.1 * depth, 0, 0.9)[..., None]
    water = murk * (1 - strong) + mirrored * strong
    rim = np.clip(blur(mask, 2.5 * scale) - mask, 0, 1)
    shore = picture * (1 - 0.5 * rim)[..., None]
    return shore * (1 - mask[..., None]) + water * mask[..., None]
