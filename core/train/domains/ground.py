"""Ground as seen from above: grass, moss, soil, fallen leaves, gravel, and mixtures of them."""

from dataclasses import replace

import numpy as np

from ...npr.noise import Array, blur, fractal, ramp
from ...npr.palette import adjust, gradient, rgb, vary
from .surface import (
    Rng,
    Shape,
    Surface,
    blade,
    blend,
    cells,
    chance,
    cracks,
    fill,
    outline,
    pick,
    spots,
    uniform,
)

GREENS = (
    ("#2a3d16", "#4d6b24", "#7d9a3a", "#b4c468"), ("#1f3a1c", "#38662c", "#629446", "#9cc070"),
    ("#3a4018", "#6a6f2a", "#9a9c48", "#cfc983"), ("#24361f", "#456034", "#6f8a52", "#a9b584"),
    ("#3b3a1e", "#6b6234", "#9a8d55", "#cdbf8a"), ("#21401a", "#4a7d1f", "#84b02f", "#c2d860"),
)  # fmt: skip  # a table: shade to sunlit tips; meadow, lawn, dry, sedge, straw, young
SOILS = (
    ("#2c2018", "#4a3626", "#6b5239", "#8f7556"), ("#3a2a1c", "#5f4630", "#86684a", "#ad9170"),
    ("#2a2623", "#45403b", "#655e56", "#8b8378"), ("#43301f", "#6f4f32", "#9a7450", "#c39c74"),
    ("#4a4134", "#746852", "#9c8e73", "#c2b598"), ("#24201a", "#3b342a", "#564c3d", "#776b58"),
)  # fmt: skip  # a table: humus, loam, grey, clay, sand, peat
STONES = ("#8a8780", "#6f6d69", "#a59d8f", "#7d6f60", "#b7b0a4", "#59595c", "#93806a", "#9aa0a3")
FALLEN = ("#7a4a22", "#a0662a", "#c08a3a", "#8f3a22", "#5f4026", "#b59a5a", "#6a5a34", "#d0a94a")


