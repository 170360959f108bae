"""The nodes that show the relief of paint, normals and roughness, and the finish of states.

No node group holds them, since Blender's glTF exporter looks into none for a normal map.
"""

from collections.abc import Iterable

import bpy
from bpy.types import Image, Material, Node, NodeSocket, NodeTree

from ..images import TAG
from .graph import (
    AMOUNT,
    COLORS,
    FINISH,
    LOOKS,
    RELIEF,
    WAY,
    add_look,
    add_mix,
    bypass,
    copy_places,
    hide,
    kept_selection,
    lead_round,
    link,
    look_of,
    looks_of,
    material_of,
    picture_of,
    reveal,
    show_picture,
    socket_of,
    trees_of,
)
from .node_places import GAP, place
from .shaders import BUMPED, LAID, Shader
from .walk import PAINT, PAINTED, PICTURE, Owner, is_ours, live_link

WHITE = "stylize_everywhere"
"""Name of the picture that covers a look which has no coverage."""
FLAT = (0.5, 0.5, 1.0, 1.0)
"""The color of a normal map where it is flat."""
THROUGH = {"NORMAL_MAP": "Color", "BUMP": "Height"}
"""Nodes between a mix of paint and a shader's normal, and the input by which it comes."""
NORMALS, HEIGHTS = "Stylize Normal", "Stylize Height"
MIDDLE = 0.5
"""The height at which a surface stays where it is."""
FOLLOWING = (*RELIEF, *FINISH)
"""Roles of the nodes that follow the look of the colors."""


def show_normals(shader: Shader, picture: Image, depth: float, amount: float) -> None:
    """Show the relief of paint in a shader.

    Args:
        shader: The shader.
        picture: The paint's normal map, with an own one below it where there is one; for a shader that is
            bumped its height map.
        depth: How high paint of height 1 stands, in metres.
        amount: Share that shows.
    """
    known = _find_mix(shader.normal, PAINT)
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


def show_value(
    shader: Shader,
    socket: NodeSocket,
    picture: Image,
    coverage: Image | None,
    amount: float,
    role: str = PAINT,
) -> None:
    """Show how rough, or how metallic, paint or a state is in a shader's input.

    Args:
        shader: The shader.
        socket: Its input.
        picture: What is shown.
        coverage: Where it is black, the input's own stays; None: nowhere.
        amount: Share that shows.
        role: ``PAINT``, or ``GLOSS`` of a state, which shows as much as its colors.
    """
    known = _find_mix(socket, role)
    tree, before = shader.place.tree, live_link(socket)
    if known is not None:
        add_look(known, picture)
        with kept_selection(tree):
            _cover(shader, known, picture, coverage)
        return
    with kept_selection(tree):
        mix = _mix_in(shader, picture, f"Stylize {socket.name}", amount, role)
        if before is None:
            own = socket.default_value
            socket_of(mix, "A_Color").default_value = (own, own, own, 1)
        else:
            link(tree, before.from_socket, socket_of(mix, "A_Color"))
        link(tree, socket_of(mix, "Result_Color", outputs=True), socket)
        _cover(shader, mix, picture, coverage)


def _find_mix(socket: NodeSocket, role: str) -> Node | None:
    """Return the mix of a role that is before an input already; paint's and a state's follow each other."""
    before = live_link(socket)
    if before is not None and before.from_node.type in THROUGH:
        before = live_link(before.from_node.inputs[THROUGH[before.from_node.type]])
    while before is not None and is_ours(before.from_node, *FOLLOWING):
        if is_ours(before.from_node, role):
            return before.from_node
        before = live_link(socket_of(before.from_node, "A_Color"))
    return None


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


