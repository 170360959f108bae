"""Engraving: lines that follow the forms, wider where it is darker, and crossed where it is darkest.

Lines keep their distance as in B. Jobard and W. Lefer, "Creating Evenly-Spaced Streamlines of
Arbitrary Density", 1997. Departures: free space is a picture of occupied pixels, not a grid of sample
points, and lines are laid out in a small copy of the picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..crossings import FAR, Crossings
from ..tiling import Box
from .bristles import Paint
from .canvas import LINES, PAPER, Canvas, Light, prime, raised
from .clouds import Clouds, clouds, rough
from .crossing import Near, are_beyond
from .flow import ENDLESS, along_forms, find_cells, sample, trace, turn
from .layers import Hand, draw, given, keep
from .noise import Array, generator, ramp
from .palette import Color, from_lab, over, rgb, to_lab
from .paper import hairs
from .picture import Copy, Picture, as_picture, blur, reduce, reduce_shown
from .ribbons import Places, Ribbons
from .strokes import Strokes, find_period

LAYERS = ((0.0, 0.03, 0.74), (62.0, 0.55, 0.40), (-34.0, 0.80, 0.30))
"""Of each layer: turn against the forms (degrees), darkness where it begins, boldest line (gaps)."""
PLANNED = 5.0
"""Distance of lines in pixels of the small copy in which they are laid out."""
STEP, LONGEST = 0.4, 90
"""Gaps from one point of a line to the next, and points from where it begins to its end."""
AT_ONCE = 512
"""Lines that are followed at once; how many, changes nothing."""
TAKEN = 255
"""What marks a place that a line takes up."""
SHORTEST = 2.2
"""Gaps below which a line is not cut."""
BEYOND = 3.0
"""Gaps that lines go on beyond a seam, at most."""
SOFT = 0.75
"""Pixels by which a line's ribbon is wider than the line on each side, for its soft edge."""
Beyond = dict[int, list[tuple[Array, NDArray[np.intp]]]]
"""By a line's number, its points beyond each seam: (K, 2), and their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engravings:
    """How an engraving is made."""

    gap: float | None = None
    """Distance of the lines in pixels; None: a 130th of the side."""
    ink: Color = "#1d1f2e"
    sheet: Color = "#f1e5cb"
    tint: float = 0.8
    """Strength of the colour washes, 0 … 1."""
    bold: float = 1.0
    """How many times wider than usual lines are."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return the picture engraved, and tinted by hand."""
        gap, wraps = hand.brush * (self.gap or max(2.0, picture.side / 130)), picture.wraps
        factor = max(1, int(gap / PLANNED))
        small, rng = reduce(picture, factor), generator(hand.seed, 95)
        dark = _find_darkness(small, reduce_shown(picture, factor))
        make = hand.flow or (lambda x, s, _: along_forms(x, s, wraps))
        field = make(small, gap * 2.5 / factor, factor)
        bare = _Tinted.wash(picture, small, factor, gap, self, rng)
        lamp = Light(0.0, 0.0, lift=raised(1.5, picture.side, hand.brush))
        canvas = prime(picture, lamp, bare.read, hand.tell, len(LAYERS))
        keep(canvas, hand, PAPER)
        period = find_period(picture.shape, wraps, factor)
        over = _Over.of(picture, gap, factor)
        for index, (degrees, begin, bold) in enumerate(LAYERS):
            rng = generator(hand.seed, 96, index)
            tone = blur(ramp(dark, begin, 1.0) ** 0.8, gap * 0.25 / factor, wraps)
            where = _keep_apart(tone > 0.02, picture, factor)
            where = where if over is None else over.limit(where)
            lines = space(turn(field, degrees), gap / factor, where, rng, period, over)
            cut = _cut(lines, tone, factor, gap * bold * self.bold, rng, period)
            cut = cut if over is None else over.mark(cut)
            draw(canvas, cut, _inked(rgb(self.ink)), 1, cap=0)
        keep(canvas, hand, LINES)
        return canvas


def engraving(  # noqa: PLR0913  # each is a choice of the engraver
    picture: Array, *, flow: Array | None = None, gap: float | None = None, ink: Color = "#1d1f2e",
    sheet: Color = "#f1e5cb", tint: float = 0.8, seed: int = 0,
) -> Array:  # fmt: skip
    """Return the picture engraved, and tinted by hand, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the lines, unit vectors (H, W, 2); None: along the picture's forms.
        gap: distance of the lines in pixels; None: a 130th of the side.
        ink: colour of the lines.
        sheet: colour of the paper.
        tint: strength of the colour washes, 0 … 1.
        seed: of all randomness.
    """
    hand = Hand(seed, None if flow is None else given(flow))
    how = Engravings(gap=gap, ink=ink, sheet=sheet, tint=tint)
    return how.paint(as_picture(picture), hand).whole()


