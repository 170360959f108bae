"""The inputs of the toon shader: what feeds it, and a look's settings (``core/request/toon_look.py``)."""

from dataclasses import Field, fields
from typing import Any

from bpy.types import NodeTree
from mathutils import Color

from ...core.fields import is_share, label_of
from ...core.request.toon_look import COLOR, HIGHLIGHT, RIM, SHADES, ToonLook, read_color

FEEDS = (
    ("Base Color", "NodeSocketColor", (0.8, 0.8, 0.8, 1.0), "The surface's color in full light"),
    ("Alpha", "NodeSocketFloat", 1.0, "How much of the surface is there"),
    ("Normal", "NodeSocketVector", None, "The surface's direction; nothing: its own"),
    ("Emission", "NodeSocketColor", (0.0, 0.0, 0.0, 1.0), "Color that needs no light"),
    ("Threshold Map", "NodeSocketFloat", 0.5,
     "Where shadow comes early (dark) or late (bright); grey: as the light falls"),
    ("Specular Map", "NodeSocketFloat", 1.0, "How large highlights are, of their size; black: none"),
    ("Span", "NodeSocketVector", (600.0, 600.0, 600.0),
     "The object's sides in pixels when it became toon: hatching is drawn by them and stays on it"),
    ("UV Span", "NodeSocketFloat", 600.0,
     "How many pixels its UVs were across then: hatching along UVs is drawn by it"),
)  # fmt: skip  # a table
EXTRA = (
    "line_color",
    "hatching",
    "hatch_gap",
    "hatch_angle",
    "hatch_along",
    "halftone",
    "dot_size",
    "dot_angle",
    "grain",
)
"""Settings below other headings that live materials have too."""
OUTPUTS = {
    "EEVEE": "NodeSocketShader",
    "Cycles": "NodeSocketShader",
    "Color": "NodeSocketColor",
}
"""The surface for either engine, and its color in full light, which depends on none."""
LIVE = tuple(
    f
    for f in fields(ToonLook)
    if f.metadata["group"] in (SHADES, HIGHLIGHT, RIM) or f.name in EXTRA
)
"""The settings of a look that live materials have."""


def named(sockets: Any) -> dict[str, Any]:
    """Return sockets by the names of settings; what only feeds the shader has its own name."""
    labels = {label_of(f): f.name for f in LIVE}
    return {labels.get(socket.name, socket.name): socket for socket in sockets if socket.name}


def declare(tree: NodeTree, look: ToonLook | None = None) -> None:
    """Give a group the inputs and outputs of the toon shader, with a look's settings as defaults."""
    values = values_of(look or ToonLook())
    for name, kind in OUTPUTS.items():
        tree.interface.new_socket(name, in_out="OUTPUT", socket_type=kind)
    for name, kind, default, help_ in FEEDS:
        made = tree.interface.new_socket(name, in_out="INPUT", socket_type=kind)
        made.description = help_
        if default is None:
            made.hide_value = True
        else:
            made.default_value = default
    panels: dict[str, Any] = {}
    for field in LIVE:
        heading = field.metadata["group"]
        if heading not in panels:
            closed = heading != SHADES
            panels[heading] = tree.interface.new_panel(heading.title(), default_closed=closed)
        _declare_setting(tree, field, panels[heading], values[field.name])


def _declare_setting(tree: NodeTree, field: Field[Any], panel: Any, value: Any) -> None:
    kinds = {str: "NodeSocketColor", int: "NodeSocketInt", float: "NodeSocketFloat"}
    facts, choices = field.metadata, field.metadata["choices"]
    kind = kinds[int if choices else type(field.default)]
    made: Any = tree.interface.new_socket(
        label_of(field), in_out="INPUT", socket_type=kind, parent=panel
    )
    made.description = facts["help"][:1].upper() + facts["help"][1:]
    if choices:
        made.min_value, made.max_value = 0, len(choices) - 1
        made.description += ": " + ", ".join(f"{k} {name}" for k, name in enumerate(choices))
    elif facts["unit"] != COLOR:
        made.min_value, made.max_value = facts["min"], facts["max"]
        if is_share(field):
            made.subtype = "FACTOR"
    made.default_value = value


def values_of(look: ToonLook) -> dict[str, Any]:
    """Return a look's settings as the inputs of the shader have them, colors in linear light."""
    found: dict[str, Any] = {}
    for field in LIVE:
        value, choices = getattr(look, field.name), field.metadata["choices"]
        if field.metadata["unit"] == COLOR:
            value = (*linear(value), 1.0)
        found[field.name] = choices.index(value) if choices else value
    return found


def linear(text: str) -> tuple[float, ...]:
    """Return a color ``#rrggbb`` in the scene's linear light."""
    return tuple(Color(read_color(text)).from_srgb_to_scene_linear())


def set_look(node: Any, look: ToonLook) -> None:
    """Give a toon shader's node the settings of a look."""
    sockets = named(node.inputs)
    for name, value in values_of(look).items():
        sockets[name].default_value = value
