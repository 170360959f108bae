"""Lines of objects: a modifier that adds an inverted hull, seen from inside, and lines on the edges.

They have a material of their own. It comes after all other modifiers, so it follows armatures and shape keys.
"""

from collections.abc import Iterable
from math import radians
from typing import Any

import bpy
from bpy.types import Material, Object, Scene

from ...core.request.toon_look import ToonLook
from .. import compat
from ..images import TAG
from ..wearing import LINE
from .faint_lines import GROUP as MATERIALS
from .hull import GROUP, NAME, hull_group
from .line_material import line_material
from .nodes import PART

BARE = 0.004
"""Width where there is no camera, of the object's size."""


def add_outline(object_: Any, look: ToonLook, scene: Scene) -> str:
    """Give a mesh object an outline, or its outline another look; return why it cannot be, or nothing."""
    if object_.type != "MESH" or not object_.data.polygons:
        return "is no mesh with faces, so it gets no outline"
    modifier = outline_of(object_)
    if modifier is None:
        modifier = object_.modifiers.new(NAME, "NODES")
        modifier.show_in_editmode = False
    modifier.node_group = hull_group(scene)
    width, pixels = _width(object_, look, seen=scene.camera is not None)
    set_width(object_, width, pixels=pixels, brush=look.brush)
    for name, value in _shares(look).items():
        compat.set_input(modifier, name, value)
    compat.set_input(modifier, "Material", line_material(look.line_color))
    return ""


def set_width(object_: Object, width: float, *, pixels: bool, brush: float) -> None:
    """Set the width of an object's lines; each kind has a share of it.

    Args:
        object_: An object with an outline.
        width: Its width.
        pixels: Whether that is pixels of a picture 1080 high; else metres in the scene.
        brush: How uneven it is, 0 to 1.
    """
    modifier = outline_of(object_)
    for name, value in (("Width", float(width)), ("In Pixels", pixels), ("Brush", float(brush))):
        compat.set_input(modifier, name, value)


def _shares(look: ToonLook) -> dict[str, float]:
    """Return how wide each kind of line is, of the lines' width, and what a crease is."""
    return {
        "Silhouettes": look.silhouettes,
        "Creases": look.creases,
        "Crease Angle": radians(look.crease_angle),
        "Borders": look.borders,
        "Taper": look.taper,
    }


def outline_of(object_: Object) -> Any:
    """Return an object's outline; None if it has none."""
    nodes = (m for m in object_.modifiers if m.type == "NODES" and m.node_group is not None)
    return next((m for m in nodes if m.node_group.get(PART, "").startswith(GROUP)), None)


def _width(object_: Object, look: ToonLook, *, seen: bool) -> tuple[float, bool]:
    """Return a line's width, and whether that is pixels, or metres in the scene."""
    if look.line_metres:
        return look.line_metres, False
    if seen:
        return look.line_width, True
    return max(object_.dimensions) * BARE * look.line_width / 2, False


def remove_outlines(objects: Iterable[Object]) -> int:
    """Take outlines off objects; return how many there were."""
    worn = [o for o in objects if o.library is None and outline_of(o) is not None]
    for object_ in worn:
        object_.modifiers.remove(outline_of(object_))
    _remove_unused()
    return len(worn)


def _remove_unused() -> None:
    """Remove the groups and the materials of lines that nothing uses, users before what they use."""
    for name in (GROUP, MATERIALS):
        groups = [t for t in bpy.data.node_groups if t.get(PART, "").startswith(name)]
        _remove(groups, bpy.data.node_groups)
    _remove(_line_materials(), bpy.data.materials)


def _remove(ours: list[Any], all_: Any) -> None:
    """Remove those of some data-blocks that nothing uses; 5.2 counts former users too."""
    local = [one for one in ours if one.library is None and not one.use_fake_user]
    users = bpy.data.user_map(subset=local) if local else {}
    for one in [one for one in local if not users[one]]:
        all_.remove(one)


def _line_materials() -> list[Material]:
    return [m for m in bpy.data.materials if m.get(TAG) == LINE]