def soil(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return bare earth: clods, crumbs, a few stones and fibres."""
    colors = SOILS[int(rng.integers(len(SOILS)))]
    clods = fractal(shape, 26 * scale, rng, roughness=1.1)
    crumbs = fractal(shape, 6 * scale, rng, roughness=0.8)
    grit = fractal(shape, 2.2, rng, roughness=0.5)
    broad = fractal(shape, 140 * scale, rng)
    tone = 0.45 + 0.10 * broad + 0.11 * clods + 0.09 * crumbs + uniform(rng, 0.03, 0.09) * grit
    height = (1.8 * clods + 0.8 * crumbs + 0.25 * grit) * scale * uniform(rng, 0.5, 1.2)
    ground = Surface(gradient(colors, tone), height.astype(np.float32))
    if chance(rng, 0.25):
        split = cracks(shape, uniform(rng, 40, 110) * scale, rng, keep=uniform(rng, 0.3, 1))
        ground = Surface(adjust(ground.color, light=-22 * split), ground.height - 4 * split)
    count = int(rng.integers(0, 90) / scale**2)
    return pebbles(ground, count, (1.5 * scale, 9 * scale), rng)


def pebbles(ground: Surface, count: int, sizes: tuple[float, float], rng: Rng) -> Surface:
    """Return the ground with stones of ``sizes`` pixels (radius) lying on it, half sunk."""
    shape = ground.height.shape
    color, mask = ground.color.copy(), np.zeros(shape, np.float32)
    for _ in range(count):
        center = rng.random(2) * shape[::-1]
        radius = sizes[0] * (sizes[1] / sizes[0]) ** (rng.random() ** 2)
        ring = outline(center, radius, rng, 10)
        tint = vary(rgb(STONES[int(rng.integers(len(STONES)))])[None], rng, 7, 2)[0]
        fill(color, ring, tuple(tint))
        fill(mask, ring, (float(radius),))
    swell = blur(mask, max(sizes[0], 1.0)) * 0.5
    grain = fractal(shape, 4, rng, roughness=0.6)
    color = adjust(color, light=np.where(mask > 0, 2.5 * grain, 0))
    return Surface(color, (ground.height + swell).astype(np.float32))


def grass(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return grass over earth: tufts of blades, fallen ones, bare spots."""
    ground = soil(shape, scale, rng)
    tufts = fractal(shape, uniform(rng, 40, 160) * scale, rng, roughness=1.2)
    dense = ramp(tufts, *np.quantile(tufts, np.sort(rng.uniform(0, 0.75, 2)) + np.array([0, 0.1])))
    colors = GREENS[int(rng.integers(len(GREENS)))]
    under = gradient(colors, 0.15 + 0.1 * fractal(shape, 5 * scale, rng, roughness=0.8))
    ground = blend(ground, Surface(under, ground.height), dense * 0.85)
    return _blades(ground, dense, colors, scale, rng)


def _blades(
    ground: Surface, dense: Array, colors: tuple[str, ...], scale: float, rng: Rng
) -> Surface:
    shape = dense.shape
    length, width = uniform(rng, 12, 38) * scale, uniform(rng, 1.6, 3.6) * scale**0.7
    count = int(min(16000, 2.6 * shape[0] * shape[1] / (length * width)))
    at = rng.random((count, 2)) * shape[::-1]
    kept = at[rng.random(count) < dense[at[:, 1].astype(int), at[:, 0].astype(int)]]
    canvas = np.dstack([ground.color, ground.height])
    lean, spread = uniform(rng, 0, 2 * np.pi), uniform(rng, 0.5, 3.2)
    patch = fractal(shape, 90 * scale, rng)
    level = np.linspace(0, 1, len(kept))
    warm = patch[kept[:, 1].astype(int), kept[:, 0].astype(int)]
    tone = np.clip(0.12 + 0.62 * level + 0.07 * warm + rng.normal(0, 0.10, len(kept)), 0, 1)
    tints = vary(gradient(colors, tone), rng, 2, 2.5)
    for foot, tint, high in zip(kept, tints, level, strict=True):
        reach = length * uniform(rng, 0.4, 1.15)
        leaf = blade(foot, reach, width, lean + rng.normal(0, spread), rng.normal(0, 0.5))
        fill(canvas, leaf, (*tint, float(ground.height.mean() + (2 + 7 * high) * scale)))
    color = adjust(canvas[..., :3].copy(), chroma=uniform(rng, 0.55, 0.95))
    return Surface(color, blur(canvas[..., 3].copy(), 0.8))


def clover(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return low broad leaves: clover, ivy, weeds; each leaf lighter toward its tip."""
    ground = grass(shape, scale, rng) if chance(rng, 0.5) else soil(shape, scale, rng)
    colors = GREENS[int(rng.integers(len(GREENS)))]
    return leaves(ground, colors, uniform(rng, 5, 13) * scale, uniform(rng, 0.6, 2.5), rng)


def litter(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return fallen leaves over earth or grass."""
    ground = grass(shape, scale, rng) if chance(rng, 0.4) else soil(shape, scale, rng)
    count = int(rng.integers(3, len(FALLEN)))
    colors = tuple(FALLEN[i] for i in rng.permutation(len(FALLEN))[:count])
    return leaves(ground, colors, uniform(rng, 9, 24) * scale, uniform(rng, 0.15, 1.8), rng)


def leaves(
    ground: Surface, colors: tuple[str, ...], size: float, cover: float, rng: Rng
) -> Surface:
    """Return the ground with leaves ``size`` pixels long upon it, ``cover`` times its area."""
    h, w = ground.height.shape
    canvas = np.dstack([ground.color, ground.height])
    base = float(ground.height.mean())
    count = int(min(5000, cover * h * w / (size * size * 0.6)))
    stubby = uniform(rng, 0.35, 0.8)
    for i in range(count):
        tint = vary(gradient(colors, rng.random())[None], rng, 7, 4)[0]
        at, angle = rng.random(2) * (w, h), uniform(rng, 0, 2 * np.pi)
        long, bend = size * uniform(rng, 0.6, 1.3), rng.normal(0, 0.35)
        high = base + (3 + 6 * i / count) * size / 16
        leaf = blade(at, long, long * stubby, angle, bend)
        fill(canvas, leaf, (*tint, high))
        lit = np.clip(np.asarray(tint) * uniform(rng, 0.75, 1.2), 0, 1)
        fill(canvas, np.concatenate([leaf[:6], 0.5 * (leaf[5::-1] + leaf[6:])]), (*lit, high - 1))
        fill(canvas, blade(at, long, max(1.0, long * 0.06), angle, bend), (*(0.8 * lit), high))
    color = canvas[..., :3].copy()
    color = adjust(color, light=2 * fractal((h, w), 4, rng, roughness=0.8))
    return Surface(color, blur(canvas[..., 3].copy(), 1.0))


def moss(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return moss: cushions of fine stars over earth."""
    colors = GREENS[int(rng.integers(len(GREENS)))]
    _, distance = cells(shape, uniform(rng, 22, 60) * scale, rng, wander=0.3)
    cushion = np.sqrt(np.minimum(distance, 20 * scale) / (20 * scale))
    stars = fractal(shape, 5 * scale, rng, roughness=0.7)
    fine = fractal(shape, 2.4, rng, roughness=0.4)
    tone = (
        0.2 + 0.28 * cushion + 0.13 * stars + 0.07 * fine + 0.08 * fractal(shape, 80 * scale, rng)
    )
    height = (9 * cushion + 1.1 * stars + 0.5 * fine) * scale
    green = Surface(gradient(colors, tone), height.astype(np.float32))
    if chance(rng, 0.3):
        return green
    patch = fractal(shape, 120 * scale, rng, roughness=1.0)
    cut = float(np.quantile(patch, rng.uniform(0.1, 0.6)))
    return blend(soil(shape, scale, rng), green, ramp(patch, cut - 0.12, cut + 0.12), 3 * scale)


def gravel(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return loose stones of one kind, close together."""
    size = uniform(rng, 10, 42) * scale
    labels, distance = cells(shape, size, rng, wander=0.06)
    kinds = [STONES[i] for i in rng.permutation(len(STONES))[: int(rng.integers(1, 5))]]
    count = labels.max() + 1
    tint = vary(
        np.stack([rgb(kind) for kind in kinds])[rng.integers(len(kinds), size=count)], rng, 8, 2
    )
    round_ = np.clip(distance / (size * uniform(rng, 0.2, 0.45)), 0, 1)
    dome = (
        np.sqrt(1 - (1 - round_) ** 2) * size * 0.3 + 0.12 * size * rng.normal(0, 1, count)[labels]
    )
    grain = fractal(shape, 4, rng, roughness=0.6)
    color = adjust(tint[labels].astype(np.float32), light=3 * grain + 10 * (round_ - 1))
    stones = Surface(color, (dome + 0.3 * grain).astype(np.float32))
    bed = soil(shape, scale, rng)
    return blend(bed, stones, ramp(distance, 0.02 * size, 0.09 * size), 2 * scale)


def twigs(ground: Surface, count: int, scale: float, rng: Rng) -> Surface:
    """Return the ground with dry twigs on it."""
    canvas = np.dstack([ground.color, ground.height])
    high = float(ground.height.max())
    for _ in range(count):
        tint = vary(rgb(pick(rng, "#5a4632", "#7a6248", "#3f3226", "#a08c6c"))[None], rng, 5, 2)[0]
        at = rng.random(2) * ground.height.shape[::-1]
        length, angle = 15 * scale * 8 ** rng.random(), uniform(rng, 0, 6.3)
        stick = blade(at, length, uniform(rng, 1.5, 4) * scale, angle, rng.normal(0, 0.3))
        fill(canvas, stick, (*tint, high))
    return Surface(canvas[..., :3].copy(), blur(canvas[..., 3].copy(), 0.8))


def strewn(ground: Surface, scale: float, rng: Rng) -> Surface:
    """Return the ground with a few things that lie about anywhere: twigs, stones, single leaves."""
    if chance(rng, 0.4):
        ground = twigs(ground, int(rng.integers(1, 25)), scale, rng)
    if chance(rng, 0.3):
        ground = pebbles(ground, int(rng.integers(3, 40)), (2 * scale, 14 * scale), rng)
    if chance(rng, 0.3):
        ground = leaves(ground, FALLEN, uniform(rng, 8, 20) * scale, uniform(rng, 0.02, 0.2), rng)
    if chance(rng, 0.2):
        dots = spots(ground.height.shape, 0.005, (1, 3.5 * scale), rng)
        tint = vary(rgb(pick(rng, "#e8dc6a", "#e6e0e8", "#b78ac8", "#d8685a"))[None], rng, 4, 3)[0]
        ground = replace(
            ground, color=ground.color * (1 - dots[..., None]) + tint * dots[..., None]
        )
    return ground
