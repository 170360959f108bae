"""Which strokes a painting is made of: coarse brushes first, then finer ones where it still differs.

After A. Hertzmann, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes", SIGGRAPH 1998:
every stroke has one colour and follows the picture's forms until that colour no longer suits.

Departures: all strokes of a layer are traced together, against the canvas before the layer, in a small copy
of the picture in which a brush is a few pixels wide, so planning costs the same at any size. The direction
is a smoothed flow field, not each pixel's gradient, so that strokes of flat areas agree with each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..crossings import FAR, Crossings
from .flow import sample, trace
from .noise import Array
from .palette import from_lab, to_lab
from .picture import Wraps, blur

STEP, LEAST_STEP = 0.8, 2.4
"""Radii, and pixels at least, from one point of a stroke to the next."""
MORE = 6
"""Places in a cell at which other pieces of the picture are looked for, that get a stroke, too."""
SHORTEST = 3
"""Points of a stroke that ends where the picture changes, at least."""
FINEST = 0.6
"""Radius in pixels below which a brush is not used."""


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
    turn: float = 0.0
    """Degrees by which strokes are turned against the directions that are given."""
    fine: bool = False
    """Whether it is used only where detail is wanted (``Plan.detail``)."""
    passes: int = 2
    """Times that the layer is gone over: where bristles carry no paint, what was before a pass shows."""


def size_brushes(brushes: Sequence[Brush], radius: float) -> list[Brush]:
    """Return brushes whose radii are shares of ``radius`` (pixels), without those too fine to draw."""
    sized = [replace(brush, radius=brush.radius * radius) for brush in brushes]
    return [b for b in sized if b.radius >= FINEST] or [replace(sized[0], radius=FINEST)]


def handle(brushes: Sequence[Brush], length: float, variety: float) -> Sequence[Brush]:
    """Return brushes whose strokes are ``length`` times as long and ``variety`` times as varied in colour."""
    if length == variety == 1:
        return brushes
    return [
        replace(
            brush,
            steps=(round(brush.steps[0] * length), round(brush.steps[1] * length)),
            light=brush.light * variety,
            chroma=brush.chroma * variety,
            streaks=brush.streaks * variety,
        )
        for brush in brushes
    ]


@dataclass(frozen=True, slots=True)
class Strokes:
    """Strokes in the order in which they are drawn.

    ``paths`` (N, K, 2) in pixels, ``ends`` (N,) points used, ``colors`` (N, 3), ``width`` (N,) half of it;
    ``rank`` (N,) rises from 0 to 1, and ``chance`` (N, 6) in [0, 1) is each stroke's own.
    """

    paths: Array
    ends: NDArray[np.intp]
    colors: Array
    width: Array
    rank: Array
    chance: Array
    half: Array | None = None
    """(N, K): half its width at each point, where a brush's pressure does not say it."""
    since: Array | None = None
    """(N,): pixels from its start to where its bristles are counted from; None: from its start."""
    piece: NDArray[np.integer] | None = None
    """(N,): number of the piece of the picture that it belongs to; None: where its middle lies."""
    drift: Array | None = None
    """(N, 2): how far it was carried since it was laid, x then y, pixels; None: it was not."""
    start: Array | None = None
    """(N, 2): where it was laid, x then y, pixels; None: where its middle lies."""
    scale: Array | None = None
    """(N,): how many times as large as it was laid it is drawn, below 0 if mirrored; None: as it is."""
    drawn: NDArray[np.bool_] | None = None
    """(N, K): points between which it is drawn; None: all."""

    def middle(self) -> Array:
        """Return the places (N, 2) halfway along them."""
        middle, row = np.maximum(self.ends, 1) - 1, np.arange(len(self.ends))
        first, last = ((middle + k) // 2 for k in (0, 1))
        return (self.paths[row, first] + self.paths[row, last]) / 2

    def ordered(self) -> "Strokes":
        """Return them by rank; those that are equal stay as they are."""
        return self.take(np.argsort(self.rank, kind="stable"))

    def take(self, which: "NDArray[np.intp] | slice") -> "Strokes":
        """Return some of them."""
        parts: dict[str, Any] = {part.name: getattr(self, part.name) for part in fields(self)}
        return Strokes(**{n: part[which] for n, part in parts.items() if part is not None})

    def between(self, low: float, high: float) -> "Strokes":
        """Return those whose rank is at least ``low`` and below ``high``."""
        first, last = np.searchsorted(self.rank, (low, high))
        return self.take(slice(first, last))


@dataclass(frozen=True, slots=True)
class Plan:
    """What strokes of one layer are planned on: a copy of the picture, ``factor`` times as small."""

    picture: Array
    """(h, w, 3) in [0, 1]."""
    flow: Array
    """(h, w, 2)."""
    factor: int
    size: tuple[int, int]
    """Height and width of the whole picture."""
    wraps: Wraps = (False, False)
    canvas: Array | None = None
    """(h, w, 3), what is painted already; None: every cell gets a stroke."""
    pieces: NDArray[np.integer] | None = None
    """(H, W), as of ``Picture``."""
    crossings: Crossings | None = None
    """As of ``Picture``."""
    across: bool = False
    """Whether strokes may run across what is drawn: even the shortest end there then."""
    detail: Array | None = None
    """(h, w): what the threshold is divided by, and 0 where there is to be no stroke; None: 1."""

    @property
    def period(self) -> tuple[float, float]:
        """Height and width in pixels of the copy; infinite where it does not wrap."""
        return find_period(self.size, self.wraps, self.factor)


def find_period(size: tuple[int, int], wraps: Wraps, factor: int) -> tuple[float, float]:
    """Return height and width after which a copy, ``factor`` times as small, is the same; infinite: never."""
    down, along = (
        side / factor if wrap else np.inf for side, wrap in zip(size, wraps, strict=True)
    )
    return down, along


def choose_factor(radius: float) -> int:
    """Return how many times as small a picture is in which a brush's strokes are planned."""
    return max(1, int(radius / 1.8))


def _stay_near(over: Crossings, starts: Array, paths: Array) -> NDArray[np.bool_]:
    """Return which points of paths (N, K, 2) are far from all pieces where they start there, else near."""
    far = sample(over.near, starts) == FAR
    return (sample(over.near, paths) == FAR) == far[:, None]


def plan(on: Plan, brush: Brush, rng: np.random.Generator) -> Strokes:
    """Return the strokes of one layer in random order."""
    radius = brush.radius / on.factor
    wanted = blur(on.picture, radius * brush.detail, on.wraps)
    target = to_lab(wanted)
    error = None if on.canvas is None else np.linalg.norm(target - to_lab(on.canvas), axis=-1)
    cells = _Cells.draw(on, brush, rng).choose(error, on.detail, brush)
    if on.pieces is not None:
        cells = cells.share_out(on.pieces, on.size, brush, rng)
    starts = cells.starts / on.factor
    step = max(STEP, LEAST_STEP / brush.radius)
    low, high = (max(1, round(steps / (2 * step))) for steps in brush.steps)
    step *= radius
    back = trace(on.flow, starts, -step, max(1, high // 3), period=on.period)[:, :0:-1]
    paths = np.concatenate([back, trace(on.flow, starts, step, high, period=on.period)], 1)
    colors = sample(wanted, starts)
    good = suits = fits(paths, to_lab(colors), target, error, on.period)
    piece = None if on.pieces is None else sample(on.pieces, cells.starts)
    if on.pieces is not None and piece is not None:
        good = good & (sample(on.pieces, paths * on.factor) == piece[:, None])
    if on.crossings is not None:
        good = good & _stay_near(on.crossings, cells.starts, paths * on.factor)
    begins, ends = _ends(good, back.shape[1], low)
    if on.across:
        ends = np.minimum(ends, _last_fit(suits, back.shape[1], low))
    most = low + (cells.length * (high - low + 1)).astype(np.intp)
    count = int(most.max(initial=2)) + 1
    which = np.minimum(begins[:, None] + np.arange(count), paths.shape[1] - 1)
    paths = np.take_along_axis(paths, which[..., None], 1)
    tint = cells.tint * (brush.light, brush.chroma, brush.chroma)
    return Strokes(
        ((paths + 0.0) * on.factor).astype(np.float32),
        np.minimum(ends - begins, most),
        from_lab((to_lab(colors) + tint).astype(np.float32)),
        (brush.radius * (0.75 + 0.35 * cells.width)).astype(np.float32),
        cells.rank,
        cells.chance,
        piece=piece,
        start=cells.starts.astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """What chance says of each cell's stroke, whether or not it is drawn: so frames of a film agree."""

    starts: Array
    """(rows, columns, 2) or of those that are chosen (N, 2), x then y, in pixels of the whole picture."""
    rank: Array
    length: Array
    width: Array
    tint: Array
    chance: Array

    @classmethod
    def draw(cls, on: Plan, brush: Brush, rng: np.random.Generator) -> "_Cells":
        """Draw all numbers of a layer."""
        rows, columns = _count_cells(on.size, brush)
        y, x = np.mgrid[:rows, :columns]
        at = np.stack([x, y], -1) + rng.random((rows, columns, 2))
        at *= (on.size[1] / columns, on.size[0] / rows)
        rank, length, width = rng.random((3, rows, columns), np.float32)
        tint = rng.standard_normal((rows, columns, 3), np.float32)
        return cls(at, rank, length, width, tint, rng.random((rows, columns, 6), np.float32))

    def choose(self, error: Array | None, detail: Array | None, brush: Brush) -> "_Cells":
        """Return the cells that get a stroke, by rank."""
        wanted = np.ones(self.rank.shape, bool)
        if error is not None:
            size = (self.rank.shape[1], self.rank.shape[0])
            error = error if detail is None else error * detail
            wanted = cv2.resize(error, size, interpolation=cv2.INTER_AREA) > brush.threshold
        order = np.argsort(self.rank[wanted], kind="stable")
        parts = (self.starts, self.rank, self.length, self.width, self.tint, self.chance)
        return _Cells(*(part[wanted][order] for part in parts))

    def share_out(
        self,
        pieces: NDArray[np.integer],
        size: tuple[int, int],
        brush: Brush,
        rng: np.random.Generator,
    ) -> "_Cells":
        """Return chosen cells with a stroke for each piece that they lie on, as far as one is met."""
        rows, columns = _count_cells(size, brush)
        step = np.array((size[1] / columns, size[0] / rows))
        first = np.floor(self.starts / step) * step
        starts, known = [self.starts], [sample(pieces, self.starts)]
        which = [np.arange(len(self.starts))]
        for _ in range(MORE):
            start = first + rng.random(first.shape) * step
            number = sample(pieces, start)
            new = np.flatnonzero((np.stack(known) != number).all(0))
            known.append(number)
            starts.append(start[new])
            which.append(new)
        own, at = np.concatenate(which), np.concatenate(starts)
        order = np.argsort(self.rank[own], kind="stable")
        own = own[order]
        parts = (self.rank, self.length, self.width, self.tint, self.chance)
        return _Cells(at[order], *(part[own] for part in parts))


def _count_cells(size: tuple[int, int], brush: Brush) -> tuple[int, int]:
    """Return rows and columns of the cells in each of which a brush lays a stroke."""
    cell = max(1.0, brush.radius * brush.spacing)
    return max(1, round(size[0] / cell)), max(1, round(size[1] / cell))


def fits(
    paths: Array,
    colors: Array,
    target: Array,
    error: Array | None,
    period: tuple[float, float],
) -> NDArray[np.bool_]:
    """Return which points (N, K) fit: a stroke's colour is nearer to the picture there than the canvas is.

    Args:
        paths: (N, K, 2), x then y, in pixels of the copy.
        colors: (N, 3), of the strokes, Lab.
        target: (h, w, 3), the picture, Lab.
        error: (h, w), how far the canvas is from it; None: there is no paint yet.
        period: as in ``sample``.
    """
    off = np.linalg.norm(sample(target, paths, period) - colors[:, None], axis=-1)
    allowed = 14.0 if error is None else np.maximum(sample(error, paths, period), 5.0)
    return off < allowed


def _ends(
    fits: NDArray[np.bool_], first: int, low: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return of each path the first point that is used and the one after the last."""
    ends = first + low + 1 + np.cumprod(fits[:, first + low + 1 :], 1).sum(1)
    begins = first - np.cumprod(fits[:, :first][:, ::-1], 1).sum(1)
    return begins.astype(np.intp), ends.astype(np.intp)


def _last_fit(fits: NDArray[np.bool_], first: int, low: int) -> NDArray[np.intp]:
    """Return of each path the point after the last that fits, if that comes before its shortest length."""
    part = fits[:, first : first + low + 1]
    missing = np.argmax(part[:, ::-1], 1)
    after = first + np.maximum(part.shape[1] - missing, SHORTEST)
    return np.where(missing > 0, after, fits.shape[1]).astype(np.intp)
