"""The nodes that show the relief of paint: normals on or over a shader's own, and its roughness.

No node group holds them, since Blender's glTF exporter looks into none for a normal map.
"""

from collections.abc import Iterable

from bpy.types import Image, Node, NodeSocket

from ..images import TAG
from .graph import (
    AMOUNT,
    COLORS,
    RELIEF,
    add_look,
    add_mix,
    bypass,
    copy_places,
    hide,
    kept_selection,
    link,
    look_of,
    looks_of,
    picture_of,
    reveal,
    show_picture,
    socket_of,
    trees_of,
)
from .node_places import GAP, place
from .paint import BUMPED, LAID, Shader
from .walk import PAINT, PAINTED, Owner, is_ours, live_link

FLAT = (0.5, 0.5, 1.0, 1.0)
"""The color of a normal map where it is flat."""
THROUGH = {"NORMAL_MAP": "Color", "BUMP": "Height"}
"""Nodes between a mix of paint and a shader's normal, and the input by which it comes."""
NORMALS, GLOSS = "Stylize Normal", "Stylize Roughness"


def show_normals(shader: Shader, picture: Image, depth: float, amount: float) -> None:
    """Show the relief of paint in a shader.

    Args:
        shader: The shader.
        picture: The paint's normal map, with an own one below it where there is one; for a shader that is
            bumped its height map.
        depth: How high paint of height 1 stands, in metres.
        amount: Share that shows.
    """
    known = _find_mix(shader.normal)
    if known is not None:
        add_look(known, picture)
        return
    with kept_selection(shader.place.tree):
        if shader.way == LAID and shader.own is not None:
            _lay_on(shader, picture, amount)
        elif shader.way == BUMPED:
            _bump(shader, picture, depth, amount)
        else:
            _make_normals(shader, picture, amount)


def show_roughness(
    shader: Shader, socket: NodeSocket, picture: Image, coverage: Image | None, amount: float
) -> None:
    """Show the roughness of paint in a shader's input; where ``coverage`` is black, its own stays."""
    known = _find_mix(socket)
    if known is not None:
        add_look(known, picture)
        return
    tree, before = shader.place.tree, live_link(socket)
    with kept_selection(tree):
        mix = _mix_in(shader, picture, GLOSS, amount)
        if before is None:
            own = socket.default_value
            socket_of(mix, "A_Color").default_value = (own, own, own, 1)
        else:
            link(tree, before.from_socket, socket_of(mix, "A_Color"))
        link(tree, socket_of(mix, "Result_Color", outputs=True), socket)
        if coverage is not None:
            _cover(shader, mix, coverage, amount)


def _find_mix(socket: NodeSocket) -> Node | None:
    """Return the mix of paint that is before an input already."""
    before = live_link(socket)
    if before is not None and before.from_node.type in THROUGH:
        before = live_link(before.from_node.inputs[THROUGH[before.from_node.type]])
    return before.from_node if before is not None and is_ours(before.from_node, PAINT) else None


def _lay_on(shader: Shader, picture: Image, amount: float) -> None:
    """Show the normal map with the paint's instead of the own one."""
    own = shader.own.link if shader.own else None
    if own is None:
        return
    tree, source, end = shader.place.tree, own.from_socket, own.to_socket
    mix = _mix_in(shader, picture, NORMALS, amount)
    link(tree, source, socket_of(mix, "A_Color"))
    link(tree, socket_of(mix, "Result_Color", outputs=True), end)


def _make_normals(shader: Shader, picture: Image, amount: float) -> None:
    """Show a normal map in a shader that has none."""
    tree = shader.place.tree
    mix = _mix_in(shader, picture, NORMALS, amount)
    socket_of(mix, "A_Color").default_value = FLAT
    node = tree.nodes.new("ShaderNodeNormalMap")
    node[TAG], node.label, node.uv_map = PAINTED, NORMALS, shader.uv_map
    place(node, mix, ((mix.width + GAP, 0),))
    link(tree, socket_of(mix, "Result_Color", outputs=True), node.inputs["Color"])
    link(tree, node.outputs["Normal"], shader.normal)


