"""How large things are in the picture, of 1080 pixels' height."""

from collections.abc import Sequence
from math import pi, tan
from typing import Any

import numpy as np
from bpy.types import Object, Scene

from ..materials.uv_islands import read_numbers
from .maps import read_vectors

HEIGHT = 1080
"""Pixels of a picture's height that widths are said in."""
BARE = 600
"""Pixels that an object is large where there is no camera."""


def span_of(scene: Scene, objects: Sequence[Object]) -> tuple[float, ...]:
    """Return the sides in pixels of the largest of some objects, in its own directions."""
    largest = max(objects, key=lambda o: max(_sides(o)), default=None)
    if largest is None or not max(_sides(largest)):
        return (BARE,) * 3
    pixel = _pixel_at(scene, largest)
    return tuple(side / pixel for side in _sides(largest))


def uv_span_of(scene: Scene, objects: Sequence[Object]) -> float:
    """Return how many pixels the UVs of the largest of some objects are across, by the median of edges."""
    meshes = [o for o in objects if o.type == "MESH" and o.data.uv_layers.active]
    largest = max(meshes, key=lambda o: max(_sides(o)), default=None)
    if largest is None:
        return BARE
    apart, steps = _read_edges(largest)
    known = (steps > 1e-9) & (apart > 0)
    if not known.any():
        return BARE
    scale = float(np.abs(np.array(largest.matrix_world.to_scale())).mean())
    return float(np.median(apart[known] / steps[known])) * scale / _pixel_at(scene, largest)


def _read_edges(object_: Any) -> tuple[Any, Any]:
    """Return the lengths of the edges of an object's faces, in its own units and in its UVs."""
    if not object_.data.is_editmode:
        return _edges(object_.data)
    object_.update_from_editmode()
    found = _edges(object_.to_mesh())  # UVs being edited cannot be read
    object_.to_mesh_clear()
    return found


def _edges(mesh: Any) -> tuple[Any, Any]:
    """Return how far each corner of a mesh's faces is from the next, in its own units and in its UVs."""
    corners = read_numbers(mesh.loops, "vertex_index", len(mesh.loops), np.int32)
    points = read_vectors(mesh.vertices, "co")[corners]
    uvs = read_numbers(mesh.uv_layers.active.uv, "vector", len(corners) * 2, np.float32)
    starts = read_numbers(mesh.polygons, "loop_start", len(mesh.polygons), np.int32)
    same = np.ones(max(len(corners) - 1, 0), bool)  # a corner and the next one of its face
    same[starts[1:] - 1] = False
    apart, steps = (
        np.linalg.norm(np.diff(x, axis=0), axis=1)[same] for x in (points, uvs.reshape(-1, 2))
    )
    return apart, steps


def _sides(object_: Object) -> tuple[float, ...]:
    """Return the sides of an object without its modifiers, as its Generated coordinates have them."""
    half = getattr(object_.data, "texspace_size", None)
    if half is None:
        return tuple(object_.dimensions)
    scale = object_.matrix_world.to_scale()
    return tuple(2 * side * abs(factor) for side, factor in zip(half, scale, strict=True))


def across_of(scene: Scene) -> float:
    """Return how many pixels lie across what a scene's camera sees: its width, or its height (sensor fit)."""
    camera: Any = scene.camera.data
    aspect = scene.render.resolution_x / scene.render.resolution_y
    is_wide = aspect > 1 if camera.sensor_fit == "AUTO" else camera.sensor_fit == "HORIZONTAL"
    return HEIGHT * aspect if is_wide else HEIGHT


def _pixel_at(scene: Scene, object_: Object) -> float:
    """Return the size of a pixel where an object stands, in metres."""
    camera: Any = scene.camera
    if camera is None:
        return max(_sides(object_)) / BARE
    across = across_of(scene)
    if camera.data.type == "ORTHO":
        return camera.data.ortho_scale / across
    reach = (camera.matrix_world.translation - object_.matrix_world.translation).length
    reach = max(reach, max(_sides(object_)) / 2)
    angle = pi / HEIGHT if camera.data.type == "PANO" else 2 * tan(camera.data.angle / 2) / across
    return reach * angle
