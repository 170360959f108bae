"""The materials of outlines: one color without light, seen only from the side that faces inward.

Of surfaces that are not opaque the outline is seen as much as they are: it has a copy of what makes them so.
"""

from typing import Any

import bpy
from bpy.types import Material, NodeSocket

from ...core.request.toon_look import read_color
from .. import compat
from ..images import TAG
from ..materials.walk import is_ours
from ..wearing import LINE
from .material import TOON, toon_node
from .nodes import Writer
from .sockets import linear

COLOR = "stylize_line_color"
"""Custom property of the material that all lines of one color share: that color."""


def line_material(color: str) -> Material:
    """Return this file's outline material of a color ``#rrggbb``, made now if there is none."""
    known = (m for m in bpy.data.materials if m.get(TAG) == LINE and m.library is None)
    found = next((m for m in known if m.get(COLOR) == color), None)
    if found is None:
        found = compat.new_material("Toon Line")
        found[COLOR] = color
        found.node_tree.nodes.clear()
        _write(found, color, 1.0)
    return found


def faint_line_material(material: Material, color: str) -> Material | None:
    """Return a new outline's material as opaque as a toon material is now; None if that is opaque."""
    alpha = toon_node(material).inputs["Alpha"]
    if not alpha.is_linked and alpha.default_value >= 1:
        return None
    made = material.copy()
    made.name = f"Toon Line {material.name}"
    tree: Any = made.node_tree
    links = toon_node(made).inputs["Alpha"].links
    opacity = links[0].from_socket if links else float(alpha.default_value)
    for node in [n for n in tree.nodes if n.type == "OUTPUT_MATERIAL" or is_ours(n, TOON)]:
        tree.nodes.remove(node)
    _write(made, color, opacity)
    return made


def _write(material: Material, color: str, alpha: NodeSocket | float) -> None:
    """Write what is seen of an outline into its tree, beside what makes ``alpha``."""
    material[TAG] = LINE
    unseen_in_solid = 0.0  # that view shows both sides
    material.diffuse_color = (*read_color(color), unseen_in_solid)
    material.use_backface_culling = True
    material.use_transparent_shadow = True
    material.cycles.emission_sampling = "NONE"
    writer = Writer(material.node_tree)
    ray = writer.node("ShaderNodeLightPath", {}).outputs
    back = writer.node("ShaderNodeNewGeometry", {}).outputs["Backfacing"]
    unseen = writer.math("MAXIMUM", ray["Is Shadow Ray"], ray["Is Diffuse Ray"])
    ink = writer.shader("ShaderNodeEmission", {"Color": (*linear(color), 1.0)})
    clear = writer.shader("ShaderNodeBsdfTransparent", {})
    hidden = writer.math("SUBTRACT", 1.0, alpha)
    share = writer.math("MAXIMUM", writer.math("MAXIMUM", unseen, back), hidden)
    shown = writer.shader("ShaderNodeMixShader", {0: share, 1: ink, 2: clear})
    writer.node("ShaderNodeOutputMaterial", {"Surface": shown})
