"""Scenes of plain shapes, for crafts that cut: irises by a lake, a breaking wave."""

import numpy as np

from .composition import (
    Frame,
    Point,
    Scene,
    below,
    brushline,
    curve,
    disk,
    ellipse,
    frame,
    leaf,
    polar,
    polygon,
    ridge,
)
from .flow import along_forms
from .noise import Array, generator
from .palette import adjust, gradient, over, rgb

Rng = np.random.Generator

CREST = (
    (-0.1, 0.62),
    (0.03, 0.38),
    (0.18, 0.17),
    (0.36, 0.085),
    (0.52, 0.12),
    (0.615, 0.24),
    (0.60, 0.37),
)
HOLLOW = (
    (0.80, 1.05),
    (0.58, 0.88),
    (0.42, 0.70),
    (0.35, 0.52),
    (0.385, 0.38),
    (0.47, 0.30),
    (0.575, 0.345),
)
STREAKS = (
    "#1d3f74",
    "#5f93b4",
    "#1d3f74",
    "#2a5590",
    "#a9cbd3",
    "#2a5590",
    "#1d3f74",
    "#efe6cc",
    "#1d3f74",
    "#5f93b4",
    "#1d3f74",
)
"""The breaking wave: its back, its inner side, and the colours between them."""


def irises(height: int, width: int, seed: int = 0) -> Scene:
    """Return irises by a lake at sunset, mountains behind, autumn leaves above."""
    f, rng = frame(height, width), generator(seed, 201)
    sun = (0.40 * f.aspect, 0.43)
    color = _evening(f, sun, rng)
    for base, swing, size, stops in (
        (0.43, 0.050, 0.45, ("#7a5aa8", "#4f3f8f", "#b06fa8")),
        (0.49, 0.030, 0.40, ("#2f4f8f", "#24356f", "#5f6fb0")),
        (0.535, 0.016, 0.30, ("#1f5f5f", "#17464f", "#3f7f5a")),
    ):
        mask, depth = below(f, ridge(f, base, swing, size, rng, 2.0))
        color = over(color, gradient(stops, (depth * 7 + 0.25 * np.sin(f.x * 9)) % 1), mask)
    color = _lake(f, color, 0.56, rng)
    color = _shore(f, color, rng)
    return _still(_branch(f, _iris_bed(f, color, rng), rng))


def _evening(f: Frame, sun: Point, rng: Rng) -> Array:
    distance, _ = polar(f, (sun[0], sun[1] + 0.1))
    swell = distance + 0.03 * np.sin(f.x * 7 + 3 * f.y) + 0.016 * f.cloud(0.3, rng, 2.6)
    bands = np.floor(swell * 13) / 9
    stops = (
        "#ffe9a0",
        "#fbc64f",
        "#f5943c",
        "#e86a4a",
        "#d0608f",
        "#8f5fb0",
        "#4f5fb8",
        "#2f55a8",
        "#1f3f8a",
    )
    color = gradient(stops, bands - 0.03)
    color = over(color, "#fff3c0", disk(f, sun, 0.085))
    return over(color, "#ffd05a", disk(f, sun, 0.062))


def _lake(f: Frame, color: Array, shore: float, rng: Rng) -> Array:
    depth = np.clip(f.y - shore, 0, 1)
    swell = np.sin(f.x * 9 + f.y * 25) * 0.006 + 0.006 * f.cloud(0.15, rng, 2.5)
    bands = np.floor((depth + swell) * 26) / 26
    row = np.clip(((shore - bands * 1.35) * f.height).astype(int), 0, f.height - 1)
    mirrored = color[row, np.arange(f.width)[None, :].repeat(f.height, 0)]
    lights = gradient(("#1f6f8f", "#7fd0c8", "#1f4f8f", "#f8c87a", "#3f8fa8"), (bands * 37) % 1)
    water = adjust(mirrored * 0.4 + lights * 0.6, chroma=1.35)
    return over(color, water, f.edge(shore + 0.004 * np.sin(f.x * 14) - f.y))


def _shore(f: Frame, color: Array, rng: Rng) -> Array:
    for base, stops in (
        (0.82, ("#2f7f5f", "#8fae3f", "#1f5f4f")),
        (0.91, ("#1a5a3f", "#4f8f3f", "#c8a83c")),
    ):
        bank = (
            base
            + 0.05 * np.cos((f.x[0] / f.aspect - 0.5) * 5)
            + 0.02 * ridge(f, 0, 1, 0.4, rng, 2.5)
        )
        mask, depth = below(f, bank)
        color = over(color, gradient(stops, (depth * 9 + 0.2 * np.sin(f.x * 11)) % 1), mask)
    return color