def displace(shader: Shader, picture: Image, depth: float, amount: float) -> None:
    """Move the surface of a shader's material by the height of paint; half of it is where the surface was.

    Displaced and bumped, Cycles shades by the shader's own normals, which have the paint's: none shows twice.
    """
    tree, known = shader.place.tree, _find_displacement(shader.place.tree)
    if known is not None:
        before = live_link(known.inputs["Height"])
        if before is not None:
            add_look(before.from_node, picture)
        return
    material, end = material_of(tree), _displacement_of(tree)
    if material is None or end is None:
        return
    with kept_selection(tree):
        mix = _mix_in(shader, picture, HEIGHTS, amount)
        socket_of(mix, "A_Color").default_value = (MIDDLE, MIDDLE, MIDDLE, 1)
        node = tree.nodes.new("ShaderNodeDisplacement")
        node[TAG], node[WAY], node.label = PAINTED, material.displacement_method, HEIGHTS
        node.space, node.inputs["Midlevel"].default_value = "WORLD", MIDDLE
        node.inputs["Scale"].default_value = depth
        place(node, mix, ((mix.width + GAP, 0),))
        link(tree, socket_of(mix, "Result_Color", outputs=True), node.inputs["Height"])
        _add_displacement(tree, node, end)
    material.displacement_method = "BOTH"


def _add_displacement(tree: NodeTree, node: Node, end: NodeSocket) -> None:
    """Link a displacement to a material's output, with its own added."""
    own, moved = live_link(end), node.outputs["Displacement"]
    if own is not None:
        both = tree.nodes.new("ShaderNodeVectorMath")
        both[TAG], both.label = PAINTED, HEIGHTS
        place(both, node, ((node.width + GAP, 0),))
        link(tree, own.from_socket, both.inputs[0])
        link(tree, moved, both.inputs[1])
        moved = both.outputs[0]
    link(tree, moved, end)


def _displacement_of(tree: NodeTree) -> NodeSocket | None:
    """Return the input of the displacement of a material's output that is rendered."""
    output = tree.get_output_node("ALL") or tree.get_output_node("CYCLES")
    return None if output is None else output.inputs["Displacement"]


def _find_displacement(tree: NodeTree) -> Node | None:
    """Return the node by which paint's height moves a surface already."""
    ours = (node for node in tree.nodes if is_ours(node, PAINTED))
    return next((node for node in ours if node.type == "DISPLACEMENT"), None)


def has_displacement(material: Material) -> bool:
    """Return whether a material has a displacement of its own."""
    end = _displacement_of(material.node_tree)
    before = None if end is None else live_link(end)
    return before is not None and not (
        is_ours(before.from_node, PAINTED) and before.from_node.type == "DISPLACEMENT"
    )


def _mix_in(shader: Shader, picture: Image, label: str, amount: float, role: str = PAINT) -> Node:
    """Return a new mix whose second color is a picture at the places of the painted one."""
    tree = shader.place.tree
    node = copy_places(tree, shader.source, picture)
    mix = add_mix(tree, role, amount)
    mix.label = label
    place(mix, shader.node, ((-mix.width - GAP, -GAP),))
    place(node, mix, ((-node.width - GAP, -GAP),))
    link(tree, node.outputs["Color"], socket_of(mix, "B_Color"))
    add_look(mix, picture)
    return mix


def _cover(shader: Shader, mix: Node, picture: Image, coverage: Image | None) -> None:
    """Have a mix show a picture's look only where there is paint; each look has its coverage, or none."""
    share = _share_of(mix)
    if share is None and coverage is None:
        return
    if share is None and coverage is not None:
        share = _add_share(shader, mix, coverage)
    covers = dict(share.get(LOOKS, {}))
    covers.pop(look_of(picture), None)
    share[LOOKS] = covers | ({} if coverage is None else {look_of(picture): coverage})
    _show_cover(mix, look_of(picture))


def _add_share(shader: Shader, mix: Node, coverage: Image) -> Node:
    """Return a new node before a mix's factor that multiplies its amount by a coverage."""
    tree, factor = mix.id_data, socket_of(mix, "Factor_Float")
    node = copy_places(tree, shader.source, coverage)
    share = tree.nodes.new("ShaderNodeMath")
    share.operation, share[TAG], share.label = "MULTIPLY", AMOUNT, "Amount"
    share.inputs[1].default_value = factor.default_value
    place(share, mix, ((-share.width - GAP, 0),))
    place(node, share, ((-node.width - GAP, 0),))
    link(tree, node.outputs["Color"], share.inputs[0])
    link(tree, share.outputs[0], factor)
    return share


