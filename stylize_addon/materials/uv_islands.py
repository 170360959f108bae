"""The triangles that show a picture: their UVs, where they are in the scene, and how they are shaded."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import bpy
import numpy as np
from bpy.types import Material, Mesh, Node, Object
from numpy.typing import NDArray

from ..wearing import in_slot, users_of
from .walk import Leaf, Place, walk

ACTIVE = ""
"""Stands for the UV map that the mesh renders with."""
EDGE = 1e-3
"""How far UVs may leave the square and still count as inside."""


@dataclass(frozen=True, slots=True)
class Triangles:
    """Triangles of meshes that show a picture."""

    uv: NDArray[np.float32]
    """(N, 3, 2)."""
    position: NDArray[np.float32]
    """(N, 3, 3): positions of the corners in the scene, in metres."""
    part: NDArray[np.int32]
    """(N,): number of each triangle's object."""
    normal: NDArray[np.float32]
    """(N, 3, 3): by which their corners are shaded, of any length."""
    detail: NDArray[np.float32]
    """(N, 3): how much finer brushes are wanted at their corners, 0 to 1."""

    def __len__(self) -> int:
        """Return the number of triangles."""
        return len(self.uv)

    def chosen(self, those: NDArray[np.bool_]) -> "Triangles":
        """Return the triangles that ``those`` selects."""
        return Triangles(*(array[those] for array in self.arrays().values()))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all of it by name."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


def areas_of(corners: NDArray[Any]) -> NDArray[np.float64]:
    """Return the areas of triangles, (N,), whose corners (N, 3, 3) are given."""
    first, *others = corners.astype(np.float64).transpose(1, 0, 2)
    return np.linalg.norm(np.cross(*(corner - first for corner in others)), axis=1) / 2


def uv_map_of(place: Place, node: Node) -> str | None:
    """Return the name of the UV map of a picture's node; None if it uses other coordinates."""
    if node.projection != "FLAT":
        return None
    if not node.inputs["Vector"].is_linked:
        return ACTIVE
    leaves = walk(place, node.inputs["Vector"], _pass_vector).leaves
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


def _pass_vector(node: Node) -> list[bpy.types.NodeSocket] | None:
    if node.type == "REROUTE":
        return [node.inputs[0]]
    if node.type == "MAPPING" and node.vector_type in ("POINT", "TEXTURE") and _is_identity(node):
        return [node.inputs["Vector"]]
    return None


def _is_identity(node: Node) -> bool:
    wanted = {"Location": 0.0, "Rotation": 0.0, "Scale": 1.0}
    sockets = [(node.inputs[name], value) for name, value in wanted.items()]
    return all(not s.is_linked and all(x == value for x in s.default_value) for s, value in sockets)


def triangles_of(
    object_: Object, material: Material, uv_map: str, group: str = ""
) -> Triangles | None:
    """Return the triangles of an object's faces that show a material; None without that map.

    A vertex group of the name ``group`` says where finer brushes are wanted.
    """
    with _shown_mesh(object_, material, uv_map) as (mesh, slots):
        return None if mesh is None else _read(object_, mesh, slots, _read_uvs(mesh, uv_map), group)


def uv_range(object_: Object, material: Material) -> tuple[float, float] | None:
    """Return the lowest and the highest UV of an object's faces that show a material; None without a UV map.

    Without such faces it is (inf, -inf).
    """
    with _shown_mesh(object_, material, ACTIVE) as (mesh, slots):
        if mesh is None:
            return None
        slot = read_numbers(mesh.polygons, "material_index", len(mesh.polygons), np.int32)
        corners = read_numbers(mesh.polygons, "loop_total", len(mesh.polygons), np.int32)
        chosen = np.repeat(_is_chosen(slot, slots), corners)
        uv = _read_uvs(mesh, ACTIVE)[chosen]
        return (float(uv.min()), float(uv.max())) if len(uv) else (np.inf, -np.inf)


@contextmanager
def _shown_mesh(
    object_: Object, material: Material, uv_map: str
) -> Iterator[tuple[Mesh | None, list[bool]]]:
    """Yield the mesh that shows a material by a UV map, or None, and whether each of its slots has it.

    It is the object's own mesh if that has both, else the evaluated one.
    """
    editing = object_.mode == "EDIT"
    if editing:
        object_.update_from_editmode()
    worn = in_slot(object_, material)
    own = [slot.material == material for slot in object_.material_slots]
    if worn and _has_map(object_.data, uv_map):
        yield object_.to_mesh() if editing else object_.data, own  # UVs being edited cannot be read
        object_.to_mesh_clear()
        return
    evaluated = object_.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    try:
        if mesh is None or not _has_map(mesh, uv_map):
            yield None, []
        else:
            yield (
                mesh,
                own if worn else [m is not None and m.original == material for m in mesh.materials],
            )
    finally:
        evaluated.to_mesh_clear()


def _is_chosen(slot: NDArray[np.int32], slots: list[bool]) -> NDArray[np.bool_]:
    """Return which faces, given by slot numbers, use one of the slots that are True."""
    return np.isin(slot.clip(0, max(0, len(slots) - 1)), np.flatnonzero(slots))


