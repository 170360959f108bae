"""Dry stone, and the same wet: darker, richer, glossy, with puddles that show the sky."""

import numpy as np

from ...npr.noise import Array, blur, fractal, ramp
from ...npr.palette import adjust, from_lab, gradient, to_lab
from ...npr.relief import normals
from .ground import gravel, soil
from .stone import asphalt, cobbles, concrete, planks, rock, tiles, wall
from .surface import (
    Material,
    Rng,
    Shape,
    Surface,
    chance,
    occlude,
    shade,
    state_of,
    uniform,
)

STONES: tuple[tuple[Material, float], ...] = (
    (cobbles, 1.0),
    (cobbles, 0.8),
    (wall, 1.0),
    (wall, 1.0),
    (rock, 1.0),
    (rock, 0.9),
    (rock, 0.7),
    (concrete, 1.0),
    (asphalt, 0.9),
    (gravel, 1.0),
    (soil, 1.0),
    (planks, 1.0),
    (tiles, 0.8),
    (tiles, 0.5),
    (tiles, 0.4),
)
"""What gets wet, and how porous it is: the pores that water fills are what darkens."""
SKIES = (
    ("#5a6672", "#8f9ba6", "#c9d2d8"), ("#3f4a55", "#76828c", "#b3bcc2"), ("#6a88ad", "#a9c0d6", "#e6edf2"),
    ("#7a7f84", "#b4b8ba", "#e3e4e2"), ("#4a5a70", "#8a93a8", "#d8c6b8"),
)  # fmt: skip  # a table: overcast, storm, clearing, white, evening


def dry(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of dry stone."""
    return shade(_stone(shape, scale, rng)[0], rng)


def wet(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of wet stone: here drier, there under water."""
    made, pores = _stone(shape, scale, rng)
    state = state_of(rng)
    damp = _dampness(made.height, scale, state)
    glossy, sky = _rained(made, pores, damp, scale, rng, state)
    if chance(state, 0.65):
        glossy = _puddles(glossy, made.height, sky, scale, state)
    return np.clip(glossy, 0, 1).astype(np.float32)


def wet_all_over(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of stone just rained on: wet everywhere, and no water stands on it."""
    made, pores = _stone(shape, scale, rng)
    glossy, _ = _rained(made, pores, np.ones_like(made.height), scale, rng, state_of(rng))
    return np.clip(glossy, 0, 1).astype(np.float32)


def wet_in_some_way(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of stone that is anything from damp to soaked, and mirrors hardly anything.

    Glints are left to a renderer, whose roughness map knows where its lamps are.
    """
    made, pores = _stone(shape, scale, rng)
    state = state_of(rng)
    damp = np.full_like(made.height, uniform(state, 0.35, 1.2))
    lit = shade(Surface(soak(made.color, damp, state, pores), made.height), rng, depth=0.9)
    mirrored = uniform(state, 0, 0.05)
    return np.clip(lit * (1 - mirrored) + mirrored * _sky(shape, state), 0, 1).astype(np.float32)


def _rained(
    made: Surface, pores: float, damp: Array, scale: float, rng: Rng, state: Rng
) -> tuple[Array, Array]:
    """Return a surface darker, richer and shining where it is damp, and the sky that shines on it."""
    color = soak(made.color, damp, state, pores)
    sky = _sky(damp.shape, state)
    lit = shade(Surface(color, blur(made.height, 0.8 * scale)), rng, depth=0.8)
    return _glisten(lit, made.height, damp, sky, scale, state), sky


def rain_on(color: Array, height: Array, rng: Rng) -> Array:
    """Return any material's colour (H, W, 3) wet all over, by its ``height`` (H, W) in pixels."""
    damp = np.ones(height.shape, np.float32)
    made = soak(color, damp, rng)
    return _glisten(made, height, damp, _sky(height.shape, rng), 2.0, rng)


def _stone(shape: Shape, scale: float, rng: Rng) -> tuple[Surface, float]:
    """Return dry stone, and how porous it is, in [0, 1].

    Half of it is paler than what is found wet as well; the other half has any lightness and any tint, so that
    neither being dark nor a colour says that something is wet.
    """
    material, pores = STONES[int(rng.integers(len(STONES)))]
    made = material(shape, scale, rng)
    if chance(rng, 0.5):
        color = adjust(made.color, light=uniform(rng, 2, 18), chroma=uniform(rng, 0.6, 1))
    else:
        color = _retint(made.color, rng)
    return Surface(color, made.height), pores


def _retint(color: Array, rng: Rng) -> Array:
    """Return a colour (H, W, 3) of another lightness and tint, as stones and glazes have them."""
    lab = to_lab(color)
    lab[..., 0] *= uniform(rng, 24, 92) / max(float(lab[..., 0].mean()), 1)
    lab[..., 1:] = lab[..., 1:] * uniform(rng, 0.5, 1.3) + rng.normal(0, 5, 2)
    return np.clip(from_lab(lab), 0, 1)


def _dampness(height: Array, scale: float, rng: Rng) -> Array:
    """Return how wet it is (H, W): wholly, or with drier islands on high ground."""
    if chance(rng, 0.55):
        return np.ones_like(height)
    wish = fractal(height.shape, 110 * scale, rng, roughness=1.3)
    wish += (blur(height, 8 * scale) - height) / (4 * scale)
    edge = float(np.quantile(wish, uniform(rng, 0.05, 0.4)))
    return ramp(wish, edge - 0.25, edge + 0.25)


def soak(color: Array, damp: Array, rng: Rng, pores: float = 1.0) -> Array:
    """Return a colour (H, W, 3) as water in its pores makes it: darker, richer."""
    lab = to_lab(color)
    dark, rich = uniform(rng, 0.3, 0.5) * pores, uniform(rng, 0.15, 0.45) * pores
    lab[..., 0] *= 1 - dark * damp
    lab[..., 1:] *= (1 + rich * damp)[..., None]
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
    """Return the picture with the sky on its wet film, brightest on slopes that face the light.

    A film mirrors more the more it is turned away (Schlick, "An Inexpensive BRDF Model", 1994).
    """
    film = blur(height, uniform(rng, 0.8, 2.0) * scale)
    normal = normals(film, uniform(rng, 1.0, 2.2))
    angle, steep = uniform(rng, -2.8, -0.3), uniform(rng, 0.25, 0.6)
    lamp = np.array([np.cos(angle) * steep, np.sin(angle) * steep, 1.0])
    facing = np.clip(normal @ (lamp / np.linalg.norm(lamp)).astype(np.float32), 0, 1)
    shine = facing ** uniform(rng, 25, 120) * uniform(rng, 0.5, 1.0)
    grazing = 0.02 + 0.98 * (1 - normal[..., 2]) ** 5
    broken = ramp(fractal(height.shape, 10 * scale, rng, roughness=0.9), -1.4, 1.0)
    share = np.clip(shine * broken + grazing + uniform(rng, 0, 0.04), 0, 0.92) * damp
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
