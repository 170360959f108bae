"""Strokes of a film as particles that stick to things, born where something appears and gone where it hides.

After B. Meier, "Painterly Rendering for Animation", SIGGRAPH 1996, whose particles lie on a model's surface.
Departures: ours lie on the picture and are carried by its motion, so that they need no model, and their
density is that of strokes on the screen. A generation is laid every ``life`` frames, and takes over from the
one before stroke by stroke, so a frame depends on no more than two lives before it. Where nothing has moved,
the new stroke is the old one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Array, generator

CROWDED = 0.45
"""Distance, in cells, below which one of two particles goes."""
BARE, NEWLY = 0.9, 0.6
"""Distance to all others, in cells, at which one is born: anywhere, and where something came into view."""
SURE = 0.35
"""How sure it must be that two frames show the same, for a particle to stay."""
FINE = 4
"""Points of a cell, along each side, at which distances are known."""
GROWS, HIDES = 4, 3
"""Frames in which a stroke grows or shrinks, and in which one goes that is hidden."""
TWINS = 0.25
"""Pixels within which two particles of one number are one."""
NORMALS = 8


@dataclass(frozen=True, slots=True)
class Step:
    """How things moved from the frame before to this one."""

    flow: Array
    """(H, W, 2) on the frame before: how far each pixel's thing moves, x to the right and y down, pixels."""
    seen: Array
    """(H, W) on the frame before, [0, 1]: how sure it is that this frame still shows it."""
    known: Array
    """(H, W) on this frame: how sure it is that the frame before showed it."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where a layer's particles may be: ``cells`` of a picture, and the seed of their chances."""

    size: tuple[int, int]
    """Height and width, pixels."""
    cell: float
    """Pixels from one particle to the next."""
    keys: tuple[int, ...]
    """What their chances are made of: the seed, and the layer's number."""

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        rows, columns = (max(1, round(side / self.cell)) for side in self.size)
        return rows, columns


@dataclass(frozen=True, slots=True)
class Particles:
    """Particles of one generation, oldest first: all arrays have a row for each."""

    number: NDArray[np.int64]
    """The same for the same stroke of two generations."""
    at: Array
    """(N, 2), x then y, pixels."""
    moved: Array
    """(N, 2), by the last step."""
    laid: Array
    """(N, 2), where it was laid."""
    weight: Array
    """(N,), how much of its stroke is there, [0, 1]."""
    leaves: Array
    """(N,), how much of the weight goes in each frame; 0: it stays."""
    turn: Array
    """(N,) in [0, 1): when in a life it takes over from the generation before."""
    instant: NDArray[np.bool_]
    """Whether it is the one from which it takes over."""
    rank: Array
    length: Array
    width: Array
    normals: Array
    """(N, 8) of deviation 1."""
    chance: Array
    """(N, 6) in [0, 1)."""
    known: NDArray[np.bool_]
    """Whether what follows has been measured."""
    on: NDArray[np.bool_]
    """Whether its stroke is wanted."""
    shape: Array
    """(N, S, 2), the stroke's path, less the particle's place, pixels."""
    reach: Array
    """(N, 2), how many points of the path are used on both sides."""
    color: Array
    """(N, 3), Lab."""

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Particles":
        """Return some."""
        return Particles(*(getattr(self, f.name)[which] for f in fields(self)))

    def join(self, more: "Particles") -> "Particles":
        """Return these, and more behind them."""
        pairs = ((getattr(self, f.name), getattr(more, f.name)) for f in fields(self))
        return Particles(*(np.concatenate(pair) for pair in pairs))


def sow(field: Field, points: int) -> Particles:
    """Return a particle at home in each cell; the same at any time. ``points`` a stroke's path has."""
    rows, columns = field.grid
    rng = generator(*field.keys)
    y, x = np.mgrid[:rows, :columns]
    at = np.stack([x, y], -1) + rng.random((rows, columns, 2))
    at *= (field.size[1] / columns, field.size[0] / rows)
    rank, length, width = rng.random((3, rows, columns), np.float32)
    tint = rng.standard_normal((rows, columns, 3), np.float32)
    chance = rng.random((rows, columns, 6), np.float32)
    more = rng.standard_normal((rows, columns, NORMALS - 3), np.float32)
    turn = rng.random((rows, columns), np.float32)
    count = rows * columns
    flat = [a.reshape(count, *a.shape[2:]) for a in (at, rank, length, width, tint, chance, more)]
    at, rank, length, width, tint, chance, more = flat
    normals, turn = np.concatenate([tint, more], 1), turn.ravel()
    own = (rank, length, width, normals, chance)
    return _lay(np.arange(count), at.astype(np.float32), turn, own, points, weight=1.0)


