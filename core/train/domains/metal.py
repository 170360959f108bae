"""Clean metal: painted, brushed, galvanized, cast, in panels with bolts, ribs and scratches."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ...npr.noise import Array, blur, fractal, ramp
from ...npr.palette import adjust, from_lab, gradient, over
from .surface import Rng, Shape, Surface, cells, chance, pick, spots, uniform


@dataclass(frozen=True, slots=True)
class Metal:
    """A metal's ``surface``, where rust begins (``weak``, (H, W) in [0, 1]) and its ``gloss``."""

    surface: Surface
    weak: Array
    gloss: float


PAINTS = (
    ("#d9d8d2", "#c7c9c8", "#efece2"), ("#3f6a8f", "#2f5078", "#6f93ae"), ("#4f7a55", "#39604a", "#7f9a70"),
    ("#a8322c", "#8a2a2a", "#c45a44"), ("#d9b23a", "#c99a2f", "#e8cf6a"), ("#7f8a90", "#60696f", "#a2abb0"),
    ("#2b2f33", "#3a3f44", "#1f2225"), ("#cfc3a5", "#b8aa8a", "#e0d8c0"), ("#5fa0a0", "#3f8088", "#8fc0ba"),
    ("#6a6f8f", "#5a5a80", "#9a9ab8"), ("#e6e4de", "#d4d2ca", "#f2efe8"), ("#6f7a4a", "#585f3a", "#8f9668"),
)  # fmt: skip  # a table: families of paint


def metal(shape: Shape, scale: float, rng: Rng) -> Metal:
    """Return a clean piece of metal."""
    kind = pick(rng, "painted", "painted", "painted", "brushed", "galvanized", "cast", "bare")
    made = {
        "painted": _painted,
        "brushed": _brushed,
        "galvanized": _galvanized,
        "cast": _cast,
        "bare": _bare,
    }[kind](shape, scale, rng)
    made = _shaped(made, scale, rng)
    if chance(rng, 0.7):
        made = _scratched(made, scale, rng)
    return _used(made, scale, rng)


def _painted(shape: Shape, scale: float, rng: Rng) -> Metal:
    family = PAINTS[int(rng.integers(len(PAINTS)))]
    shift = rng.normal(0, 6, 3)
    tone = 0.5 + 0.12 * fractal(shape, 180 * scale, rng)
    color = adjust(gradient(family, tone), light=shift[0], hue=shift[1])
    peel = fractal(shape, uniform(rng, 3, 9) * scale, rng, roughness=2.4)
    color = adjust(color, light=uniform(rng, 0.1, 0.9) * peel)
    if chance(rng, 0.25):
        color = _banded(color, rng)
    return Metal(
        Surface(color, uniform(rng, 0.03, 0.2) * peel),
        np.zeros(shape, np.float32),
        uniform(rng, 0.02, 0.25),
    )


def _banded(color: Array, rng: Rng) -> Array:
    """Return the colour with a second paint on one side of a line or in slanting stripes."""
    y, x = np.mgrid[: color.shape[0], : color.shape[1]].astype(np.float32) / color.shape[0]
    angle = uniform(rng, 0, np.pi) if chance(rng, 0.5) else float(rng.integers(2) * np.pi / 2)
    along = x * np.cos(angle) + y * np.sin(angle)
    other = gradient(PAINTS[int(rng.integers(len(PAINTS)))], 0.5)
    if chance(rng, 0.4):
        mask = ((along * uniform(rng, 3, 7)) % 1 < 0.5).astype(np.float32)
    else:
        start = uniform(rng, 0.1, 0.8)
        mask = ((along > start) & (along < start + uniform(rng, 0.08, 0.5))).astype(np.float32)
    return over(color, np.broadcast_to(other, color.shape), mask)


def _grey(tone: Array, rng: Rng) -> Array:
    """Return the grey of a bare metal, L 25 to 85 as ``tone`` says, hardly tinted."""
    tint = rng.normal(0, 1.6, 2) + np.array([0, -1])
    return from_lab(np.stack([np.clip(tone, 5, 97), *(np.full_like(tone, t) for t in tint)], -1))


def _brushed(shape: Shape, scale: float, rng: Rng) -> Metal:
    long, thin = uniform(rng, 80, 400) * scale, uniform(rng, 1.2, 2.5)
    grain = fractal(shape, (thin, long), rng, roughness=0.8)
    broad = fractal(shape, (30 * scale, long * 2), rng)
    cloud = fractal(shape, 200 * scale, rng)
    if chance(rng, 0.5):
        grain, broad = (np.ascontiguousarray(cv2.resize(v.T, shape[::-1])) for v in (grain, broad))
    base = uniform(rng, 48, 82)
    tone = base + uniform(rng, 2, 6) * grain + 3 * broad + 3 * cloud
    return Metal(Surface(_grey(tone, rng), 0.3 * grain), np.zeros(shape, np.float32), 0.15)


