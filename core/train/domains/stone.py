"""Stone and bark: rock, paving, cobbles, walls, concrete, asphalt, bark; dry and without snow."""

import numpy as np

from ...npr.noise import Array, blur, fractal, ramp, warp
from ...npr.palette import adjust, gradient, over, rgb, vary
from .ground import GREENS, soil
from .surface import (
    Rng,
    Shape,
    Surface,
    bend_labels,
    border_distance,
    cells,
    chance,
    cracks,
    pick,
    spots,
    uniform,
)

ROCKS = (
    ("#3a3b3e", "#5f6063", "#88888a", "#b4b3b0"), ("#33373d", "#4b525b", "#6b737d", "#959ca4"),
    ("#4a3f35", "#75665a", "#9c8c7c", "#c4b6a6"), ("#4d4637", "#7d735c", "#a89d82", "#d2c9b2"),
    ("#3f2f28", "#6b4f42", "#96745f", "#bf9f88"), ("#2a2c2e", "#3f4244", "#5a5d5f", "#7d8081"),
    ("#5a5650", "#86817a", "#b0aaa2", "#d8d3cb"), ("#37403a", "#566158", "#7c877c", "#a8b0a4"),
)  # fmt: skip  # a table: granite, slate, sandstone, limestone, red, basalt, chalk, green schist


