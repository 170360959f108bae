"""Changing node graphs: each colour picture's node gets a copy and a Stylize mix; and restoring them.

Both nodes have a custom property, so that restoring needs no list: the outputs of a Stylize node are linked
to its sources again, and the two nodes are removed. This also works after renaming, copying and appending.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import bpy
from bpy.types import Image, Material, Node, NodeSocket, NodeTree

from .. import compat
from .node_places import GAP, height_of, place
from .sites import BakeSite, Site
from .walk import (
    BAKE,
    ENVIRONMENT,
    GLOSS,
    IMAGE,
    LAYER,
    MIX,
    PAINT,
    PAINTED,
    PICTURE,
    SEQUENCE,
    TAG,
    Owner,
    is_ours,
    live_link,
)

LABEL = "Stylize"
LOOK, STYLE = "stylize_look", "stylize_style"
"""Custom properties of stylized pictures: their look's name, and which style that is."""
LOOKS = "stylize_looks"
"""Custom property of Stylize nodes: the looks that they can show."""
UNNAMED = "stylized"
"""The look of pictures that were made before looks had names."""
HIDDEN = "stylize_hidden"
"""Custom property of a hidden mix: its amount when it is revealed."""
WAY = "stylize_way"
"""Custom property of a Displacement node: how its material showed displacement before."""
AMOUNT = "amount"
"""Role of the node that holds the amount where mattes lead into the mix."""
COPIED = ("interpolation", "projection", "projection_blend", "extension")
"""What makes a picture look as it does; Environment Textures have only some of it."""
COPIED_MAPPING = (
    "vector_type", "translation", "rotation", "scale", "mapping", "mapping_x", "mapping_y", "mapping_z",
)  # fmt: skip  # one list


def stylize_site(site: Site, picture: Image, amount: float) -> None:
    """Show ``picture`` instead of a node's own; ``amount`` is its share."""
    for mix in site.mixes:
        add_look(mix, picture)
    for source, ends in site.cuts.items():
        with kept_selection(site.place.tree):
            copy = _copy_node(site.place.tree, site.node, picture)
            mix = add_mix(site.place.tree, MIX, amount)
            place(mix, site.node, ((site.node.width + GAP, 0),))
            link(site.place.tree, source, socket_of(mix, "A_Color"))
            link(site.place.tree, copy.outputs["Color"], socket_of(mix, "B_Color"))
            add_look(mix, picture)
            for end in ends:
                link(site.place.tree, socket_of(mix, "Result_Color", outputs=True), end)


def stylize_bake(site: BakeSite, picture: Image, amount: float) -> Node | None:
    """Show ``picture`` instead of a colour input's own colour; return the node that shows it."""
    if site.mix is not None:
        add_look(site.mix, picture)
        return picture_of(site.mix)
    tree, target = site.target.place.tree, site.target.socket
    with kept_selection(tree):
        node = tree.nodes.new("ShaderNodeTexImage")
        node[TAG], node.image, node.label = PICTURE, picture, picture.name
        mix = add_mix(tree, BAKE, amount)
        place(mix, site.target.node, ((-mix.width - GAP, -GAP),))
        place(node, mix, ((-node.width - GAP, -GAP),))
        fed = live_link(target)
        if fed is None:
            socket_of(mix, "A_Color").default_value = target.default_value
        else:
            link(tree, fed.from_socket, socket_of(mix, "A_Color"))
        link(tree, node.outputs["Color"], socket_of(mix, "B_Color"))
        link(tree, socket_of(mix, "Result_Color", outputs=True), target)
        add_look(mix, picture)
    return node


def socket_of(node: Node, identifier: str, *, outputs: bool = False) -> NodeSocket:
    """Return a socket by its identifier; names and numbers differ between versions and modes."""
    identifier = compat.mix_identifier(node, identifier)
    sockets = node.outputs if outputs else node.inputs
    return next(socket for socket in sockets if socket.identifier == identifier)


def picture_of(mix: Node) -> Node | None:
    """Return the node of the stylized picture that a Stylize node shows."""
    fed = live_link(socket_of(mix, "B_Color"))
    while fed is not None and is_ours(fed.from_node, LAYER):
        fed = live_link(next(s for s in fed.from_node.inputs if s.type == "RGBA"))
    shown = fed is not None and fed.from_node.type in (IMAGE, ENVIRONMENT, SEQUENCE)
    return fed.from_node if shown else None


