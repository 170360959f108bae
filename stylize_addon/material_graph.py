"""What a material's graph gets: a copy of each colour picture's node and a Stylize mix behind it. And back again.

Both nodes carry a custom property, so that restoring needs no list: what leads out of a Stylize node is
linked again to what leads into it, and the two are removed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import bpy
from bpy.types import Image, Material, Node, NodeLink, NodeSocket, NodeTree

from . import compat
from .material_walk import (
    BAKE,
    MIX,
    PICTURE,
    TAG,
    Leaf,
    Place,
    Target,
    Trail,
    find_targets,
    is_ours,
    live_link,
    through_color,
    walk,
)

LABEL = "Stylize"
GAP = 40
COPIED = ("interpolation", "projection", "projection_blend", "extension")
COPIED_USER = ("frame_current", "frame_duration", "frame_offset", "frame_start", "use_auto_refresh", "use_cyclic")
Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class Site:
    """A picture's node that colours a material, and where its colour leaves it."""

    place: Place
    node: Node
    cuts: dict[NodeSocket, list[NodeSocket]] = field(default_factory=dict)
    """Links to lead through a new Stylize node: outputs, and the inputs that they feed."""
    mixes: list[Node] = field(default_factory=list)
    """Stylize nodes that are there already."""


@dataclass(slots=True)
class BakeSite:
    """A colour input that no picture feeds alone, so that its colour must be baked."""

    target: Target
    mix: Node | None = None
    because: str = ""


@dataclass(slots=True)
class Findings:
    """What colours one material."""

    sites: list[Site] = field(default_factory=list)
    bakes: list[BakeSite] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def examine(material: Material, *, emission: bool) -> Findings:
    """Find the pictures that colour a material, and the colour inputs that have none."""
    targets, missing = find_targets(material, emission=emission)
    trails = [(target, walk(target.place, target.socket, through_color)) for target in targets]
    found = Findings()
    for group in dict.fromkeys([*missing, *(name for _, trail in trails for name in trail.missing)]):
        found.notes.append(f"{material.name}: its node group {group} is missing")
    known = {_key(link) for _, trail in trails for _, link in trail.links}
    for target, trail in trails:
        _examine_target(target, trail, known, found)
    return found


def _examine_target(target: Target, trail: Trail, known: set[Key], found: Findings) -> None:
    pictures = _colour_pictures(trail, found)
    shared = next(_other_ends(trail, known), None)
    if pictures and shared is None:
        for leaf in pictures:
            _add_site(found.sites, leaf, trail)
    elif not target.emission or pictures:
        mix = next((leaf.mix for leaf in trail.leaves if leaf.mix and is_ours(leaf.mix, BAKE)), None)
        found.bakes.append(BakeSite(target, mix, shared if pictures and shared else ""))


def _colour_pictures(trail: Trail, found: Findings) -> list[Leaf]:
    """Return where pictures colour; a Non-Color one among others is a map (ambient occlusion), left alone."""
    pictures = [leaf for leaf in trail.leaves if _is_picture(leaf)]
    colours = [leaf for leaf in pictures if not leaf.link.from_node.image.colorspace_settings.is_data]
    if colours:
        for leaf in pictures:
            if leaf not in colours:
                found.notes.append(f"{leaf.link.from_node.image.name}: a data map within the colour is left as it is")
    return colours or pictures


def _is_picture(leaf: Leaf) -> bool:
    if leaf.link is None:
        return False
    node = leaf.link.from_node
    return node.type == "TEX_IMAGE" and node.image is not None and leaf.link.from_socket.identifier == "Color"


def _other_ends(trail: Trail, known: set[Key]) -> Iterator[str]:
    """Yield nodes on the way whose colour goes elsewhere too: what is changed before them would change that."""
    for place, link in trail.links:
        node = link.from_node
        if node.type in ("TEX_IMAGE", "REROUTE") or is_ours(node):
            continue
        outputs = node.outputs
        if node.type == "GROUP":
            continue
        if node.type == "GROUP_INPUT":
            inputs = [n for n in place.tree.nodes if n.type == "GROUP_INPUT"]
            outputs = [o for n in inputs for o in n.outputs if o.identifier == link.from_socket.identifier]
        elif through_color(node) is None:
            continue
        if any(_goes_elsewhere(out, known) for out in outputs):
            yield node.label or node.name


