"""Where strokes go on over the seams of UV islands."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..crossings import FAR, Crossings
from .creases import are_sides_hard
from .gutter import REACH, find_nearest
from .mesh import Mesh
from .raster import Floats, rasterize, to_texels, with_tiny
from .seams import Sides, find_islands, number_rows, weld

BESIDE = 0.75
"""Texels beside an edge at which is looked whose it is."""
BROAD = 90.0
"""Room of a piece, as a share of the texture's side, from which on strokes surely go on beyond its seams."""
SHORT = 8.0
"""Texels beside their seams in which both pictures are blended: they show the same strokes."""
PARTS = 64
"""Parts of a texel by which places are told apart."""


def lay_crossings(
    mesh: Mesh, size: Sequence[int], pieces: NDArray[np.int32] | None
) -> Crossings | None:
    """Return where strokes go on over the seams of islands; None if there is none.

    Args:
        mesh: What shows the texture.
        size: Height and width of the texture.
        pieces: As of ``lay_pieces``; None: it is one.
    """
    if mesh.position is None or not len(mesh.uv):
        return None
    corners = to_texels(mesh.uv, size)
    islands = find_islands(corners, weld(mesh.position, mesh.part))
    islands = islands.opened(are_sides_hard(mesh, islands.sides))
    sides = islands.sides
    if not len(sides):
        return None
    near = find_nearest(np.concatenate([sides.edge, islands.open]), size)[1]
    near[near >= len(sides)] = -1
    shown = with_tiny(rasterize(corners, size), corners, islands.number, size) >= 0
    near[cv2.distanceTransform((~shown).astype(np.uint8), cv2.DIST_L2, 5) > REACH] = FAR
    pieces = np.zeros(near.shape, np.int32) if pieces is None else pieces
    piece = _look(pieces, sides.edge.mean(1) - BESIDE * sides.out)
    goal = _look(pieces, sides.twin.mean(1) + BESIDE * sides.into)
    room = _find_room(pieces, shown)
    least = np.minimum(room[piece], room[goal])
    turned = _cross(sides.edge, sides.out) * _cross(sides.twin, sides.into) < 0
    return Crossings(
        near,
        shown,
        sides.edge,
        sides.twin,
        turned,
        _find_chains(sides, turned),
        piece,
        goal,
        least,
        np.where(least < np.sqrt(near.size) / BROAD, REACH, SHORT).astype(np.float32),
    )


def _look(pieces: NDArray[np.int32], at: Floats) -> NDArray[np.int32]:
    """Return the numbers at places (S, 2), x then y."""
    x, y = (np.rint(at[:, k]).astype(np.int64).clip(0, pieces.shape[1 - k] - 1) for k in (0, 1))
    return pieces[y, x]


def _find_room(pieces: NDArray[np.int32], shown: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how far it is from the middle of each piece to where it ends, by its number."""
    inside = np.pad(shown, 1).astype(np.uint8)
    own = inside[1:-1, 1:-1]
    for one, other in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        apart = pieces[one] != pieces[other]
        own[one][apart] = 0
        own[other][apart] = 0
    away = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), np.float32)[1:-1, 1:-1]
    room = np.zeros(int(pieces.max()) + 1, np.float32)
    np.maximum.at(room, pieces[own > 0], away[own > 0])
    return room


def _cross(edge: Floats, way: Floats) -> Floats:
    along = edge[:, 1] - edge[:, 0]
    return along[:, 0] * way[:, 1] - along[:, 1] * way[:, 0]


def _find_chains(sides: Sides, turned: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return equal numbers (S,) for sides that follow on each other here and there."""
    count = len(sides)
    side = np.tile(np.arange(count), 2)
    places = np.concatenate([sides.edge, sides.twin], -1).transpose(1, 0, 2).reshape(2 * count, 4)
    keys = [np.rint(places[:, k] * PARTS).astype(np.int64) for k in range(4)]
    end = number_rows([*keys, sides.ends.T.ravel(), turned[side].astype(np.int64)])
    order = np.argsort(end, kind="stable")
    starts = np.flatnonzero(np.diff(end[order], prepend=-1))
    two = starts[np.diff(np.append(starts, 2 * count)) == 2]
    one, other = side[order[two]], side[order[two + 1]]
    # where a cut ends, both of its sides meet, and each leads to the other
    back = (sides.triangle[one] == sides.triangle[other][:, ::-1]).all(1)
    one, other = one[~back], other[~back]
    graph = coo_array((np.ones(len(one), bool), (one, other)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int32)
