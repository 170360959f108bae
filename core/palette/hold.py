"""Low frequencies that are held: local mean colours of a painted picture are brought to those of a target.

Means are taken over cells, and in each cell apart for the content's main colours (a bilateral grid: Chen,
Paris & Durand, "Real-time Edge-Aware Image Processing with the Bilateral Grid", SIGGRAPH 2007, with colours
of the picture's own in place of steps of grey). So the correction of black ends where black ends, and
nothing glows beside it. Strokes stay: where a mean must become darker or lighter, their contrast shrinks with
the room that is left, as under a glaze, so nothing is cut off.

Both passes read windows, and what lies between them is small: pictures of any size are held alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import Floats
from ..imaging.lazy import Lazy, Pixels
from ..tiling import Box
from .measure import Palette, measure_palette
from .oklab import to_oklab, to_srgb

CELL = 64.0
"""Pixels from one mean to the next: strokes are finer, materials coarser."""
LEAST_CELLS = 4
"""Cells along the longer side, at least, of a small picture."""
COLORS = 8
"""Main colours that are told apart, at most."""
APART = 0.1
"""Difference in OKLab of two main colours, at least."""
SOFTNESS = 0.05
"""Difference in OKLab within which two colours share a correction."""
GRAIN = 0.06
"""Contrast of the content in OKLab below which it is grain, that tells no materials apart."""
SMOOTHING = 6
"""Radius in pixels within which grain is smoothed before materials are told apart."""
REACH = 2 * SMOOTHING
"""Pixels of context that this takes."""
ELSEWHERE = 0.05
"""Share of a cell that counts as if it had its colour's mean over all the picture."""
UNSEEN = 1e-3
"""Weight of pixels that do not count, so that they are corrected like those beside them."""
FLATTEST = 0.35
"""Least share of the strokes' contrast that stays."""
BLOCK = 256
"""Side of the windows that are corrected at once."""
CELLS = 8
"""Rows and columns of cells that are summed at once."""


def hold(  # noqa: PLR0913  # the last three are named by the caller
    content: Pixels,
    target: Pixels,
    painted: Pixels,
    coverage: Pixels | None = None,
    *,
    cell: float = CELL,
    chroma: bool = True,
    wrap: bool = False,
) -> Pixels:
    """Return a painted picture whose local mean colours are those of a target.

    Args:
        content: (1, 3, H, W), sRGB in [0, 1]: its edges are those of the correction.
        target: The same, in the colours that are wanted.
        painted: The same; an array is written to.
        coverage: (1, 1, H, W), how much each pixel counts; None: all alike.
        cell: Pixels from one mean to the next.
        chroma: Whether hue and chroma are held, not lightness alone.
        wrap: Whether left and right meet.
    """
    grid = _Grid.over(content, cell, wrap=wrap)
    guide = _Guide(content, _main_colors(measure_palette(content, coverage)))
    sums = _Sums.empty(grid, len(guide.colors))
    for part in _boxes((grid.rows.count, grid.columns.count), CELLS):
        box = grid.pixels(part)
        share = guide.weights(box)
        if coverage is not None:
            share *= np.maximum(_cut(coverage, box)[0], UNSEEN)
        _collect(sums, grid, part, share, [_cut(target, box), _cut(painted, box)])
    field = sums.solve(wrap=wrap)

    def window(box: Box) -> Floats:
        return _correct(_cut(painted, box), guide.weights(box), grid, field, box, chroma=chroma)

    if isinstance(painted, Lazy):
        return Lazy(painted.shape, window)
    for box in _boxes(content.shape[-2:], BLOCK):
        painted[..., box.top : box.bottom, box.left : box.right] = window(box)
    return painted


