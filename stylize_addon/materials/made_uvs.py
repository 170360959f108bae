"""UV maps for meshes without any: unwrapped in the second Blender, and added with the results.

A mesh stores the name of its new map in a custom property, so that restoring needs no list.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import radians

import bpy
import numpy as np
from bpy.types import Material, Mesh, Object
from numpy.typing import NDArray

from ..images import TAG
from ..wearing import materials_on
from .graph import mixes_in

NAME = "Stylize"
"""Of the UV map."""
ANGLE = radians(66)
GAP = 0.02
"""Between islands, in parts of the picture's side."""
Made = Mapping[str, NDArray[np.float32]]
"""UVs of the corners of meshes, by their full names."""


def can_unwrap(object_: Object) -> bool:
    """Return whether an object's mesh can get a UV map: it has none, and is in this file."""
    mesh = object_.data
    foreign = mesh.library is not None or mesh.override_library is not None
    return not (foreign or mesh.uv_layers or mesh.is_editmode) and bool(mesh.polygons)


def groups_of(bare: Iterable[Sequence[Object]]) -> list[list[Object]]:
    """Group objects that share a UV square: those of one material, and of materials on the same object."""
    groups: list[dict[Object, None]] = []
    for objects in bare:
        one = dict.fromkeys(objects)
        for group in [g for g in groups if not one.keys().isdisjoint(g)]:
            one |= group
            groups.remove(group)
        groups.append(one)
    return [list(group) for group in groups if group]


def unwrap(objects: Sequence[Object]) -> dict[str, NDArray[np.float32]]:
    """Make UV maps on objects' meshes, all in one square; return the UVs. Runs in the second Blender."""
    by_mesh = {object_.data: object_ for object_ in objects}
    layer = bpy.context.view_layer
    for object_ in layer.objects:
        object_.select_set(False)
    for mesh, object_ in by_mesh.items():
        mesh.uv_layers.new(name=NAME)
        object_.hide_viewport = False
        object_.hide_set(False)
        object_.select_set(True)
        layer.objects.active = object_
    unwrap_selected(GAP)
    return {mesh.name_full: _read_uvs(mesh) for mesh in by_mesh}


def unwrap_selected(gap: float) -> None:
    """Give all faces of the selected objects places of their own on the active UV maps.

    Args:
        gap: Between islands, in parts of the picture's side.
    """
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.reveal()
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(angle_limit=ANGLE, island_margin=gap)
    bpy.ops.object.mode_set(mode="OBJECT")


def _read_uvs(mesh: Mesh) -> NDArray[np.float32]:
    uvs = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[NAME].uv.foreach_get("vector", uvs)
    return uvs.reshape(-1, 2).clip(0, 1)


def add_uvs(uv_maps: Made) -> tuple[list[Mesh], list[str]]:
    """Add UV maps to meshes; return the meshes, and a note for each mesh that has changed meanwhile."""
    added: list[Mesh] = []
    notes: list[str] = []
    for name, uvs in uv_maps.items():
        mesh = next((m for m in bpy.data.meshes if m.name_full == name), None)
        if mesh is None or mesh.is_editmode or mesh.uv_layers or len(mesh.loops) != len(uvs):
            notes.append(f"{name}: was changed meanwhile, so it got no UVs; stylize it again")
            continue
        layer = mesh.uv_layers.new(name=NAME, do_init=False)
        layer.uv.foreach_set("vector", np.ascontiguousarray(uvs).ravel())
        mesh[TAG] = layer.name
        added.append(mesh)
    return added, notes


def remove_uvs(meshes: Iterable[Mesh]) -> None:
    """Remove the UV maps of this add-on from meshes."""
    for mesh in meshes:
        layer = mesh.uv_layers.get(mesh.get(TAG, ""))
        if layer is not None:
            mesh.uv_layers.remove(layer)
        if TAG in mesh:
            del mesh[TAG]


def remove_unused_uvs() -> None:
    """Remove the UV maps of this add-on from meshes on which nothing is stylized."""
    ours = [mesh for mesh in bpy.data.meshes if TAG in mesh and mesh.library is None]
    if not ours:
        return
    worn: dict[Mesh, list[Object]] = {mesh: [] for mesh in ours}
    for object_ in bpy.data.objects:
        if object_.data in worn:
            worn[object_.data].append(object_)
    remove_uvs(mesh for mesh, objects in worn.items() if not _has_stylized(materials_on(objects)))


def _has_stylized(materials: Iterable[Material]) -> bool:
    return next(mixes_in(materials), None) is not None
