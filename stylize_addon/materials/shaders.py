"""Shaders that show a picture, and what of their own lies beside it."""

from dataclasses import dataclass

from bpy.types import Node, NodeSocket

from .walk import Leaf, Place

PLAIN, LAID, BUMPED = "plain", "laid", "bumped"
"""A shader has no normals of its own; a map of them, which gets the paint's; or others, which are bumped."""


@dataclass(frozen=True, slots=True)
class Shader:
    """A shader that shows a picture."""

    place: Place
    node: Node
    source: Node
    """The node of the picture, for its places on the surface."""
    uv_map: str
    """The UV map of the picture; empty: the one that is rendered."""
    way: str
    """``PLAIN``, ``LAID`` or ``BUMPED``."""
    own: Leaf | None = None
    """Where the map of its own normals is, if paint's are laid on it."""
    moves: bool = False
    """Whether paint's height moves the surface."""

    @property
    def normal(self) -> NodeSocket:
        """The input of its normal."""
        return self.node.inputs["Normal"]

    @property
    def roughness(self) -> NodeSocket | None:
        """The input of its roughness, if it has one."""
        return self.node.inputs.get("Roughness")

    @property
    def metallic(self) -> NodeSocket | None:
        """The input that says whether it is metal, if it has one."""
        return self.node.inputs.get("Metallic")
