"""A painter's layers in the compositor: laid over each other, each as much as its node's factor says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bpy.types import Node, NodeSocket, NodeTree

from ...core.catalog import find_card, find_look
from ..images import TAG
from ..materials.node_places import GAP, place
from ..materials.walk import LAYER, is_ours
from .settings import SequenceSettings

NO_LAYERS = (
    "There are no paint layers: they are of renders in oil, gouache, pastel or pointillism alone"
)


def list_layers(settings: SequenceSettings) -> tuple[str, ...]:
    """Return the layers that frames get, from the lowest up; none if none are asked for, or can be."""
    method = settings.look.job.method
    card = None if find_look(method) is not None else find_card(method)
    painted = settings.drawn == "STYLE" and settings.asked.source == "combined"
    if not settings.paint_layers or settings.still or card is None or not painted:
        return ()
    return card.staged if card.film else ()


def name_layers(output: Path) -> Path:
    """Return the pattern of the layers beside frames of a pattern."""
    return output.with_name(f"layers_{output.stem}.exr")


def lay_over(tree: NodeTree, node: Node, layers: Sequence[str]) -> NodeSocket:
    """Lay the layers of an Image node over each other, and return what they are together."""
    lowest, *others = layers
    seen, beside = node.outputs[lowest], node
    for name in others:
        over: Any = tree.nodes.new("CompositorNodeAlphaOver")
        over[TAG], over.label = LAYER, name
        place(over, beside, ((beside.width + GAP, 0),))
        below, above = (socket for socket in over.inputs if socket.type == "RGBA")
        amount = next(socket for socket in over.inputs if socket.identifier == "Fac")
        amount.default_value = 1.0
        tree.links.new(below, seen)
        tree.links.new(above, node.outputs[name])
        seen, beside = over.outputs["Image"], over
    return seen


def has_layers(tree: NodeTree | None) -> bool:
    """Return whether a tree has such nodes."""
    return tree is not None and any(is_ours(node, LAYER) for node in tree.nodes)