def _goes_elsewhere(output: NodeSocket, known: set[Key]) -> bool:
    return any(
        _key(link) not in known and not link.is_muted and _is_used(link.to_node) for link in output.links
    )


def _is_used(node: Node) -> bool:
    """Return whether anything that a renderer looks at depends on a node."""
    seen: set[Node] = set()
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.type in ("OUTPUT_MATERIAL", "OUTPUT_AOV", "GROUP_OUTPUT"):
            return True
        if node not in seen:
            seen.add(node)
            waiting += [link.to_node for out in node.outputs for link in out.links]
    return False


def is_opacity(output: NodeSocket) -> bool:
    """Return whether a value reaches a shader's Alpha, or decides between shaders."""
    seen: set[NodeSocket] = set()
    waiting = [output]
    while waiting:
        output = waiting.pop()
        for link in output.links:
            end = link.to_node
            if link.to_socket.name == "Alpha" or end.type in ("MIX_SHADER", "GROUP", "GROUP_OUTPUT"):
                return True
            waiting += [further for further in end.outputs if further not in seen]
            seen.update(end.outputs)
    return False


def _key(link: NodeLink) -> Key:
    ends = (link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier)
    return (link.id_data.name_full + str(link.id_data.as_pointer()), *ends)


def _add_site(sites: list[Site], leaf: Leaf, trail: Trail) -> None:
    node = leaf.link.from_node
    site = next((s for s in sites if s.node == node), None)
    if site is None:
        site = Site(leaf.place, node)
        sites.append(site)
    if leaf.mix is not None:
        if leaf.mix not in site.mixes:
            site.mixes.append(leaf.mix)
        return
    walked = {_key(link) for _, link in trail.links}
    for link in _cut(leaf.link, walked):
        ends = site.cuts.setdefault(link.from_socket, [])
        if link.to_socket not in ends:
            ends.append(link.to_socket)


def _cut(link: NodeLink, walked: set[Key]) -> Iterator[NodeLink]:
    """Yield the link, or, where it leads to a reroute that serves others too, the reroute's links that were walked."""
    node = link.to_node
    if node.type != "REROUTE" or all(_key(after) in walked for after in node.outputs[0].links):
        yield link
        return
    for after in node.outputs[0].links:
        if _key(after) in walked:
            yield from _cut(after, walked)


def stylize_site(site: Site, picture: Image, amount: float) -> None:
    """Show ``picture`` in place of a node's own; ``amount`` is how much of it."""
    for mix in site.mixes:
        _replace_picture(mix, picture)
    for source, ends in site.cuts.items():
        with _kept_selection(site.place.tree):
            copy = _copy_node(site.place.tree, site.node, picture)
            mix = _add_mix(site.place.tree, MIX, amount)
            _place(mix, site.node, (site.node.width + GAP, 0))
            _link(site.place.tree, source, socket_of(mix, "A_Color"))
            _link(site.place.tree, copy.outputs["Color"], socket_of(mix, "B_Color"))
            for end in ends:
                _link(site.place.tree, socket_of(mix, "Result_Color", outputs=True), end)


def stylize_bake(site: BakeSite, picture: Image, amount: float) -> None:
    """Show ``picture`` in place of what a colour input has."""
    if site.mix is not None:
        _replace_picture(site.mix, picture)
        return
    tree, target = site.target.place.tree, site.target.socket
    with _kept_selection(tree):
        node = tree.nodes.new("ShaderNodeTexImage")
        node[TAG], node.image, node.label = PICTURE, picture, picture.name
        _place(node, site.target.node, (-node.width * 2 - GAP * 2, -GAP))
        mix = _add_mix(tree, BAKE, amount)
        _place(mix, site.target.node, (-mix.width - GAP, -GAP))
        link = live_link(target)
        if link is None:
            socket_of(mix, "A_Color").default_value = target.default_value
        else:
            _link(tree, link.from_socket, socket_of(mix, "A_Color"))
        _link(tree, node.outputs["Color"], socket_of(mix, "B_Color"))
        _link(tree, socket_of(mix, "Result_Color", outputs=True), target)


def socket_of(node: Node, identifier: str, *, outputs: bool = False) -> NodeSocket:
    """Return a socket by its identifier; names and numbers differ between versions and modes."""
    sockets = node.outputs if outputs else node.inputs
    return next(socket for socket in sockets if socket.identifier == identifier)


def picture_of(mix: Node) -> Node | None:
    """Return the node of the stylized picture that a Stylize node shows."""
    link = live_link(socket_of(mix, "B_Color"))
    return link.from_node if link is not None and link.from_node.type == "TEX_IMAGE" else None


