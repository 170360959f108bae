"""What strokes of a film look like: measured in every frame where their particles are, and changed slowly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .flow import sample, trace
from .noise import Array, ramp
from .palette import from_lab, to_lab
from .particles import GROWS, Cast, Field, Film, Particles, find
from .picture import blur
from .strokes import LEAST_STEP, STEP, Brush, Plan, Strokes, fits

LEAD = 8
"""Frames before a stroke takes over from which on it is measured."""
SLOW, FAST = 0.05, 0.4
"""Share of the way to what is measured that a stroke goes in a frame: where it may be grain, and else."""
TURNS, BENT = 0.1, (0.5, 1.1)
"""The same of paths where nothing moves, and how far off they are then, as a share of their reach."""
SPEED = (0.05, 0.8)
"""Pixels a frame up to which a thing stands still, and from which its strokes turn as it does."""
STEPS, LABS = (1.0, 4.0), (1.5, 6.0)
"""The same of changes: points of a path, and colours in Lab."""
MORPHS = 12
"""Frames in which a stroke becomes its successor, where both lie in one place."""
HOLDS = 0.7
"""Share of a brush's threshold down to which a stroke stays that is there."""
SMEARED, BY_CHANCE = 3.0, 0.9
"""Radii over which the picture is blurred that a brush leaves on the canvas, and the share of its chances in
the error that is left: with these, about as many strokes are chosen as by the canvas itself."""


