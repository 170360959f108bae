"""Copies of objects to bake on, in a second Blender: local, visible, with UVs that nothing shares."""

from typing import Any

from bpy.types import Object, Scene

from .. import compat
from ..materials.baking import chosen_alone, evaluated_mesh
from ..materials.made_uvs import unwrap_selected

NAME = "Toon"
"""Of the UV map."""
GAP = 0.01
"""Between islands, in parts of the picture's side."""
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
    copy.data = object_.data.copy() if _moves(object_) else evaluated_mesh(scene, object_)
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
        copy.data.materials.append(compat.new_material("Plain"))
    return copy


def _moves(object_: Object) -> bool:
    keys = getattr(object_.data, "shape_keys", None)
    return keys is not None or any(m.type in MOVED for m in object_.modifiers)


def _own(slot: Any) -> None:
    """Give a slot a material of its own: one that is baked gets nodes that others shall not have."""
    material = slot.material
    slot.link = "OBJECT"
    usable = material is not None and material.node_tree is not None
    slot.material = material.copy() if usable else compat.new_material("Plain")


def unwrap(scene: Scene, copy: Any) -> None:
    """Give a copy a UV map on which each of its faces has a place of its own."""
    mesh = copy.data
    while len(mesh.uv_layers) > 7:  # Blender has eight at most
        mesh.uv_layers.remove(mesh.uv_layers[-1])
    layer = mesh.uv_layers.new(name=NAME)
    layer.name = NAME
    mesh.uv_layers.active = layer
    with chosen_alone(scene, copy):
        unwrap_selected(GAP)
