"""Summer and autumn: what is green turns yellow, orange, red or brown; bark, stone, walls and sky stay."""

import numpy as np

from ...npr.noise import Array, fractal, ramp
from ...npr.palette import from_lab, to_lab
from .scenery import scenery
from .snow import ground
from .surface import Rng, Shape, Surface, chance, expose, shade, state_of, uniform

VIEWS = 0.3
"""Share of pictures that show trees and meadows from afar."""
GREEN = (92, 104, 160, 185)
"""Hues in Lab, degrees, between which a colour begins to be green, is, and is no more."""
DARK, BRIGHT = 48.0, 88.0
"""Hues that the darkest and the lightest greens turn to: leaves in the shade are red, in the sun yellow."""


def leafy(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of trees, meadows or what grows on the ground, in summer."""
    if chance(rng, VIEWS):
        return expose(scenery(shape, rng).color, rng)
    return shade(ground(shape, scale, rng)[0], rng)


def in_autumn(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of the same things in autumn."""
    if chance(rng, VIEWS):
        return expose(turn(scenery(shape, rng).color, 0.5, state_of(rng)), rng)
    made = ground(shape, scale, rng)[0]
    return shade(Surface(turn(made.color, scale, state_of(rng)), made.height), rng)


def turn(color: Array, scale: float, state: Rng) -> Array:
    """Return a picture (H, W, 3) whose greens have turned, each patch and leaf a little its own way.

    Args:
        color: sRGB in [0, 1].
        scale: of details; patches are about 90 times as many pixels.
        state: the source of chance.
    """
    lab = to_lab(color)
    shape = color.shape[:2]
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.rad2deg(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    green = ramp(hue, *GREEN[:2]) * (1 - ramp(hue, *GREEN[2:])) * ramp(chroma, 5, 13)
    patch = fractal(shape, 90 * scale, state, roughness=1.2)
    leaf = fractal(shape, 7 * scale, state, roughness=0.6)
    wanted = DARK + (BRIGHT - DARK) * ramp(lab[..., 0], 18, 72) + 5 * patch + 4 * leaf
    wanted = np.clip(wanted + state.normal(0, 5), 32, 94) * np.pi / 180
    strong = chroma * uniform(state, 1.2, 1.5) + 6
    turned = np.stack(
        [
            lab[..., 0] + uniform(state, 0, 5),
            strong * np.cos(wanted),
            strong * np.sin(wanted),
        ],
        -1,
    )
    return from_lab(lab + (turned - lab) * green[..., None])
