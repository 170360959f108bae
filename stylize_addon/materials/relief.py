"""The height map or normal map of the surface that a picture colours."""

from collections.abc import Iterator, Sequence

import bpy
from bpy.types import Image, Material, Node, NodeSocket

from .. import compat
from ..images import is_tiled
from .uv_islands import uv_map_of
from .walk import (
    IMAGE,
    PAINTED,
    Leaf,
    Place,
    is_ours,
    live_link,
    pass_shader,
    through_color,
    walk,
)
from .worklist import Picture

THROUGH = {
    "NORMAL_MAP": ("Color",),
    "BUMP": ("Height", "Normal"),
    "DISPLACEMENT": ("Height", "Normal"),
    "VECTOR_DISPLACEMENT": (),
}
"""Nodes on the way from a relief's picture to the surface, and the inputs that it comes by."""


def find_relief(picture: Picture) -> Image | None:
    """Return the map that says what is high where a picture is shown; None if no map lies on it like that.

    A shader's normal comes first, then displacement; the map must be read at the picture's own places.
    """
    for material, _ in picture.uses:
        shown = [site for site in picture.sites if _is_of(site.place, material)]
        for leaf in _find_maps(material):
            node = leaf.link.from_node
            if any(coincide((s.place, s.node), (leaf.place, node)) for s in shown):
                return node.image
    return None


def _is_of(place: Place, material: Material) -> bool:
    return (place.parents[0] if place.parents else place.tree) == material.node_tree


def _find_maps(material: Material) -> Iterator[Leaf]:
    """Yield the nodes of the pictures that make a material's relief."""
    for place, socket in _find_entries(material):
        for leaf in walk(place, socket, _pass_relief).leaves:
            node = leaf.link.from_node if leaf.link else None
            if node is not None and node.type == IMAGE and node.image and not is_tiled(node.image):
                yield leaf


def _find_entries(material: Material) -> Iterator[tuple[Place, NodeSocket]]:
    """Yield the inputs by which a relief reaches a material's surface."""
    if not compat.has_nodes(material):
        return
    tree = material.node_tree
    output = tree.get_output_node("ALL") or tree.get_output_node("CYCLES")
    if output is None:
        return
    for leaf in walk(Place(tree), output.inputs["Surface"], pass_shader).leaves:
        normal = leaf.link.from_node.inputs.get("Normal") if leaf.link else None
        if normal is not None:
            yield leaf.place, normal
    yield Place(tree), output.inputs["Displacement"]


def _pass_relief(node: Node) -> Sequence[NodeSocket] | None:
    if is_ours(node, PAINTED) and node.type == "VECT_MATH":
        return [node.inputs[0]]  # its own displacement, to which paint's is added
    if node.type in THROUGH:
        return [node.inputs[name] for name in THROUGH[node.type] if name in node.inputs]
    return through_color(node)


def coincide(first: tuple[Place, Node], second: tuple[Place, Node]) -> bool:
    """Return whether two nodes show their pictures at the same places."""
    nodes = (first[1], second[1])
    if any(node.projection != "FLAT" for node in nodes):
        return False
    maps = [uv_map_of(*one) for one in (first, second)]
    if None not in maps:
        return maps[0] == maps[1]
    sources = [_source_of(node) for node in nodes]
    return sources[0] is not None and sources[0] == sources[1]


def _source_of(node: Node) -> bpy.types.NodeSocket | None:
    link = live_link(node.inputs["Vector"])
    while link is not None and link.from_node.type == "REROUTE":
        link = live_link(link.from_node.inputs[0])
    return None if link is None else link.from_socket
