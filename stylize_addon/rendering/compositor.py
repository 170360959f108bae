"""Stylized frames in the compositor: an Image node, a Stylize mix before the output; and back.

Restoring is the same as for every graph (``graph.restore_tree``): the outputs of a Stylize mix are linked to
its sources again. Other changes are stored on the mix.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Image, Node, NodeSocket, NodeTree, Scene

from ...core.errors import StylizeError
from .. import compat
from ..images import TAG, relative
from ..materials.graph import LABEL, amount_in, kept_selection, picture_of, restore_tree, socket_of
from ..materials.node_places import GAP, place
from ..materials.walk import MIX, PICTURE, is_ours, live_link
from .mattes import add_mattes, has_mattes, turn_off_passes, turn_on_passes
from .paint_layers import has_layers, lay_over
from .settings import Part
from .view_layers import layer_of

RENDER = "render"
"""Role of nodes that stand for the render and its output where there was no tree."""
BEFORE = "stylize_before"
"""What a scene's switches were, on the Stylize mix."""


def show_frames(  # noqa: PLR0913  # all but three have defaults
    scene: Scene,
    first: Path,
    frames: tuple[int, int],
    *,
    under: bool = False,
    amount: float = 1.0,
    parts: Sequence[Part] = (),
    layer: str = "",
    layers: Sequence[str] = (),
) -> Image:
    """Show an image sequence instead of the output of a scene's compositor, and return its image.

    Args:
        scene: The scene.
        first: File of the first frame; the other files differ only in the number.
        frames: Numbers of the first and the last frame of the scene.
        under: Whether the sequence replaces the render, before the scene's own compositing, instead of
            the result.
        amount: The visible share of the sequence.
        parts: Parts where its share is different.
        layer: The view layer that it was made from, as for ``layer_of``.
        layers: The sequence's own layers, from the lowest up, if it has some.

    Raises:
        StylizeError: if the compositor may not be changed, or a part does not exist.
    """
    _check(scene)
    tree = compat.tree_of(scene)
    if parts or layers or has_mattes(tree) or has_layers(tree):
        restore_scene(scene)
    image = _load(scene, first)
    tree, used = compat.use_compositor(scene)
    known = [node for node in tree.nodes if is_ours(node, MIX)]
    if not known:
        switches = {"compositor": used, "use_compositing": scene.render.use_compositing}
        switches |= turn_on_passes(layer_of(scene, layer), parts)
        with kept_selection(tree):
            _insert(tree, scene, image, under=under, switches=switches, layers=layers)
            for mix in [node for node in tree.nodes if is_ours(node, MIX)]:
                add_mattes(tree, layer_of(scene, layer), mix, parts)
    scene.render.use_compositing = True
    for mix in [node for node in tree.nodes if is_ours(node, MIX)]:
        node = picture_of(mix)
        if node is not None:
            _set_frames(node, image, frames)
        amount_in(mix).default_value = amount
    return image


def _check(scene: Scene) -> None:
    tree = compat.tree_of(scene)
    if scene.library is not None or (tree is not None and tree.library is not None):
        raise StylizeError(f"The compositor of {scene.name} is linked; make it local first")
    sharing = [s.name for s in bpy.data.scenes if compat.GROUPS and compat.tree_of(s) == tree]
    if tree is not None and len(sharing) > 1:
        raise StylizeError(
            f"{' and '.join(sharing)} share the compositing group {tree.name}; "
            f"give {scene.name} its own first"
        )


def _load(scene: Scene, first: Path) -> Image:
    """Load a sequence; it replaces the one that the scene's compositor shows."""
    name = f"{scene.name}.stylized frames"
    image = bpy.data.images.get(name)
    if image is None or image.library is not None or TAG not in image:
        image = bpy.data.images.load(str(first), check_existing=False)
        image.name, image[TAG] = name, PICTURE
    image.source = "SEQUENCE"
    image.filepath = relative(first)
    image.reload()
    return image


def _set_frames(node: Node, image: Image, frames: tuple[int, int]) -> None:
    """Set an Image node to show each frame at its own number."""
    node.image, node.label = image, image.name
    node.frame_duration = frames[1] - frames[0] + 1
    node.frame_start = frames[0]
    node.frame_offset = frames[0] - 1
    node.use_auto_refresh = True
    node.use_cyclic = False


