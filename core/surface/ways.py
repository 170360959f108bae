"""Directions over a mesh, laid out on its texture: as it bends, round its axis, downhill, to the light.

A direction and its opposite mean the same, so they are added up and spread as doubled angles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bends import bend_ways
from .creases import face_normals, shading_normals, smooth_parts
from .fill import fill_in_place
from .mesh import Mesh
from .raster import Floats, Ints, rasterize, to_texels
from .seams import number_rows, weld

LEAST = 1e-9
"""Length below which a vector has no direction."""
LEVEL = 0.25
"""Sine of the slope from which on it counts wholly: water hardly knows its way on what is level."""
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How much strokes go along each direction over a mesh, 0 to 1; together at most 1 of their way."""

    bends: float = 0.0
    axis: float = 0.0
    slope: float = 0.0
    light: float = 0.0
    toward: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """The way to the light, of any length."""


def lay_ways(mesh: Mesh, size: Sequence[int], ways: Ways) -> Singles | None:
    """Return directions on a texture, (H, W, 2): x to the right, y down, as long as they count, up to 1.

    None where the mesh's positions are not known. What no triangle shows has the directions beside it.

    Args:
        mesh: Its triangles, inside the square.
        size: Height and width.
        ways: Which directions.
    """
    if mesh.position is None or not len(mesh.uv):
        return None
    doubled = _add_up(mesh, to_texels(mesh.uv, size), ways)
    laid = lay_corners(mesh, size, np.stack([doubled.real, doubled.imag], -1))
    length = np.hypot(laid[..., 0], laid[..., 1])
    angle = np.arctan2(laid[..., 1], laid[..., 0]) / 2
    return np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32) * length[..., None]


def lay_corners(mesh: Mesh, size: Sequence[int], values: Floats) -> Singles:
    """Return values of triangles' corners (N, 3, C) on their texture, (H, W, C), smooth between corners.

    What no triangle shows has the values beside it.
    """
    corners = to_texels(mesh.uv, size)
    owner = rasterize(corners, size)
    owner = np.where(owner < 0, rasterize(corners, size, touch=True), owner)  # also tiny ones
    covered = owner >= 0
    row, column = np.nonzero(covered)
    which = owner[covered]
    share = _shares(corners[which], np.stack([column, row], -1))
    laid = np.zeros((values.shape[-1], *owner.shape), np.float32)
    laid[:, covered] = (share[..., None] * values[which]).sum(1).T
    fill_in_place(laid, covered.astype(np.float32))
    return np.ascontiguousarray(laid.transpose(1, 2, 0))


def _shares(corners: Floats, at: Ints) -> Floats:
    """Return how much each corner of triangles (M, 3, 2) counts at a place (M, 2) in each, (M, 3)."""
    (ax, ay), (bx, by) = (
        (corners[:, k, 0] - corners[:, 0, 0], corners[:, k, 1] - corners[:, 0, 1]) for k in (1, 2)
    )
    x, y = at[:, 0] - corners[:, 0, 0], at[:, 1] - corners[:, 0, 1]
    area = ax * by - ay * bx
    area = np.where(np.abs(area) < LEAST, np.inf, area)
    one, other = (x * by - y * bx) / area, (ax * y - ay * x) / area
    share = np.stack([1 - one - other, one, other], -1).clip(0, 1)
    return share / share.sum(1, keepdims=True)


def _add_up(mesh: Mesh, corners: Floats, ways: Ways) -> NDArray[np.complex128]:
    """Return the directions at corners, (N, 3), as doubled angles on the texture, as long as they count."""
    pieces = smooth_parts(mesh)
    points = _number_points(mesh, pieces)
    normals = shading_normals(mesh, points)
    found = {
        "bends": lambda: _bends(mesh, points, normals),
        "axis": lambda: _round_axes(mesh, normals),
        "slope": lambda: _toward(normals, (0.0, 0.0, 1.0)),
        "light": lambda: _toward(normals, ways.toward),
    }
    shares = {name: getattr(ways, name) for name in found}
    total = max(1.0, sum(shares.values()))
    doubled = np.zeros(points.shape, np.complex128)
    for name, share in shares.items():
        if share > 0:
            doubled += share / total * _double(mesh, corners, found[name]())
    return doubled


