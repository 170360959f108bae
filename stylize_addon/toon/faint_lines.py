"""The materials of outlines: one for all, and one for each surface that is not opaque."""

from typing import Any

import bpy
from bpy.types import Material, NodeTree

from ...core.request.toon_look import PRESETS
from .line_material import faint_line_material
from .material import look_of, toon_materials
from .nodes import begin, declare_group, find_group, shared_group

GROUP = "Toon Line Materials"
INPUTS = {"Geometry": "NodeSocketGeometry", "Material": "NodeSocketMaterial"}
OUTPUTS = {"Geometry": "NodeSocketGeometry", "Opaque": "NodeSocketBool"}


def line_materials_group() -> NodeTree:
    """Return the file's group of outlines' materials, made now if there is none.

    It gives an outline its materials, and tells which faces of a mesh have an opaque one.
    """
    return shared_group(GROUP, _declare, "GeometryNodeTree")


def follow_opacity() -> None:
    """Give the lines of this file's toon materials the opacity that these have now."""
    tree = find_group(GROUP)
    if tree is not None:
        _write(tree)


def _declare(tree: NodeTree) -> None:
    declare_group(tree, INPUTS, OUTPUTS)
    _write(tree)


def _write(tree: NodeTree) -> None:
    for old in _own_materials(tree):
        bpy.data.materials.remove(old)
    tree.nodes.clear()
    writer, given = begin(tree)
    opaque, faint = None, list[tuple[Any, Material]]()
    for material in toon_materials():
        line = faint_line_material(material, PRESETS[look_of(material)].look.line_color)
        if line is None:
            continue
        on = writer.node("GeometryNodeMaterialSelection", {"Material": material}).outputs[0]
        faint.append((on, line))
        off = writer.node("FunctionNodeBooleanMath", {0: on}, operation="NOT").outputs[0]
        both = {0: opaque, 1: off}
        opaque = off if opaque is None else writer.node("FunctionNodeBooleanMath", both).outputs[0]
    lines = {"Geometry": given["Geometry"], "Selection": opaque, "Material": given["Material"]}
    shown = writer.node("GeometryNodeSetMaterial", lines).outputs[0]
    for on, line in faint:
        lines = {"Geometry": shown, "Selection": on, "Material": line}
        shown = writer.node("GeometryNodeSetMaterial", lines).outputs[0]
    writer.finish({"Geometry": shown, "Opaque": True if opaque is None else opaque})


def _own_materials(tree: NodeTree) -> list[Material]:
    nodes: Any = [n for n in tree.nodes if n.bl_idname == "GeometryNodeSetMaterial"]
    return [m for n in nodes if (m := n.inputs["Material"].default_value) is not None]