def _lay(
    number: Array, at: Array, turn: Array, own: Sequence[Array], points: int, weight: float | Array
) -> Particles:
    count = len(at)
    zeros, no = np.zeros(count, np.float32), np.zeros(count, bool)
    rank, length, width, normals, chance = own
    return Particles(
        number=number.astype(np.int64),
        at=at,
        moved=np.zeros_like(at),
        laid=at,
        weight=zeros + weight,
        leaves=zeros,
        turn=turn,
        instant=no,
        rank=rank,
        length=length,
        width=width,
        normals=normals,
        chance=chance,
        known=no,
        on=no,
        shape=np.zeros((count, points, 2), np.float32),
        reach=np.zeros((count, 2), np.float32),
        color=np.zeros((count, 3), np.float32),
    )


def carry(particles: Particles, step: Step, field: Field, frame: int) -> Particles:
    """Return particles a frame later: carried, with those that are hidden or crowded going, and new ones."""
    moved = _move(particles, step, field.size)
    moved = _thin(moved, field)
    return moved.join(_bear(moved, step, field, frame))


def _move(old: Particles, step: Step, size: tuple[int, int]) -> Particles:
    row, column = _nearest(old.at, size)
    stays = old.leaves == 0
    moved = np.where(stays[:, None], step.flow[row, column], old.moved).astype(np.float32)
    at = old.at + moved
    inside = ((at >= 0) & (at < (size[1], size[0]))).all(1)
    hidden = stays & inside & (step.seen[row, column] < SURE)
    moved = np.where(hidden[:, None], old.moved, moved)
    at = np.where(hidden[:, None], old.at + old.moved, at)
    leaves = np.where(hidden, np.float32(1 / HIDES), old.leaves)
    weight = np.clip(old.weight - leaves, 0, 1)
    away = np.maximum(np.maximum(-at, at - (size[1] - 1, size[0] - 1)).max(1), 0)
    far = np.maximum(old.reach.max(1, initial=0) * _stride(old.shape), 8)
    keep = (away < far) & ((leaves == 0) | (weight > 0))
    return replace(old, at=at, moved=moved, leaves=leaves, weight=weight).take(keep)


def _stride(shape: Array) -> Array:
    """Return the pixels from one point of each path to the next."""
    if shape.shape[1] < 2:
        return np.zeros(len(shape), np.float32)
    return np.linalg.norm(shape[:, 1] - shape[:, 0], axis=-1)


