"""Walking a material's or a World's graph from its output back to the sources of its colours."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bpy.types import Material, Node, NodeLink, NodeSocket, NodeTree, Scene, World

from .. import compat
from ..images import TAG

Owner = Material | World | Scene
"""Data-blocks whose graph ends in a colour."""
MIX, PICTURE, BAKE = "mix", "picture", "bake"
LAYER = "layer"
"""Nodes between a picture and its mix that lay its layers over each other."""
PAINT, PAINTED = "paint", "painted"
"""Mixes that show the relief of paint, and the other nodes that they need."""
GLOSS = "gloss"
"""Mixes that show the finish of a state: how rough snow is, and that it is no metal."""
IMAGE, ENVIRONMENT, SEQUENCE = "TEX_IMAGE", "TEX_ENVIRONMENT", "IMAGE"
"""Nodes that show pictures: on surfaces, around the scene, and in its compositor."""

COLOR_INPUTS = {
    "MIX_RGB": ("Color1", "Color2"),
    "HUE_SAT": ("Color",),
    "GAMMA": ("Color",),
    "BRIGHTCONTRAST": ("Color",),
    "CURVE_RGB": ("Color",),
    "INVERT": ("Color",),
    "SEPARATE_COLOR": ("Color",),
    "COMBINE_COLOR": ("Red", "Green", "Blue"),
    "SEPRGB": ("Image",),
    "COMBRGB": ("R", "G", "B"),
    "REROUTE": ("Input",),
}
"""Nodes that pass colours on, and the inputs that they take them from (factors are none)."""
NO_COLOR = frozenset(
    {"BSDF_TRANSPARENT", "HOLDOUT", "PRINCIPLED_VOLUME", "VOLUME_ABSORPTION", "VOLUME_SCATTER"}
)
"""Shaders whose colour is not the colour of a surface."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node tree, and the group nodes that contain it, from the owner's tree inward."""

    tree: NodeTree
    groups: tuple[Node, ...] = ()
    parents: tuple[NodeTree, ...] = ()

    def enter(self, group: Node) -> "Place":
        """Return the place inside a group node."""
        return Place(group.node_tree, (*self.groups, group), (*self.parents, self.tree))

    def leave(self) -> "Place":
        """Return the place around this group."""
        return Place(self.parents[-1], self.groups[:-1], self.parents[:-1])


@dataclass(frozen=True, slots=True)
class Leaf:
    """An end of a walk: a link's source, or a socket without a link."""

    place: Place
    socket: NodeSocket
    link: NodeLink | None
    mix: Node | None = None
    """The Stylize node on the way, if there was one."""


@dataclass(slots=True)
class Trail:
    """All links of a walk, and its ends."""

    links: list[tuple[Place, NodeLink]] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Group nodes whose group could not be found."""


Through = Callable[[Node], Sequence[NodeSocket] | None]
"""The inputs that a walk goes on with at a node; None ends it there."""


@dataclass(frozen=True, slots=True)
class Target:
    """A colour input of a shader: Base Color, Emission, or a Background's."""

    place: Place
    node: Node
    socket: NodeSocket
    emission: bool = False


def is_ours(node: Node, *roles: str) -> bool:
    """Return whether a node was made by this add-on, in one of these roles (or in any)."""
    role = node.get(TAG)
    return role in roles if roles else role is not None


def live_link(socket: NodeSocket) -> NodeLink | None:
    """Return the unmuted link that feeds an input, if there is one."""
    for link in socket.links:
        if link.is_valid and not link.is_muted:
            return link
    return None


def walk(place: Place, socket: NodeSocket, through: Through) -> Trail:
    """Follow links backward from an input, through groups and reroutes, to the sources of colours."""
    trail = Trail()
    seen: set[tuple[Place, NodeSocket]] = set()
    waiting: list[tuple[Place, NodeSocket, Node | None]] = [(place, socket, None)]
    while waiting:
        here, entry, mix = waiting.pop()
        if (here, entry) in seen:
            continue
        seen.add((here, entry))
        link = live_link(entry)
        if link is None:
            trail.leaves.append(Leaf(here, entry, None, mix))
            continue
        trail.links.append((here, link))
        mix = link.from_node if is_ours(link.from_node, MIX, BAKE) else mix
        onward = _find_inputs(here, link, through, trail)
        if onward is None:
            trail.leaves.append(Leaf(here, entry, link, mix))
        else:
            waiting += [(there, source, mix) for there, source in onward]
    return trail


