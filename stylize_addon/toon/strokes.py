"""The way that surfaces bend most, for strokes that follow it: a vector at each vertex of a mesh.

Taubin, "Estimating the Tensor of Curvature of a Surface from a Polyhedral Approximation", ICCV 1995.
Departures: what importers have split is one point again, and tensors are evened out between neighbours.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from bpy.types import Mesh
from numpy.typing import NDArray

from ..materials.uv_islands import read_numbers
from .hatches import WAYS
from .maps import MADE, even_out, read_vectors

SMOOTH = 12
"""Rounds in which tensors are evened out."""
EVEN = 0.2
"""Below this share one way bends hardly more than another."""
WELD = 1e-5
"""Of a mesh's size, how near points are that belong together."""
Array = NDArray[np.floating]


def add_ways(meshes: Iterable[Any]) -> None:
    """Give meshes the way of their strokes, measured anew; it goes when toon is taken off."""
    for mesh in [m for m in meshes if len(m.edges)]:
        layer = mesh.attributes.get(WAYS)
        if layer is None:
            layer = mesh.attributes.new(WAYS, "FLOAT_VECTOR", "POINT")
            mesh[MADE] = [*mesh.get(MADE, []), WAYS]
        layer.data.foreach_set("vector", bend_ways(mesh).astype(np.float32).ravel())


def bend_ways(mesh: Mesh) -> Array:
    """Return the way a mesh bends most at each vertex, (N, 3), unit vectors or 0."""
    places, own = _weld(read_vectors(mesh.vertices, "co"))
    normals = np.zeros_like(places)
    np.add.at(normals, own, read_vectors(mesh.vertices, "normal"))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    pairs = read_numbers(mesh.edges, "vertices", len(mesh.edges) * 2, np.int32)
    edges = np.unique(np.sort(own[pairs.reshape(-1, 2)], 1), axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    return _ways(_tensors(places, normals, edges), normals)[own]


def _weld(places: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return the points that differ, and for each vertex its point."""
    size = max(float(np.ptp(places, axis=0).max()), 1e-12)
    _, first, own = np.unique(
        np.rint(places / (size * WELD)), axis=0, return_index=True, return_inverse=True
    )
    return places[first], own.ravel()


def _tensors(places: Array, normals: Array, edges: NDArray[np.integer]) -> Array:
    """Return how the surface bends along each way, (N, 3, 3), evened out."""
    one, other = edges.T
    away = places[other] - places[one]
    square = np.maximum((away**2).sum(1), 1e-24)
    bend = np.abs(((normals[other] - normals[one]) * away).sum(1)) / square
    part = bend[:, None, None] * away[:, :, None] * away[:, None, :] / square[:, None, None]
    total = np.zeros((len(places), 3, 3))
    for ends in (one, other):
        np.add.at(total, ends, part)
    count = np.bincount(edges.ravel(), minlength=len(places))
    return even_out(total / np.maximum(count, 1)[:, None, None], edges, SMOOTH)


def _ways(tensors: Array, normals: Array) -> Array:
    """Return the way of most bend in each tangent plane, (N, 3); 0 where it is hardly more than another."""
    flat = np.eye(3) - normals[:, :, None] * normals[:, None, :]
    values, vectors = np.linalg.eigh(flat @ tensors @ flat)
    most, less = values[:, 2], values[:, 1]
    lean = (most - less) / np.maximum(most + less, 1e-12)
    return np.where(((lean > EVEN) & (most > 1e-9))[:, None], vectors[:, :, 2], 0.0)