def _iris_bed(f: Frame, color: Array, rng: Rng) -> Array:
    for x in rng.permutation(np.linspace(0.02, 0.98, 17)):
        lean, tall = rng.normal(0, 0.09), rng.uniform(0.16, 0.38)
        blade = curve(
            [
                (x * f.aspect, 1.03),
                (x * f.aspect + lean * 0.3, 1 - tall * 0.5),
                (x * f.aspect + lean, 1 - tall),
            ],
            20,
        )
        tint = gradient(("#0f4f3f", "#2f8f4f", "#8fb84f"), float(rng.random()))
        color = over(color, tint, brushline(f, blade, np.linspace(0.036, 0.003, 20)))
    for x, y, size in (
        (0.13, 0.66, 0.115),
        (0.36, 0.79, 0.10),
        (0.60, 0.70, 0.12),
        (0.84, 0.75, 0.11),
    ):
        stem = curve([(x * f.aspect, y), (x * f.aspect + 0.012, 0.87), (x * f.aspect, 1.03)], 20)
        color = over(color, "#2f7f4f", brushline(f, stem, 0.016))
        color = _iris(f, color, (x * f.aspect, y), size, rng)
    return color


def _iris(f: Frame, color: Array, at: Point, size: float, rng: Rng) -> Array:
    x, y = at
    stops = (("#2f1f7f", "#6a4fc8", "#b09ae8"), ("#5a1f7a", "#a04fb8", "#e0a8e0"))[
        int(rng.integers(2))
    ]
    petals = (
        (-0.32, -0.42, 30, 0.85),
        (0.32, -0.42, -30, 0.85),
        (0.0, -0.52, 90, 0.95),
        (-0.62, 0.25, -42, 1.0),
        (0.62, 0.25, 42, 1.0),
        (0.0, 0.42, 90, 1.05),
    )
    for i, (dx, dy, degrees, long) in enumerate(petals):
        center = (x + dx * size, y + dy * size)
        turn = degrees + 90 if i in (0, 1) else degrees
        color = over(
            color, rgb(stops[0]), ellipse(f, center, (size * 0.52 * long, size * 0.33), turn)
        )
        color = over(
            color,
            rgb(stops[1 + (i < 3)]),
            ellipse(f, center, (size * 0.44 * long, size * 0.24), turn),
        )
    for dx, dy, degrees in ((-0.4, 0.16, -42), (0.4, 0.16, 42), (0.0, 0.22, 90)):
        color = over(
            color,
            "#ffd23c",
            ellipse(f, (x + dx * size, y + dy * size), (size * 0.22, size * 0.075), degrees),
        )
    return color


def _branch(f: Frame, color: Array, rng: Rng) -> Array:
    bough = curve([(1.04, 0.20), (0.80, 0.13), (0.55, 0.16), (0.30, 0.07), (-0.04, 0.10)], 60) * (
        f.aspect,
        1,
    )
    color = over(color, "#4a2a2f", brushline(f, bough, np.linspace(0.045, 0.012, 60)))
    tints = ("#a81f2f", "#d8452c", "#f08a2c", "#f8c03c", "#b8b03c", "#5f8f3c")
    for point in bough[1:-1:2]:
        turn = np.deg2rad((95 if rng.random() < 0.62 else -95) + rng.normal(0, 35))
        tip = point + np.array([np.cos(turn), np.sin(turn)]) * rng.uniform(0.09, 0.15)
        mask = leaf(
            f, tuple(point), tuple(tip), rng.uniform(0.05, 0.068), float(rng.normal(0, 0.12))
        )
        color = over(color, tints[int(rng.integers(6))], mask)
    return color


def _still(color: Array) -> Scene:
    return Scene(color, along_forms(color, max(1.0, color.shape[0] / 60)))


def wave(height: int, width: int, seed: int = 0) -> Scene:
    """Return a breaking wave before a snowy mountain and a red sun, in flat colours."""
    f, rng = frame(height, width), generator(seed, 202)
    color = gradient(("#27487f", "#6f98b4", "#e3cfa4", "#ecc08f", "#e39a7c"), f.y / 0.62)
    color = over(color, "#cf3f2a", disk(f, (0.845 * f.aspect, 0.165), 0.092))
    color = _mists(f, _peak(f, color, (0.765 * f.aspect, 0.30)), rng)
    for base, lift, count in ((0.58, 0.03, 3.4), (0.63, 0.045, 2.6), (0.70, 0.06, 1.9)):
        color = _swell(f, color, (base, lift, count), rng)
    color = _breaker(f, color, rng)
    color = _swell(f, color, (0.84, 0.06, 1.6), rng)
    return _still(_scales(f, color, ridge(f, 0.90, 0.018, 0.5, rng, 2.6)))


def _scales(f: Frame, color: Array, crest: Array) -> Array:
    """Lay the sea-wave pattern (seigaiha), rows of ringed scales, over everything below a crest."""
    mask, depth = below(f, crest)
    radius = 0.052
    rings = np.stack(
        [rgb(c) for c in ("#efe6cc", "#1d3f74", "#a9cbd3", "#2a5590", "#efe6cc", "#1d3f74")]
    )
    pattern = np.zeros_like(color)
    for row in range(-1, int(0.3 / (radius / 2)) + 2):
        shift = radius * (row % 2)
        dx = (f.x + shift) % (2 * radius) - radius
        distance = np.hypot(dx, depth - (row + 1.6) * radius / 2)
        scale = rings[np.minimum((distance / radius * 5.2).astype(int), 5)]
        pattern = over(pattern, scale, f.edge(distance - radius))
    return over(color, pattern, mask)