def _galvanized(shape: Shape, scale: float, rng: Rng) -> Metal:
    labels, _ = cells(shape, uniform(rng, 14, 45) * scale, rng, wander=0.2)
    spangle = rng.normal(0, 1, labels.max() + 1)[labels].astype(np.float32)
    tone = (
        uniform(rng, 58, 76) + uniform(rng, 2, 5) * blur(spangle, 1) + 2 * fractal(shape, 150, rng)
    )
    feather = fractal(shape, (2, 12 * scale), rng, roughness=1)
    return Metal(
        Surface(_grey(tone + feather, rng), 0.1 * spangle), np.zeros(shape, np.float32), 0.1
    )


def _cast(shape: Shape, scale: float, rng: Rng) -> Metal:
    grain = fractal(shape, uniform(rng, 3, 7) * scale, rng, roughness=1.6)
    tone = uniform(rng, 24, 48) + 3 * grain + 3 * fractal(shape, 90 * scale, rng)
    return Metal(Surface(_grey(tone, rng), 0.4 * grain), np.zeros(shape, np.float32), 0.12)


def _bare(shape: Shape, scale: float, rng: Rng) -> Metal:
    """Return rolled sheet: cloudy grey with upright wipes, as it leaves a mill."""
    wipes = fractal(shape, (120 * scale, 4 * scale), rng, roughness=1.2)
    cloud = fractal(shape, 70 * scale, rng, roughness=1.3)
    tone = uniform(rng, 45, 86) + 2.2 * wipes + 3.0 * cloud + 0.9 * fractal(shape, 3, rng)
    return Metal(Surface(_grey(tone, rng), 0.15 * cloud), np.zeros(shape, np.float32), 0.06)


def _shaped(made: Metal, scale: float, rng: Rng) -> Metal:
    """Return the metal bent into what is built of it: panels, ribs, tread; or left flat."""
    kind = pick(rng, "flat", "flat", "panels", "panels", "panels", "ribs", "tread", "slats")
    if kind == "panels":
        return _panels(made, scale, rng)
    if kind == "ribs":
        return _ribs(made, scale, rng)
    if kind == "tread":
        return _tread(made, scale, rng)
    return _slats(made, scale, rng) if kind == "slats" else made


def _raised(made: Metal, relief: Array, weak: Array) -> Metal:
    surface = Surface(made.surface.color, made.surface.height + relief)
    return replace(made, surface=surface, weak=np.maximum(made.weak, weak))


def _panels(made: Metal, scale: float, rng: Rng) -> Metal:
    """Return sheets side by side, their lightness uneven, with joints and perhaps bolts along them."""
    h, w = made.weak.shape
    rows, columns = _joints(h, scale, rng), _joints(w, scale, rng)
    y, x = np.mgrid[:h, :w]
    number = np.searchsorted(rows, y) * 31 + np.searchsorted(columns, x)
    lift = rng.normal(0, 1, number.max() + 1)[number]
    near = [
        np.abs(v[..., None] - np.array([-999, *j])).min(-1) for v, j in ((y, rows), (x, columns))
    ]
    distance = np.minimum(*near).astype(np.float32)
    wide = uniform(rng, 1.5, 4) * scale
    color = adjust(made.surface.color, light=uniform(rng, 0, 4) * lift)
    groove = -uniform(rng, 2, 5) * ramp(distance, wide, wide * 0.4)
    weak = ramp(distance, 14 * scale, 1)
    joined = _raised(replace(made, surface=Surface(color, made.surface.height)), groove, weak)
    return _bolted(joined, (rows, columns), scale, rng) if chance(rng, 0.7) else joined


def _joints(length: int, scale: float, rng: Rng) -> list[int]:
    step = uniform(rng, 110, 420) * scale
    return [int(v) for v in np.arange(uniform(rng, 0, step), length, step)]


