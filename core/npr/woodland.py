"""Scenes on land: birches in autumn, a misty fjord, a city under a comic-book sky."""

import numpy as np

from .composition import (
    Frame,
    Scene,
    below,
    brushline,
    curve,
    disk,
    frame,
    leaf,
    polar,
    polygon,
    ridge,
    stripes,
)
from .flow import along_forms, from_angle, mix
from .noise import Array, generator, ramp
from .palette import Color, adjust, gradient, over, rgb

Rng = np.random.Generator


def birches(height: int, width: int, seed: int = 0) -> Scene:
    """Return a birch grove in autumn: white trunks, burning leaves, violet shadows."""
    f, rng = frame(height, width), generator(seed, 401)
    glow = np.exp(-(((f.x - 0.62 * f.aspect) / 0.35) ** 2 + ((f.y - 0.42) / 0.3) ** 2))
    color = gradient(
        ("#2f4f9f", "#5f7fc8", "#9fb0d8", "#f0c890", "#fbe0a0"),
        0.15 + 0.75 * glow + 0.07 * f.cloud(0.12, rng),
    )
    for base, stops in (
        (0.56, ("#5f5fa8", "#8f6fb0")),
        (0.62, ("#3f5f8f", "#c07f5f")),
        (0.68, ("#8f4f6f", "#e0923c")),
    ):
        mask, depth = below(f, ridge(f, base, 0.03, 0.2, rng, 1.4))
        color = over(color, gradient(stops, depth * 8 + 0.2 * f.cloud(0.05, rng)), mask)
    color = _floor(f, color, rng)
    for x, wide, foot in (
        (0.08, 0.030, 0.74),
        (0.46, 0.026, 0.72),
        (0.78, 0.028, 0.73),
        (0.94, 0.024, 0.71),
        (0.28, 0.022, 0.70),
        (0.60, 0.020, 0.69),
    ):
        color = _birch(f, color, (x * f.aspect, wide, foot), rng)
    color = _leaves(f, color, 900, (0.010, 0.017), rng)
    for x, wide, foot in ((0.19, 0.062, 0.93), (0.70, 0.070, 0.96)):
        color = _birch(f, color, (x * f.aspect, wide, foot), rng)
    color = _leaves(f, color, 420, (0.014, 0.024), rng)
    return Scene(
        color,
        mix(
            from_angle(np.where(f.y > 0.74, 0.1, 1.25)),
            along_forms(color, height / 45),
            np.full(f.shape, 0.5),
        ),
    )


def _floor(f: Frame, color: Array, rng: Rng) -> Array:
    mask, depth = below(f, ridge(f, 0.71, 0.012, 0.4, rng, 2.2))
    ground = gradient(
        ("#f0b04a", "#e07f3c", "#b8503c", "#6f3f6f"), depth * 3 + 0.2 * f.cloud(0.07, rng)
    )
    slant = stripes(f.x + (f.y - 0.7) * 0.9 + 0.02 * f.cloud(0.1, rng), 0.21, 2.5)
    ground = over(ground, "#4f4f9f", 0.6 * ramp(slant, 0.1, 0.8))
    ground = over(ground, "#f8d86a", 0.5 * ramp(f.cloud(0.02, rng), 1.2, 1.8))
    return over(color, ground, mask)


def _birch(f: Frame, color: Array, form: tuple[float, float, float], rng: Rng) -> Array:
    x, wide, foot = form
    lean = rng.normal(0, 0.03)
    path = curve(
        [
            (x, foot),
            (x + lean * 0.4 + rng.normal(0, 0.008), foot * 0.6),
            (x + lean, foot * 0.25),
            (x + lean * 1.3, -0.05),
        ],
        60,
    )
    mask = brushline(f, path, np.linspace(wide, wide * 0.55, 60))
    middle = np.interp(f.y[:, 0], path[::-1, 1], path[::-1, 0])[:, None]
    side = np.clip((f.x - middle) / (wide * 0.5), -1, 1)
    bark = gradient(
        ("#6f6fb8", "#b8b0d8", "#f8f0e0", "#fff4d8", "#f0c8a0"),
        0.5 + 0.5 * side + 0.07 * f.cloud(0.03, rng),
    )
    marks = ramp(
        f.cloud(0.012, rng, 1.2) + 1.1 * stripes(f.y + 0.01 * f.cloud(0.05, rng), 0.07, 1), 2.0, 2.5
    )
    bark = over(bark, "#2a2340", np.clip(marks + ramp(f.y, foot - 0.05, foot + 0.02) * 0.6, 0, 1))
    color = over(color, bark, mask)
    for _ in range(4):
        at = path[int(rng.integers(22, 50))]
        way = np.array([rng.choice((-1, 1)) * rng.uniform(0.08, 0.2), -rng.uniform(0.06, 0.16)])
        twig = curve([tuple(at), tuple(at + way * 0.5 + (0, 0.01)), tuple(at + way)], 16)
        color = over(color, "#3f2f4f", brushline(f, twig, np.linspace(wide * 0.22, 0.002, 16)))
    return color


