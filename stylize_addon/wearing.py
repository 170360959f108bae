"""The materials of objects: those in their slots, and those that Geometry Nodes set."""

from collections.abc import Iterable, Iterator
from typing import Any

import bpy
from bpy.types import Material, Node, NodeTree, Object

from . import compat
from .images import TAG

LINE = "toon_line"
"""What the materials of a toon object's lines are marked as: they are no surfaces."""
STROKES = ("GREASEPENCIL", "GPENCIL")
"""Objects of Grease Pencil, from Blender 4.3 on and before."""
Known = dict[NodeTree, list[Material]]
"""What the nodes of a tree name, for the length of one look at many objects."""
DRAWN = "is Grease Pencil, which is drawn without textures, so it is left; Stylize Render changes it too"


def materials_on(objects: Iterable[Object]) -> list[Material]:
    """Return the materials that objects show, each once."""
    known: Known = {}
    return list(dict.fromkeys(m for object_ in objects for m in _list_shown(object_, known)))


def users_of(material: Material) -> list[Object]:
    """Return the mesh objects of the file that show a material."""
    known: Known = {}
    meshes = (object_ for object_ in bpy.data.objects if object_.type == "MESH")
    return [object_ for object_ in meshes if material in _list_shown(object_, known)]


def wearers_of(materials: Iterable[Material]) -> list[Object]:
    """Return the mesh objects of the file that show any of some materials, each once."""
    return list(dict.fromkeys(o for material in materials for o in users_of(material)))


def _list_shown(object_: Object, known: Known) -> list[Material]:
    slots = [slot.material for slot in object_.material_slots]
    shown = (*slots, *_set_by_nodes(object_, known))
    return [m for m in shown if m is not None and m.get(TAG) != LINE]


def in_slot(object_: Object, material: Material) -> bool:
    """Return whether an object has a material in one of its slots."""
    return any(slot.material == material for slot in object_.material_slots)


def _set_by_nodes(object_: Object, known: Known) -> Iterator[Material]:
    """Yield the materials that an object's Geometry Nodes can give it."""
    for modifier in object_.modifiers:
        active = modifier.show_viewport or modifier.show_render
        tree = modifier.node_group if modifier.type == "NODES" and active else None
        if tree is not None:
            if tree not in known:
                known[tree] = list(dict.fromkeys(_find_materials(tree, set())))
            yield from compat.modifier_materials(modifier)
            yield from known[tree]


def _find_materials(tree: NodeTree, known: set[NodeTree]) -> Iterator[Material]:
    """Yield the materials in those nodes of a tree that lead to its output, groups included."""
    known.add(tree)
    for node in _find_used_nodes(tree):
        if node.type == "GROUP" and node.node_tree is not None and node.node_tree not in known:
            yield from _find_materials(node.node_tree, known)
        gives = node.bl_idname != "GeometryNodeMaterialSelection"  # that asks where one is
        sockets = [s for s in node.inputs if s.type == "MATERIAL" and not s.is_linked and gives]
        named = [*(s.default_value for s in sockets), getattr(node, "material", None)]
        yield from (m for m in named if isinstance(m, Material))


def _find_used_nodes(tree: NodeTree) -> Iterator[Node]:
    """Yield the nodes that lead to a tree's output and are not muted; a zone counts as one node."""
    starts = {}
    for node in tree.nodes:
        end = getattr(node, "paired_output_node", None)
        if end is not None:
            starts[end] = node
    waiting: list[Any] = [node for node in tree.nodes if node.type == "GROUP_OUTPUT"]
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if not node.mute:
            yield node
        waiting += [link.from_node for s in node.inputs for link in s.links if not link.is_muted]
        waiting += [starts[node]] if node in starts else []