@dataclass(frozen=True, slots=True)
class _Axis:
    """Where means lie along one side."""

    size: int
    count: int
    wrap: bool

    @property
    def edges(self) -> NDArray[np.intp]:
        """Where cells begin, and where the last one ends."""
        return np.linspace(0, self.size, self.count + 1).round().astype(np.intp)

    def weights(self, start: int, stop: int) -> tuple[NDArray[np.intp], Floats]:
        """Return the means that pixels start … stop-1 lie between, and each pixel's share of them."""
        place = (np.arange(start, stop) + 0.5) * self.count / self.size - 0.5
        if not self.wrap:
            place = place.clip(0, self.count - 1)
        low = np.floor(place).astype(int)
        nodes = np.arange(low[0], low[-1] + 2)
        share = np.maximum(0, 1 - np.abs(place[:, None] - nodes)).astype(np.float32)
        at = nodes % self.count if self.wrap else nodes.clip(0, self.count - 1)
        return at, share


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where means lie in a picture."""

    rows: _Axis
    columns: _Axis

    @classmethod
    def over(cls, picture: Pixels, cell: float, *, wrap: bool) -> "_Grid":
        height, width = picture.shape[-2:]
        cell = min(cell, max(height, width) / LEAST_CELLS)
        count = [max(1, round(side / cell)) for side in (height, width)]
        return cls(_Axis(height, count[0], wrap=False), _Axis(width, count[1], wrap))

    def pixels(self, part: Box) -> Box:
        """Return the pixels of cells."""
        rows, columns = self.rows.edges, self.columns.edges
        return Box(
            int(rows[part.top]),
            int(columns[part.left]),
            int(rows[part.bottom]),
            int(columns[part.right]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Guide:
    """How much each pixel of the content belongs to each of its main colours."""

    content: Pixels
    colors: Floats
    """(K, 3), OKLab."""

    def weights(self, box: Box) -> Floats:
        """Return the shares of a window's pixels, (K, h, w)."""
        if len(self.colors) == 1:
            return np.ones((1, box.height, box.width), np.float32)
        seen = box.grow(REACH, self.content.shape)
        smooth = _smooth_grain(to_oklab(_cut(self.content, seen)[0]))
        rows, columns = box.within(seen)
        lab = smooth[:, rows, columns].reshape(3, -1)
        score = 2 * self.colors @ lab - (self.colors**2).sum(1, keepdims=True)
        share = np.exp((score - score.max(0)) / (2 * SOFTNESS**2))
        return (share / share.sum(0)).reshape(-1, box.height, box.width)


def _smooth_grain(lab: Floats) -> Floats:
    """Return OKLab (3, h, w) without what is finer than materials: a guided filter, guided by itself."""
    side = (2 * SMOOTHING + 1,) * 2
    out = np.empty_like(lab)
    for plane, smooth in zip(lab, out, strict=True):
        mean = cv2.boxFilter(plane, -1, side, borderType=cv2.BORDER_REFLECT)
        square = cv2.boxFilter(plane * plane, -1, side, borderType=cv2.BORDER_REFLECT)
        variance = np.maximum(0, square - mean * mean)
        slope = variance / (variance + GRAIN**2)
        level = mean - slope * mean
        slope, level = (
            cv2.boxFilter(x, -1, side, borderType=cv2.BORDER_REFLECT) for x in (slope, level)
        )
        smooth[:] = slope * plane + level
    return out