def _mists(f: Frame, color: Array, rng: Rng) -> Array:
    for y, start, stop in (
        (0.095, 0.55, 0.86),
        (0.215, 0.78, 1.1),
        (0.515, 0.40, 0.78),
        (0.545, 0.66, 1.1),
    ):
        x = np.linspace(start, stop, 40)
        path = np.stack([x * f.aspect, y + 0.004 * np.sin(x * 30)], 1)
        widths = (
            0.026
            * (1 + 0.35 * np.sin(x * 22 + rng.uniform(0, 6)))
            * np.sin(np.pi * np.linspace(0.02, 0.98, 40)) ** 0.3
        )
        color = over(color, "#f5e9cf", brushline(f, path, widths))
    return color


def _peak(f: Frame, color: Array, top: Point) -> Array:
    x, y = top
    side = np.abs(f.x - x)
    slope = y + 0.62 * np.maximum(side - 0.022, 0) ** 0.86 + 0.004 * np.sin(f.x * 70)
    color = over(
        color, gradient(("#35588c", "#5f88a8", "#a8b8a8"), (f.y - y) / 0.32), f.edge(slope - f.y)
    )
    tongue = y + 0.085 + 0.018 * np.sin(f.x * 80 + 1) + 0.012 * np.sin(f.x * 171) + 0.1 * side
    return over(color, "#f7f1e0", f.edge(slope - f.y) * f.edge(f.y - tongue))


def _swell(f: Frame, color: Array, form: tuple[float, float, float], rng: Rng) -> Array:
    base, lift, count = form
    x = f.x[0] / f.aspect
    crest = base - lift * np.abs(np.sin(np.pi * (x * count + rng.random()))) ** 1.7
    mask, depth = below(f, crest.astype(np.float32))
    bands = (depth + 0.004 * np.sin(f.x * 40)) / (lift * 2.4)
    tints = (
        "#f4ecd6",
        "#8fb8c8",
        "#2f5f98",
        "#a9cbd3",
        "#1d3f74",
        "#5f93b4",
        "#1d3f74",
        "#8fb8c8",
        "#2f5f98",
        "#1d3f74",
    )
    stops = np.stack([rgb(c) for c in tints])
    edges = np.searchsorted([0.08, 0.20, 0.38, 0.44, 0.66, 0.74, 0.98, 1.06, 1.4], bands)
    color = over(color, stops[edges], mask)
    return _foam(f, color, np.stack([f.x[0], crest], 1)[:: max(1, f.width // 40)], 0.010, rng)


def _foam(f: Frame, color: Array, path: Array, size: float, rng: Rng) -> Array:
    spots = path + rng.normal(0, size * 0.35, path.shape)
    sizes = size * rng.uniform(0.55, 1.3, len(spots))
    for tint, share in (("#9fc0cc", 1.0), ("#f7f1e0", 0.78)):
        for spot, radius in zip(spots, sizes, strict=True):
            color = over(color, tint, disk(f, (spot[0], spot[1] - radius * 0.3), radius * share))
    return color


def _breaker(f: Frame, color: Array, rng: Rng) -> Array:
    outer, inner = curve(CREST, 80), curve(HOLLOW, 80)
    outer, inner = outer * (f.aspect, 1), inner * (f.aspect, 1)
    body = np.concatenate([outer, inner[::-1], [(-0.1, 1.05)]])
    color = over(color, "#1d3f74", polygon(f, body))
    shares = np.linspace(0, 1, 23)
    for low, high, tint in zip(shares[:-1], shares[1:], STREAKS * 2, strict=True):
        strip = [outer * (1 - s) + inner * s for s in (low, high)]
        color = over(color, tint, polygon(f, np.concatenate([strip[0], strip[1][::-1]])))
    color = _foam(f, color, np.repeat(outer[26:], 2, 0), 0.026, rng)
    return _claws(f, color, np.concatenate([outer[30:], inner[:62:-1]]), rng)


def _claws(f: Frame, color: Array, rim: Array, rng: Rng) -> Array:
    for index, point in enumerate(rim[::2]):
        reach = rng.uniform(0.06, 0.10) * (0.45 + 1.1 * index / len(rim))
        down = np.array([0.55 - 1.1 * index / len(rim) + rng.normal(0, 0.2), 0.85])
        tip = point + down * reach
        hook = tip + np.array([-0.38 * reach, -0.02 * reach])
        finger = curve(
            [tuple(point), tuple((point + tip) / 2 + (0.016, 0)), tuple(tip), tuple(hook)], 20
        )
        for tint, width in (("#1d3f74", 0.036), ("#f7f1e0", 0.026)):
            color = over(color, tint, brushline(f, finger, np.linspace(width, 0.004, 20)))
    drops = rim[rng.integers(0, len(rim), 70)] + rng.normal(0, 0.06, (70, 2)) + (0.03, 0.05)
    for spot in drops:
        color = over(color, "#f7f1e0", disk(f, tuple(spot), rng.uniform(0.003, 0.008)))
    return color
