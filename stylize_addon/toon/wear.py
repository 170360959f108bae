"""Which objects get a toon version, and materials for those that have none or only linked ones."""

from collections.abc import Iterable
from typing import Any

import bpy
from bpy.types import Material, Object

from .. import compat
from ..images import TAG
from ..materials.worklist import locked

MADE = "toon"
"""What a material or a slot is marked as that was made for an object without one."""
ORIGINAL, LINKED = "stylize_original", "stylize_linked"
"""Custom properties of a local copy: the linked material, and the objects whose slot was switched to it."""
SLOT = "stylize_slot"
"""Custom property of data that got a material slot."""
WORN = ("MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES")
"""Objects with surfaces."""


def with_instances(objects: Iterable[Object]) -> list[Object]:
    """Return objects with surfaces, and those of the collections that others instance."""
    found: dict[Object, None] = {}
    for object_ in objects:
        group = object_.instance_collection if object_.instance_type == "COLLECTION" else None
        for one in (object_, *(group.all_objects if group else ())):
            if one.type in WORN:
                found[one] = None
    return list(found)


def dress(objects: Iterable[Object]) -> list[str]:
    """Give objects without a material one, and local copies of linked ones; return what cannot be."""
    notes = []
    for object_ in objects:
        if object_.library is not None:
            notes.append(f"{object_.name}: {locked(object_)}, or make a library override of it")
            continue
        if not any(slot.material for slot in object_.material_slots):
            notes += _give_plain(object_)
        for slot in object_.material_slots:
            if slot.material is not None and locked(slot.material):
                _localize(object_, slot)
    return notes


def _give_plain(object_: Any) -> list[str]:
    data = object_.data
    if not object_.material_slots:
        if data.library is not None:
            return [f"{object_.name}: it has no material slot, and its linked mesh can get none"]
        data.materials.append(None)
        data[SLOT] = True
    material = compat.new_material("Toon")
    material[TAG] = MADE
    object_.material_slots[0].material = material
    return []


def _localize(object_: Object, slot: Any) -> None:
    linked = slot.material
    copy = next((m for m in bpy.data.materials if m.get(ORIGINAL) == linked), None)
    if copy is None:
        copy = linked.copy()
        if copy.library is not None or copy.override_library is not None:
            copy.make_local()
        copy[ORIGINAL], copy[LINKED] = linked, []
    if slot.link == "DATA" and locked(object_.data):
        slot.link = "OBJECT"
        copy[LINKED] = [*copy[LINKED], object_.name]
    slot.material = copy


def undress(materials: Iterable[Material]) -> None:
    """Take away materials that were made here, and put linked ones back."""
    ours = [m for m in materials if m.library is None and (m.get(TAG) == MADE or ORIGINAL in m)]
    for material in ours:
        for object_ in (o for o in bpy.data.objects if o.library is None):
            _undress(object_, material)
        if not material.users - material.use_fake_user:
            bpy.data.materials.remove(material)


def _undress(object_: Any, material: Material) -> None:
    for slot in object_.material_slots:
        if slot.material != material:
            continue
        slot.material = material.get(ORIGINAL)
        if object_.name in list(material.get(LINKED, ())):
            slot.material = None
            slot.link = "DATA"
    data = object_.data
    if data is not None and data.get(SLOT) and data.library is None:
        del data[SLOT]
        if list(data.materials) == [None]:
            data.materials.clear()  # objects keep a slot that is popped
