"""Scenes at the water: koi in a pond, a harbour with sails, poplars on a river bank."""

import numpy as np

from .composition import (
    Frame,
    Point,
    Scene,
    brushline,
    curve,
    disk,
    ellipse,
    frame,
    leaf,
    polar,
    polygon,
    stripes,
)
from .flow import along_forms, from_angle, mix
from .noise import Array, generator, ramp
from .palette import Color, gradient, over, rgb

Rng = np.random.Generator


def koi(height: int, width: int, seed: int = 0) -> Scene:
    """Return koi circling in rippled water between lily pads and lotus flowers."""
    f, rng = frame(height, width), generator(seed, 301)
    centers = ((0.30 * f.aspect, 0.34), (0.86 * f.aspect, 0.86), (0.95 * f.aspect, 0.05))
    color = _ripples(f, centers)
    for center, size, turn in (
        ((0.08, 0.88), 0.13, 40),
        ((0.27, 0.96), 0.10, 200),
        ((0.93, 0.42), 0.12, 120),
        ((0.62, 0.045), 0.10, 280),
        ((0.06, 0.10), 0.11, 330),
    ):
        color = _pad(
            f, color, (center[0] * f.aspect, center[1]), (size, turn + rng.uniform(-30, 30))
        )
    for spine, size, tints in (
        (
            ((0.72, 0.60), (0.62, 0.42), (0.44, 0.36), (0.26, 0.46), (0.22, 0.58)),
            0.135,
            ("#f2603a", "#fbe9d0", "#d8301f"),
        ),
        (
            ((0.27, 0.76), (0.36, 0.86), (0.50, 0.885), (0.64, 0.845), (0.755, 0.76)),
            0.12,
            ("#fbe9d0", "#f28a2c", "#2a2a3a"),
        ),
        (
            ((0.86, 0.12), (0.74, 0.20), (0.58, 0.19), (0.45, 0.12), (0.36, 0.14)),
            0.10,
            ("#f8c23c", "#fbe0a0", "#e0762c"),
        ),
    ):
        color = _fish(f, color, np.array(spine) * (f.aspect, 1), (size, tints))
    for center, size in (((0.10, 0.80), 0.085), ((0.90, 0.36), 0.075)):
        color = _lotus(f, color, (center[0] * f.aspect, center[1]), size)
    return Scene(color, along_forms(color, max(1.0, height / 45)))


def _ripples(f: Frame, centers: tuple[Point, ...]) -> Array:
    far = np.min([polar(f, c)[0] * s for c, s in zip(centers, (1.0, 1.25, 1.1), strict=True)], 0)
    bands = (far + 0.012 * np.sin(f.x * 13 + f.y * 6)) / 0.05
    stops = ("#0f3f6b", "#176f93", "#2a9d9f", "#0f4f7f", "#58c0b0", "#17608a", "#0d3560", "#a8dcc0")
    tints = np.stack([rgb(c) for c in stops])
    return (
        tints[np.floor(bands).astype(int) % len(tints)] * (1 - 0.12 * np.clip(far, 0, 1))[..., None]
    )


def _pad(f: Frame, color: Array, center: Point, form: tuple[float, float]) -> Array:
    size, turn = form
    distance, angle = polar(f, center)
    notch = np.abs((np.rad2deg(angle) - turn + 180) % 360 - 180) < 16
    rings = gradient(
        ("#d8d860", "#5fa03c", "#2f7f4a", "#8fbf4a", "#1f5f45", "#c8d05a"), distance / size
    )
    return over(color, rings, np.where(notch, 0, f.edge(distance - size)))