@dataclass(frozen=True, slots=True)
class Spans:
    """How long a brush's strokes are, in steps from one point of a path to the next."""

    stride: float
    """Pixels of a step."""
    low: int
    high: int
    back: int
    """Most steps behind the particle."""

    @classmethod
    def measure(cls, brush: Brush) -> "Spans":
        """Return a brush's."""
        step = max(STEP, LEAST_STEP / brush.radius)
        low, high = (max(1, round(steps / (2 * step))) for steps in brush.steps)
        return cls(step * brush.radius, low, high, max(1, high // 3))

    @property
    def points(self) -> int:
        """Points of a path with both its sides."""
        return self.back + self.high + 1


@dataclass(slots=True)
class Estimate:
    """What a canvas is likely to show: what brushes could leave of a picture, without their chances."""

    canvas: Array | None = None
    """(h, w, 3) in [0, 1], of the last brush's copy."""
    noise: float = 0.0
    """How far paint is from the picture by chance, Lab."""

    def error(self, on: Plan, brush: Brush) -> Array:
        """Return how far the canvas is from what a brush wants, (h, w) in Lab."""
        wanted = blur(on.picture, brush.radius / on.factor * brush.detail, on.wraps)
        if self.canvas is None:
            return np.full(wanted.shape[:2], np.inf, np.float32)
        off = to_lab(wanted) - to_lab(_resize(self.canvas, wanted))
        return np.sqrt((off * off).sum(-1) + self.noise**2).astype(np.float32)

    def lay(self, on: Plan, brush: Brush, error: Array | None) -> None:
        """Go over the canvas with a brush, where the error is large."""
        left = blur(on.picture, SMEARED * brush.radius / on.factor, on.wraps)
        if error is not None and self.canvas is not None:
            share = ramp(error, 0.8 * brush.threshold, 1.2 * brush.threshold)[..., None]
            below = _resize(self.canvas, left)
            left = below + (left - below) * share
        self.canvas = left
        self.noise = BY_CHANCE * float(np.sqrt(brush.light**2 + 2 * brush.chroma**2))


def _resize(small: Array, like: Array) -> Array:
    if small.shape == like.shape:
        return small
    return cv2.resize(small, like.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def act(  # a film, and what a brush sees
    film: Film, layer: int, on: Plan, brush: Brush, error: Array | None, keys: tuple[int, ...]
) -> tuple[Film, Strokes]:
    """Return the film with a layer's strokes measured in this frame, and the strokes.

    Args:
        film: What is carried.
        layer: The brush's number.
        on: What its strokes are planned on.
        brush: The brush.
        error: (h, w), how far the canvas is likely to be from the picture, Lab; None: every stroke is wanted.
        keys: What its strokes' chances are made of.
    """
    spans = Spans.measure(brush)
    where = Field(on.size, max(1.0, brush.radius * brush.spacing), keys)
    cast = film.cast(layer, where, spans.points)
    scene = Scene.look(on, brush, error, spans)
    cast = replace(
        cast,
        now=scene.measure(cast.now, cast.due(cast.now) <= LEAD),
        before=scene.measure(cast.before, cast.due(cast.before) > -MORPHS),
    )
    return film.keep(layer, cast), gather(cast, lambda p, s: stroke(p, s, brush, spans))


@dataclass(frozen=True, slots=True)
class Scene:
    """What a brush sees in a frame."""

    on: Plan
    brush: Brush
    spans: Spans
    wanted: Array
    target: Array
    error: Array | None
    wrong: Array | None
    """The error in means of a cell."""

    @classmethod
    def look(cls, on: Plan, brush: Brush, error: Array | None, spans: Spans) -> "Scene":
        """Look at a frame."""
        wanted = blur(on.picture, brush.radius / on.factor * brush.detail, on.wraps)
        wrong = None
        if error is not None:
            wrong = error if on.detail is None else error * on.detail
            side = max(1, round(brush.radius * brush.spacing / on.factor))
            wrong = cv2.blur(wrong, (side, side), borderType=cv2.BORDER_REPLICATE)
        return cls(on, brush, spans, wanted, to_lab(wanted), error, wrong)

    def measure(self, all_: Particles, some: Array) -> Particles:
        """Return particles, some of which have looked at the frame."""
        which = np.flatnonzero(some & (all_.leaves == 0))
        if not len(which):
            return all_
        old = all_.take(which)
        starts = old.at / np.float32(self.on.factor)
        wanted = self._want(old, starts)
        busy = np.flatnonzero(wanted | (old.weight > 0))
        shape, reach, color = old.shape.copy(), old.reach.copy(), old.color.copy()
        shape[busy], reach[busy], color[busy] = self._trace(old.take(busy), starts[busy])
        parts = follow(old, shape, reach, color)
        weight = grow(old, wanted)
        known = old.known.copy()
        known[busy] = True
        return put(all_, which, weight=weight, on=wanted, known=known, **parts)

    def _want(self, old: Particles, starts: Array) -> Array:
        if self.wrong is None:
            return np.ones(len(starts), bool)
        least = np.where(old.on, HOLDS, 1.0) * self.brush.threshold
        return sample(self.wrong, starts) > least

    def _trace(self, old: Particles, starts: Array) -> tuple[Array, Array, Array]:
        """Return the paths, what of them is used, and the colours, that strokes would have."""
        spans, flow = self.spans, self.on.flow
        way = sample(flow, starts)
        went = old.shape[:, spans.back + 1] - old.shape[:, spans.back]
        side = np.where((way * went).sum(1) < 0, -1.0, 1.0).astype(np.float32)[:, None]
        step = side * np.float32(spans.stride / self.on.factor)
        back = trace(flow, starts, -step, spans.back)[:, :0:-1]
        paths = np.concatenate([back, trace(flow, starts, step, spans.high)], 1)
        color = sample(self.target, starts)
        good = fits(paths, color, self.target, self.error, self.on.period)
        most = spans.low + old.length * (spans.high - spans.low)
        behind = np.cumprod(good[:, : spans.back][:, ::-1], 1).sum(1)
        ahead = spans.low + np.cumprod(good[:, spans.back + spans.low + 1 :], 1).sum(1)
        ahead = np.minimum(ahead, np.maximum(most - behind, 1))
        reach = np.stack([np.minimum(behind, most), ahead], 1).astype(np.float32)
        return (paths - starts[:, None]) * np.float32(self.on.factor), reach, color


def grow(old: Particles, wanted: Array) -> Array:
    """Return how much there is of strokes that are wanted or not, (N,): at once where they are new."""
    goal, most = wanted.astype(np.float32), 1 / GROWS
    slowly = old.known | (old.weight < 1)
    return np.where(slowly, old.weight + np.clip(goal - old.weight, -most, most), goal)


def follow(old: Particles, shape: Array, reach: Array, color: Array) -> dict[str, Array]:
    """Return what strokes become that were otherwise, and are measured so."""
    speed = np.linalg.norm(old.moved, axis=1, keepdims=True)
    off = np.abs(shape - old.shape).mean((1, 2)) / np.maximum(np.abs(shape).mean((1, 2)), 1e-6)
    bent = TURNS * ramp(off, *BENT)[:, None]
    changes = {
        "shape": (shape, np.maximum(ramp(speed, *SPEED), bent / FAST)[..., None]),
        "reach": (reach, ramp(np.abs(reach - old.reach).max(1, keepdims=True), *STEPS)),
        "color": (color, ramp(np.linalg.norm(color - old.color, axis=1, keepdims=True), *LABS)),
    }
    parts = dict[str, Array]()
    for name, (new, sure) in changes.items():
        was, rate = getattr(old, name), SLOW + (FAST - SLOW) * sure
        rate = np.where(old.known.reshape(-1, *[1] * (new.ndim - 1)), rate, 1)
        parts[name] = (was + rate * (new - was)).astype(np.float32)
    return parts


def put(all_: Particles, which: Array, **parts: Array) -> Particles:
    """Return particles, parts of some of which are others."""
    changed = dict[str, Array]()
    for name, part in parts.items():
        changed[name] = getattr(all_, name).copy()
        changed[name][which] = part
    return replace(all_, **changed)


def gather(cast: Cast, draw: Callable[[Particles, Array], Strokes]) -> Strokes:
    """Return the strokes of both lives in the order in which they are drawn."""
    shown = cast.shown()
    parts = []
    for particles, share in zip((cast.before, _morph(cast)), shown, strict=True):
        size = _soften(particles.weight) * _soften(share)
        there = np.flatnonzero((size > 0.01) & particles.known)
        parts.append(draw(particles.take(there), size[there]))
    return merge(parts)


def _morph(cast: Cast) -> Particles:
    """Return the particles of this life, those that have just taken over still partly as they were before."""
    now, before = cast.now, cast.before
    share = (1 - cast.due(now)) / min(MORPHS, max(1, cast.life // 4))
    which = np.flatnonzero(now.instant & (share > 0) & (share < 1) & now.known)
    place, there = find(before.number, now.number[which])
    which, place = which[there], place[there]
    which, place = (side[before.known[place]] for side in (which, place))
    if not len(which):
        return now
    own = _soften(share[which].astype(np.float32))
    parts = dict[str, Array]()
    for name in ("shape", "reach", "color", "weight"):
        old, new = getattr(before, name)[place], getattr(now, name)[which]
        parts[name] = old + own.reshape(-1, *[1] * (new.ndim - 1)) * (new - old)
    return put(now, which, **parts)


def merge(parts: Sequence[Strokes]) -> Strokes:
    """Return strokes of several parts by rank."""
    longest = max(part.paths.shape[1] for part in parts)
    paths = [
        np.pad(p.paths, ((0, 0), (0, longest - p.paths.shape[1]), (0, 0)), mode="edge")
        for p in parts
    ]
    rank = np.concatenate([p.rank for p in parts])
    order = np.lexsort((np.concatenate([p.chance[:, 0] for p in parts]), rank))
    joined = [
        np.concatenate(own)[order]
        for own in (
            paths,
            *(
                [getattr(p, name) for p in parts]
                for name in ("ends", "colors", "width", "rank", "chance")
            ),
        )
    ]
    more = {
        name: np.concatenate([getattr(p, name) for p in parts])[order]
        for name in ("since", "drift")
        if getattr(parts[0], name) is not None
    }
    return Strokes(*joined, **more)


def _soften(share: Array) -> Array:
    return share * share * (3 - 2 * share)


def stroke(own: Particles, size: Array, brush: Brush, spans: Spans) -> Strokes:
    """Return particles' strokes, as large as ``size`` (N,) says."""
    long = own.reach * (0.3 + 0.7 * size)[:, None]
    count = np.ceil(long.sum(1)).astype(np.intp) + 1
    most = int(count.max(initial=2))
    share = np.arange(most, dtype=np.float32) / np.maximum(count - 1, 1)[:, None]
    at = spans.back - long[:, :1] + np.minimum(share, 1) * long.sum(1, keepdims=True)
    below = np.clip(np.floor(at).astype(np.intp), 0, spans.points - 2)
    part = (at - below)[..., None]
    first, second = (np.take_along_axis(own.shape, (below + k)[..., None], 1) for k in (0, 1))
    tint = own.normals[:, :3] * (brush.light, brush.chroma, brush.chroma)
    return Strokes(
        (own.at[:, None] + first + part * (second - first)).astype(np.float32),
        np.maximum(count, 2),
        from_lab((own.color + tint).astype(np.float32)),
        (brush.radius * (0.75 + 0.35 * own.width) * size).astype(np.float32),
        own.rank,
        own.chance,
        since=(long[:, 0] * spans.stride).astype(np.float32),
        drift=(own.at - own.laid).astype(np.float32),
    )