def looks_of(mix: Node) -> dict[str, Image]:
    """Return the looks of a Stylize node by name: the stored ones and the shown one."""
    looks = {name: image for name, image in mix.get(LOOKS, {}).items() if image is not None}
    node = picture_of(mix)
    if node is not None and node.image is not None and node.image not in looks.values():
        looks[look_of(node.image)] = node.image
    return looks


def look_of(image: Image) -> str:
    """Return the name of a stylized picture's look; pictures of older versions have none."""
    return image.get(LOOK, UNNAMED)


def show_picture(mix: Node, picture: Image, looks: Mapping[str, Image]) -> None:
    """Show a stylized picture, one of the given looks, and store them in the Stylize node."""
    mix[LOOKS] = dict(looks)
    node = picture_of(mix)
    if node is not None:
        node.image, node.label = picture, picture.name


def add_look(mix: Node, picture: Image) -> None:
    """Add a picture as another look, or replace the look of that name; it is shown."""
    reveal(mix)
    show_picture(mix, picture, looks_of(mix) | {look_of(picture): picture})


def _copy_node(tree: NodeTree, node: Node, picture: Image) -> Node:
    copy = copy_places(tree, node, picture)
    height = height_of(node)
    place(copy, node, ((0, -height - GAP), (0, height + GAP)))
    return copy


def copy_places(tree: NodeTree, node: Node, picture: Image) -> Node:
    """Return a new node that shows a picture at the places where another node shows its own."""
    copy = tree.nodes.new(node.bl_idname)
    copy[TAG], copy.image, copy.label = PICTURE, picture, picture.name
    for name in (name for name in COPIED if hasattr(node, name)):
        setattr(copy, name, getattr(node, name))
    for name in COPIED_MAPPING:
        setattr(copy.texture_mapping, name, getattr(node.texture_mapping, name))
    fed = live_link(node.inputs["Vector"])
    if fed is not None:
        link(tree, fed.from_socket, copy.inputs["Vector"])
    return copy


def add_mix(tree: NodeTree, role: str, amount: float) -> Node:
    """Return a new mix of two colors."""
    mix = tree.nodes.new("ShaderNodeMix")
    mix[TAG], mix.label, mix.data_type = role, LABEL, "RGBA"
    socket_of(mix, "Factor_Float").default_value = amount
    return mix


def link(tree: NodeTree, source: NodeSocket, end: NodeSocket) -> None:
    """Link an output to an input."""
    tree.links.new(end, source)


class kept_selection:  # noqa: N801  # used as a function
    """Context in which new nodes stay unselected and the active node stays active."""

    def __init__(self, tree: NodeTree) -> None:
        self.tree, self.active, self.known = tree, tree.nodes.active, set(tree.nodes)

    def __enter__(self) -> None:
        return

    def __exit__(self, *_: object) -> None:
        for node in self.tree.nodes:
            if node not in self.known:
                node.select = False
        _activate(self.tree, self.active)


def _activate(tree: NodeTree, node: Node | None) -> None:
    """Make a node the active one if it is not: an output becomes the one that is rendered, too."""
    if node is not None and node in list(tree.nodes) and tree.nodes.active != node:
        tree.nodes.active = node


def trees_of(owner: Owner) -> list[NodeTree]:
    """Return the tree of a material, a World or a scene, and the trees of all groups in it."""
    tree = compat.tree_of(owner)
    if tree is None:
        return []
    trees: list[Any] = [tree]
    for tree in trees:
        inside = [node.node_tree for node in tree.nodes if node.type == "GROUP" and node.node_tree]
        trees += [group for group in inside if group not in trees]
    return trees


COLORS, RELIEF = (MIX, BAKE), (PAINT,)
"""Roles of the nodes that mix stylized colors in, and of those that mix the relief of their paint in."""
FINISH = (GLOSS,)
"""Roles of the nodes that mix a state's finish in: it shows as much as its colors."""


def mixes_in(owners: Iterable[Owner], roles: Sequence[str] = COLORS) -> Iterator[Node]:
    """Yield the Stylize nodes of materials, Worlds and scenes, groups included."""
    trees = dict.fromkeys(tree for owner in owners for tree in trees_of(owner))
    for tree in trees:
        yield from (node for node in tree.nodes if is_ours(node, *roles))