def _main_colors(palette: Palette) -> Floats:
    """Return colours of a palette that lie apart, the commonest first, then what is farthest from them."""
    chosen = [int(palette.weight.argmax())]
    while len(chosen) < COLORS:
        away = np.linalg.norm(palette.lab[:, None] - palette.lab[chosen], axis=-1).min(1)
        worth = away * (away > APART) * palette.share ** (1 / 4)
        if not worth.any():
            break
        chosen.append(int(worth.argmax()))
    return palette.lab[chosen].astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Of each main colour at each place: its weight, and weighted sums of target and painted picture."""

    values: NDArray[np.float64]
    """(K, 7, rows, columns)."""
    cell: float
    """Pixels of a cell."""

    @classmethod
    def empty(cls, grid: _Grid, colors: int) -> "_Sums":
        rows, columns = grid.rows, grid.columns
        cell = rows.size / rows.count * columns.size / columns.count
        return cls(np.zeros((colors, 7, rows.count, columns.count)), cell)

    def solve(self, *, wrap: bool) -> Floats:
        """Return a factor and three offsets of OKLab for each colour at each place, (K, 4, rows, columns)."""
        total = self.values.sum((2, 3))
        near = _blur(_blur(self.values, 2, "constant"), 3, "wrap" if wrap else "constant")
        elsewhere = total[:, 1:] / np.maximum(total[:, :1], 1e-12)
        prior = ELSEWHERE * self.cell * max(1e-6, float(total[:, 0].sum()) / self._pixels)
        weight = near[:, :1]
        means = (near[:, 1:] + prior * elsewhere[..., None, None]) / (weight + prior)
        wanted, given = means[:, :3], means[:, 3:]
        lit, was = wanted[:, :1].clip(0, 1), given[:, :1].clip(0, 1)
        room = np.where(
            lit < was, lit / np.maximum(was, 1e-6), (1 - lit) / np.maximum(1 - was, 1e-6)
        )
        factor = room.clip(FLATTEST, 1)
        return np.concatenate([factor, wanted - factor * given], 1).astype(np.float32)

    @property
    def _pixels(self) -> float:
        return self.cell * self.values.shape[2] * self.values.shape[3]


def _blur(
    x: NDArray[np.float64], axis: int, mode: Literal["wrap", "constant"]
) -> NDArray[np.float64]:
    """Return sums over a cell and half of those beside it."""
    edge = [(0, 0)] * x.ndim
    edge[axis] = (1, 1)
    wide = np.pad(x, edge, mode)
    before, after = (np.take(wide, np.arange(x.shape[axis]) + k, axis) for k in (0, 2))
    return x / 2 + (before + after) / 4


def _collect(sums: _Sums, grid: _Grid, part: Box, share: Floats, pictures: list[Floats]) -> None:
    """Add the pixels of cells to the sums: target and painted picture, weighted by ``share`` (K, h, w)."""
    facts = np.concatenate([np.ones_like(share[:1]), *(to_oklab(x[0]) for x in pictures)])
    rows, columns = grid.rows.edges, grid.columns.edges
    top, left = rows[part.top], columns[part.left]
    for row in range(part.top, part.bottom):
        for column in range(part.left, part.right):
            down = slice(rows[row] - top, rows[row + 1] - top)
            along = slice(columns[column] - left, columns[column + 1] - left)
            mine, theirs = share[:, down, along], facts[:, down, along]
            values = mine.reshape(len(mine), -1) @ theirs.reshape(7, -1).T
            sums.values[:, :, row, column] = values


def _correct(
    painted: Floats, share: Floats, grid: _Grid, field: Floats, box: Box, *, chroma: bool
) -> Floats:
    """Return a window of the painted picture with its means held, (1, 3, h, w)."""
    rows, down = grid.rows.weights(box.top, box.bottom)
    columns, along = grid.columns.weights(box.left, box.right)
    near = down @ field[:, :, rows[:, None], columns] @ along.T
    factor, *offset = np.einsum("khw,kchw->chw", share, near, optimize=False)
    lab = to_oklab(painted[0].astype(np.float32, copy=False))
    for axis in range(3 if chroma else 1):
        lab[axis] = lab[axis] * factor + offset[axis]
    return to_srgb(lab)[None]


def _cut(picture: Pixels, box: Box) -> Floats:
    return np.asarray(picture[..., box.top : box.bottom, box.left : box.right], np.float32)


def _boxes(size: tuple[int, ...], side: int) -> Iterator[Box]:
    """Yield boxes of a side that together cover a size."""
    height, width = size
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield Box(top, left, min(top + side, height), min(left + side, width))