def _find_inputs(
    place: Place, link: NodeLink, through: Through, trail: Trail
) -> list[tuple[Place, NodeSocket]] | None:
    node: Any = link.from_node
    source: Any = link.from_socket
    if node.mute:
        return [
            (place, inner.from_socket) for inner in node.internal_links if inner.to_socket == source
        ]
    if node.type == "GROUP":
        return _enter_group(place, node, source, trail)
    if node.type == "GROUP_INPUT":
        return _leave_group(place, source)
    inputs = through(node)
    return None if inputs is None else [(place, socket) for socket in inputs]


def _enter_group(
    place: Place, group: Node, source: NodeSocket, trail: Trail
) -> list[tuple[Place, NodeSocket]] | None:
    if group.node_tree is None or group.node_tree.is_missing:
        trail.missing.append(group.node_tree.name if group.node_tree else group.name)
        return None
    for node in group.node_tree.nodes:
        if node.type == "GROUP_OUTPUT" and node.is_active_output:
            return [
                (place.enter(group), s) for s in node.inputs if s.identifier == source.identifier
            ]
    return None


def _leave_group(place: Place, source: NodeSocket) -> list[tuple[Place, NodeSocket]] | None:
    if not place.groups:
        return None
    inputs = place.groups[-1].inputs
    return [(place.leave(), s) for s in inputs if s.identifier == source.identifier]


def through_color(node: Node) -> Sequence[NodeSocket] | None:
    """Return the inputs by which the walk continues through a node that passes colours on."""
    if is_ours(node, MIX, BAKE, PAINT, GLOSS):
        return [socket for socket in node.inputs if socket.identifier == "A_Color"]
    if node.type == "MIX":
        return [s for s in node.inputs if s.enabled and s.identifier[:2] in ("A_", "B_")]
    if node.type in COLOR_INPUTS:
        names = COLOR_INPUTS[node.type]
        return [s for s in node.inputs if s.identifier in names or s.name in names]
    return None


def pass_shader(node: Node) -> Sequence[NodeSocket] | None:
    """Return the inputs by which the walk continues through a node that mixes shaders."""
    if node.type in ("MIX_SHADER", "ADD_SHADER", "REROUTE"):
        return [socket for socket in node.inputs if socket.type == "SHADER"]
    return None


def find_targets(owner: Owner, *, emission: bool) -> tuple[list[Target], list[str]]:
    """Return the colour inputs that are rendered, and the names of missing groups.

    A material of Emission shaders alone (unlit) takes its base colour from them; so does a World.
    """
    if not compat.has_nodes(owner):
        return [], []
    tree = owner.node_tree
    output = tree.get_output_node("ALL") or tree.get_output_node("CYCLES")
    if output is None:
        return [], []
    trail = walk(Place(tree), output.inputs["Surface"], pass_shader)
    found = [target for leaf in trail.leaves if leaf.link for target in _list_targets(leaf)]
    unlit = all(target.emission for target in found)
    return [target for target in found if emission or unlit or not target.emission], trail.missing


def _list_targets(leaf: Leaf) -> Iterator[Target]:
    node = leaf.link.from_node
    if node.type in NO_COLOR:
        return
    if node.type in ("EMISSION", "BACKGROUND"):
        yield Target(leaf.place, node, node.inputs["Color"], emission=True)
        return
    for socket in node.inputs:
        if socket.type == "RGBA" and socket.name in ("Base Color", "Color"):
            yield Target(leaf.place, node, socket)
        elif socket.name == "Emission Color" and live_link(socket):
            yield Target(leaf.place, node, socket, emission=True)
