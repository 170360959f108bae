"""Placing new nodes in a graph: near the node they belong to, without covering others."""

from collections.abc import Iterable, Iterator

import bpy
from bpy.types import Node

GAP = 40
HEIGHTS = {"TEX_IMAGE": 300, "TEX_ENVIRONMENT": 240, "MIX": 240, "FRAME": 0}
"""Of nodes that have not been drawn yet: Blender does not know their size before."""
USUAL, COLLAPSED = 200, 40
Offset = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, right, bottom, top."""


def height_of(node: Node) -> float:
    """Return the drawn height of a node."""
    if node.hide:
        return COLLAPSED
    scale = bpy.context.preferences.system.ui_scale  # 0 without a window
    drawn = node.dimensions[1] / scale if scale else 0
    return drawn or HEIGHTS.get(node.type, USUAL)


def place(node: Node, beside: Node, wishes: Iterable[Offset]) -> None:
    """Put a node at the first offset from another node where it covers none, or as near as possible."""
    node.parent = beside.parent
    others = [n for n in node.id_data.nodes if n != node and n.type != "FRAME"]
    boxes = [_box(other, *_corner(other)) for other in others]
    x, y = _corner(beside)
    offsets = list(_move_offsets(tuple(wishes)))
    free = (o for o in offsets if not any(_meet(_box(node, x + o[0], y + o[1]), b) for b in boxes))
    dx, dy = next(free, offsets[0])
    node.location = (beside.location[0] + dx, beside.location[1] + dy)


def _move_offsets(wishes: tuple[Offset, ...]) -> Iterator[Offset]:
    """Yield the wanted offsets, then the same further and further below and above."""
    for step in range(60):
        for dx, dy in wishes:
            yield dx, dy - step * GAP
            yield dx, dy + step * GAP


def _corner(node: Node) -> Offset:
    """Return a node's upper left corner in the graph; the offsets of its frames are added."""
    x, y = node.location
    while node.parent is not None:
        node = node.parent
        x, y = x + node.location[0], y + node.location[1]
    return x, y


def _box(node: Node, x: float, y: float) -> Box:
    return x, x + node.width, y - height_of(node), y


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