def _replace_picture(mix: Node, picture: Image) -> None:
    node = picture_of(mix)
    if node is not None:
        node.image, node.label = picture, picture.name


def _copy_node(tree: NodeTree, node: Node, picture: Image) -> Node:
    copy = tree.nodes.new("ShaderNodeTexImage")
    copy[TAG], copy.image, copy.label = PICTURE, picture, picture.name
    for name in COPIED:
        setattr(copy, name, getattr(node, name))
    for name in COPIED_USER:
        setattr(copy.image_user, name, getattr(node.image_user, name))
    for name in ("vector_type", "translation", "rotation", "scale", "mapping", "mapping_x", "mapping_y", "mapping_z"):
        setattr(copy.texture_mapping, name, getattr(node.texture_mapping, name))
    link = live_link(node.inputs["Vector"])
    if link is not None:
        _link(tree, link.from_socket, copy.inputs["Vector"])
    _place(copy, node, (0, -node.height - 220))
    return copy


def _add_mix(tree: NodeTree, role: str, amount: float) -> Node:
    mix = tree.nodes.new("ShaderNodeMix")
    mix[TAG], mix.label, mix.data_type = role, LABEL, "RGBA"
    socket_of(mix, "Factor_Float").default_value = amount
    return mix


def _place(node: Node, beside: Node, offset: tuple[float, float]) -> None:
    node.parent = beside.parent
    node.location = (beside.location[0] + offset[0], beside.location[1] + offset[1])


def _link(tree: NodeTree, source: NodeSocket, end: NodeSocket) -> None:
    tree.links.new(end, source)


class _kept_selection:  # noqa: N801  # used as a function
    """New nodes come unselected, and the active node stays."""

    def __init__(self, tree: NodeTree) -> None:
        self.tree, self.active, self.known = tree, tree.nodes.active, set(tree.nodes)

    def __enter__(self) -> None:
        return

    def __exit__(self, *_: object) -> None:
        for node in self.tree.nodes:
            if node not in self.known:
                node.select = False
        if self.active is not None:
            self.tree.nodes.active = self.active


def trees_of(material: Material) -> list[NodeTree]:
    """Return a material's tree and those of all groups in it."""
    if not compat.has_nodes(material):
        return []
    found: list[NodeTree] = [material.node_tree]
    for tree in found:
        inside = [node.node_tree for node in tree.nodes if node.type == "GROUP" and node.node_tree]
        found += [group for group in inside if group not in found]
    return found


def mixes_in(materials: Iterable[Material]) -> Iterator[Node]:
    """Yield the Stylize nodes of materials, groups included."""
    trees = dict.fromkeys(tree for material in materials for tree in trees_of(material))
    for tree in trees:
        yield from (node for node in tree.nodes if is_ours(node, MIX, BAKE))


def set_amount(materials: Iterable[Material], amount: float) -> None:
    """Set how much of the stylized pictures shows, 0 to 1."""
    for mix in mixes_in(materials):
        socket_of(mix, "Factor_Float").default_value = amount


def restore_tree(tree: NodeTree) -> int:
    """Take out of a tree all that was put in; return how many Stylize nodes that were."""
    mixes = [node for node in tree.nodes if is_ours(node, MIX, BAKE)]
    active = tree.nodes.active
    for mix in mixes:
        _bypass(tree, mix)
    for node in [node for node in tree.nodes if is_ours(node)]:
        tree.nodes.remove(node)
    if active is not None and active in list(tree.nodes):
        tree.nodes.active = active
    return len(mixes)


def _bypass(tree: NodeTree, mix: Node) -> None:
    before = live_link(socket_of(mix, "A_Color"))
    for link in list(socket_of(mix, "Result_Color", outputs=True).links):
        end = link.to_socket
        if before is not None:
            _link(tree, before.from_socket, end)
        else:
            tree.links.remove(link)


def remove_unused_pictures() -> int:
    """Remove the stylized pictures that nothing shows any more; their files stay.

    Blender's count of users is not asked: after a bake it may be one too high.
    """
    ours = [image for image in bpy.data.images if TAG in image and not image.library and not image.use_fake_user]
    users = bpy.data.user_map(subset=ours) if ours else {}
    unused = [image for image in ours if not users[image]]
    for image in unused:
        bpy.data.images.remove(image)
    return len(unused)
