"""Seams of UV islands: edges that are one on the surface and two, or folded, on the texture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .raster import Floats, Ints

APART = 0.02
"""Texels by which an edge's two places must differ to be two."""
LEAST = 1e-6
"""Texels below which an edge has no direction."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Edges of islands, each with the place on the texture where the surface goes on behind it.

    A seam makes two of them, one for each side.
    """

    edge: Floats
    """(S, 2, 2): its ends, in texels."""
    out: Floats
    """(S, 2): unit vector that leaves the island."""
    twin: Floats
    """(S, 2, 2): the same two ends on the other side of the seam."""
    into: Floats
    """(S, 2): unit vector that enters the island there."""
    ends: Ints
    """(S, 2): numbers of the surface's points at the ends."""
    triangle: Ints
    """(S, 2): the triangles on this side and on the other."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.edge)

    @property
    def length(self) -> Floats:
        """(S,), in texels."""
        return np.linalg.norm(self.edge[:, 1] - self.edge[:, 0], axis=1)

    @property
    def scale(self) -> Floats:
        """(S,): texels there for one texel here."""
        return np.linalg.norm(self.twin[:, 1] - self.twin[:, 0], axis=1) / self.length


def weld(positions: NDArray[np.floating], parts: NDArray[np.integer] | None = None) -> Ints:
    """Return a number for each triangle's corner, (N, 3): equal where they are one point of the surface.

    Importers split points along seams, so points are known by their place: (N, 3, 3), exactly equal.

    Args:
        positions: Where the corners are.
        parts: (N,) number of the object that each triangle belongs to; None: all are of one.
    """
    rows = positions.reshape(-1, 3).astype(np.float32) + np.float32(0)  # -0 is 0
    keys = [rows[:, k].view(np.int32) for k in range(3)]
    if parts is not None:
        keys.append(np.repeat(parts, 3).astype(np.int32))
    return _number(keys).reshape(-1, 3)


def _number(keys: list[NDArray[np.int32]]) -> Ints:
    """Return equal numbers for equal rows of keys."""
    order = np.lexsort(keys)
    changes = np.zeros(len(order), bool)
    for key in keys:
        ordered = key[order]
        changes[1:] |= ordered[1:] != ordered[:-1]
    numbers = np.empty(len(order), np.int64)
    numbers[order] = changes.cumsum()
    return numbers


@dataclass(frozen=True, slots=True)
class Islands:
    """How triangles hang together on the texture."""

    number: NDArray[np.int32]
    """(N,): the island of each triangle."""
    sides: Sides
    """Both sides of every seam."""
    open: Floats
    """(M, 2, 2): edges behind which there is nothing: of one triangle, or of more than two."""


def find_islands(corners: Floats, points: Ints) -> Islands:
    """Return the islands and seams of triangles (N, 3, 2), in texels, whose points come from ``weld``."""
    a, b = points, np.roll(points, -1, 1)
    proper = (a != b).ravel()
    low, high = np.minimum(a, b).ravel(), np.maximum(a, b).ravel()
    edge = np.flatnonzero(proper)
    order = edge[np.lexsort((low[edge], high[edge]))]
    new = np.ones(len(order), bool)
    new[1:] = (low[order[1:]] != low[order[:-1]]) | (high[order[1:]] != high[order[:-1]])
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, len(order)))
    pairs = starts[counts == 2]
    lonely = order[np.repeat(counts != 2, counts)]
    one, other = order[pairs], order[pairs + 1]
    seam, sides = _sides(corners, points, one, other)
    joined = (one[~seam] // 3, other[~seam] // 3)
    graph = coo_array((np.ones(len(joined[0]), bool), joined), shape=(len(corners),) * 2)
    number = connected_components(graph, directed=False)[1].astype(np.int32)
    return Islands(number, sides, _ends(corners, points, lonely)[0])


def _sides(
    corners: Floats, points: Ints, one: Ints, other: Ints
) -> tuple[NDArray[np.bool_], Sides]:
    """Return which pairs of edges are seams, and their sides."""
    (a, a_out), (b, b_out) = _ends(corners, points, one), _ends(corners, points, other)
    apart = np.abs(a - b).max((1, 2)) > APART
    folded = (a_out * b_out).sum(1) > 0
    real = (np.linalg.norm(a[:, 1] - a[:, 0], axis=1) > LEAST) & (
        np.linalg.norm(b[:, 1] - b[:, 0], axis=1) > LEAST
    )
    seam = (apart | folded) & real & a_out.any(1) & b_out.any(1)
    low = np.sort(_pair(points, one[seam]), 1)
    here = np.stack([one[seam], other[seam]], 1) // 3
    a, a_out, b, b_out = a[seam], a_out[seam], b[seam], b_out[seam]
    sides = Sides(
        edge=np.concatenate([a, b]),
        out=np.concatenate([a_out, b_out]),
        twin=np.concatenate([b, a]),
        into=np.concatenate([-b_out, -a_out]),
        ends=np.concatenate([low, low]),
        triangle=np.concatenate([here, here[:, ::-1]]),
    )
    return seam, sides


def _pair(points: Ints, edges: Ints) -> Ints:
    triangle, k = edges // 3, edges % 3
    return np.stack([points[triangle, k], points[triangle, (k + 1) % 3]], 1)


def _ends(corners: Floats, points: Ints, edges: Ints) -> tuple[Floats, Floats]:
    """Return the ends of edges, the lower point first, and unit vectors away from their triangles.

    A triangle without area has no outside: the vector is 0.
    """
    triangle, k = edges // 3, edges % 3
    ends = np.stack([corners[triangle, k], corners[triangle, (k + 1) % 3]], 1)
    pair = _pair(points, edges)
    swapped = pair[:, 0] > pair[:, 1]
    ends[swapped] = ends[swapped, ::-1]
    along = ends[:, 1] - ends[:, 0]
    normal = np.stack([-along[:, 1], along[:, 0]], 1)
    apex = corners[triangle, (k + 2) % 3] - ends[:, 0]
    normal *= -np.sign((normal * apex).sum(1, keepdims=True))
    size = np.linalg.norm(normal, axis=1, keepdims=True)
    return ends, normal / np.maximum(size, 1e-12)