def _share_of(mix: Node) -> Node | None:
    fed = live_link(socket_of(mix, "Factor_Float"))
    return None if fed is None or not is_ours(fed.from_node, AMOUNT) else fed.from_node


def covers_of(mix: Node) -> dict[str, Image]:
    """Return the coverages of a mix's looks, by the looks' names; those that are everywhere have none."""
    share = _share_of(mix)
    known = {} if share is None else share.get(LOOKS, {})
    return {name: image for name, image in known.items() if image is not None}


def is_covered(socket: NodeSocket, role: str) -> bool:
    """Return whether the mix of a role before an input shows only where a coverage says so."""
    mix = _find_mix(socket, role)
    return mix is not None and _share_of(mix) is not None


def _show_cover(mix: Node, look: str) -> None:
    """Show the coverage of a look; one that has none is everywhere."""
    share = _share_of(mix)
    cover = None if share is None else live_link(share.inputs[0])
    if cover is not None:
        image = covers_of(mix).get(look) or _white()
        cover.from_node.image, cover.from_node.label = image, image.name


def _forget_cover(mix: Node, look: str) -> None:
    share = _share_of(mix)
    if share is not None:
        share[LOOKS] = {name: image for name, image in covers_of(mix).items() if name != look}


def _white() -> Image:
    """Return the picture of what is everywhere."""
    known = next((i for i in bpy.data.images if i.name == WHITE and TAG in i), None)
    if known is not None:
        return known
    image = bpy.data.images.new(WHITE, 1, 1, is_data=True)
    image.generated_color, image[TAG] = (1, 1, 1, 1), PICTURE
    return image


def follow_looks(owners: Iterable[Owner]) -> None:
    """Show in each graph the relief of the look whose colors it shows; hide it where that look has none."""
    for tree in dict.fromkeys(tree for owner in owners for tree in trees_of(owner)):
        colors = [picture_of(node) for node in tree.nodes if is_ours(node, *COLORS)]
        shown = {look_of(node.image) for node in colors if node is not None and node.image}
        for mix in [node for node in tree.nodes if is_ours(node, *FOLLOWING)]:
            looks = looks_of(mix)
            name = next((name for name in looks if name in shown), None)
            if name is None:
                hide(mix)
                continue
            reveal(mix)
            show_picture(mix, looks[name], looks)
            _show_cover(mix, name)


def drop_look(owners: Iterable[Owner], name: str) -> None:
    """Remove the relief of a look, and its nodes where no other look has one."""
    for tree in dict.fromkeys(tree for owner in owners for tree in trees_of(owner)):
        for mix in [node for node in tree.nodes if is_ours(node, *FOLLOWING)]:
            looks = looks_of(mix)
            if looks.pop(name, None) is None:
                continue
            if looks:
                show_picture(mix, next(iter(looks.values())), looks)
                _forget_cover(mix, name)
            else:
                _take_out(mix)


def _painted_after(output: NodeSocket) -> list[Node]:
    """Return the nodes of paint that an output feeds, and those behind them."""
    nodes = [one.to_node for one in output.links if is_ours(one.to_node, PAINTED)]
    return nodes + [
        after for node in nodes for end in node.outputs for after in _painted_after(end)
    ]


def _take_out(mix: Node) -> None:
    """Remove a mix of paint, and all nodes that only it needs."""
    tree, result = mix.id_data, socket_of(mix, "Result_Color", outputs=True)
    after = _painted_after(result)
    share, before = _share_of(mix), [picture_of(mix)]
    if share is not None:
        cover = live_link(share.inputs[0])
        before += [share, None if cover is None else cover.from_node]
    for node in after:
        lead_round(node)
    if not after:
        bypass(mix, socket_of(mix, "A_Color"), result)
    for node in (*after, mix, *before):
        if node is not None:
            tree.nodes.remove(node)
