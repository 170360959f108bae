"""Which part of a picture the meshes show: their UV triangles."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Material, Mesh, Node, Object
from numpy.typing import NDArray

from .material_walk import Leaf, Place, walk

ACTIVE = ""
"""Stands for the UV map that the mesh renders with."""
EDGE = 1e-3
"""How far UVs may leave the square and still count as inside."""
Triangles = NDArray[np.float32]


def uv_map_of(place: Place, node: Node) -> str | None:
    """Return the name of the UV map by which a picture's node is placed; None if it is placed otherwise."""
    if node.projection != "FLAT":
        return None
    if not node.inputs["Vector"].is_linked:
        return ACTIVE
    leaves = walk(place, node.inputs["Vector"], _through_vector).leaves
    return _map_of(leaves[0]) if len(leaves) == 1 else None


def _map_of(leaf: Leaf) -> str | None:
    if leaf.link is None:
        return None
    node, socket = leaf.link.from_node, leaf.link.from_socket
    if node.type == "UVMAP" and not node.from_instancer:
        return node.uv_map or ACTIVE
    if node.type == "TEX_COORD" and socket.identifier == "UV" and not node.from_instancer:
        return ACTIVE
    if (
        node.type == "ATTRIBUTE"
        and node.attribute_type == "GEOMETRY"
        and socket.identifier == "Vector"
    ):
        return node.attribute_name or None
    return None


def _through_vector(node: Node) -> list[bpy.types.NodeSocket] | None:
    if node.type == "REROUTE":
        return [node.inputs[0]]
    if node.type == "MAPPING" and node.vector_type in ("POINT", "TEXTURE") and _is_identity(node):
        return [node.inputs["Vector"]]
    return None


def _is_identity(node: Node) -> bool:
    wanted = {"Location": 0.0, "Rotation": 0.0, "Scale": 1.0}
    sockets = [(node.inputs[name], value) for name, value in wanted.items()]
    return all(not s.is_linked and all(x == value for x in s.default_value) for s, value in sockets)


def users_of(material: Material) -> list[Object]:
    """Return the mesh objects of the file that wear a material."""
    return [o for o in bpy.data.objects if o.type == "MESH" and material in _materials(o)]


def _materials(object_: Object) -> list[Material | None]:
    return [slot.material for slot in object_.material_slots]


def triangles_of(object_: Object, material: Material, uv_map: str) -> Triangles | None:
    """Return the UV triangles of an object's faces that wear a material, (N, 3, 2); None without that map."""
    if object_.mode == "EDIT":
        object_.update_from_editmode()
    slots = [index for index, worn in enumerate(_materials(object_)) if worn == material]
    if _has_map(object_.data, uv_map):
        return _read(object_.data, slots, len(object_.material_slots), uv_map)
    evaluated = object_.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    try:
        if mesh is None or not _has_map(mesh, uv_map):
            return None
        return _read(mesh, slots, len(object_.material_slots), uv_map)
    finally:
        evaluated.to_mesh_clear()


def _has_map(mesh: Mesh, uv_map: str) -> bool:
    return bool(mesh.polygons) and (
        bool(mesh.uv_layers) if uv_map == ACTIVE else uv_map in mesh.uv_layers
    )


def _read(mesh: Mesh, slots: list[int], count: int, uv_map: str) -> Triangles:
    layer = mesh.uv_layers[uv_map] if uv_map != ACTIVE else _rendered(mesh)
    mesh.calc_loop_triangles()
    loops = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    worn = np.empty(len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("material_index", worn)
    uv = np.empty(len(mesh.loops) * 2, np.float32)
    layer.uv.foreach_get("vector", uv)
    chosen = np.isin(worn.clip(0, max(0, count - 1)), slots)
    return uv.reshape(-1, 2)[loops.reshape(-1, 3)[chosen]]


def _rendered(mesh: Mesh) -> bpy.types.MeshUVLoopLayer:
    return next((layer for layer in mesh.uv_layers if layer.active_render), mesh.uv_layers[0])


def gather(uses: Iterable[tuple[Material, str | None]]) -> Triangles | None:
    """Return all UV triangles of materials, each with its UV map; None if one of them has no such map."""
    found: list[Triangles] = [np.empty((0, 3, 2), np.float32)]
    for material, uv_map in dict.fromkeys(uses):
        if uv_map is None:
            return None
        for object_ in users_of(material):
            triangles = triangles_of(object_, material, uv_map)
            if triangles is None:
                return None
            found.append(triangles)
    every = np.concatenate(found)
    return every[np.isfinite(every).all((1, 2))] if len(every) else None


def within_tile(triangles: Triangles, tile: int = 1001) -> Triangles | None:
    """Return the triangles of a UDIM tile relative to it; None if some leave it or none is in it."""
    corner = np.array(((tile - 1001) % 10, (tile - 1001) // 10), np.float32)
    moved = triangles - corner
    middle = moved.mean(1)
    inside = moved[((middle >= 0) & (middle <= 1)).all(1)]
    if not len(inside) or inside.min() < -EDGE or inside.max() > 1 + EDGE:
        return None
    return inside.clip(0, 1)


def within_square(triangles: Triangles) -> Triangles | None:
    """Return triangles that lie in the unit square; None if some leave it, for then the picture repeats."""
    if not len(triangles) or triangles.min() < -EDGE or triangles.max() > 1 + EDGE:
        return None
    return triangles.clip(0, 1)


def write(triangles: Triangles, folder: Path, name: str) -> Path:
    """Write triangles for the engine and return the file."""
    path = folder / f"{name}.uv.npy"
    np.save(path, np.ascontiguousarray(triangles, np.float32))
    return path


def maps_missing(objects: Iterable[Object], material: Material) -> Iterator[Object]:
    """Yield the objects that wear a material and have no UV map."""
    yield from (o for o in objects if triangles_of(o, material, ACTIVE) is None)
