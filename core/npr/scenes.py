"""Scenes to paint, composed only of noise, curves and chosen palettes."""

import numpy as np

from .composition import (
    Frame,
    Scene,
    below,
    disk,
    ellipse,
    frame,
    polar,
    ridge,
    stripes,
)
from .flow import from_angle, mix, streaks
from .noise import Array, generator, ramp, slopes
from .palette import Color, adjust, gradient, over


def valley(height: int, width: int, seed: int = 0) -> Scene:
    """Return a valley at dawn: whirling sky, violet hills, furrowed fields, cypresses."""
    f, rng = frame(height, width), generator(seed, 101)
    sun = _place(f, 0.66, 0.30, seed)
    whirls = [
        (sun, 0.20, 1.6),
        (_place(f, 0.24, 0.20, seed), 0.16, -1.5),
        (_place(f, 0.97, 0.08, seed), 0.14, -1.2),
    ]
    flow = _whirling(f, whirls)
    color = _dawn(f, flow, sun, rng)
    layers = (
        (0.50, 0.022, 0.5, ("#5a6fb0", "#7a6bb0", "#4a5a9a"), 0.030),
        (0.56, 0.026, 0.6, ("#3f7f8f", "#2f6f7a", "#6f9f6f"), 0.035),
        (0.62, 0.022, 0.7, ("#e0b040", "#c98a2c", "#8fa03c"), 0.045),
        (0.71, 0.028, 0.8, ("#4f9a4a", "#2f7a4a", "#b5b83f"), 0.06),
        (0.83, 0.025, 0.9, ("#e2a93a", "#d9772b", "#7a8a2f"), 0.08),
    )
    for base, swing, size, stops, period in layers:
        color, flow = _field(
            f, (color, flow), ridge(f, base, swing, size, rng, 2.6), (stops, period), rng
        )
    for x, foot, tall in ((0.12, 0.86, 0.62), (0.205, 0.88, 0.42), (0.87, 0.80, 0.24)):
        color, flow = _cypress(f, (color, flow), (*_place(f, x, foot, seed), tall), rng)
    return Scene(_poppies(f, color, rng), flow)


def _place(f: Frame, x: float, y: float, seed: int) -> tuple[float, float]:
    """Return a position in the frame; two seeds of four mirror the scene."""
    return (1 - x if seed % 4 > 1 else x) * f.aspect, y


def _whirling(f: Frame, whirls: list[tuple[tuple[float, float], float, float]]) -> Array:
    vx, vy = np.ones(f.shape, np.float32), 0.35 * np.sin(f.x * 5 + f.y * 7)
    for center, reach, strength in whirls:
        distance, angle = polar(f, center)
        weight = strength * 2.2 * np.exp(-((distance / reach) ** 2))
        vx, vy = vx - weight * np.sin(angle), vy + weight * np.cos(angle)
    return from_angle(np.arctan2(vy, vx))


def _dawn(f: Frame, flow: Array, sun: tuple[float, float], rng: np.random.Generator) -> Array:
    band = streaks(f.cloud(0.05, rng, 1.2), flow, 0.22 * f.height)
    band = band / max(float(band.std()), 1e-6)
    sky = gradient(
        ("#14296b", "#1f57a4", "#3b93bf", "#8fd0c4", "#f6dfa0", "#f3a86b"), f.y / 0.56 + 0.11 * band
    )
    distance, angle = polar(f, sun)
    glow = np.exp(-((distance / 0.17) ** 2)) * (0.86 + 0.14 * band)
    sky = over(sky, gradient(("#f59a3c", "#fbc25a", "#fff0b0"), glow), np.clip(glow * 1.15, 0, 1))
    rings = ramp(stripes(distance + 0.006 * np.sin(angle * 9), 0.045, 2), 0.2, 0.9) * np.exp(
        -((distance / 0.2) ** 4)
    )
    sky = over(sky, "#fff3c4", 0.55 * rings)
    return over(sky, "#fff6cf", disk(f, sun, 0.055))


def _field(
    f: Frame,
    under: tuple[Array, Array],
    skyline: Array,
    look: tuple[tuple[Color, ...], float],
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    mask, depth = below(f, skyline)
    bend = 0.5 + 0.5 * np.sin(f.x * rng.uniform(2, 4) + rng.uniform(0, 6))
    across = f.x * 0.35 * (bend - 0.5) + depth * (1.0 + bend)
    patches = f.cloud(0.25, rng, 1.4)
    color = gradient(look[0], 0.45 + 0.28 * patches + 0.9 * depth)
    furrows = stripes(across + 0.004 * f.cloud(0.08, rng), look[1] * 0.5, 1.5)
    color = adjust(color, light=9 * furrows + 12 * np.exp(-np.abs(depth) / 0.012))
    gx, gy = slopes(across)
    along = from_angle(np.arctan2(gx, -gy))
    return over(under[0], color, mask), mix(under[1], along, mask)


def _cypress(
    f: Frame, under: tuple[Array, Array], at: tuple[float, float, float], rng: np.random.Generator
) -> tuple[Array, Array]:
    x, foot, tall = at
    t = np.clip((foot - f.y) / tall, 0, 1)
    sway = 0.012 * np.sin(t * 9 + x * 20) + 0.006 * f.cloud(0.1, rng, 3)
    half = (
        tall
        * 0.13
        * np.sqrt(np.clip(1 - t, 0, 1))
        * np.clip(0.5 + 4 * t, 0, 1)
        * (1 + 0.2 * np.sin(t * 23 + x * 9))
    )
    mask = (
        f.edge(np.abs(f.x - x + sway) - half)
        * ramp(foot - f.y, 0, 0.01)
        * ramp(f.y, foot - tall, foot - tall + 0.01)
    )
    side = np.clip((f.x - x + sway) / np.maximum(half, 1e-3), -1, 1)
    tongues = stripes(side * 0.6 + 0.35 * np.sin(t * 14 + side * 2) + t * 1.5, 0.5, 1.2)
    color = gradient(
        ("#0f2f3a", "#155244", "#2f7a4f", "#a8b04a"), 0.32 + 0.3 * side + 0.22 * tongues
    )
    along = from_angle(np.pi / 2 + 0.5 * np.sin(t * 14 + side * 2))
    return over(under[0], color, mask), mix(under[1], along, mask)


def _poppies(f: Frame, color: Array, rng: np.random.Generator) -> Array:
    for _ in range(110):
        depth = rng.random() ** 0.7
        center = (rng.random() * f.aspect, 0.80 + 0.21 * depth)
        size = 0.004 + 0.013 * depth
        bloom = gradient(("#c8102e", "#e83a2a", "#f5663a"), float(rng.random()))
        color = over(
            color, "#1f4a2f", disk(f, (center[0], center[1] + size * 0.7), size * 0.8) * 0.7
        )
        color = over(
            color, bloom, ellipse(f, center, (size, size * 0.75), float(rng.uniform(-30, 30)))
        )
        color = over(
            color, "#ffb07a", disk(f, (center[0] - size * 0.3, center[1] - size * 0.3), size * 0.28)
        )
    return color