def _fish(f: Frame, color: Array, spine: Array, look: tuple[float, tuple[Color, ...]]) -> Array:
    size, (main, second, spot) = look
    path = curve([tuple(p) for p in spine], 60)
    t = np.linspace(0, 1, 60)
    widths = size * np.clip(np.sin(np.pi * np.clip(t, 0, 1) ** 0.62) ** 0.75, 0.16, 1)
    way = np.gradient(path, axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    side = np.stack([-way[:, 1], way[:, 0]], 1)
    for index, spread, long in ((16, 1, 0.95), (16, -1, 0.95), (34, 1, 0.6), (34, -1, 0.6)):
        foot = path[index] + side[index] * spread * widths[index] * 0.3
        tip = foot + (side[index] * spread * 0.85 + way[index] * 0.75) * size * long
        color = over(color, second, leaf(f, tuple(foot), tuple(tip), size * 0.42, 0.12 * spread))
    for spread in (-0.75, 0.0, 0.75):
        tip = path[-1] + (way[-1] * 1.25 + side[-1] * spread) * size
        color = over(
            color,
            main if spread else second,
            leaf(f, tuple(path[-4]), tuple(tip), size * 0.40, 0.2 * spread),
        )
    color = over(color, main, brushline(f, path, widths))
    color = over(color, second, brushline(f, path[6:52], widths[6:52] * 0.55))
    for index in (12, 22, 31, 40, 48):
        color = over(
            color,
            spot,
            ellipse(
                f,
                tuple(path[index]),
                (size * 0.24, widths[index] * 0.30),
                float(np.rad2deg(np.arctan2(way[index, 1], way[index, 0]))),
            ),
        )
    for spread in (-0.26, 0.26):
        color = over(
            color, "#141428", disk(f, tuple(path[5] + side[5] * size * spread), size * 0.06)
        )
    return color


def _lotus(f: Frame, color: Array, center: Point, size: float) -> Array:
    for ring, (count, long, tint) in enumerate(
        ((11, 1.25, "#c83f7f"), (9, 0.98, "#f07fa8"), (7, 0.68, "#fbc8d8"))
    ):
        for turn in np.arange(count) / count * 2 * np.pi + ring * 0.3:
            tip = (center[0] + np.cos(turn) * size * long, center[1] + np.sin(turn) * size * long)
            color = over(color, tint, leaf(f, center, tip, size * 0.42))
    return over(color, "#f8c83c", disk(f, center, size * 0.24))


def harbour(height: int, width: int, seed: int = 0) -> Scene:
    """Return sailing boats in a harbour below a village, every colour raised to its purest."""
    f, rng = frame(height, width), generator(seed, 302)
    sky = gradient(
        ("#2f7fc8", "#6fb8d8", "#f2a8b8", "#f8c070", "#f8dc90"),
        f.y / 0.36 + 0.12 * f.cloud(0.2, rng, 2),
    )
    hills = 0.27 - 0.06 * np.sin(f.x[0] / f.aspect * 5 + 0.7)
    color = over(
        sky,
        gradient(("#7a4fa8", "#3f5fb8", "#d8608f"), (f.y * 6 + f.x * 2) % 1),
        f.edge(hills[None] - f.y),
    )
    shore = 0.34 - 0.07 * np.sin(f.x[0] / f.aspect * 3.1)
    color = over(
        color,
        gradient(("#2f9f5f", "#e8b83c", "#e8603c", "#3f8f4f"), (f.x * 2.3 + f.y * 7) % 1),
        f.edge(shore[None] - f.y),
    )
    color = _village(f, color, shore, rng)
    color = _glitter(f, color, 0.47, rng)
    for x, y, tall, lean in (
        (0.16, 0.60, 0.30, 0.05),
        (0.43, 0.55, 0.20, -0.03),
        (0.60, 0.72, 0.42, 0.06),
        (0.86, 0.58, 0.24, 0.04),
        (0.30, 0.86, 0.40, -0.06),
    ):
        color = _boat(f, color, (x * f.aspect, y, tall, lean), rng)
    angle = np.where(f.y > 0.47, 0.12 * np.sin(f.x * 9), -0.6 + 0.5 * np.sin(f.x * 3))
    forms = along_forms(color, height / 60)
    return Scene(color, mix(from_angle(angle), forms, np.full(f.shape, 0.55)))


def _village(f: Frame, color: Array, shore: Array, rng: Rng) -> Array:
    walls = ("#f8a83c", "#f06f4a", "#f8e0b0", "#e84f7a", "#f8d03c", "#6fb8c8", "#b88fd8")
    roofs = ("#c8302f", "#2f4fa8", "#8f2f6f", "#e0602c")
    for _ in range(46):
        x, size = rng.random() * f.aspect, rng.uniform(0.035, 0.065)
        y = 0.49 - rng.random() * (0.49 - float(shore[min(f.width - 1, int(x * f.height))]) - 0.02)
        box = [(x, y), (x, y - size * 1.2), (x + size, y - size * 1.2), (x + size, y)]
        color = over(color, walls[int(rng.integers(7))], polygon(f, box))
        gable = [
            (x - size * 0.1, y - size * 1.15),
            (x + size * 0.5, y - size * 1.75),
            (x + size * 1.1, y - size * 1.15),
        ]
        color = over(color, roofs[int(rng.integers(4))], polygon(f, gable))
        for dx in (0.2, 0.6):
            window = [
                (x + size * (dx + u), y - size * v)
                for u, v in ((0, 0.4), (0, 0.8), (0.2, 0.8), (0.2, 0.4))
            ]
            color = over(color, "#2a3f8f", polygon(f, window))
    return color


def _glitter(f: Frame, color: Array, shore: float, rng: Rng) -> Array:
    depth = np.clip((f.y - shore) / (1 - shore), 0, 1)
    sea = gradient(
        ("#2fa0a0", "#2f70c0", "#2a4fa8", "#4f3f9f"), depth + 0.16 * f.cloud(0.2, rng, 2)
    )
    tints = ("#f8a86f", "#f0708f", "#7fd8b8", "#f8dc70", "#8f6fd0", "#2fb0a0", "#1f3f9f", "#f8f0d0")
    for _ in range(520):
        y = shore + (1 - shore) * rng.random() ** 0.8
        size = 0.006 + 0.03 * (y - shore) / (1 - shore)
        center = (rng.random() * f.aspect, y)
        sea = over(
            sea,
            tints[int(rng.integers(8))],
            ellipse(f, center, (size * 2.2, size * 0.45), float(rng.normal(0, 6))),
        )
    return over(color, sea, f.edge(shore - f.y))


def _boat(f: Frame, color: Array, form: tuple[float, float, float, float], rng: Rng) -> Array:
    x, y, tall, lean = form
    sail = (
        ("#f04f2c", "#f8c83c"),
        ("#f8f0d8", "#f0a0b0"),
        ("#e8306f", "#f8903c"),
        ("#f8d84a", "#3fa89f"),
    )[int(rng.integers(4))]
    hull = ("#b01f3f", "#1f2f7f", "#1f6f5f", "#d8502c")[int(rng.integers(4))]
    long = tall * 0.5
    top = (x + lean, y - tall)
    for share, side, tint in ((1.0, 0.92, sail[0]), (0.82, -0.7, sail[1])):
        head = (x + lean * share, y - tall * share)
        color = over(
            color,
            tint,
            polygon(f, [head, (x + side * long, y - tall * 0.10), (x + 0.004, y - tall * 0.07)]),
        )
        mirror = [
            (head[0], y + tall * 0.62 * share),
            (x + side * long * 0.8, y + tall * 0.12),
            (x, y + tall * 0.1),
        ]
        color = over(
            color,
            tint,
            polygon(f, mirror)
            * ramp(stripes(f.y + 0.01 * np.sin(f.x * 40), 0.028, 2), -0.4, 0.5)
            * 0.8,
        )
    color = over(color, "#3a1f4f", brushline(f, np.array([(x, y), top]), 0.009))
    deck = [
        (x - long * 1.05, y - tall * 0.07),
        (x + long * 1.1, y - tall * 0.08),
        (x + long * 0.8, y + tall * 0.08),
        (x - long * 0.8, y + tall * 0.08),
    ]
    return over(color, hull, polygon(f, deck))


def riverbank(height: int, width: int, seed: int = 0) -> Scene:
    """Return poplars on a river bank in late sun, and their mirror image."""
    f, rng = frame(height, width), generator(seed, 303)
    shore = 0.58
    color = gradient(
        ("#3f78c8", "#7fb4e8", "#c8c8f0", "#fbd8a0", "#fbb87c"),
        f.y / shore + 0.10 * f.cloud(0.16, rng, 2),
    )
    hills = 0.50 + 0.035 * np.sin(f.x[0] / f.aspect * 6 + 1)
    color = over(
        color, gradient(("#8f8fd0", "#6f9fb0"), (f.y - 0.45) * 8), f.edge(hills[None] - f.y)
    )
    for x in (0.05, 0.13, 0.20, 0.29, 0.37, 0.47, 0.57, 0.80, 0.93):
        color = _poplar(
            f,
            color,
            (x * f.aspect, shore, rng.uniform(0.33, 0.50) * (0.62 if 0.4 < x < 0.75 else 1)),
            rng,
        )
    bank = gradient(
        ("#e0c84a", "#5fa04a", "#2f6f5f"), (f.y - shore + 0.05) / 0.06 + 0.15 * f.cloud(0.05, rng)
    )
    color = over(color, bank, f.edge(0.535 + 0.01 * np.sin(f.x * 8) - f.y))
    color = _mirror(f, color, shore)
    color = _sail(f, color, (0.68 * f.aspect, 0.645))
    color = _reeds(f, color, rng)
    flow = mix(
        from_angle(np.where(f.y > shore, 0.0, 1.2)),
        along_forms(color, height / 40),
        np.full(f.shape, 0.5),
    )
    return Scene(color, flow)


def _poplar(f: Frame, color: Array, form: tuple[float, float, float], rng: Rng) -> Array:
    x, foot, tall = form
    t = np.clip((foot - 0.02 - f.y) / tall, 0, 1)
    half = tall * 0.115 * np.sin(np.pi * np.clip(t * 0.86 + 0.12, 0, 1)) ** 0.7 + 0.007 * f.cloud(
        0.03, rng, 1.8
    )
    mask = f.edge(np.abs(f.x - x) - half) * (t > 0.001) * (t < 0.999)
    side = (f.x - x) / np.maximum(half, 0.004)
    stops = (
        ("#1f4f6f", "#2f7f5f", "#7fb04a", "#f0d85a"),
        ("#5f3f7f", "#c0603c", "#f0983c", "#f8d860"),
    )[int(rng.random() < 0.4)]
    leaves = gradient(stops, 0.5 + 0.3 * side + 0.16 * f.cloud(0.03, rng))
    color = over(color, "#4a3a5f", brushline(f, np.array([(x, foot), (x, foot - 0.1)]), 0.014))
    return over(color, leaves, mask)


def _mirror(f: Frame, color: Array, shore: float) -> Array:
    depth = f.y - shore
    row = np.clip((shore - depth * 1.05) * f.height, 0, f.height - 1).astype(int)
    sway = (0.004 + 0.03 * np.clip(depth, 0, 1)) * np.sin(depth * 150 + 4 * np.sin(f.x * 4))
    column = np.clip((f.x + sway) * f.height, 0, f.width - 1).astype(int)
    water = over(color[row, column], "#3f5fa8", np.clip(0.22 + 0.5 * depth, 0, 1))
    lights = ramp(
        stripes(np.maximum(depth, 0) ** 0.7 + 0.004 * np.sin(f.x * 23), 0.045, 1.5), 0.55, 1.0
    )
    return over(color, over(water, "#f8e0c0", 0.4 * lights), f.edge(-depth))


def _sail(f: Frame, color: Array, at: Point) -> Array:
    x, y = at
    for flip, strength in ((-1, 1.0), (0.8, 0.6)):
        for side, tint in ((0.085, "#fff4dc"), (-0.06, "#f8d0b0")):
            sail = [(x, y + flip * 0.20), (x + side, y + flip * 0.03), (x, y + flip * 0.025)]
            color = over(color, tint, polygon(f, sail) * strength)
    return over(
        color,
        "#7a2f4f",
        polygon(
            f,
            [
                (x - 0.085, y - 0.015),
                (x + 0.10, y - 0.015),
                (x + 0.07, y + 0.014),
                (x - 0.06, y + 0.014),
            ],
        ),
    )


def _reeds(f: Frame, color: Array, rng: Rng) -> Array:
    for _ in range(120):
        x, tall = rng.random() ** 1.0 * f.aspect, rng.uniform(0.06, 0.20)
        if 0.3 * f.aspect < x < 0.72 * f.aspect:
            tall *= 0.4
        tint = gradient(("#1f4f4f", "#3f8f4f", "#b8b83c", "#e0903c"), float(rng.random()))
        color = over(
            color,
            tint,
            leaf(
                f,
                (x, 1.03),
                (x + rng.normal(0, 0.035), 1.02 - tall),
                0.013,
                float(rng.normal(0, 0.1)),
            ),
        )
    return color