def _find_darkness(small: Array, shown: Array) -> Array:
    """Return how dark each place is, 0 to 1; half of what counts is darker than one half."""
    dark = 1 - to_lab(small)[..., 0] / 100
    counted = dark[shown > 0] if (shown > 0).any() else dark
    return np.clip(0.5 + 1.05 * (dark - float(np.median(counted))), 0, 1)


def _keep_apart(where: NDArray[np.bool_], picture: Picture, factor: int) -> NDArray[Any]:
    """Return where there are lines (h, w), by the number of the picture's piece from 1 on; 0: none."""
    if picture.pieces is None:
        return where
    return np.where(where, picture.pieces[::factor, ::factor] + 1, 0)


def space(
    flow: Array,
    gap: float,
    where: NDArray[Any],
    rng: np.random.Generator,
    period: tuple[float, float] = ENDLESS,
    over: "_Over | None" = None,
) -> list[Array]:
    """Return lines along the flow, each (K, 2) in pixels, about ``gap`` apart, inside ``where``.

    Args:
        flow: unit vectors (H, W, 2).
        gap: pixels.
        where: (H, W), numbers of pieces that no line leaves; 0: no lines.
        rng: the numbers' source.
        period: height and width after which all is the same again; infinite: it ends.
        over: where lines go on over seams; None: nowhere.
    """
    taken = np.zeros((where.shape[0] * 2, where.shape[1] * 2), np.uint8)
    starts = _scatter(where.shape, gap, rng)
    starts = starts[sample(where, starts, period) > 0]
    starts = over.leave(starts) if over else starts
    thick, lines = max(1, round(gap * 3)), list[Array]()
    doubled, marks = (2 * period[0], 2 * period[1]), taken.reshape(-1).data
    while len(starts):
        starts = starts[sample(taken, starts * 2, doubled) == 0]
        block, starts = starts[:AT_ONCE], starts[AT_ONCE:]
        tried = _Tried.follow(flow, block, gap * STEP, where, taken.shape, period)
        beyond = over.find(tried) if over else {}
        for back, first in enumerate(tried.cells[: len(block), 0].tolist()):
            if marks[first] == TAKEN:
                continue
            ahead = back + len(block)
            before, after = (tried.free(side, taken) for side in (back, ahead))
            joined = np.concatenate([tried.lines[back, 1:before][::-1], tried.lines[ahead, :after]])
            if len(joined) * STEP > SHORTEST:
                lines.append(joined)
                for path in (joined, *_cut_off(beyond, (back, before), (ahead, after))):
                    _occupy(taken, path, thick, doubled)
    return lines


def _scatter(shape: tuple[int, ...], gap: float, rng: np.random.Generator) -> Array:
    """Return places (N, 2) all over a picture, by chance and in random order, at which lines may begin."""
    height, width = shape
    rows, columns = max(1, round(height / gap * 1.2)), max(1, round(width / gap * 1.2))
    chance = rng.random((rows, columns, 3))
    starts = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1) + chance[..., :2]
    starts = (starts * (width / columns, height / rows)).reshape(-1, 2).astype(np.float32)
    return starts[np.argsort(chance[..., 2].ravel(), kind="stable")]


@dataclass(frozen=True, slots=True)
class _Tried:
    """Lines from where they begin, all those to one side and then those to the other, and their cells."""

    lines: Array
    """(2 N, K, 2) in pixels."""
    cells: NDArray[np.intp]
    """(2 N, K): places in a picture twice as large, counted row by row."""
    ends: list[int]
    """Of each line its points inside the picture and its piece."""

    @classmethod
    def follow(  # a place, and what is known of it
        cls,
        flow: Array,
        starts: Array,
        step: float,
        where: NDArray[Any],
        doubled: tuple[int, ...],
        period: tuple[float, float],
    ) -> "_Tried":
        """Follow the flow from where lines begin, all at once."""
        steps = np.repeat((-step, step), len(starts))[:, None]
        lines = trace(flow, np.tile(starts, (2, 1)), steps, LONGEST, 0.2, period)
        there = sample(where, lines, period)
        stop = there != there[:, :1]
        for axis, side in enumerate(where.shape[::-1]):
            if not np.isfinite(period[1 - axis]):
                stop |= (lines[..., axis] < 0) | (lines[..., axis] > side)
        ends = np.where(stop.any(1), stop.argmax(1), lines.shape[1])
        down, along = find_cells(
            doubled, lines[..., 0] * 2, lines[..., 1] * 2, (2 * period[0], 2 * period[1])
        )
        return cls(lines, down * doubled[1] + along, ends.tolist())

    def free(self, number: int, taken: NDArray[np.uint8]) -> int:
        """Return how many points of a line there are before it leaves the picture or meets another."""
        met = taken.ravel().take(self.cells[number, : self.ends[number]]).tobytes().find(TAKEN)
        return self.ends[number] if met < 0 else met


