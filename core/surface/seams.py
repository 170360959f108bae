"""Seams of UV islands: edges that are one on the surface but lie in two places on the texture."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

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
    return number_rows(keys).reshape(-1, 3)


def number_rows(keys: Sequence[NDArray[np.integer]]) -> Ints:
    """Return equal numbers, from 0 on, for equal rows of keys, each (N,)."""
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
    """The connected groups of triangles on the texture."""

    number: NDArray[np.int32]
    """(N,): the island of each triangle."""
    sides: Sides
    """Both sides of every seam."""
    open: Floats
    """(M, 2, 2): edges behind which there is nothing: of one triangle, or of more than two."""

    def opened(self, those: NDArray[np.bool_]) -> "Islands":
        """Return the islands with nothing behind those sides (S,)."""
        sides, every = self.sides, [part.name for part in fields(Sides)]
        kept = Sides(**{name: getattr(sides, name)[~those] for name in every})
        return Islands(self.number, kept, np.concatenate([self.open, sides.edge[those]]))


def pair_edges(points: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the edges of triangles, by the numbers of their first corners: (P,), (P,) and (L,).

    An edge that exactly two triangles share is in the first and, as the other's, in the second; all
    others are in the third.

    Args:
        points: (N, 3), numbers of the triangles' points; an edge from a point to itself is none.
    """
    a, b = points, np.roll(points, -1, 1)
    edge = np.flatnonzero(a != b)
    low, high = (np.take(of(a, b), edge) for of in (np.minimum, np.maximum))
    key = high * (int(points.max(initial=0)) + 1) + low
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    order = edge[order]
    counts = np.diff(np.append(starts, len(order)))
    pairs = starts[counts == 2]
    return order[pairs], order[pairs + 1], order[np.repeat(counts != 2, counts)]


def find_islands(corners: Floats, points: Ints) -> Islands:
    """Return the islands and seams of triangles (N, 3, 2), in texels, whose points come from ``weld``."""
    one, other, lonely = pair_edges(points)
    seam, sides = _sides(corners, points, one, other)
    joined = (one[~seam] // 3, other[~seam] // 3)
    graph = coo_array((np.ones(len(joined[0]), bool), joined), shape=(len(corners),) * 2)
    number = connected_components(graph, directed=False)[1].astype(np.int32)
    return Islands(number, sides, _ends(corners, points, lonely))


def _sides(
    corners: Floats, points: Ints, one: Ints, other: Ints
) -> tuple[NDArray[np.bool_], Sides]:
    """Return which pairs of edges are seams, and their sides."""
    a, b = _ends(corners, points, one), _ends(corners, points, other)
    apart = np.logical_or.reduce((np.abs(a - b) > APART).reshape(-1, 4).T)
    a_left, b_left = _left(corners, points, one), _left(corners, points, other)
    seam = (apart | (a_left == b_left)) & (a_left * b_left != 0)
    which = np.flatnonzero(seam)
    real = np.minimum(_length(a[which]), _length(b[which])) > LEAST
    seam[which[~real]] = False
    which = which[real]
    a, b, one, other = a[which], b[which], one[which], other[which]
    a_out, b_out = _outward(a, a_left[which]), _outward(b, b_left[which])
    low, here = np.sort(_pair(points, one), 1), np.stack([one, other], 1) // 3
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
    return np.stack([np.take(points, edges), np.take(points, _after(edges))], 1)


def _after(edges: Ints) -> Ints:
    """Return the next edge of each one's triangle."""
    return edges + np.where(edges % 3 == 2, -2, 1)


def _ends(corners: Floats, points: Ints, edges: Ints) -> Floats:
    """Return the ends of edges, (P, 2, 2), the lower point first."""
    turned = np.take(points, edges) > np.take(points, _after(edges))
    first, last = (np.where(turned == k, edges, _after(edges)) for k in (False, True))
    flat = corners.reshape(-1, 2)
    return np.stack([np.take(flat, first, 0), np.take(flat, last, 0)], 1)


def _left(corners: Floats, points: Ints, edges: Ints) -> Floats:
    """Return whether triangles lie to the left (1) or to the right (-1) of their edges' ends; 0: no area."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    turns = np.sign(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    forward = np.take(points, edges) < np.take(points, _after(edges))
    return np.take(turns, edges // 3) * np.where(forward, 1, -1)


def _outward(ends: Floats, left: Floats) -> Floats:
    """Return unit vectors that leave triangles across their edges."""
    along = ends[:, 1] - ends[:, 0]
    normal = np.stack([along[:, 1], -along[:, 0]], 1) * left[:, None]
    return normal / _length(ends)[:, None]


def _length(ends: Floats) -> Floats:
    return np.hypot(*(ends[:, 1] - ends[:, 0]).T)
