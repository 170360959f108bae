"""Maps by which artists steer toon light: where shadow comes early or late, and where highlights are.

They are grey color attributes of the mesh, painted or made from its curvature, or a picture. Middle grey
leaves a threshold as the light falls; white lets highlights be.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from bpy.types import Image, Material, Mesh, Node
from numpy.typing import NDArray

from ...core.surface.bends import even_out
from ..images import TAG
from ..materials.graph import kept_selection
from ..materials.node_places import GAP, place
from ..materials.uv_islands import read_numbers
from ..materials.walk import is_ours
from .material import MAP, toon_node

THRESHOLD, SPECULAR = "THRESHOLD", "SPECULAR"
SOCKETS = {THRESHOLD: "Threshold Map", SPECULAR: "Specular Map"}
MADE = "stylize_maps"
"""Custom property of a mesh: the attributes that were made for it."""
NEUTRAL = {THRESHOLD: 0.5, SPECULAR: 1.0}
REACH = 0.35
"""How far curvature moves a threshold at most, of its whole range."""
SMOOTH = 3
"""Rounds in which curvature is evened out between neighbours."""
Values = NDArray[np.float64]


def attribute_name(kind: str) -> str:
    """Return the name of a map's color attribute."""
    return f"Toon {kind.title()}"


def add_attribute(mesh: Any, kind: str, values: Values) -> None:
    """Give a mesh a map, grey by vertex; one that is there is replaced."""
    name = attribute_name(kind)
    layer = mesh.color_attributes.get(name)
    if layer is None:
        layer = mesh.color_attributes.new(name, "FLOAT_COLOR", "POINT")
        mesh[MADE] = [*mesh.get(MADE, []), layer.name]
    color = np.repeat(values[:, None], 4, 1).astype(np.float32)
    color[:, 3] = 1
    layer.data.foreach_set("color", color.ravel())
    mesh.color_attributes.active_color = layer


def neutral(mesh: Mesh, kind: str) -> Values:
    """Return a map that changes nothing, to be painted on."""
    return np.full(len(mesh.vertices), NEUTRAL[kind])


def curvature_map(mesh: Mesh, kind: str) -> Values:
    """Return a map by curvature: hollows fall into shadow early, ridges catch highlights."""
    curved = curvature(mesh)
    spread = np.quantile(np.abs(curved), 0.9) or 1.0
    lean = np.clip(curved / spread, -1, 1)
    return 0.5 + REACH * np.minimum(lean, 0.4) if kind == THRESHOLD else 0.5 + 0.5 * lean


def curvature(mesh: Mesh) -> Values:
    """Return how much each vertex stands out from its neighbours, of their distance: hollows are negative."""
    places, normals = read_vectors(mesh.vertices, "co"), read_vectors(mesh.vertices, "normal")
    edges = read_numbers(mesh.edges, "vertices", len(mesh.edges) * 2, np.int32)
    first, second = edges.reshape(-1, 2).T
    away = places[second] - places[first]
    length = np.maximum(np.linalg.norm(away, axis=1), 1e-12)
    down = away / length[:, None]
    total = np.zeros(len(places))
    np.add.at(total, first, -(down * normals[first]).sum(1))
    np.add.at(total, second, (down * normals[second]).sum(1))
    count = np.maximum(np.bincount(edges, minlength=len(places)), 1)
    return even_out(total / count, edges.reshape(-1, 2), SMOOTH)


def read_vectors(items: Any, name: str) -> Values:
    """Return a vector of all items of a mesh, (N, 3)."""
    values = read_numbers(items, name, len(items) * 3, np.float32)
    return values.reshape(-1, 3).astype(np.float64)


def show_attribute(material: Material, kind: str) -> bool:
    """Feed a toon material with its meshes' map; return whether it is toon."""
    return _feed(material, kind, "ShaderNodeVertexColor", {"layer_name": attribute_name(kind)})


def show_picture(material: Material, kind: str, image: Image) -> bool:
    """Feed a toon material with a painted picture; return whether it is toon."""
    return _feed(material, kind, "ShaderNodeTexImage", {"image": image})


def _feed(material: Material, kind: str, node_kind: str, settings: dict[str, Any]) -> bool:
    shader = toon_node(material)
    if shader is None:
        return False
    clear_map(material, kind)
    tree: Any = material.node_tree
    with kept_selection(tree):
        node: Any = tree.nodes.new(node_kind)
        node[TAG] = MAP
        for name, value in settings.items():
            setattr(node, name, value)
        place(node, shader, ((-node.width - GAP, -300),))
        tree.links.new(shader.inputs[SOCKETS[kind]], node.outputs["Color"])
    return True


def clear_map(material: Material, kind: str) -> None:
    """Take a map off a toon material."""
    shader = toon_node(material)
    if shader is None:
        return
    tree: Any = material.node_tree
    for link in list(shader.inputs[SOCKETS[kind]].links):
        node: Node = link.from_node
        tree.links.remove(link)
        if is_ours(node, MAP):
            tree.nodes.remove(node)


def remove_maps(meshes: Sequence[Mesh]) -> None:
    """Remove the attributes that were made for toon materials."""
    for mesh in meshes:
        if mesh.library is not None or MADE not in mesh:
            continue
        for name in list(mesh[MADE]):
            layer = mesh.attributes.get(name)
            if layer is not None:
                mesh.attributes.remove(layer)
        del mesh[MADE]