def rock(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return bare rock: ledges, layers, cracks, lichen, moss."""
    colors = ROCKS[int(rng.integers(len(ROCKS)))]
    height, tone = _ledges(shape, scale, rng) if chance(rng, 0.65) else _boulder(shape, scale, rng)
    grain, fine = (fractal(shape, size, rng, roughness=0.7) for size in (7 * scale, 2.2))
    split = cracks(shape, uniform(rng, 60, 200) * scale, rng, keep=uniform(rng, 0.1, 0.7))
    height = height - 5 * scale * split + uniform(rng, 0.1, 0.6) * grain + 0.15 * fine
    mottle = uniform(rng, 0.03, 0.1) * grain + uniform(rng, 0.01, 0.06) * fine
    color = gradient(colors, 0.5 + 0.14 * tone + mottle - 0.2 * split)
    return Surface(_lichen(color, height, scale, rng), height.astype(np.float32))


def _ledges(shape: Shape, scale: float, rng: Rng) -> tuple[Array, Array]:
    """Return relief and lightness of layered rock, its layers bent and broken."""
    angle = rng.normal(0, 0.5) + (np.pi / 2 if chance(rng, 0.2) else 0)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    field = (y * np.cos(angle) + x * np.sin(angle)) / scale
    field += uniform(rng, 10, 60) * fractal(shape, 260 * scale, rng, roughness=2.2)
    field += uniform(rng, 1, 4) * fractal(shape, 30 * scale, rng, roughness=1.1)
    thick = uniform(rng, 16, 70)
    t = field / thick
    step = np.floor(t) + ramp(t % 1, 0.0, uniform(rng, 0.2, 0.9))
    shift = fractal((1, 600), 3, rng)[0]
    tone = (
        shift[np.floor(t * 2.3).astype(int) % 600] * 0.6
        + fractal(shape, (6 * scale, 90 * scale), rng) * 0.5
    )
    rise = (step - t) * thick * uniform(rng, 0.15, 0.5) * scale
    return rise + 2 * fractal(shape, 60 * scale, rng), tone


def _boulder(shape: Shape, scale: float, rng: Rng) -> tuple[Array, Array]:
    """Return relief and lightness of rock without layers: facets and dents."""
    labels, distance = cells(shape, uniform(rng, 50, 150) * scale, rng, wander=0.35)
    level = rng.normal(0, 1, labels.max() + 1)[labels].astype(np.float32)
    facet = blur(level, 4 * scale) * 5 * scale + np.minimum(distance, 25 * scale) * uniform(
        rng, 0, 0.35
    )
    dents = fractal(shape, 30 * scale, rng, roughness=1.2)
    return facet + 2.2 * scale * dents, 0.5 * blur(level, 3 * scale) + 0.5 * dents


def _lichen(color: Array, height: Array, scale: float, rng: Rng) -> Array:
    shape = height.shape
    if chance(rng, 0.45):
        patch = spots(shape, uniform(rng, 0.02, 0.15), (2 * scale, 26 * scale), rng)
        mask = patch * ramp(fractal(shape, 5 * scale, rng, roughness=0.6), -0.6, 0.6)
        color = over(
            color, pick(rng, "#b9bda6", "#c2a83f", "#8f9a72", "#d6d6cc", "#b8763a"), 0.75 * mask
        )
    if chance(rng, 0.4):
        low = blur(height, 10 * scale) - height
        field = fractal(shape, 70 * scale, rng, roughness=1.0) + low / (2 * scale)
        green = gradient(
            GREENS[int(rng.integers(len(GREENS)))], 0.3 + 0.15 * fractal(shape, 3, rng)
        )
        color = over(color, green, ramp(field, 0.6, 1.6) * uniform(rng, 0.4, 1))
    return color


def _set(labels: np.ndarray, distance: Array, joint: float, scale: float, rng: Rng) -> Surface:
    """Return stones by their numbers (H, W), set in mortar, earth or grass ``joint`` pixels wide."""
    shape, count = distance.shape, int(labels.max()) + 1
    families = [ROCKS[i] for i in rng.permutation(len(ROCKS))[: int(rng.integers(1, 4))]]
    base = vary(_tints(families, count, rng), rng, 4, 1.5)
    grain, fine = (fractal(shape, size, rng, roughness=0.8) for size in (9 * scale, 2.4))
    face = adjust(base[labels].astype(np.float32), light=4 * grain + 2 * fine)
    face = over(face, "#4a4744", 0.5 * spots(shape, uniform(rng, 0, 0.03), (1, 4 * scale), rng))
    rounded = joint * uniform(rng, 1, 5)
    swell = np.sqrt(np.clip((distance - joint) / rounded, 0, 1)) * rounded * 0.7
    lift = rng.normal(0, 0.8 * scale, count)[labels]
    top = (swell + lift + uniform(rng, 0.2, 0.8) * grain + 0.15 * fine).astype(np.float32)
    stones = Surface(_lichen(face, top, scale, rng), top)
    bed = soil(shape, scale, rng)
    if chance(rng, 0.6):
        mortar = rgb(pick(rng, "#a8a294", "#8f8a80", "#c4bcaa", "#6f6b64"))
        bed = Surface(0.3 * bed.color + 0.7 * mortar, bed.height)
    mask = ramp(distance + 0.25 * joint * grain, joint * 0.6, joint * 1.2)
    low = Surface(bed.color, bed.height * 0.4)
    color = low.color * (1 - mask[..., None]) + stones.color * mask[..., None]
    return Surface(color, low.height * (1 - mask) + (top + 3 * scale) * mask)


def _tints(families: list[tuple[str, ...]], count: int, rng: Rng) -> Array:
    """Return a colour (count, 3) for each stone, of one of the families."""
    tone = rng.uniform(0.35, 0.75, count)
    of_each = np.stack([gradient(family, tone) for family in families])
    return of_each[rng.integers(len(families), size=count), np.arange(count)]


def cobbles(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return cobblestones or crazy paving."""
    size = uniform(rng, 40, 130) * scale
    labels, distance = cells(shape, size, rng, wander=uniform(rng, 0.01, 0.07))
    return _set(labels, distance, uniform(rng, 0.03, 0.09) * size, scale, rng)


def wall(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return masonry in courses: bricks, blocks, slabs."""
    high = uniform(rng, 26, 110) * scale
    wide = high * uniform(rng, 1, 3.4)
    wander = uniform(rng, 0, 0.04) * high
    y, x = np.mgrid[: shape[0], : shape[1]]
    row = (y / high).astype(int)
    shift = row % 2 * 0.5 if chance(rng, 0.7) else rng.random(row.max() + 1)[row]
    column = np.floor(x / wide + shift).astype(int)
    labels = bend_labels(row * 97 + column, wander, 0.7 * high, rng)
    numbers = np.unique(labels, return_inverse=True)[1].reshape(shape)
    made = _set(numbers, border_distance(labels), uniform(rng, 0.02, 0.07) * high, scale, rng)
    if chance(rng, 0.4):
        clay = rgb(pick(rng, "#9a5138", "#a8624a", "#7f4434", "#b5805a"))
        mask = ramp(border_distance(labels), 0.02 * high, 0.06 * high)
        made = Surface(
            over(made.color, np.clip(made.color * 0.55 + clay * 0.55, 0, 1), mask), made.height
        )
    return made


def tiles(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return tiles of one family laid in a grid: even, smooth, their joints straight."""
    side = uniform(rng, 45, 160) * scale
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    row, column = ((v / side + rng.random()).astype(int) for v in (y, x))
    labels = row * 97 + column
    numbers = np.unique(labels, return_inverse=True)[1].reshape(shape)
    family = [ROCKS[int(rng.integers(len(ROCKS)))]]
    base = vary(_tints(family, int(numbers.max()) + 1, rng), rng, uniform(rng, 0, 4), 1)
    cloud, fine = fractal(shape, 40 * scale, rng, roughness=1.2), fractal(shape, 2.4, rng)
    face = adjust(
        base[numbers].astype(np.float32), light=max(0.0, uniform(rng, -3, 3)) * cloud + 0.5 * fine
    )
    joint, edge = uniform(rng, 0.01, 0.04) * side, border_distance(labels)
    wide = uniform(rng, 1.5, 6) * joint
    mask = ramp(edge, joint * 0.6, joint * 1.2)
    swell = np.sqrt(np.clip((edge - joint) / wide, 0, 1)) * wide
    color = over(np.full_like(face, rgb(pick(rng, "#8f8a80", "#c4bcaa", "#55524d"))), face, mask)
    return Surface(color, ((swell + 2 * scale) * mask + 0.05 * cloud).astype(np.float32))


def concrete(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return concrete or plaster: clouds, pores, cracks, stains."""
    colors = ROCKS[int(rng.integers(len(ROCKS)))]
    cloud, grain, fine = (
        fractal(shape, s, rng, roughness=r)
        for s, r in ((110 * scale, 1.2), (9 * scale, 0.8), (2.2, 0.5))
    )
    pores = spots(shape, uniform(rng, 0.001, 0.02), (0.8, 3.5 * scale), rng)
    split = cracks(shape, uniform(rng, 90, 260) * scale, rng, keep=uniform(rng, 0, 0.4))
    tone = 0.62 + 0.08 * cloud + uniform(rng, 0.01, 0.06) * grain + uniform(rng, 0.01, 0.05) * fine
    color = gradient(colors, tone - 0.22 * np.maximum(pores, 0.8 * split))
    height = 1.2 * cloud + uniform(rng, 0.2, 1) * grain + 0.3 * fine - 3 * np.maximum(pores, split)
    return Surface(color, height.astype(np.float32))


def asphalt(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return asphalt: bitumen with chips of stone."""
    labels, distance = cells(shape, uniform(rng, 6, 13) * scale, rng, wander=0.2)
    chip = rng.normal(0, 1, labels.max() + 1)[labels]
    tone = 0.32 + 0.1 * chip + 0.06 * fractal(shape, 120 * scale, rng) - 0.12 * ramp(distance, 2, 0)
    color = gradient(ROCKS[pick_grey(rng)], tone + uniform(rng, -0.1, 0.2))
    split = cracks(shape, uniform(rng, 90, 240) * scale, rng, keep=uniform(rng, 0, 0.6))
    height = np.sqrt(distance) * 0.8 + 0.5 * blur(chip.astype(np.float32), 1) - 4 * split
    return Surface(adjust(color, light=-11 * split), height.astype(np.float32))


def pick_grey(rng: Rng) -> int:
    """Return the number of one of the grey families of ``ROCKS``."""
    return (0, 1, 5)[int(rng.integers(3))]


def bark(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return bark: upright ridges between dark fissures, moss on it."""
    colors = pick_bark(rng)
    long, thin = uniform(rng, 50, 160) * scale, uniform(rng, 9, 26) * scale
    field = fractal(shape, (long, thin), rng, roughness=1.0)
    dx, dy = (v * scale * fractal(shape, 30 * scale, rng) for v in (4, 8))
    ridge = warp(1 - np.abs(np.tanh(field)) * 1.2, dx, dy)
    plates = fractal(shape, (16 * scale, 9 * scale), rng, roughness=0.9)
    fine = fractal(shape, (5, 2.2), rng, roughness=0.5)
    tone = 0.75 - 0.55 * ramp(ridge, 0.2, 1.0) + 0.08 * plates + 0.05 * fine
    height = -(10 * ramp(ridge, 0.2, 1.0) - 1.2 * plates - 0.4 * fine) * scale
    return Surface(_lichen(gradient(colors, tone), height, scale, rng), height.astype(np.float32))


def pick_bark(rng: Rng) -> tuple[str, ...]:
    """Return a tree's colours, fissure to ridge."""
    trees = (
        ("#1f1915", "#43382f", "#6e6155", "#988b7d"), ("#21160f", "#4d3524", "#7a583d", "#a58263"),
        ("#2a2622", "#55504a", "#88827a", "#b9b4ac"), ("#241410", "#54301f", "#8a5236", "#b37a58"),
    )  # fmt: skip  # a table: oak, pine, birch's foot, redwood
    return trees[int(rng.integers(len(trees)))]


def planks(shape: Shape, scale: float, rng: Rng) -> Surface:
    """Return weathered boards."""
    wide = uniform(rng, 50, 150) * scale
    y = np.mgrid[: shape[0], : shape[1]][0].astype(np.float32)
    board = (y / wide).astype(int)
    near = np.minimum(y % wide, wide - y % wide)
    shift = rng.uniform(0, 999, board.max() + 1)[board]
    grain = fractal(shape, (3 * scale, 130 * scale), rng, roughness=1.0)
    ring = np.sin(
        (y + 9 * scale * fractal(shape, (24 * scale, 200 * scale), rng) + shift) / (3 * scale)
    )
    colors = pick_bark(rng)
    lift = rng.normal(0, 0.08, board.max() + 1)[board]
    color = gradient(colors, 0.62 + lift + 0.08 * grain + 0.05 * ring)
    gap = ramp(near, 2.2 * scale, 0.6 * scale)
    height = 0.7 * grain + 0.3 * ring - 8 * gap * scale
    turned = chance(rng, 0.5)
    color, height = over(color, "#140f0c", 0.85 * gap), height.astype(np.float32)
    return (
        Surface(color.swapaxes(0, 1).copy(), height.T.copy()) if turned else Surface(color, height)
    )