def _bump(shader: Shader, picture: Image, depth: float, amount: float) -> None:
    """Bump a shader's own normals by the height of paint."""
    tree = shader.place.tree
    own = live_link(shader.normal)
    mix = _mix_in(shader, picture, NORMALS, amount)
    socket_of(mix, "A_Color").default_value = (0.5, 0.5, 0.5, 1)
    node = tree.nodes.new("ShaderNodeBump")
    node[TAG], node.label = PAINTED, NORMALS
    node.inputs["Distance"].default_value = depth
    place(node, mix, ((mix.width + GAP, 0),))
    link(tree, socket_of(mix, "Result_Color", outputs=True), node.inputs["Height"])
    if own is not None:
        link(tree, own.from_socket, node.inputs["Normal"])
    link(tree, node.outputs["Normal"], shader.normal)


def _mix_in(shader: Shader, picture: Image, label: str, amount: float) -> Node:
    """Return a new mix whose second color is a picture at the places of the painted one."""
    tree = shader.place.tree
    node = copy_places(tree, shader.source, picture)
    mix = add_mix(tree, PAINT, amount)
    mix.label = label
    place(mix, shader.node, ((-mix.width - GAP, -GAP),))
    place(node, mix, ((-node.width - GAP, -GAP),))
    link(tree, node.outputs["Color"], socket_of(mix, "B_Color"))
    add_look(mix, picture)
    return mix


def _cover(shader: Shader, mix: Node, coverage: Image, amount: float) -> None:
    """Have a mix show only where there is paint."""
    tree = mix.id_data
    node = copy_places(tree, shader.source, coverage)
    share = tree.nodes.new("ShaderNodeMath")
    share.operation, share[TAG], share.label = "MULTIPLY", AMOUNT, "Amount"
    share.inputs[1].default_value = amount
    place(share, mix, ((-share.width - GAP, 0),))
    place(node, share, ((-node.width - GAP, 0),))
    link(tree, node.outputs["Color"], share.inputs[0])
    link(tree, share.outputs[0], socket_of(mix, "Factor_Float"))


def follow_looks(owners: Iterable[Owner]) -> None:
    """Show in each graph the relief of the look whose colors it shows; hide it where that look has none."""
    for tree in dict.fromkeys(tree for owner in owners for tree in trees_of(owner)):
        colors = [picture_of(node) for node in tree.nodes if is_ours(node, *COLORS)]
        shown = {look_of(node.image) for node in colors if node is not None and node.image}
        for mix in [node for node in tree.nodes if is_ours(node, *RELIEF)]:
            looks = looks_of(mix)
            name = next((name for name in looks if name in shown), None)
            if name is None:
                hide(mix)
                continue
            reveal(mix)
            show_picture(mix, looks[name], looks)


def drop_look(owners: Iterable[Owner], name: str) -> None:
    """Remove the relief of a look, and its nodes where no other look has one."""
    for tree in dict.fromkeys(tree for owner in owners for tree in trees_of(owner)):
        for mix in [node for node in tree.nodes if is_ours(node, *RELIEF)]:
            looks = looks_of(mix)
            if looks.pop(name, None) is None:
                continue
            if looks:
                show_picture(mix, next(iter(looks.values())), looks)
            else:
                _take_out(mix)


def _take_out(mix: Node) -> None:
    """Remove a mix of paint, and all nodes that only it needs."""
    tree, result = mix.id_data, socket_of(mix, "Result_Color", outputs=True)
    after = [one.to_node for one in result.links if is_ours(one.to_node, PAINTED)]
    amount = live_link(socket_of(mix, "Factor_Float"))
    before = [picture_of(mix)]
    if amount is not None and is_ours(amount.from_node, AMOUNT):
        cover = live_link(amount.from_node.inputs[0])
        before += [amount.from_node, None if cover is None else cover.from_node]
    for node in after:
        if node.type == "BUMP":
            bypass(node, node.inputs["Normal"], node.outputs["Normal"])
    if not after:
        bypass(mix, socket_of(mix, "A_Color"), result)
    for node in (*after, mix, *before):
        if node is not None:
            tree.nodes.remove(node)