def _insert(
    tree: NodeTree,
    scene: Scene,
    image: Image,
    *,
    under: bool,
    switches: dict[str, Any],
    layers: Sequence[str],
) -> None:
    """Put a mix between each source and the inputs that it feeds."""
    _complete(tree, scene)
    seen = None
    for source, ends in _find_cuts(tree, scene, under=under):
        mix = tree.nodes.new(compat.COMPOSITOR_MIX)
        mix[TAG], mix[BEFORE], mix.label = MIX, switches, LABEL
        mix.name = LABEL
        if hasattr(mix, "data_type"):
            mix.data_type = "RGBA"
        beside = source.node if source is not None else ends[0].node
        place(mix, beside, ((source.node.width + GAP, 0) if source else (-mix.width - GAP, 0),))
        seen = seen or _add_picture(tree, image, mix, layers)
        if source is not None:
            tree.links.new(socket_of(mix, "A_Color"), source)
        else:
            socket_of(mix, "A_Color").default_value = ends[0].default_value
        tree.links.new(socket_of(mix, "B_Color"), seen)
        for end in ends:
            tree.links.new(end, socket_of(mix, "Result_Color", outputs=True))


def _add_picture(tree: NodeTree, image: Image, mix: Node, layers: Sequence[str]) -> NodeSocket:
    """Add a picture's node, and those of its layers; return what is seen of it."""
    node = tree.nodes.new("CompositorNodeImage")
    node[TAG], node.image = PICTURE, image
    left = (len(layers) + 1) * (node.width + GAP)
    place(node, mix, ((-left, -node.width - GAP),))
    return lay_over(tree, node, layers) if layers else color_of(node)


def color_of(node: Node) -> NodeSocket:
    """Return an Image node's colour output; of a multilayer file it is the combined pass."""
    names = ("Image", "Combined")
    return next((node.outputs[n] for n in names if n in node.outputs), node.outputs[0])


def _complete(tree: NodeTree, scene: Scene) -> None:
    """Add render and output to a tree without an output, which Blender treats like no compositing."""
    if compat.outputs_of(tree):
        return
    render = tree.nodes.new("CompositorNodeRLayers")
    output = tree.nodes.new(compat.OUTPUT)
    render[TAG] = output[TAG] = RENDER
    render.scene = scene
    output.location = (render.width + 4 * GAP + 140, 0)
    tree.links.new(output.inputs[0], render.outputs["Image"])


def _find_cuts(
    tree: NodeTree, scene: Scene, *, under: bool
) -> list[tuple[NodeSocket | None, list[NodeSocket]]]:
    """Return the places for the sequence: sources with the inputs that they feed."""
    if under:
        renders = [n for n in tree.nodes if n.bl_idname == "CompositorNodeRLayers"]
        sockets = [n.outputs["Image"] for n in renders if n.scene in (None, scene)]
        cuts = [(s, [link.to_socket for link in s.links]) for s in sockets if s.is_linked]
        if cuts:
            return cuts
    ends = [_find_first_color(node) for node in compat.outputs_of(tree)]
    return _group_by_source([end for end in ends if end is not None])


def _find_first_color(node: Node) -> NodeSocket | None:
    return next((socket for socket in node.inputs if socket.type == "RGBA"), None)


def _group_by_source(
    ends: Sequence[NodeSocket],
) -> list[tuple[NodeSocket | None, list[NodeSocket]]]:
    grouped: list[tuple[NodeSocket | None, list[NodeSocket]]] = []
    for end in ends:
        link = live_link(end)
        source = None if link is None else link.from_socket
        same = next(
            (kept for known, kept in grouped if source is not None and known == source), None
        )
        if same is None:
            grouped.append((source, [end]))
        else:
            same.append(end)
    return grouped


def restore_scene(scene: Scene) -> int:
    """Remove the stylized frames from a scene's compositor; return the number of sequences."""
    tree = compat.tree_of(scene)
    if tree is None or tree.library is not None or scene.library is not None:
        return 0
    mix = next((node for node in tree.nodes if is_ours(node, MIX)), None)
    if mix is None:
        return 0
    before = dict(mix[BEFORE]) if BEFORE in mix else {"compositor": True, "use_compositing": True}
    if not all(is_ours(node) for node in tree.nodes):
        _keep_render(tree)
    count = len(restore_tree(tree))
    scene.render.use_compositing = bool(before["use_compositing"])
    turn_off_passes(scene, before)
    if not before["compositor"]:
        compat.leave_compositor(scene)
    return count


def _keep_render(tree: NodeTree) -> None:
    """Keep render and output if the user has put nodes between them since."""
    for node in [node for node in tree.nodes if is_ours(node, RENDER)]:
        del node[TAG]