@dataclass(frozen=True, slots=True)
class _Over:
    """Seams over which lines go on, so that those of the other side keep away from them, too."""

    crossings: Crossings
    gap: float
    """Pixels between lines."""
    factor: int
    """How many times as small the copy is in which lines are laid out."""
    pieces: NDArray[np.integer]
    """(h, w): of the picture, in the copy."""

    @classmethod
    def of(cls, picture: Picture, gap: float, factor: int) -> "_Over | None":
        """Return the seams of a picture; None if it has none."""
        if picture.crossings is None:
            return None
        shape = picture.crossings.near[::factor, ::factor].shape
        pieces = picture.pieces
        pieces = np.zeros(shape, np.int32) if pieces is None else pieces[::factor, ::factor]
        return cls(picture.crossings, gap, factor, pieces)

    def limit(self, where: NDArray[Any]) -> NDArray[Any]:
        """Return where there are lines (h, w): not farther behind seams than others are known to them.

        Far from all pieces there are lines again, for what is not known may be shown by something else.
        """
        hidden, far = (
            part[:: self.factor, :: self.factor]
            for part in (~self.crossings.shown, self.crossings.near == FAR)
        )
        away = cv2.distanceTransform(hidden.astype(np.uint8), cv2.DIST_L2, 5) * self.factor
        return np.where((np.asarray(away) < BEYOND * self.gap) | far, where, 0)

    def leave(self, starts: Array) -> Array:
        """Return the places (N, 2) at which lines may begin: not behind a seam."""
        return starts[~are_beyond(starts * self.factor, self.crossings, self.gap)]

    def find(self, tried: _Tried) -> Beyond:
        """Return what lies beyond seams of lines that are tried, in the copy."""
        count = len(tried.lines)
        lines = Strokes(
            tried.lines * np.float32(self.factor),
            np.array(tried.ends, np.intp),
            np.zeros((count, 3), np.float32),
            np.full(count, (BEYOND + 1) * self.gap, np.float32),
            np.zeros(count, np.float32),
            np.zeros((count, 6), np.float32),
            piece=sample(self.pieces, tried.lines[:, 0]),
        )
        near = Near.find(lines, self.crossings, self.gap)
        paths, drawn = near.move_paths(lines.paths, self.crossings)
        paths /= self.factor
        drawn &= np.arange(paths.shape[1]) < lines.ends[near.row][:, None]
        drawn &= sample(self.pieces, paths) == self.crossings.goal[near.edge][:, None]
        found: Beyond = {}
        for row, path, own in zip(near.row.tolist(), paths, drawn, strict=True):
            number = np.flatnonzero(own)
            if len(number) > 1:
                found.setdefault(row, []).append((path[number], number))
        return found

    def mark(self, lines: Strokes) -> Strokes:
        """Return lines that know where on the surface they were laid."""
        seen = sample(self.crossings.shown, lines.paths)
        seen &= np.arange(seen.shape[1]) < lines.ends[:, None]
        first = lines.paths[np.arange(len(seen)), seen.argmax(1)]
        return replace(lines, start=first, width=np.full(len(first), self.gap, np.float32))


def _cut_off(beyond: Beyond, *parts: tuple[int, int]) -> Iterator[Array]:
    """Yield what lies beyond seams of lines, by their numbers and how many of their points are used."""
    for line, count in parts:
        yield from (path[number < count] for path, number in beyond.get(line, ()))


