"""Copies of objects to bake on, in a second Blender: local, visible, with UVs that nothing shares."""

from math import radians
from typing import Any

import bpy
from bpy.types import Object, Scene

NAME = "Toon"
"""Of the UV map."""
ANGLE, MARGIN = radians(66), 0.01
MOVED = ("ARMATURE", "CLOTH", "SOFT_BODY")
"""Modifiers that a model keeps: its shape is that of another moment."""


def bakeable_copy(scene: Scene, object_: Any) -> Any:
    """Return a copy with a mesh of its own that takes the object's place; its shape is that of this frame.

    What is rigged or has shape keys stays as it is, so that it still moves.
    """
    name = object_.name
    copy = object_.copy()
    scene.collection.objects.link(copy)
    copy.hide_render = copy.hide_viewport = copy.hide_select = False
    copy.data = object_.data.copy() if _moves(object_) else _solid(scene, object_)
    if not _moves(object_):
        copy.modifiers.clear()
    for collection in list(copy.users_collection):
        if collection != scene.collection:
            collection.objects.unlink(copy)
    object_.hide_render = True
    if object_.library is None:
        object_.name = f"{name} live"
    copy.name = name
    for slot in copy.material_slots:
        _own(slot)
    if not copy.material_slots:
        copy.data.materials.append(_new())
    return copy


def _moves(object_: Object) -> bool:
    keys = getattr(object_.data, "shape_keys", None)
    return keys is not None or any(m.type in MOVED for m in object_.modifiers)


def _solid(scene: Scene, object_: Object) -> Any:
    graph = scene.view_layers[0].depsgraph
    graph.update()
    evaluated = object_.evaluated_get(graph)
    return bpy.data.meshes.new_from_object(
        evaluated, preserve_all_data_layers=True, depsgraph=graph
    )


def _own(slot: Any) -> None:
    """Give a slot a material of its own: one that is baked gets nodes that others shall not have."""
    material = slot.material
    slot.link = "OBJECT"
    usable = material is not None and material.node_tree is not None
    slot.material = material.copy() if usable else _new()


def _new() -> Any:
    material = bpy.data.materials.new("Plain")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    return material


def unwrap(scene: Scene, copy: Any) -> None:
    """Give a copy a UV map on which each of its faces has a place of its own."""
    mesh = copy.data
    while len(mesh.uv_layers) > 7:  # Blender has eight at most
        mesh.uv_layers.remove(mesh.uv_layers[-1])
    layer = mesh.uv_layers.new(name=NAME)
    layer.name = NAME
    mesh.uv_layers.active = layer
    view_layer = scene.view_layers[0]
    for object_ in view_layer.objects:
        object_.select_set(object_ == copy)
    view_layer.objects.active = copy
    context = {"object": copy, "active_object": copy, "selected_objects": [copy]}
    with bpy.context.temp_override(scene=scene, view_layer=view_layer, **context):
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.reveal()
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(angle_limit=ANGLE, island_margin=MARGIN)
        bpy.ops.object.mode_set(mode="OBJECT")
