"""The material of outlines: one color without light, seen only from the side that faces inward."""

from typing import Any

import bpy
from bpy.types import Material

from ...core.request.toon_look import read_color
from .. import compat
from ..images import TAG
from .nodes import Writer
from .sockets import linear

LINE = "toon_line"
"""What an outline's material is marked as."""
COLOR = "stylize_line_color"


def line_material(color: str) -> Material:
    """Return this file's outline material of a color ``#rrggbb``, made now if there is none."""
    known = (m for m in bpy.data.materials if m.get(TAG) == LINE and m.library is None)
    found = next((m for m in known if m.get(COLOR) == color), None)
    if found is None:
        found = compat.new_material("Toon Line")
        _write(found, color)
    return found


def _write(material: Material, color: str) -> None:
    material[TAG], material[COLOR] = LINE, color
    unseen_in_solid = 0.0  # that view shows both sides
    material.diffuse_color = (*read_color(color), unseen_in_solid)
    material.use_backface_culling = True
    material.use_transparent_shadow = True
    material.cycles.emission_sampling = "NONE"
    tree: Any = material.node_tree
    tree.nodes.clear()
    writer = Writer(tree)
    ray = writer.node("ShaderNodeLightPath", {}).outputs
    back = writer.node("ShaderNodeNewGeometry", {}).outputs["Backfacing"]
    unseen = writer.math("MAXIMUM", ray["Is Shadow Ray"], ray["Is Diffuse Ray"])
    ink = writer.shader("ShaderNodeEmission", {"Color": (*linear(color), 1.0)})
    clear = writer.shader("ShaderNodeBsdfTransparent", {})
    share = writer.math("MAXIMUM", unseen, back)
    shown = writer.shader("ShaderNodeMixShader", {0: share, 1: ink, 2: clear})
    writer.node("ShaderNodeOutputMaterial", {"Surface": shown})
