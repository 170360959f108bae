"""Paintings made of brush strokes.

After A. Hertzmann, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes", SIGGRAPH 1998:
coarse brushes first, then finer ones where the canvas still differs from the picture; every stroke
has one colour and follows the picture's forms until that colour no longer suits.

Departures: all strokes of a layer are traced together, against the canvas before the layer. The
direction is a smoothed flow field, not each pixel's gradient, so that strokes of flat areas agree
with each other. A stroke is not a disk drawn along a curve but a bundle of bristles that start and
end one by one, vary in colour, and leave a relief, which is lit at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import along_forms, sample, trace
from .noise import Array, blur, generator
from .palette import to_lab, vary

FINE = 2
"""Strokes are drawn on a canvas this many times the picture's size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brush:
    """One brush and how it is used; lengths in pixels, colours in Lab units."""

    radius: float
    steps: tuple[int, int] = (6, 22)
    """Shortest and longest stroke, in half radii."""
    threshold: float = 6.0
    """A cell is painted if its mean error (Lab distance) is at least this; 0: every cell."""
    spacing: float = 1.0
    """Distance of strokes in radii."""
    detail: float = 0.5
    """Blur of the picture that this brush tries to match, in radii."""
    light: float = 2.0
    """Deviation of lightness from stroke to stroke."""
    chroma: float = 3.0
    """Deviation of a and b from stroke to stroke."""
    streaks: float = 3.0
    """Deviation of lightness from bristle to bristle."""
    dry: float = 0.25
    """Share of a stroke's length over which its bristles start and end unevenly."""
    gaps: float = 0.0
    """Share of bristles that carry no paint."""
    thickness: float = 1.0
    """Relief of the paint."""


def scale(brushes: Sequence[Brush], radius: float) -> list[Brush]:
    """Return brushes whose radii are shares of ``radius`` (pixels), without those too fine to draw."""
    sized = [replace(brush, radius=brush.radius * radius) for brush in brushes]
    return [b for b in sized if b.radius >= 0.6] or [replace(sized[0], radius=0.6)]


@dataclass(frozen=True, slots=True)
class Strokes:
    """Strokes: ``paths`` (N, K, 2) in pixels, ``ends`` (N,) points used, ``colors`` (N, 3)."""

    paths: Array
    ends: NDArray[np.intp]
    colors: Array


@dataclass(frozen=True, slots=True)
class Canvas:
    """Paint: ``color`` (h, w, 3) in [0, 1] and ``height`` (h, w) of its relief in [0, 1]."""

    color: Array
    height: Array


def paint(
    picture: Array,
    brushes: Sequence[Brush],
    *,
    ground: Array,
    flow: Array | None = None,
    seed: int = 0,
) -> Canvas:
    """Return a canvas, ``FINE`` times the picture's size, painted with one brush after the other.

    Args:
        picture: (H, W, 3) in [0, 1].
        brushes: from coarse to fine.
        ground: the bare canvas, (H, W, 3).
        flow: unit vectors (H, W, 2) that strokes follow; None: the picture's own forms.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    drawn = np.zeros((height * FINE, width * FINE, 4), np.uint8)
    drawn[..., :3] = np.round(255 * cv2.resize(ground, (width * FINE, height * FINE)))
    for index, brush in enumerate(brushes):
        rng = generator(seed, 11, index)
        field = along_forms(picture, brush.radius * 2) if flow is None else flow
        below = None if brush.threshold == 0 else _downsample(drawn, width, height)
        strokes = plan(picture, below, field, brush, rng)
        lay(drawn, strokes, brush, rng)
    painted = drawn.astype(np.float32) / 255
    return Canvas(np.ascontiguousarray(painted[..., :3]), np.ascontiguousarray(painted[..., 3]))


def _downsample(drawn: NDArray[np.uint8], width: int, height: int) -> Array:
    small = cv2.resize(drawn[..., :3], (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255


def plan(
    picture: Array, canvas: Array | None, flow: Array, brush: Brush, rng: np.random.Generator
) -> Strokes:
    """Return the strokes of one layer in random order; without a canvas, every cell gets one.

    All pictures (H, W, 3) in [0, 1]; ``flow`` (H, W, 2).
    """
    wanted = blur(picture, brush.radius * brush.detail)
    target = to_lab(wanted)
    error = None if canvas is None else np.linalg.norm(target - to_lab(canvas), axis=-1)
    starts = _starts(picture.shape[:2], error, brush, rng)
    low, high = brush.steps
    back = trace(flow, starts, -brush.radius / 2, high // 3)[:, :0:-1]
    paths = np.concatenate([back, trace(flow, starts, brush.radius / 2, high)], 1)
    colors = sample(wanted, starts)
    fits = _fits(paths, to_lab(colors), target, error)
    first = back.shape[1]
    ends = first + low + np.cumprod(fits[:, first + low :], 1).sum(1)
    begins = first - np.cumprod(fits[:, :first][:, ::-1], 1).sum(1)
    paths = (
        np.stack([np.roll(p, -b, 0) for p, b in zip(paths, begins, strict=True)])
        if len(paths)
        else paths
    )
    lengths = np.minimum(ends - begins, rng.integers(low, high + 1, len(paths)))
    return Strokes(paths, lengths.astype(np.intp), vary(colors, rng, brush.light, brush.chroma))


def _starts(
    shape: tuple[int, ...], error: Array | None, brush: Brush, rng: np.random.Generator
) -> Array:
    cell = max(1, round(brush.radius * brush.spacing))
    rows, columns = -(-shape[0] // cell), -(-shape[1] // cell)
    y, x = np.mgrid[:rows, :columns]
    at = np.stack([x, y], -1) * cell + rng.uniform(0, cell, (rows, columns, 2))
    if error is not None:
        mean = cv2.resize(error, (columns, rows), interpolation=cv2.INTER_AREA)
        at = at[mean > brush.threshold]
    at = at.reshape(-1, 2).astype(np.float32)
    return rng.permutation(np.minimum(at, (shape[1] - 1, shape[0] - 1)))


def _fits(paths: Array, colors: Array, target: Array, error: Array | None) -> NDArray[np.bool_]:
    """A point fits while the stroke's colour is nearer to the picture than the canvas is."""
    off = np.linalg.norm(sample(target, paths) - colors[:, None], axis=-1)
    allowed = 14.0 if error is None else np.maximum(sample(error, paths), 5.0)
    return off < allowed


