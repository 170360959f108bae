"""Hard edges of a mesh, and the smooth pieces between them: where a painter's stroke must end."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .mesh import Mesh
from .raster import Floats, Ints, rasterize, to_texels
from .seams import Sides, find_islands, number_rows, pair_edges, weld

HARD, SURELY = 40.0, 75.0
"""Degrees between two faces from which on their edge is hard if they are not shaded as one, and if nobody
knows."""
APART = 5.0
"""Degrees between the normals of two faces at one corner up to which they are shaded as one there."""
SHARED = 0.5
"""Share of a piece's texels on which another must lie for them to be one."""


def face_normals(position: NDArray[np.floating]) -> Floats:
    """Return the normals of triangles (N, 3, 3), (N, 3): as long as twice their area."""
    sides = position.astype(np.float64)
    return np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0])


def shading_normals(mesh: Mesh, points: Ints) -> Floats:
    """Return unit normals of corners (N, 3, 3): those that are given, else means around each point."""
    if mesh.normal is not None:
        return _unit(mesh.normal.astype(np.float64))
    summed = np.zeros((int(points.max(initial=-1)) + 1, 3))
    np.add.at(summed, points.ravel(), np.repeat(face_normals(mesh.places), 3, 0))
    return _unit(summed[points])


def smooth_parts(mesh: Mesh) -> NDArray[np.int32]:
    """Return for each triangle (N,) the number of the smooth piece of the surface that it belongs to.

    Pieces end at hard edges and where the mesh ends; an edge that more than two triangles share is hard.
    """
    if mesh.position is None:
        return np.zeros(len(mesh.uv), np.int32)
    points = weld(mesh.position, mesh.part)
    one, other, _ = pair_edges(points)
    soft = ~are_hard(mesh, points, one // 3, other // 3)
    graph = coo_array(
        (np.ones(int(soft.sum()), bool), (one[soft] // 3, other[soft] // 3)),
        shape=(len(mesh.uv),) * 2,
    )
    return connected_components(graph, directed=False)[1].astype(np.int32)


def are_hard(mesh: Mesh, points: Ints, one: Ints, other: Ints) -> NDArray[np.bool_]:
    """Return which pairs of neighbouring triangles, (P,) each, meet at a hard edge.

    Args:
        mesh: With positions.
        points: (N, 3), numbers of its points.
        one: Number of the one triangle.
        other: Number of the other.
    """
    face = _unit(face_normals(mesh.places))
    bent = (face[one] * face[other]).sum(1) < np.cos(
        np.deg2rad(SURELY if mesh.normal is None else HARD)
    )
    known = (face != 0).any(1)
    bent = bent & known[one] & known[other]
    if mesh.normal is None or not bent.any():
        return bent
    which = np.flatnonzero(bent)
    bent[which] = _shaded_apart(mesh, points, one[which], other[which])
    return bent


def _shaded_apart(mesh: Mesh, points: Ints, one: Ints, other: Ints) -> NDArray[np.bool_]:
    """Return for which pairs of triangles the normals differ at a point that both have."""
    normal = shading_normals(mesh, points)
    same = points[one][:, :, None] == points[other][:, None, :]
    near = np.einsum("pik,pjk->pij", normal[one], normal[other]) >= np.cos(np.deg2rad(APART))
    return (same & ~near).any((1, 2))


def are_sides_hard(mesh: Mesh, sides: Sides) -> NDArray[np.bool_]:
    """Return which sides of seams, (S,), lie at an edge that is known to be hard."""
    if mesh.position is None or mesh.normal is None:
        return np.zeros(len(sides), bool)
    return are_hard(mesh, weld(mesh.position, mesh.part), *sides.triangle.T)


def lay_pieces(mesh: Mesh, size: Sequence[int]) -> NDArray[np.int32] | None:
    """Return the numbers of the pieces of surface that a texture shows, (H, W); None if it is one.

    A piece is a UV island, or its part between hard edges; what no triangle shows belongs to the nearest.
    """
    if mesh.position is None or not len(mesh.uv):
        return None
    corners = to_texels(mesh.uv, size)
    islands = find_islands(corners, weld(mesh.position, mesh.part))
    number = number_rows([islands.number, smooth_parts(mesh)]).astype(np.int32)
    owner = rasterize(corners, size)
    owner = np.where(owner < 0, rasterize(corners, size, touch=True), owner)  # also tiny ones
    shown = np.append(number, np.int32(-1))[owner]  # -1: the last
    if not number.any() or not (shown >= 0).any():
        return None
    last = len(corners) - 1 - rasterize(corners[::-1], size)  # what lies undermost
    below = np.where(last <= len(corners) - 1, number[np.minimum(last, len(corners) - 1)], shown)
    return spread_numbers(_join_shared(shown, below, len(number)))


def _join_shared(
    shown: NDArray[np.int32], below: NDArray[np.int32], count: int
) -> NDArray[np.int32]:
    """Return numbers (H, W) in which pieces that lie on each other, as mirrored halves, have become one."""
    covered = shown >= 0
    pair, texels = np.unique(np.stack([shown[covered], below[covered]]), axis=1, return_counts=True)
    size = np.bincount(shown[covered], minlength=count)
    under = np.bincount(below[covered], minlength=count)
    least = np.minimum(np.maximum(size, under)[pair[0]], np.maximum(size, under)[pair[1]])
    same = texels > SHARED * least
    graph = coo_array((np.ones(int(same.sum()), bool), pair[:, same]), shape=(count, count))
    joined = connected_components(graph, directed=False)[1].astype(np.int32)
    return np.where(covered, joined[shown], -1)


def spread_numbers(number: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return numbers (H, W) in which each -1 has become the number nearest to it."""
    free = (number < 0).astype(np.uint8)
    if not free.any() or free.all():
        return number
    _, found = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    label = np.asarray(found, np.int32)
    known = np.zeros(int(label.max()) + 1, np.int32)
    there = free == 0
    known[label[there]] = number[there]
    return known[label]


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-30)