def _leaves(f: Frame, color: Array, count: int, sizes: tuple[float, float], rng: Rng) -> Array:
    tints = ("#f8c83c", "#f8a02c", "#f0702c", "#d8402f", "#f8e06a", "#b83050", "#c8b83c")
    centers = rng.random((26, 2)) * (f.aspect, 0.48) + (0, -0.03)
    for _ in range(count):
        at = centers[int(rng.integers(26))] + rng.normal(0, 0.06, 2)
        size, turn = rng.uniform(*sizes), rng.uniform(0, np.pi)
        tip = at + np.array([np.cos(turn), np.sin(turn)]) * size * 2
        color = over(color, tints[int(rng.integers(7))], leaf(f, tuple(at), tuple(tip), size))
    return color


def fjord(height: int, width: int, seed: int = 0) -> Scene:
    """Return mountains in mist over a fjord at sunrise, with pines and a red boathouse."""
    f, rng = frame(height, width), generator(seed, 402)
    color = gradient(
        ("#7fa8d0", "#b8c8e0", "#f0d0c8", "#f8dca8", "#f8e8c8"),
        f.y / 0.5 + 0.09 * f.cloud(0.25, rng, 2),
    )
    color = over(color, "#fdf3d0", disk(f, (0.62 * f.aspect, 0.27), 0.055))
    layers = (
        (0.33, 0.075, "#a8b8dc", "#e8d0d8"),
        (0.40, 0.07, "#7f9fd0", "#d8c8dc"),
        (0.47, 0.055, "#5f7fb8", "#b8b8d8"),
        (0.53, 0.035, "#3f6f98", "#8fb0c0"),
    )
    for base, swing, tint, mist in layers:
        mask, depth = below(f, ridge(f, base, swing, 0.35, rng, 1.5))
        color = over(
            color, gradient((tint, tint, mist), depth * 6 + 0.1 * f.cloud(0.05, rng)), mask
        )
    water = gradient(
        ("#f0d8c0", "#a8c0d8", "#5f8fb8", "#2f6f98"), (f.y - 0.58) / 0.4 + 0.1 * f.cloud(0.1, rng)
    )
    flipped = color[
        np.clip(((0.58 - (f.y - 0.58) * 0.9) * f.height).astype(int), 0, f.height - 1),
        np.arange(f.width)[None, :].repeat(f.height, 0),
    ]
    color = over(color, water * 0.45 + flipped * 0.55, f.edge(0.58 - f.y))
    light = ramp(stripes(f.y + 0.005 * f.cloud(0.08, rng), 0.05, 2), 0.6, 1.0) * f.edge(0.60 - f.y)
    color = over(color, "#fdf0d8", 0.55 * light)
    return _still(_foreground(f, color, rng), height)


def _foreground(f: Frame, color: Array, rng: Rng) -> Array:
    bank = 0.80 + 0.10 * np.sin(f.x[0] / f.aspect * 4.2 + 2.6)
    mask, depth = below(f, bank.astype(np.float32))
    color = over(
        color,
        gradient(
            ("#c8b84a", "#6f9f4f", "#2f6f4f", "#24505a"), depth * 4.5 + 0.15 * f.cloud(0.08, rng)
        ),
        mask,
    )
    x, y = 0.30 * f.aspect, 0.76
    for points, tint in (
        ([(x, y), (x, y - 0.09), (x + 0.15, y - 0.09), (x + 0.15, y)], "#b8302f"),
        (
            [
                (x - 0.02, y - 0.085),
                (x + 0.03, y - 0.155),
                (x + 0.125, y - 0.155),
                (x + 0.17, y - 0.085),
            ],
            "#4f3f4f",
        ),
        ([(x + 0.055, y), (x + 0.055, y - 0.06), (x + 0.095, y - 0.06), (x + 0.095, y)], "#fbf0dc"),
    ):
        color = over(color, tint, polygon(f, points))
    for px, foot, tall in (
        (0.07, 0.90, 0.42),
        (0.17, 0.86, 0.27),
        (0.84, 0.92, 0.50),
        (0.94, 0.97, 0.40),
        (0.73, 0.86, 0.24),
    ):
        color = _pine(f, color, (px * f.aspect, foot, tall), rng)
    for _ in range(150):
        at = (rng.random() * f.aspect, 0.90 + 0.11 * rng.random())
        tint = ("#d83f5f", "#f0a02c", "#f8e8c8", "#8f4fa8")[int(rng.integers(4))]
        color = over(color, tint, disk(f, at, rng.uniform(0.004, 0.010)))
    return color


