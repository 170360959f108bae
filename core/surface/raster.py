"""Triangles and points on a texture's grid, all at once: no loop over triangles."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 21
"""Texels that are written at once."""
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
    for triangle, row, first, last in _spans(corners, size, touch):
        for part in _parts(last - first + 1):
            _write(owner, triangle[part], row[part] * width + first[part], (last - first + 1)[part])
    return owner.reshape(height, width)


def covers(corners: Floats, size: Sequence[int]) -> NDArray[np.bool_]:
    """Return which triangles cover a texel's middle, (N,), whether or not another has it."""
    found = np.zeros(len(corners), bool)
    for triangle, _, _, _ in _spans(corners, size, touch=False):
        found[triangle] = True
    return found


def area_of(corners: Floats) -> Floats:
    """Return the areas of triangles, (N,), in texels."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2


def _write(owner: NDArray[np.int32], triangle: Ints, start: Ints, length: Ints) -> None:
    """Give runs of texels to triangles; what has an owner keeps it."""
    texel = ranges(start, length)
    free = owner[texel] < 0
    mine = np.repeat(triangle, length)
    texel, mine = texel[free][::-1], mine[free][::-1]  # of equal places the last is kept
    owner[texel] = mine


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
    low, high = corners[..., 1].min(1), corners[..., 1].max(1)
    top = np.ceil(low - reach).clip(0, height)
    bottom = np.floor(high + reach).clip(-1, height - 1)
    rows = (bottom - top + 1).clip(0).astype(np.int64)
    for part in _parts(rows):
        triangle = np.repeat(np.arange(len(corners))[part], rows[part])
        row = ranges(top[part].astype(np.int64), rows[part])
        left, right = _extent(corners, triangle, row, reach)
        first = np.ceil(left - reach).clip(0, width).astype(np.int64)
        last = np.floor(right + reach).clip(-1, width - 1).astype(np.int64)
        some = first <= last
        yield triangle[some], row[some], first[some], last[some]


def _extent(corners: Floats, triangle: Ints, row: Ints, reach: float) -> tuple[Floats, Floats]:
    """Return how far left and right triangles come within rows, each ``reach`` above and below."""
    left, right = np.full(len(row), np.inf), np.full(len(row), -np.inf)
    up, down = row - reach, row + reach
    for k in range(3):
        a, b = corners[triangle, k], corners[triangle, (k + 1) % 3]
        y0, y1 = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
        meets = (y0 <= down) & (y1 >= up)
        span = b[:, 1] - a[:, 1]
        flat = np.abs(span) < 1e-12
        for edge in (up, down):
            t = np.where(flat, 0.0, (edge - a[:, 1]) / np.where(flat, 1.0, span)).clip(0, 1)
            x = a[:, 0] + t * (b[:, 0] - a[:, 0])
            far = np.where(flat, b[:, 0], x)
            left = np.where(meets, np.minimum(left, np.minimum(x, far)), left)
            right = np.where(meets, np.maximum(right, np.maximum(x, far)), right)
    return left, right
