"""The one group that all toon materials of a file read: the scene's light, and how much of what shows."""

from typing import Any, NamedTuple

from bpy.types import NodeSocket, NodeTree

from .nodes import Writer, find_group, shared_group

CONTROL = "Toon Scene"


class Dial(NamedTuple):
    """One value of the control."""

    name: str
    default: float
    least: float
    most: float
    help: str


KEY, FILL, LIGHT, HIGHLIGHTS, RIMS, PATTERNS, LINES, MIRRORED = (
    "Key Light", "World Light", "Light Shift", "Highlights", "Rim Lights", "Patterns", "Lines", "Mirrored",
)  # fmt: skip  # one list
LAMP, NEAR = "Lamp", "Lamp Is Near"
"""Where the brightest lamp stands, or of a sun the direction toward it; and whether it stands somewhere."""
DIALS = (
    Dial(KEY, 1.0, 1e-6, 1e6, "How bright a white surface is that faces the main light"),
    Dial(
        FILL,
        0.0,
        0.0,
        1e6,
        "How much light from all around, as the World's, is left out of EEVEE's tones",
    ),
    Dial(LIGHT, 0.0, -1.0, 1.0, "Moves the edge between light and shadow on everything"),
    Dial(HIGHLIGHTS, 1.0, 0.0, 1.0, "How much of all highlights shows"),
    Dial(RIMS, 1.0, 0.0, 1.0, "How much of all rim lights shows"),
    Dial(PATTERNS, 1.0, 0.0, 1.0, "How much of all hatching, dots and grain shows"),
    Dial(LINES, 1.0, 0.0, 10.0, "How wide all outlines are, of their own width"),
    Dial(
        MIRRORED,
        0.0,
        0.0,
        1.0,
        "How much of toon surfaces other shiny ones show in Cycles; mirrors show all",
    ),
)


def control_group() -> NodeTree:
    """Return the file's control, made now if there is none."""
    return shared_group(CONTROL, _write)


def _write(tree: NodeTree) -> None:
    writer = Writer(tree)
    outputs = {dial.name: _value(writer, dial.name, dial.default) for dial in DIALS}
    outputs[NEAR] = _value(writer, NEAR, 0.0)
    place = {axis: _value(writer, f"{LAMP} {name}", 0.0) for axis, name in enumerate("XYZ")}
    outputs[LAMP] = writer.node("ShaderNodeCombineXYZ", place).outputs[0]
    for name in outputs:
        kind = "NodeSocketVector" if name == LAMP else "NodeSocketFloat"
        tree.interface.new_socket(name, in_out="OUTPUT", socket_type=kind)
    writer.finish(outputs)


def _value(writer: Writer, name: str, value: float) -> NodeSocket:
    node = writer.node("ShaderNodeValue", {}, name=name, label=name)
    node.outputs[0].default_value = value
    return node.outputs[0]


def dial_of(name: str) -> NodeSocket:
    """Return the socket that holds a value of the control: it can be set, keyed and driven."""
    return control_group().nodes[name].outputs[0]


def dial_path(name: str) -> str:
    """Return the path of a value from the control, for drivers."""
    return f'nodes["{name}"].outputs[0].default_value'


def find_control() -> Any:
    """Return the file's control; None if nothing has needed one yet."""
    return find_group(CONTROL)