def _pine(f: Frame, color: Array, form: tuple[float, float, float], rng: Rng) -> Array:
    x, foot, tall = form
    t = np.clip((foot - f.y) / tall, 0, 1)
    tiers = 1 - ((t * 9) % 1) * 0.55
    half = tall * 0.24 * (1 - t) * tiers + 0.006 * f.cloud(0.02, rng)
    mask = f.edge(np.abs(f.x - x) - half) * (f.y < foot - 0.03 * tall) * (f.y > foot - tall)
    needles = gradient(
        ("#1a3f4f", "#24605a", "#5f8f5a"),
        0.45 + 0.35 * (f.x - x) / np.maximum(half, 0.01) + 0.15 * f.cloud(0.03, rng),
    )
    color = over(
        color, "#4a3038", brushline(f, np.array([(x, foot + 0.01), (x, foot - 0.2 * tall)]), 0.018)
    )
    return over(color, needles, mask)


def _still(color: Array, height: int) -> Scene:
    return Scene(color, along_forms(color, max(1.0, height / 50)))


def city(height: int, width: int, seed: int = 0) -> Scene:
    """Return towers under bursting rays, clouds of smoke and a comet, in the colours of a comic."""
    f, rng = frame(height, width), generator(seed, 403)
    burst = (0.60 * f.aspect, 0.34)
    distance, angle = polar(f, burst)
    rays = np.floor((angle + np.pi) / (2 * np.pi) * 36).astype(int) % 2
    color = np.where(
        rays[..., None] > 0,
        gradient(("#fff8c0", "#ffe14a", "#ffa62c", "#f0503c"), distance / 0.8),
        gradient(("#fff8c0", "#8fe0e8", "#2fa8e0", "#2f5fc8"), distance / 0.8),
    ).astype(np.float32)
    for radius, points, tint in (
        (0.25, 15, "#e8302c"),
        (0.205, 15, "#ffd81f"),
        (0.15, 13, "#fffbe0"),
    ):
        spike = np.abs((angle * points / (2 * np.pi)) % 1 - 0.5) * 2
        star = radius * (0.72 + 0.62 * spike**1.5 * (0.8 + 0.2 * np.cos(angle * 5)))
        color = over(color, tint, f.edge(distance - star))
    color = _smoke(f, color, rng)
    for base, wide, wall, light in (
        (0.56, 0.10, "#8fa0f0", "#fff4b0"),
        (0.69, 0.135, "#f0609f", "#ffe14a"),
        (0.83, 0.19, "#2f8fe0", "#fff8d0"),
    ):
        color = _towers(f, color, (base, wide), (wall, light), rng)
    return _still(_comet(f, color), height)


def _smoke(f: Frame, color: Array, rng: Rng) -> Array:
    puffs = [
        (rng.normal(c, 0.09) * f.aspect, rng.normal(0.60, 0.035), rng.uniform(0.05, 0.10))
        for c in (0.1, 0.35, 0.6, 0.85, 0.98)
        for _ in range(7)
    ]
    for shift, share, tint in (
        (0.0, 1.0, "#f0f0f8"),
        (0.25, 0.82, "#b8c8f0"),
        (0.5, 0.55, "#f0f0f8"),
    ):
        for x, y, size in puffs:
            color = over(
                color, tint, disk(f, (x + shift * size * 0.3, y + shift * size * 0.5), size * share)
            )
    return color


def _towers(
    f: Frame, color: Array, form: tuple[float, float], tints: tuple[Color, Color], rng: Rng
) -> Array:
    base, wide = form
    x = -rng.random() * wide
    while x < f.aspect:
        w, top = wide * rng.uniform(0.75, 1.3), base - rng.random() ** 1.4 * wide * 1.9
        wall = adjust(rgb(tints[0])[None], light=rng.normal(0, 5), hue=rng.normal(0, 12))[0]
        face = (f.x > x) & (f.x < x + w * 0.72)
        body = f.edge(np.maximum(np.maximum(x - f.x, f.x - x - w), top - f.y))
        color = over(color, wall, body)
        color = over(color, adjust(wall[None], light=-17)[0], body * ~face * (f.x > x + w * 0.72))
        rows = (f.y - top) / (wide * 0.27)
        columns = (f.x - x) / (w * 0.72) * 2.0
        lit = (rows % 1 > 0.42) & (np.abs(columns % 1 - 0.5) < 0.30) & face & (rows > 0.7)
        on = np.sin(np.floor(rows) * 12.9 + np.floor(columns) * 78.2 + x * 37) > -0.35
        color = over(color, tints[1], body * (lit & on))
        color = over(color, "#3a2f8f", body * (lit & ~on))
        color = over(
            color,
            "#20204a",
            brushline(f, np.array([(x + w * 0.4, top), (x + w * 0.4, top - wide * 0.4)]), 0.006),
        )
        x += w * rng.uniform(1.0, 1.12)
    return color


def _comet(f: Frame, color: Array) -> Array:
    for share, tint in ((1.0, "#e8302c"), (0.72, "#ffa62c"), (0.42, "#fffbe0")):
        path = curve([(-0.05, 0.02), (0.10 * f.aspect, 0.12), (0.26 * f.aspect, 0.17)], 30)
        color = over(color, tint, brushline(f, path, np.linspace(0.015, 0.13, 30) * share))
        color = over(color, tint, disk(f, (0.26 * f.aspect, 0.17), 0.065 * share))
    return color
