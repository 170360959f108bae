"""Rust on metal: blotches, pits, flaking paint, streaks below; most where water stays."""

import cv2
import numpy as np

from ...npr.noise import Array, blur, fractal, ramp
from ...npr.palette import adjust, gradient, over
from .metal import Metal, metal
from .surface import Rng, Shape, Surface, chance, shade, spots, state_of, uniform

RUSTS = (
    ("#2a1510", "#4a2416", "#6e3519", "#8f4a22", "#a85e2c"),
    ("#3a1c12", "#66301a", "#8f4520", "#b3622a", "#cf8440"),
    ("#221411", "#3d211a", "#57301f", "#744327", "#8f5a36"),
    ("#45220f", "#71381a", "#94501f", "#b06a30", "#c79058"),
    ("#301814", "#5a2a1c", "#7d3a22", "#94502e", "#b07a52"),
)  # fmt: skip  # a table: from the depth of a pit to dust


def clean(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of clean metal."""
    made = metal(shape, scale, rng)
    return shade(made.surface, rng, gloss=made.gloss)


def rusted(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of rusted metal."""
    return _rust(shape, scale, (0.12, 0.9), rng)


def rusted_all_over(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of metal that has no place without rust, or hardly any."""
    return _rust(shape, scale, (0.95, 1.0), rng)


def _rust(shape: Shape, scale: float, amount: tuple[float, float], rng: Rng) -> Array:
    made = metal(shape, scale, rng)
    state = state_of(rng)
    surface = corrode(made, scale, uniform(state, *amount), state)
    return shade(surface, rng, gloss=made.gloss * uniform(state, 0, 0.5))


def corrode(made: Metal, scale: float, amount: float, rng: Rng) -> Surface:
    """Return a metal's surface rusted over about ``amount`` of its area."""
    colors = RUSTS[int(rng.integers(len(RUSTS)))]
    where = _eaten(made, scale, amount, rng)
    stained = _stain(made.surface.color, where, colors, scale, rng)
    stained = _run_down(stained, where, colors, scale, rng)
    rust, relief = _crust(where.shape, colors, scale, rng)
    color, lip = _flake(stained, where, scale, rng)
    height = made.surface.height + lip + where * (relief - uniform(rng, 0.5, 2.0))
    return Surface(over(color, rust, where), height)


def _eaten(made: Metal, scale: float, amount: float, rng: Rng) -> Array:
    """Return where metal is rusted through its paint (H, W) in [0, 1], ragged."""
    shape = made.weak.shape
    size = 25 * scale * 12 ** rng.random()
    field = fractal(shape, size, rng, roughness=uniform(rng, 0.55, 1.2))
    field += uniform(rng, 0.3, 0.8) * fractal(shape, (size * 1.5, size * 0.4), rng, roughness=0.9)
    low = np.clip((blur(made.surface.height, 8 * scale) - made.surface.height) / (2 * scale), 0, 1)
    field += uniform(rng, 0.5, 2.5) * (made.weak + 0.5 * low)
    edge = np.quantile(field, 1 - amount)
    blotches = ramp(field, edge - 0.12, edge + 0.12)
    around = ramp(field, edge - 1.4, edge)
    pits = spots(shape, uniform(rng, 0.01, 0.08), (0.9, 9 * scale), rng)
    near = ramp(fractal(shape, 60 * scale, rng) + around * 2, 0, 1.5)
    return np.maximum(blotches, pits * near)


def _crust(shape: Shape, colors: tuple[str, ...], scale: float, rng: Rng) -> tuple[Array, Array]:
    """Return rust's colour (H, W, 3) and relief (H, W)."""
    broad = fractal(shape, 55 * scale, rng, roughness=1.1)
    grain = fractal(shape, uniform(rng, 3, 8) * scale, rng, roughness=0.9)
    fine = fractal(shape, 2.0, rng, roughness=0.6)
    tone = 0.52 + 0.17 * broad + uniform(rng, 0.05, 0.13) * grain + uniform(rng, 0.02, 0.07) * fine
    color = gradient(colors, tone)
    dust = ramp(fractal(shape, 30 * scale, rng, roughness=0.9), 1.0, 2.2)
    color = over(
        color, gradient(("#c07a3a", "#d9a35f"), 0.5 + 0.2 * fine), dust * uniform(rng, 0.2, 0.8)
    )
    bare = ramp(fractal(shape, 22 * scale, rng, roughness=1.0), 1.5, 2.4) * uniform(rng, 0, 0.7)
    relief = uniform(rng, 0.15, 0.7) * grain + uniform(rng, 0.05, 0.3) * fine
    return over(color, "#5d5a58", bare), relief.astype(np.float32)


def _stain(color: Array, where: Array, colors: tuple[str, ...], scale: float, rng: Rng) -> Array:
    """Return what is not rusted yet, dulled and brown around the rust."""
    dull = adjust(color, light=-uniform(rng, 0, 9), chroma=uniform(rng, 0.6, 1))
    halo = np.clip(blur(where, 5 * scale) * 1.2, 0, 1) * 0.55 + 0.25 * np.clip(
        blur(where, 25 * scale), 0, 1
    )
    halo *= ramp(fractal(where.shape, 30 * scale, rng, roughness=1.2), -1.6, 1.2)
    return _tint(dull, colors[3], halo * uniform(rng, 0.3, 1))


def _tint(color: Array, stain: str, mask: Array) -> Array:
    """Return a colour seen through a stain: multiplied more than covered."""
    body = gradient((stain, stain), np.zeros(mask.shape, np.float32))
    through = color * (0.35 + 0.9 * body)
    return np.clip(over(color, 0.55 * through + 0.45 * body, mask), 0, 1)


def _run_down(color: Array, where: Array, colors: tuple[str, ...], scale: float, rng: Rng) -> Array:
    """Return the colour with rusty water dried below the rust, in streaks of uneven length."""
    if chance(rng, 0.25):
        return color
    threads = fractal((1, where.shape[1]), uniform(rng, 3, 9) * scale, rng, roughness=0.8)[0]
    source = where * ramp(threads, -0.6, 1.4)
    reach = np.exp(-1 / (uniform(rng, 30, 220) * scale * np.exp(0.6 * threads))).astype(np.float32)
    run = np.zeros_like(where)
    level = np.zeros(where.shape[1], np.float32)
    for row in range(where.shape[0]):
        level = np.maximum(level * reach, source[row])
        run[row] = level
    run = cv2.GaussianBlur(run, (0, 0), 0.8 * scale, sigmaY=2)
    run *= 0.6 + 0.4 * ramp(fractal(where.shape, (60 * scale, 3), rng), -1, 1)
    return _tint(
        color, colors[int(rng.integers(2, 5))], np.clip(run * uniform(rng, 0.5, 1.2), 0, 1)
    )


def _flake(color: Array, where: Array, scale: float, rng: Rng) -> tuple[Array, Array]:
    """Return the paint with chips gone to primer and a lifted rim at the rust, and the rim's height."""
    if chance(rng, 0.35):
        return color, np.zeros_like(where)
    wide = uniform(rng, 2, 7) * scale
    rim = np.clip(blur(where, wide) * 2.2, 0, 1) * (1 - where)
    chips = ramp(fractal(where.shape, 14 * scale, rng, roughness=1) + 2.2 * rim, 1.9, 2.2) * (
        1 - where
    )
    under = ("#8f8a83", "#a06a4a", "#b7b2a8", "#6a5a50")[int(rng.integers(4))]
    color = over(color, under, chips * uniform(rng, 0.4, 0.9))
    lip = ramp(blur(where, 1.5 * scale), 0.05, 0.4) * (1 - where)
    return adjust(color, light=uniform(rng, 0, 10) * lip), lip * uniform(rng, 0.5, 2.0) * scale