def _occupy(
    taken: NDArray[np.uint8], line: Array, thick: int, doubled: tuple[float, float]
) -> None:
    """Draw what a line takes up, and its copies over borders that meet."""
    if not len(line):
        return
    if not np.isfinite(doubled).any():
        fixed = np.rint(line * 32).astype(np.int32)
        cv2.polylines(taken, [fixed], False, TAKEN, thick, cv2.LINE_8, 4)
        return
    downs, alongs = ((-turn_, 0, turn_) if np.isfinite(turn_) else (0,) for turn_ in doubled)
    low, high = line.min(0) * 2 - thick, line.max(0) * 2 + thick
    for down in downs:
        for along in alongs:
            moved = np.array((along, down), np.float32)
            seen = (high + moved >= 0) & (low + moved < taken.shape[::-1])
            if seen.all():
                fixed = np.round((line * 2 + moved) * 16).astype(np.int32)
                cv2.polylines(taken, [fixed], False, TAKEN, thick, cv2.LINE_8, 4)


def _cut(  # what a burin knows
    lines: list[Array],
    tone: Array,
    factor: int,
    bold: float,
    rng: np.random.Generator,
    period: tuple[float, float],
) -> Strokes:
    """Return the lines as strokes with widths by the tone, in pixels of the whole picture."""
    count = max((len(line) for line in lines), default=2)
    ends = np.array([len(line) for line in lines], np.intp)
    paths = np.zeros((len(lines), count, 2), np.float32)
    for row, line in zip(paths, lines, strict=True):
        row[: len(line)], row[len(line) :] = line, line[-1]
    index = np.arange(count)
    taper = np.minimum(1, np.minimum(index, ends[:, None] - 1 - index) / 4 + 0.15)
    grain = blur(rng.standard_normal(tone.shape, np.float32), 1.0)
    burr = sample(grain / max(float(grain.std()), 1e-6), paths, period)
    half = np.maximum(bold * 0.62 * sample(tone, paths, period) * (1 + 0.10 * burr), 0.28)
    half = half * np.clip(taper, 0, 1) + SOFT
    rank = (np.arange(len(lines), dtype=np.float32) + 0.5) / max(1, len(lines))
    chance = rng.random((len(lines), 6), np.float32)
    color = np.zeros((len(lines), 3), np.float32)
    width = np.ones(len(lines), np.float32)
    return Strokes(
        paths * np.float32(factor), ends, color, width, rank, chance, half.astype(np.float32)
    )


def _inked(ink: Array):  # noqa: ANN202
    """Return what paints lines in ink."""

    def load(strokes: Strokes, quads: Ribbons):  # noqa: ANN202, ARG001
        def paint(at: Places) -> Paint:
            cover = np.clip((1 - np.abs(at.across)) * at.half - SOFT + 0.5, 0, 1)
            color = np.broadcast_to(ink[:, None], (3, len(cover)))
            return Paint(color, np.full(len(cover), 0.3, np.float32), cover * 0.95)

        return paint

    return load


@dataclass(frozen=True, slots=True)
class _Tinted:
    """The paper with thin, flat washes of the picture's colours."""

    sheet: Array
    tint: float
    washes: Copy
    felt: Clouds
    aged: Clouds
    hairs: Clouds
    uneven: Clouds

    @classmethod
    def wash(
        cls,
        picture: Picture,
        small: Array,
        factor: int,
        gap: float,
        how: Engravings,
        rng: np.random.Generator,
    ) -> "_Tinted":
        """Tint a sheet by hand."""
        wraps, size = picture.wraps, picture.shape
        lab = to_lab(blur(small, gap * 0.8 / factor, wraps))
        lab[..., 0] = 66 + 0.32 * lab[..., 0]
        return cls(
            rgb(how.sheet),
            how.tint,
            Copy(from_lab(lab * (1, 1.05, 1.05)), factor, wraps, size),
            rough(size, max(1.2, gap * 0.3), rng, wraps),
            clouds(size, gap * 30, rng, wraps=wraps),
            hairs(size, gap * 3, gap * 9, rng, wraps),
            clouds(size, gap * 12, rng, wraps=wraps),
        )

    def read(self, box: Box) -> tuple[Array, Array]:
        """Return a window of the sheet, and its height."""
        felt = self.felt.read(box)
        aged = 0.011 * felt[..., None] + 0.012 * self.aged.read(box)[..., None]
        bare = over(np.clip(self.sheet + aged, 0, 1), "#9a8058", 0.25 * self.hairs.read(box))
        wash = self.washes.read(box) * (1 + 0.03 * self.uneven.read(box)[..., None])
        return bare * (1 - self.tint) + bare * wash * self.tint, 0.5 + 0.06 * felt
