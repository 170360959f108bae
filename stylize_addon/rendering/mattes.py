"""Parts in the compositor: Cryptomatte nodes lower the share of the stylized frames in them."""

from collections.abc import Sequence
from typing import Any

from bpy.types import Node, NodeSocket, NodeTree, Scene, ViewLayer

from .. import compat
from ..images import TAG
from ..materials.graph import AMOUNT, socket_of
from ..materials.node_places import GAP, place
from ..materials.walk import is_ours
from .settings import Part, names_of

MATTE = "matte"
"""Role of the nodes."""
PASSES = {
    "OBJECT": ("use_pass_cryptomatte_object", "CryptoObject"),
    "MATERIAL": ("use_pass_cryptomatte_material", "CryptoMaterial"),
    "COLLECTION": ("use_pass_cryptomatte_object", "CryptoObject"),
}
"""What must be on in the view layer, and the layer's name in the node."""


def add_mattes(tree: NodeTree, layer: ViewLayer, mix: Node, parts: Sequence[Part]) -> None:
    """Set a mix's factor to each part's strength inside the part, and 1 elsewhere, times the amount."""
    before: NodeSocket | None = None
    for part in parts:
        matte = _add_cryptomatte(tree, layer, mix, part)
        level = tree.nodes.new(compat.COMPOSITOR_MIX)
        level[TAG] = MATTE
        if hasattr(level, "data_type"):
            level.data_type = "RGBA"
        place(level, matte, ((matte.width + GAP, 0),))
        tree.links.new(socket_of(level, "Factor_Float"), matte.outputs["Matte"])
        socket_of(level, "A_Color").default_value = (1, 1, 1, 1)
        socket_of(level, "B_Color").default_value = (*(part.strength,) * 3, 1)
        if before is not None:
            tree.links.new(socket_of(level, "A_Color"), before)
        before = socket_of(level, "Result_Color", outputs=True)
    if before is None:
        return
    amount = tree.nodes.new(compat.COMPOSITOR_MATH)
    amount[TAG], amount.operation = AMOUNT, "MULTIPLY"
    amount.inputs[1].default_value = socket_of(mix, "Factor_Float").default_value
    place(amount, mix, ((-amount.width - GAP, amount.width),))
    tree.links.new(amount.inputs[0], before)
    tree.links.new(socket_of(mix, "Factor_Float"), amount.outputs[0])


def has_mattes(tree: NodeTree | None) -> bool:
    """Return whether a tree has such nodes."""
    return tree is not None and any(is_ours(node, MATTE) for node in tree.nodes)


def _add_cryptomatte(tree: NodeTree, layer: ViewLayer, mix: Node, part: Part) -> Node:
    node = tree.nodes.new("CompositorNodeCryptomatteV2")
    node[TAG], node.label = MATTE, part.name
    node.source, node.scene = "RENDER", layer.id_data
    node.layer_name = f"{layer.name}.{PASSES[part.kind][1]}"
    node.matte_id = ", ".join(names_of(part))
    place(node, mix, ((-2 * node.width - 3 * GAP, node.width),))
    return node


def turn_on_passes(layer: ViewLayer, parts: Sequence[Part]) -> dict[str, Any]:
    """Turn on the Cryptomatte passes that parts need; return the values to restore."""
    names = [
        name for name in dict.fromkeys(PASSES[p.kind][0] for p in parts) if not getattr(layer, name)
    ]
    for name in names:
        setattr(layer, name, True)
    listed = " ".join(names)  # Blender may fail to read an empty list
    return {"layer": layer.name, "passes": listed}


def turn_off_passes(scene: Scene, before: dict[str, Any]) -> None:
    """Undo ``turn_on_passes``."""
    layer = scene.view_layers.get(before.get("layer", ""))
    for name in before.get("passes", "").split() if layer is not None else ():
        setattr(layer, name, False)