def _has_map(mesh: Mesh, uv_map: str) -> bool:
    return bool(mesh.polygons) and (
        bool(mesh.uv_layers) if uv_map == ACTIVE else uv_map in mesh.uv_layers
    )


def _read_uvs(mesh: Mesh, uv_map: str) -> NDArray[np.float32]:
    layer = mesh.uv_layers[uv_map] if uv_map != ACTIVE else _find_rendered(mesh)
    return read_numbers(layer.uv, "vector", len(mesh.loops) * 2, np.float32).reshape(-1, 2)


def _read(
    object_: Object, mesh: Mesh, slots: list[bool], uv: NDArray[np.float32], group: str
) -> Triangles:
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    loops = read_numbers(mesh.loop_triangles, "loops", count * 3, np.int32).reshape(-1, 3)
    points = read_numbers(mesh.loop_triangles, "vertices", count * 3, np.int32).reshape(-1, 3)
    slot = read_numbers(mesh.loop_triangles, "material_index", count, np.int32)
    chosen = _is_chosen(slot, slots)
    place = read_numbers(mesh.vertices, "co", len(mesh.vertices) * 3, np.float32).reshape(-1, 3)
    matrix = np.array(object_.matrix_world, np.float32)
    place = place @ matrix[:3, :3].T + matrix[:3, 3]
    none, turn = np.zeros(int(chosen.sum()), np.int32), matrix[:3, :3]
    across = np.stack([np.cross(turn[k - 2], turn[k - 1]) for k in range(3)])
    normal = read_numbers(mesh.corner_normals, "vector", len(mesh.loops) * 3, np.float32)
    normal = normal.reshape(-1, 3) @ across.T
    detail = _read_weights(object_, mesh, group)
    own, at = loops[chosen], points[chosen]
    return Triangles(uv[own], place[at], none, normal[own], detail[at])


def _read_weights(object_: Object, mesh: Mesh, group: str) -> NDArray[np.float32]:
    """Return the weights of vertices in an object's vertex group, (V,); 0 without one of that name."""
    weights = np.zeros(len(mesh.vertices), np.float32)
    known = object_.vertex_groups.get(group) if group else None
    if known is not None:
        index = known.index
        for number, vertex in enumerate(mesh.vertices):
            for entry in vertex.groups:
                if entry.group == index:
                    weights[number] = entry.weight
    return weights


def read_numbers(items: Any, name: str, count: int, kind: type) -> NDArray[Any]:
    """Return a property of all items of a mesh, (count,)."""
    numbers = np.empty(count, kind)
    items.foreach_get(name, numbers)
    return numbers


def _find_rendered(mesh: Mesh) -> bpy.types.MeshUVLoopLayer:
    return next((layer for layer in mesh.uv_layers if layer.active_render), mesh.uv_layers[0])


def gather(
    uses: Iterable[tuple[Material, str | None]],
    made_uvs: Mapping[str, NDArray[np.float32]] = MappingProxyType({}),
    group: str = "",
) -> Triangles | None:
    """Return all triangles of materials, each with its UV map; None if one of them has no such map.

    Meshes without any map have the UVs in ``made_uvs``, by full names. A vertex group of the name ``group``
    says where finer brushes are wanted.
    """
    parts: list[Triangles] = []
    for material, uv_map in dict.fromkeys(uses):
        if uv_map is None:
            return None
        for object_ in users_of(material):
            triangles = triangles_of(object_, material, uv_map, group)
            uvs = made_uvs.get(object_.data.name_full) if uv_map == ACTIVE else None
            if triangles is None and uvs is not None and len(object_.data.loops) == len(uvs):
                own = [slot.material == material for slot in object_.material_slots]
                triangles = _read(object_, object_.data, own, uvs, group)
            if triangles is None:
                return None
            parts.append(triangles)
    every = join(parts)
    return every if len(every) else None


def join(several: Sequence[Triangles]) -> Triangles:
    """Join the triangles of several objects."""
    uv = [np.empty((0, 3, 2), np.float32), *(t.uv for t in several)]
    corners = [np.empty((0, 3, 3), np.float32)]
    position, normal = (
        [*corners, *(getattr(t, n) for t in several)] for n in ("position", "normal")
    )
    parts = [np.empty(0, np.int32), *(t.part + k for k, t in enumerate(several))]
    detail = [np.empty((0, 3), np.float32), *(t.detail for t in several)]
    every = Triangles(*map(np.concatenate, (uv, position, parts, normal, detail)))
    return every.chosen(np.isfinite(every.uv).all((1, 2)))


def within_square(low: float, high: float) -> bool:
    """Return whether UVs in this range are in the unit square; else a baked picture would repeat."""
    return -EDGE <= low <= high <= 1 + EDGE


def write(triangles: Triangles, path: Path) -> Path:
    """Write triangles for the engine to an .npz and return it."""
    np.savez(path, **triangles.arrays())
    return path


def read(path: Path) -> Triangles:
    """Return the triangles in a file from ``write``."""
    with np.load(path) as arrays:
        return Triangles(**{part.name: arrays[part.name] for part in fields(Triangles)})
