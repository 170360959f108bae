"""Vectorised rasterising of triangles on a texture's grid: no loop over triangles.

Ours, because OpenCV fills polygons one by one and by a rule of its own, and renderers want a GPU.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 21
"""Texels that are written at once."""
TOUCHES = 1e-9
"""Texels by which a middle may miss an edge and lie on it: both triangles of an edge round their own way."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def to_texels(uv: NDArray[np.floating], size: Sequence[int]) -> Floats:
    """Return UVs (..., 2), v up, as places on a grid of ``size`` (height, width): x right, y down.

    Whole numbers are texels' middles: the texture reaches from -0.5 to its size less 0.5.
    """
    height, width = size
    return uv.astype(np.float64) * (width, -height) + (-0.5, height - 0.5)


def rasterize(corners: Floats, size: Sequence[int], *, touch: bool = False) -> NDArray[np.int32]:
    """Return which triangle shows at each texel, (H, W); -1 where there is none.

    Args:
        corners: (N, 3, 2) in texels, finite. What lies outside the grid is cut off.
        size: Height and width.
        touch: Whether a triangle owns all texels whose square it touches; else those whose middle it
            covers, edges included. Of several triangles on a texel the first has it.
    """
    height, width = size
    owner = np.full(height * width, -1, np.int32)
    last = len(corners) - 1  # the first are written last, and stay
    for triangle, row, left, right in _spans(corners[::-1], size, touch):
        length = right - left + 1
        for part in _parts(length):
            texel = ranges(row[part] * width + left[part], length[part])
            owner[texel] = np.repeat((last - triangle[part]).astype(np.int32), length[part])
    return owner.reshape(height, width)


def covers(corners: Floats, size: Sequence[int]) -> NDArray[np.bool_]:
    """Return which triangles cover a texel's middle, (N,), whether or not another has it."""
    covering = np.zeros(len(corners), bool)
    for triangle, _, _, _ in _spans(corners, size, touch=False):
        covering[triangle] = True
    return covering


def with_tiny(
    owner: NDArray[np.int32], corners: Floats, island: NDArray[np.int32], size: Sequence[int]
) -> NDArray[np.int32]:
    """Return the island that each texel shows, including islands too small to cover any texel's middle.

    (H, W); -1: none.
    """
    island_of = np.append(island, np.int32(-1))[owner]  # -1: the last
    seen = np.zeros(int(island.max(initial=-1)) + 2, bool)
    seen[island_of.ravel()] = True
    unseen = np.flatnonzero(~seen[island])
    unseen = unseen[~covers(corners[unseen], size)]  # the others lie under what came first
    if not len(unseen):
        return island_of
    touched = rasterize(corners[unseen], size, touch=True)
    return np.where(island_of < 0, np.append(island[unseen], np.int32(-1))[touched], island_of)


def area_of(corners: Floats) -> Floats:
    """Return the areas of triangles, (N,), in texels."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2


def ranges(start: Ints, length: Ints) -> Ints:
    """Return start[0] … start[0] + length[0] - 1, start[1] … and so on."""
    ends = length.cumsum()
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - ends + length, length)


def _parts(length: Ints) -> Iterator[slice]:
    """Cut runs into parts of about ``CHUNK`` texels."""
    total = length.cumsum()
    if not len(total):
        return
    cuts = np.searchsorted(total, np.arange(CHUNK, total[-1], CHUNK))
    edges = np.unique(np.concatenate([[0], cuts, [len(length)]]))
    yield from (slice(a, b) for a, b in pairwise(edges))


def _spans(
    corners: Floats, size: Sequence[int], touch: bool
) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """Yield runs of texels: triangle, row, first and last column, the triangles in order."""
    height, width = size
    reach = 0.5 if touch else 0.0
    edges = _edges(corners)
    top = np.ceil(edges.low - reach).clip(0, height).astype(np.int64)
    bottom = np.floor(edges.high + reach).clip(-1, height - 1).astype(np.int64)
    rows = (bottom - top + 1).clip(0)
    for part in _parts(rows):
        count = rows[part]
        triangle = np.repeat(np.arange(len(corners))[part], count)
        row = ranges(top[part], count)
        left, right = _extent(edges, part, count, row, reach)
        first = np.ceil(left - (reach + TOUCHES)).clip(0, width).astype(np.int64)
        last = np.floor(right + (reach + TOUCHES)).clip(-1, width - 1).astype(np.int64)
        some = first <= last
        yield triangle[some], row[some], first[some], last[some]


@dataclass(frozen=True, slots=True)
class _Edges:
    """Triangles whose corners are sorted by row: from the lowest number through the middle to the highest.

    All (N,): the three rows, the columns of the first two corners, and columns for a row along the edges.
    """

    low: Floats
    middle: Floats
    high: Floats
    low_x: Floats
    middle_x: Floats
    whole: Floats
    """From the first corner to the last."""
    first: Floats
    """From the first to the middle one."""
    second: Floats
    """From the middle one to the last."""


def _edges(corners: Floats) -> _Edges:
    order = np.lexsort((corners[..., 0], corners[..., 1]), 1)
    x, y = (np.take_along_axis(corners[..., k], order, 1).T for k in (0, 1))
    x[1] = np.where(y[2] > y[0], x[1], x[2])  # one in a row reaches from the first to the last

    def slope(a: int, b: int) -> Floats:
        span = y[b] - y[a]
        return np.where(span > 0, (x[b] - x[a]) / np.where(span > 0, span, 1), 0)

    return _Edges(y[0], y[1], y[2], x[0], x[1], slope(0, 2), slope(0, 1), slope(1, 2))


def _extent(
    edges: _Edges, part: slice, count: Ints, row: Ints, reach: float
) -> tuple[Floats, Floats]:
    """Return how far left and right triangles come within rows, each ``reach`` above and below."""
    low, middle, high, low_x, middle_x, whole, first, second = (
        np.repeat(getattr(edges, field.name)[part], count) for field in fields(edges)
    )
    left, right = np.full(len(row), np.inf), np.full(len(row), -np.inf)
    for y in (row - reach, row + reach) if reach else (row,):
        at = y.clip(low, high)
        along = low_x + (at - low) * whole
        before = at < middle
        across = np.where(before, low_x, middle_x)
        across += (at - np.where(before, low, middle)) * np.where(before, first, second)
        np.minimum(left, np.minimum(along, across), out=left)
        np.maximum(right, np.maximum(along, across), out=right)
    if reach:
        bent = np.abs(middle - row) <= reach
        np.minimum(left, middle_x, where=bent, out=left)
        np.maximum(right, middle_x, where=bent, out=right)
    return left, right