def _bolted(made: Metal, joints: tuple[list[int], list[int]], scale: float, rng: Rng) -> Metal:
    radius, inset = uniform(rng, 5, 11) * scale, uniform(rng, 12, 24) * scale
    step = uniform(rng, 45, 130) * scale
    h, w = made.weak.shape
    centers = [
        (x, y + s * inset) for y in joints[0] for x in np.arange(step / 2, w, step) for s in (-1, 1)
    ]
    centers += [
        (x + s * inset, y) for x in joints[1] for y in np.arange(step / 2, h, step) for s in (-1, 1)
    ]
    heads = np.full((h, w), 255, np.uint8)
    for x, y in centers:
        cv2.circle(heads, (round(x), round(y)), 1, 0, -1)
    if not centers:
        return made
    distance = cv2.distanceTransform(heads, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float32)
    dome = radius * 0.45 * np.sqrt(np.clip(1 - (distance / radius) ** 2, 0, 1)).astype(np.float32)
    return _raised(made, dome, 0.9 * ramp(distance, radius * 2.4, radius * 0.9))


def _ribs(made: Metal, scale: float, rng: Rng) -> Metal:
    """Return corrugated sheet, ribs upright or lying."""
    h, w = made.weak.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    period = uniform(rng, 28, 90) * scale
    wave = np.sin((x if chance(rng, 0.75) else y) * 2 * np.pi / period + uniform(rng, 0, 6))
    shape = np.tanh(wave * uniform(rng, 0.6, 3)).astype(np.float32)
    return _raised(made, shape * period * uniform(rng, 0.06, 0.12), 0.5 * ramp(shape, -0.4, -0.95))


def _slats(made: Metal, scale: float, rng: Rng) -> Metal:
    """Return louvres or shutters: each slat leans out and casts a shadow on the next."""
    h, w = made.weak.shape
    period = uniform(rng, 30, 110) * scale
    t = ((np.arange(h) + uniform(rng, 0, period)) / period % 1).astype(np.float32)
    profile = np.where(t < 0.88, t / 0.88, (1 - t) / 0.12) * period * 0.14
    lower = ramp(t, 0.6, 0.95)
    return _raised(
        made, *(np.repeat(v[:, None], w, 1).astype(np.float32) for v in (profile, 0.7 * lower))
    )


def _tread(made: Metal, scale: float, rng: Rng) -> Metal:
    """Return tread plate: raised bars that lie across each other."""
    h, w = made.weak.shape
    period = uniform(rng, 34, 70) * scale
    y, x = np.mgrid[:h, :w].astype(np.float32) / period
    u, v = (x + y) % 2 - 1, (x - y) % 2 - 1
    odd = (np.floor((x + y) / 2) + np.floor((x - y) / 2)) % 2 > 0
    along, across = np.where(odd, u, v), np.where(odd, v, u)
    bar = ramp((along / 0.72) ** 2 + (across / 0.2) ** 2, 1.15, 0.6)
    return _raised(made, bar * 3.5 * scale, 0.5 * ramp(np.abs(bar - 0.5), 0.5, 0.1))


def _scratched(made: Metal, scale: float, rng: Rng) -> Metal:
    """Return the metal with scratches down to bright metal or into the paint alone."""
    drawn = np.zeros(made.weak.shape, np.uint8)
    way = uniform(rng, 0, np.pi)
    for _ in range(int(rng.integers(6, 60))):
        start = rng.random(2) * made.weak.shape[::-1]
        angle = way + rng.normal(0, 0.5)
        length = 12 * scale * 20 ** rng.random()
        end = start + length * np.array([np.cos(angle), np.sin(angle)])
        first, last = ((round(x * 16), round(y * 16)) for x, y in (start, end))
        cv2.line(
            drawn, first, last, int(rng.integers(60, 255)), int(rng.integers(1, 3)), cv2.LINE_AA, 4
        )
    mask = drawn.astype(np.float32) / 255
    bright = adjust(made.surface.color, light=uniform(rng, -12, 26), chroma=0.5)
    color = over(made.surface.color, bright, mask)
    return _raised(
        replace(made, surface=Surface(color, made.surface.height)), -0.7 * mask, 0.4 * mask
    )


def _used(made: Metal, scale: float, rng: Rng) -> Metal:
    """Return the metal with a little grey dirt, so that dirt alone is no sign of rust."""
    shape = made.weak.shape
    grime = ramp(fractal(shape, 90 * scale, rng, roughness=1.3), 0.4, 3) * uniform(rng, 0, 0.6)
    runs = ramp(fractal(shape, (160 * scale, 5 * scale), rng, roughness=1.4), 0.8, 3)
    dirt = np.clip(grime + runs * uniform(rng, 0, 0.4), 0, 1)
    dots = spots(shape, uniform(rng, 0, 0.004), (0.8, 2.5 * scale), rng)
    color = over(made.surface.color, adjust(made.surface.color, light=-16, chroma=0.6), dirt)
    color = over(color, "#3a3b3c", 0.7 * dots)
    return replace(made, surface=Surface(color, made.surface.height))
