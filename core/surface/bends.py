"""The way that surfaces bend most, at each point: round limbs and rims, across folds.

Taubin, "Estimating the Tensor of Curvature of a Surface from a Polyhedral Approximation", ICCV 1995.
Departures: what importers have split is one point again, and tensors are evened out between neighbours.
"""

import numpy as np
from numpy.typing import NDArray

SMOOTH = 12
"""Rounds in which tensors are evened out."""
EVEN = 0.2
"""Below this share one way bends hardly more than another."""
WELD = 1e-5
"""Of a mesh's size, how near points are that belong together."""
Array = NDArray[np.floating]
Numbers = NDArray[np.integer]
Values = NDArray[np.float64]


def bend_ways(places: Array, normals: Array, edges: Numbers, piece: Numbers | None = None) -> Array:
    """Return the way a surface bends most at each of its points, (N, 3): unit vectors, or 0 where none is.

    Args:
        places: (N, 3); points at one place are one.
        normals: (N, 3), of any length.
        edges: (E, 2), numbers of the points that each joins.
        piece: (N,), points of one number alone are one; None: all.
    """
    places, own = _weld(places, piece)
    summed = np.zeros_like(places)
    np.add.at(summed, own, normals)
    normals = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
    joined = np.unique(np.sort(own[edges], 1), axis=0)
    joined = joined[joined[:, 0] != joined[:, 1]]
    return _ways(_tensors(places, normals, joined), normals)[own]


def _weld(places: Array, piece: Numbers | None) -> tuple[Array, NDArray[np.intp]]:
    """Return the points that differ, and for each given one its point."""
    size = max(float(np.ptp(places, axis=0).max()), 1e-12)
    keys = np.rint(places / (size * WELD))
    keys = keys if piece is None else np.concatenate([keys, piece[:, None]], 1)
    _, first, own = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return places[first], own.ravel()


def _tensors(places: Array, normals: Array, edges: Numbers) -> Values:
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


def even_out(values: Values, edges: Numbers, rounds: int) -> Values:
    """Return values of points, (N, …), evened out in some rounds between those that edges (E, 2) join."""
    first, second = edges.T
    count = np.maximum(np.bincount(edges.ravel(), minlength=len(values)), 1)
    share = 1 / count.reshape(-1, *[1] * (values.ndim - 1))
    for _ in range(rounds):
        near = np.zeros_like(values)
        np.add.at(near, first, values[second])
        np.add.at(near, second, values[first])
        values = (values + near * share) / 2
    return values


def _ways(tensors: Array, normals: Array) -> Array:
    """Return the way of most bend in each tangent plane, (N, 3); 0 where it is hardly more than another."""
    flat = np.eye(3) - normals[:, :, None] * normals[:, None, :]
    values, vectors = np.linalg.eigh(flat @ tensors @ flat)
    most, less = values[:, 2], values[:, 1]
    lean = (most - less) / np.maximum(most + less, 1e-12)
    return np.where(((lean > EVEN) & (most > 1e-9))[:, None], vectors[:, :, 2], 0.0)
