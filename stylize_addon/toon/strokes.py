"""The way that surfaces bend most, for strokes that follow it: a vector at each vertex of a mesh."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from bpy.types import Mesh
from numpy.typing import NDArray

from ...core.surface.bends import bend_ways
from ..materials.uv_islands import read_numbers
from .hatches import WAYS
from .maps import MADE, read_vectors


def add_ways(meshes: Iterable[Any]) -> None:
    """Give meshes the way of their strokes, measured anew; it goes when toon is taken off."""
    for mesh in [m for m in meshes if len(m.edges)]:
        layer = mesh.attributes.get(WAYS)
        if layer is None:
            layer = mesh.attributes.new(WAYS, "FLOAT_VECTOR", "POINT")
            mesh[MADE] = [*mesh.get(MADE, []), WAYS]
        layer.data.foreach_set("vector", ways_of(mesh).astype(np.float32).ravel())


def ways_of(mesh: Mesh) -> NDArray[np.floating]:
    """Return the way a mesh bends most at each vertex, (N, 3), unit vectors or 0."""
    edges = read_numbers(mesh.edges, "vertices", len(mesh.edges) * 2, np.int32)
    places, normals = (read_vectors(mesh.vertices, name) for name in ("co", "normal"))
    return bend_ways(places, normals, edges.reshape(-1, 2))