def _nearest(at: Array, size: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    column = np.clip(np.rint(at[:, 0]), 0, size[1] - 1).astype(np.intp)
    return np.clip(np.rint(at[:, 1]), 0, size[0] - 1).astype(np.intp), column


def _thin(particles: Particles, field: Field) -> Particles:
    """Have the younger of two go that are too near to each other."""
    wide = CROWDED * field.cell
    staying = np.flatnonzero(particles.leaves == 0)
    bins = np.floor(particles.at[staying] / wide).astype(np.int64)
    flat = bins[:, 1] * (1 << 32) + bins[:, 0]
    first = np.unique(flat, return_index=True)[1]
    crowded = np.ones(len(staying), bool)
    crowded[first] = False
    leaves = particles.leaves.copy()
    leaves[staying[crowded]] = 1 / GROWS
    return replace(particles, leaves=leaves)


def _bear(particles: Particles, step: Step, field: Field, frame: int) -> Particles:
    """Return new particles at homes that are far from all others: at once where something came into view."""
    home = sow(field, particles.shape.shape[1])
    away = _distances(particles.at[particles.leaves == 0], field)
    row, column = _nearest(home.at, field.size)
    fine = FINE / field.cell
    there = tuple(
        np.minimum((part * fine).astype(np.intp), side - 1)
        for part, side in zip((row, column), away.shape, strict=True)
    )
    fresh = step.known[row, column] < SURE
    chosen = away[there] > np.where(fresh, NEWLY, BARE)
    chosen = np.flatnonzero(chosen)
    rng = generator(*field.keys, 1 + (frame & 0xFFFFFFFF))
    count = len(home.at)
    rank, length, width, turn = rng.random((4, count), np.float32)
    own = (rank, length, width, rng.standard_normal((count, NORMALS), np.float32))
    own = tuple(a[chosen] for a in (*own, rng.random((count, 6), np.float32)))
    number = chosen + count * (1 + (frame & 0xFFFFFFFF))
    weight = fresh[chosen].astype(np.float32)
    return _lay(number, home.at[chosen], turn[chosen], own, particles.shape.shape[1], weight)


def _distances(at: Array, field: Field) -> Array:
    """Return, at points ``FINE`` to a cell, how far the nearest particle is, in cells."""
    fine = FINE / field.cell
    shape = tuple(max(1, int(np.ceil(side * fine))) for side in field.size)
    free = np.full(shape, 255, np.uint8)
    row, column = ((at[:, k] * fine).astype(np.intp) for k in (1, 0))
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    free[row[inside], column[inside]] = 0
    if not inside.any():
        return np.full(shape, np.inf, np.float32)
    return cv2.distanceTransform(free, cv2.DIST_L2, 3) / FINE


@dataclass(frozen=True, slots=True)
class Cast:
    """A layer's particles at a frame: those of this life, and those of the one before."""

    field: Field
    frame: int
    life: int
    """Frames."""
    now: Particles
    before: Particles

    @property
    def age(self) -> int:
        """Frames since this life began."""
        return self.frame % self.life

    @property
    def grows(self) -> int:
        """Frames in which a stroke takes over."""
        return max(1, min(GROWS, self.life // 4))

    def due(self, particles: Particles) -> Array:
        """Return, for each, the frames until it takes over in this life; negative: since."""
        last = max(0, self.life - 2 * self.grows)
        return np.floor(particles.turn * last) - self.age

    def shown(self) -> tuple[Array, Array]:
        """Return how much of each stroke of the life before and of this one is shown, (N,) each."""
        grows = self.grows
        here, there = self.due(self.now), self.due(self.before)
        new = np.where(self.now.instant, here <= 0, np.clip((1 - here) / grows, 0, 1) * (here <= 0))
        old = np.where(self.before.instant, there > 0, np.clip((grows + there) / grows, 0, 1))
        return old.astype(np.float32), new.astype(np.float32)


def begin(field: Field, frame: int, life: int, points: int) -> Cast:
    """Return a layer's particles where a shot begins."""
    first = _thin_at_once(sow(field, points), field)
    return _meet(Cast(field, frame, life, first, first), every=True)


def advance(cast: Cast, step: Step, frame: int) -> Cast:
    """Return a layer's particles a frame later."""
    before, now = cast.before, cast.now
    if frame % cast.life == 0:
        before = carry(now, step, cast.field, frame)
        before = replace(before, instant=np.zeros(len(before.at), bool))
        now = _thin_at_once(sow(cast.field, now.shape.shape[1]), cast.field)
    else:
        before, now = (carry(p, step, cast.field, frame) for p in (before, now))
    return _meet(replace(cast, frame=frame, now=now, before=before))


def _thin_at_once(particles: Particles, field: Field) -> Particles:
    thinned = _thin(particles, field)
    return particles.take(thinned.leaves == 0)


def _meet(cast: Cast, *, every: bool = False) -> Cast:
    """Note of those that take over now, or of all that have, whether they are those from which they do."""
    due = cast.due(cast.now)
    now = np.flatnonzero(due <= 0 if every else due == 0)
    other, same = find(cast.before.number, cast.now.number[now])
    now, other = now[same], other[same]
    apart = np.abs(cast.before.at[other] - cast.now.at[now]).max(1)
    same = (apart < TWINS) & (cast.before.leaves[other] == 0)
    new, old = cast.now.instant.copy(), cast.before.instant.copy()
    new[now[same]], old[other[same]] = True, True
    return replace(
        cast, now=replace(cast.now, instant=new), before=replace(cast.before, instant=old)
    )


def find(among: Array, numbers: Array) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where each of some numbers is among others, and whether it is there."""
    if not len(among):
        return np.zeros(len(numbers), np.intp), np.zeros(len(numbers), bool)
    order = np.argsort(among, kind="stable")
    place = order[np.minimum(np.searchsorted(among, numbers, sorter=order), len(among) - 1)]
    return place, among[place] == numbers


@dataclass(frozen=True, slots=True)
class Film:
    """What is carried of a painter's strokes: a cast for each of its layers."""

    frame: int
    life: int
    step: Step | None = None
    """None: a shot begins."""
    casts: Mapping[int, Cast] = field(default_factory=dict[int, Cast])

    def cast(self, layer: int, where: Field, points: int) -> Cast:
        """Return a layer's particles at this frame."""
        before = self.casts.get(layer)
        if before is None or self.step is None or before.field != where:
            return begin(where, self.frame, self.life, points)
        return before if before.frame == self.frame else advance(before, self.step, self.frame)

    def keep(self, layer: int, cast: Cast) -> "Film":
        """Return the film with a layer's particles as they are now."""
        return replace(self, casts={**self.casts, layer: cast})
