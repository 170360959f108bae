"""Writing node groups as arithmetic: sockets and numbers in, sockets out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bpy
from bpy.types import NodeSocket, NodeTree

from ..images import TAG
from ..materials.graph import socket_of

PART, VERSION = "toon_part", 3
"""Custom property of our groups: which part of the shader; and the version of how they are written."""
Inputs = Mapping[str, NodeSocket]
Value = NodeSocket | float | Sequence[float]
"""What feeds an input: a link, or a value of its own."""
WIDTH = 180


class Writer:
    """Adds nodes to a tree, column by column, and links them as it goes."""

    def __init__(self, tree: NodeTree) -> None:
        """Write into ``tree``, right of what is there."""
        self.tree = tree
        self._count = len(tree.nodes)

    def node(self, kind: str, inputs: Mapping[str | int, Value | None], **settings: Any) -> Any:
        """Add a node; return it.

        Args:
            kind: Its ``bl_idname``.
            inputs: Values by the names or numbers of its inputs.
            **settings: Its properties.
        """
        node: Any = self.tree.nodes.new(kind)
        for name, setting in settings.items():
            if getattr(node, name) != setting:  # a change has Blender look through the whole tree
                setattr(node, name, setting)
        node.location = (WIDTH * (self._count // 6), -170 * (self._count % 6))
        self._count += 1
        for name, value in inputs.items():
            if value is not None:
                self.feed(node.inputs[name], value)
        return node

    def feed(self, end: NodeSocket, value: Value) -> None:
        """Link a socket to an input, or set the input's own value."""
        if isinstance(value, NodeSocket):
            self.tree.links.new(end, value)
        elif end.default_value != value:
            end.default_value = value

    def math(
        self, operation: str, one: Value, two: Value | None = None, *, clamp: bool = False
    ) -> Any:
        """Return the result of a Math node."""
        settings = {"operation": operation, "use_clamp": clamp}
        return self.node("ShaderNodeMath", {0: one, 1: two}, **settings).outputs[0]

    def vector(self, operation: str, one: Value, two: Value | None = None) -> Any:
        """Return the vector of a Vector Math node; of a dot product its value."""
        node = self.node("ShaderNodeVectorMath", {0: one, 1: two}, operation=operation)
        return node.outputs["Value" if operation in ("DOT_PRODUCT", "LENGTH") else "Vector"]

    def scaled(self, vector: Value, factor: Value) -> Any:
        """Return a vector or color times a number."""
        inputs = {0: vector, "Scale": factor}
        return self.node("ShaderNodeVectorMath", inputs, operation="SCALE").outputs["Vector"]

    def mixed(self, factor: Value, one: Value, two: Value, blend: str = "MIX") -> Any:
        """Return two colors mixed."""
        node = self.node("ShaderNodeMix", {}, data_type="RGBA", blend_type=blend)
        for name, value in (("Factor_Float", factor), ("A_Color", one), ("B_Color", two)):
            self.feed(socket_of(node, name), value)
        return socket_of(node, "Result_Color", outputs=True)

    def shader(self, kind: str, inputs: Mapping[str | int, Value | None], **settings: Any) -> Any:
        """Return the closure of a shader node."""
        return self.node(kind, inputs, **settings).outputs[0]

    def sum(self, shaders: Sequence[NodeSocket]) -> Any:
        """Return closures added up."""
        total, *others = shaders
        for other in others:
            total = self.shader("ShaderNodeAddShader", {0: total, 1: other})
        return total

    def group(self, tree: NodeTree, inputs: Mapping[str, Value | None]) -> Any:
        """Add a group node; return it."""
        kind = self.tree.bl_idname.replace("NodeTree", "NodeGroup")
        node = self.node(kind, {}, node_tree=tree)
        for name, value in inputs.items():
            if value is not None:
                self.feed(node.inputs[name], value)
        return node

    def finish(self, outputs: Mapping[str, Value]) -> None:
        """Add the group's output."""
        self._count += -self._count % 6
        self.node("NodeGroupOutput", dict(outputs))


def shared_group(
    name: str, write: Callable[[NodeTree], None], kind: str = "ShaderNodeTree"
) -> NodeTree:
    """Return this file's group of a name, written now if there is none of this version."""
    known = find_group(name)
    if known is not None:
        return known
    tree = bpy.data.node_groups.new(name, kind)
    tree[TAG], tree[PART] = "toon", f"{name} {VERSION}"
    write(tree)
    return tree


def find_group(name: str) -> NodeTree | None:
    """Return this file's group of a name and of this version; None if there is none."""
    mark = f"{name} {VERSION}"
    local = (tree for tree in bpy.data.node_groups if tree.library is None)
    return next((tree for tree in local if tree.get(PART) == mark), None)


def open_group(
    tree: NodeTree, inputs: Mapping[str, str], outputs: Mapping[str, str]
) -> tuple[Writer, Inputs]:
    """Give a new group its sockets, by name and kind; return its writer and its inputs."""
    declare_group(tree, inputs, outputs)
    return begin(tree)


def declare_group(tree: NodeTree, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Give a new group its sockets, by name and kind."""
    for way, sockets in (("INPUT", inputs), ("OUTPUT", outputs)):
        for name, kind in sockets.items():
            tree.interface.new_socket(name, in_out=way, socket_type=kind)


KINDS = {
    "VALUE": "NodeSocketFloat",
    "INT": "NodeSocketInt",
    "RGBA": "NodeSocketColor",
    "VECTOR": "NodeSocketVector",
}
"""What inputs of a group are made of what feeds them."""


def write_part(
    writer: Writer,
    name: str,
    given: Inputs,
    outputs: Mapping[str, str],
    write: Callable[[Writer, Inputs], Mapping[str, Value]],
) -> dict[str, Any]:
    """Have a part of a shader written as a group of its own; return its outputs.

    Blender looks through a whole tree at each change, so a few small ones are written much faster than a
    large one; and they are easier to read.
    """

    def fill(tree: NodeTree) -> None:
        inner, inputs = open_group(tree, {n: KINDS[s.type] for n, s in given.items()}, outputs)
        inner.finish(write(inner, inputs))

    node = writer.group(shared_group(name, fill), given)
    return {socket.name: socket for socket in node.outputs}


def begin(tree: NodeTree) -> tuple[Writer, Inputs]:
    """Add the node of a group's inputs; return a writer, and the inputs by name."""
    writer = Writer(tree)
    node = writer.node("NodeGroupInput", {})
    return writer, {socket.name: socket for socket in node.outputs if socket.name}