def _number_points(mesh: Mesh, pieces: NDArray[np.int32]) -> Ints:
    """Return numbers of points (N, 3): one on both sides of a hard edge is two."""
    points = weld(mesh.places, mesh.part)
    return number_rows([points.ravel(), np.repeat(pieces, 3)]).reshape(-1, 3)


def _bends(mesh: Mesh, points: Ints, normals: Floats) -> Floats:
    """Return the way that the surface bends most at corners, (N, 3, 3): 0 where none is."""
    count = int(points.max()) + 1
    place, normal = np.zeros((count, 3)), np.zeros((count, 3))
    place[points.ravel()] = mesh.places.reshape(-1, 3)
    np.add.at(normal, points.ravel(), normals.reshape(-1, 3))
    edges = np.stack([points, np.roll(points, -1, 1)], -1).reshape(-1, 2)
    edges = np.unique(np.sort(edges, 1), axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    piece = np.empty(count, np.int64)
    piece[points.ravel()] = np.repeat(smooth_parts(mesh), 3)
    return bend_ways(place, normal, edges, piece)[points].astype(np.float64)


def _round_axes(mesh: Mesh, normals: Floats) -> Floats:
    """Return the way round the axis of each object at corners, (N, 3, 3)."""
    position = mesh.places
    part = np.zeros(len(position), np.int32) if mesh.part is None else mesh.part
    weight = np.linalg.norm(face_normals(position), axis=1)
    way = np.zeros_like(normals)
    for number in np.unique(part):
        own = part == number
        middle, axis = _find_axis(position[own].mean(1), weight[own])
        way[own] = np.cross(axis, position[own] - middle)
    way /= np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), LEAST)
    return _on_surface(way, normals)


def _find_axis(place: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the middle of a surface and its axis: of its three main ways the one unlike the others.

    Of a surface that is alike all ways it is upright.
    """
    share = weight / max(float(weight.sum()), LEAST)
    middle = (share[:, None] * place).sum(0)
    away = place - middle
    values, vectors = np.linalg.eigh((share[:, None] * away).T @ away)
    low, high = values[1] - values[0], values[2] - values[1]
    if max(low, high) < 0.1 * values[2]:
        return middle, np.array([0.0, 0.0, 1.0])
    return middle, vectors[:, 2] if high >= low else vectors[:, 0]


def _toward(normals: Floats, goal: Sequence[float]) -> Floats:
    """Return the way over the surface toward a goal far away at corners, (N, 3, 3), up to 1 long."""
    to = np.asarray(goal, np.float64)
    to = to / max(float(np.linalg.norm(to)), LEAST)
    way = _on_surface(to, normals)
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    return way / np.maximum(length, LEVEL)


def _on_surface(way: Floats, normals: Floats) -> Floats:
    """Return the part of ways that lies in the surface, (N, 3, 3)."""
    return way - normals * (normals * way).sum(-1, keepdims=True)


def _double(mesh: Mesh, corners: Floats, way: Floats) -> NDArray[np.complex128]:
    """Return ways over a surface (N, 3, 3) on its texture, (N, 3), with angles doubled.

    Each is as long as the way is within its triangle, up to 1.
    """
    position = mesh.places
    one, other = position[:, 1] - position[:, 0], position[:, 2] - position[:, 0]
    aa, ab, bb = ((x * y).sum(1)[:, None] for x, y in ((one, one), (one, other), (other, other)))
    a, b = (np.einsum("nck,nk->nc", way, side) for side in (one, other))
    det = aa * bb - ab * ab
    det = np.where(det > LEAST * aa * bb, det, np.inf)
    share_a, share_b = (bb * a - ab * b) / det, (aa * b - ab * a) / det
    on_one, on_other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    moved = share_a[..., None] * on_one[:, None] + share_b[..., None] * on_other[:, None]
    turned = moved[..., 0] + 1j * moved[..., 1]
    size = np.abs(turned)
    unit = np.where(size > LEAST, turned / np.maximum(size, LEAST), 0)
    return unit**2 * np.linalg.norm(way, axis=-1).clip(0, 1)