def set_amount(
    owners: Iterable[Owner], amount: float, roles: Sequence[str] = (*COLORS, *FINISH)
) -> None:
    """Set the visible share of the stylized pictures, 0 to 1."""
    for mix in mixes_in(owners, roles):
        if HIDDEN in mix:
            mix[HIDDEN] = amount
        else:
            amount_in(mix).default_value = amount


def amount_of(owners: Iterable[Owner], roles: Sequence[str] = COLORS) -> float | None:
    """Return the visible share of the stylized pictures, 0 to 1; None if there are none."""
    mix = next(mixes_in(owners, roles), None)
    return None if mix is None else mix.get(HIDDEN, amount_in(mix).default_value)


def hide(mix: Node) -> None:
    """Show nothing of a mix's second color, until it is revealed."""
    if HIDDEN not in mix:
        mix[HIDDEN], amount_in(mix).default_value = amount_in(mix).default_value, 0


def reveal(mix: Node) -> None:
    """Show a hidden mix as much as before."""
    if HIDDEN in mix:
        amount_in(mix).default_value = mix[HIDDEN]
        del mix[HIDDEN]


def amount_in(mix: Node) -> NodeSocket:
    """Return the input of the amount: the mix's own factor, or that of the node before it."""
    factor = socket_of(mix, "Factor_Float")
    fed = live_link(factor)
    shared = fed is not None and is_ours(fed.from_node, AMOUNT)
    return fed.from_node.inputs[1] if shared else factor


def take_out(mix: Node) -> None:
    """Remove one Stylize node and its picture's node from a tree."""
    tree, node = mix.id_data, picture_of(mix)
    bypass(mix, socket_of(mix, "A_Color"), socket_of(mix, "Result_Color", outputs=True))
    tree.nodes.remove(mix)
    if node is not None and is_ours(node) and not node.outputs["Color"].links:
        tree.nodes.remove(node)


def restore_tree(tree: NodeTree) -> set[str]:
    """Remove all nodes of this add-on from a tree; return the names of the pictures that they showed."""
    mixes = [node for node in tree.nodes if is_ours(node, *COLORS, *RELIEF, *FINISH)]
    shown = {_name_shown(mix) for mix in mixes if is_ours(mix, *COLORS)}
    active = tree.nodes.active
    for mix in mixes:
        bypass(mix, socket_of(mix, "A_Color"), socket_of(mix, "Result_Color", outputs=True))
    for node in [node for node in tree.nodes if is_ours(node, PAINTED)]:
        lead_round(node)
    for node in [node for node in tree.nodes if is_ours(node)]:
        tree.nodes.remove(node)
    _activate(tree, active)
    return shown


def _name_shown(mix: Node) -> str:
    """Return the name of a Stylize node's picture; if the picture is missing, the node's name."""
    node = picture_of(mix)
    return node.image.name_full if node is not None and node.image is not None else mix.name


def lead_round(node: Node) -> None:
    """Have what a node of ours was put into be as without it: a shader's own normals, its displacement."""
    if node.type == "BUMP":
        bypass(node, node.inputs["Normal"], node.outputs["Normal"])
    elif node.type == "VECT_MATH":
        bypass(node, node.inputs[0], node.outputs[0])
    elif node.type == "DISPLACEMENT" and WAY in node:
        material = material_of(node.id_data)
        if material is not None:
            material.displacement_method = node[WAY]


def material_of(tree: NodeTree) -> Material | None:
    """Return the material whose own tree this is; None if it is a group."""
    return next((m for m in bpy.data.materials if m.node_tree == tree), None)


def bypass(node: Node, before: NodeSocket, after: NodeSocket) -> None:
    """Link what an output feeds to what feeds an input."""
    tree, fed = node.id_data, live_link(before)
    for given in list(after.links):
        if fed is not None:
            link(tree, fed.from_socket, given.to_socket)
        else:
            tree.links.remove(given)


def remove_unused_pictures() -> int:
    """Remove the stylized pictures that nothing shows; their files stay.

    Blender's user count is not used: after a bake it may be one too high.
    """
    ours = [i for i in bpy.data.images if TAG in i and i.library is None and not i.use_fake_user]
    users = bpy.data.user_map(subset=ours) if ours else {}
    unused = [image for image in ours if not users[image]]
    for image in unused:
        bpy.data.images.remove(image)
    return len(unused)