def lay(drawn: NDArray[np.uint8], strokes: Strokes, brush: Brush, rng: np.random.Generator) -> None:
    """Draw strokes onto a canvas (H·FINE, W·FINE, 4) of colour and relief, in place."""
    bristles = max(3, round(brush.radius * 1.3))
    across = np.linspace(-1, 1, bristles)
    for path, end, color in zip(strokes.paths, strokes.ends, strokes.colors, strict=True):
        if end < 2:
            continue
        lines = _bundle(path[:end], across, brush, rng)
        inks = _inks(color, across, brush, rng)
        _draw(drawn, lines, inks, brush, rng)


def _bundle(path: Array, across: Array, brush: Brush, rng: np.random.Generator) -> Array:
    """Return the bristles' lines (B, K, 2) in pixels of the fine canvas."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-6)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    s = np.linspace(0, 1, len(path))
    pressure = (
        np.minimum(1, 0.62 + 3 * s) * (1 - 0.35 * s**3) * brush.radius * rng.uniform(0.75, 1.1)
    )
    spread = across + rng.normal(0, 0.5 / len(across), len(across))
    sway = rng.normal(0, 0.05) * np.sin(s * np.pi * rng.uniform(1, 3)) * brush.radius
    offset = spread[:, None] * pressure + sway
    return (path + offset[..., None] * normal) * FINE


def _inks(color: Array, across: Array, brush: Brush, rng: np.random.Generator) -> Array:
    """Return colour and relief (B, 4) in [0, 255] of a stroke's bristles."""
    count = len(across)
    load = np.cumsum(rng.normal(0, 1, count))
    load = (load - load.mean()) / max(load.std(), 1e-6)
    streak = (0.6 * load + 0.8 * rng.normal(0, 1, count)) * brush.streaks * 0.0115
    tint = rng.normal(0, 0.004, (count, 3)) * brush.chroma
    ridge = 0.45 + 0.28 * np.abs(across) ** 4 + rng.normal(0, 0.16, count) + rng.normal(0, 0.06)
    inks = np.concatenate([color + streak[:, None] + tint, ridge[:, None] * brush.thickness], 1)
    return np.clip(inks * 255, 0, 255)


def _draw(
    drawn: NDArray[np.uint8], lines: Array, inks: Array, brush: Brush, rng: np.random.Generator
) -> None:
    count, points = lines.shape[:2]
    ragged = brush.dry * points
    rounding = np.linspace(-1, 1, count) ** 2 * min(2.0, points / 4)
    first = (rng.random(count) ** 2 * ragged * 0.5 + rounding * 0.6).astype(int)
    last = points - (rng.random(count) ** 2 * ragged + rounding).astype(int)
    width = max(1, round(2.6 * FINE * brush.radius / count))
    fixed = np.round(lines * 16).astype(np.int32)
    skip = rng.random(count) < brush.gaps
    for j in rng.permutation(count):
        if not skip[j] and last[j] - first[j] > 1:
            path = fixed[j, first[j] : last[j]]
            cv2.polylines(drawn, [path], False, inks[j].tolist(), width, cv2.LINE_AA, 4)
