"""Turning a material into a toon version and back, node for node.

The material's own graph stays as it is. A toon shader is added, fed by what feeds its shaders, with two
outputs: one for EEVEE and one for Cycles, which these prefer to one for all. Each node has a custom property,
so that what was added is found again after renaming, copying and appending.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import bpy
from bpy.types import Material, Node, NodeSocket, NodeTree, Object

from ...core.request.toon_look import PRESETS
from .. import compat
from ..images import TAG
from ..materials.graph import kept_selection, socket_of
from ..materials.node_places import GAP, place
from ..materials.walk import is_ours
from .nodes import PART
from .presets import LOOK, preset_group
from .sockets import set_look
from .sources import Feed, as_surface, read_shader

TOON, HELPER, OUTPUT, MAP = "toon", "toon_helper", "toon_output", "toon_map"
"""Roles of the nodes: the shader, what feeds it, the two outputs, and what reads an artist's maps."""
WAS = "stylize_was"
"""Custom property of the shader's node: what else was changed, to be set back."""
TARGETS = (("EEVEE", "EEVEE"), ("CYCLES", "Cycles"))
"""Engines of outputs, and the shader's outputs for them."""
FEEDS = {"color": "Base Color", "alpha": "Alpha", "normal": "Normal"}
NO_OUTPUT = "has no Material Output, so nothing of it is rendered"


def toon_node(material: Material) -> Any:
    """Return the node of a material's toon shader; None if it has none."""
    if not compat.has_nodes(material):
        return None
    return next((n for n in material.node_tree.nodes if is_ours(n, TOON)), None)


def wears_toon(object_: Object) -> bool:
    """Return whether a slot of an object has a toon material."""
    return any(slot.material and toon_node(slot.material) for slot in object_.material_slots)


def toon_materials() -> list[Material]:
    """Return the materials of this file that are shown as toon."""
    return [m for m in bpy.data.materials if m.library is None and toon_node(m) is not None]


def look_of(material: Material) -> str:
    """Return the name of the look that a toon material had first; nothing if it is none."""
    node = toon_node(material)
    return "" if node is None or node.node_tree is None else node.node_tree.get(LOOK, "")


def add_toon(material: Material, look: str, *, bumps: bool = False) -> str:
    """Show a material as toon; return why it cannot be, or nothing.

    Args:
        material: A local material with nodes. If it is toon already, it gets the look.
        look: Name of the look.
        bumps: Whether its normal maps are kept: they break the tones up.
    """
    node = toon_node(material)
    if node is not None:
        node.node_tree = preset_group(look)
        set_look(node, PRESETS[look].look)
        follow(material, bumps=bumps)
        return ""
    tree: Any = material.node_tree
    output = _rendered_output(tree)
    if output is None:
        return NO_OUTPUT
    with _kept_active(tree):
        _add(material, output, look)
    follow(material, bumps=bumps)
    return ""


def _rendered_output(tree: NodeTree) -> Any:
    """Return the material's own output; ours are for one engine each."""
    found = (tree.get_output_node(target) for target in ("ALL", "CYCLES", "EEVEE"))
    return next((output for output in found if output is not None), None)


def _add(material: Material, output: Node, look: str) -> None:
    tree: Any = material.node_tree
    was = {
        "output": output.name,
        "active": _active_output(tree),
        "targets": {n.name: n.target for n in _outputs(tree) if n.target != "ALL"},
        "sampling": material.cycles.emission_sampling,
        "animated": tree.animation_data is not None,
    }
    _set_targets(tree, dict.fromkeys(was["targets"], "ALL"), was["active"])
    node = tree.nodes.new("ShaderNodeGroup")
    node[TAG], node.node_tree = TOON, preset_group(look)
    node.label, node.width = "Stylize Toon", 220
    set_look(node, PRESETS[look].look)
    node[WAS] = was
    place(node, output, ((output.width + GAP, 0),))
    for number, (target, name) in enumerate(TARGETS):
        end = tree.nodes.new("ShaderNodeOutputMaterial")
        end[TAG], end.target, end.label = OUTPUT, target, f"Stylize Toon {name}"
        place(end, node, ((node.width + GAP, -number * 160),))
        tree.links.new(end.inputs["Surface"], node.outputs[name])
    material.cycles.emission_sampling = "NONE"  # a shadow's color is no lamp


@contextmanager
def _kept_active(tree: NodeTree) -> Iterator[None]:
    """Context in which the active node and output stay; making an output the active node makes it both."""
    active = _active_output(tree)
    with kept_selection(tree):
        yield
    _set_targets(tree, {}, active)


def _active_output(tree: NodeTree) -> str:
    return next((n.name for n in _outputs(tree) if n.is_active_output), "")


def _outputs(tree: NodeTree) -> list[Any]:
    return [n for n in tree.nodes if n.type == "OUTPUT_MATERIAL"]


def _set_targets(tree: NodeTree, targets: Mapping[str, str], active: str) -> None:
    """Say which engines outputs are for, and which output is the active one: targets change that too."""
    for name, target in targets.items():
        if name in tree.nodes:
            tree.nodes[name].target = target
    if active in tree.nodes:
        tree.nodes[active].is_active_output = True


def follow(material: Material, *, bumps: bool | None = None) -> None:
    """Feed a material's toon shader with what feeds the material's own shaders now.

    Args:
        material: A toon material.
        bumps: Whether its normal maps are kept; None: as it was.
    """
    node = toon_node(material)
    tree: Any = material.node_tree
    for old in [n for n in tree.nodes if is_ours(n, HELPER)]:
        tree.nodes.remove(old)
    output = tree.nodes.get(node[WAS]["output"])
    if output is None or is_ours(output):
        output = tree.get_output_node("ALL")
    if output is None:
        return
    with _kept_active(tree):
        helpers = _Helpers(tree, node)
        feed = as_surface(read_shader(output.inputs["Surface"], helpers.mix))
        _feed(tree, node, feed, helpers)
    if bumps is not None:
        node[BUMPS] = bumps
    _link(tree, node.inputs["Normal"], feed.normal if node.get(BUMPS) else None)
    for end in (n for n in tree.nodes if is_ours(n, OUTPUT)):
        for name in ("Displacement", "Volume"):
            link = next(iter(output.inputs[name].links), None)
            _link(tree, end.inputs[name], None if link is None else link.from_socket)


BUMPS = "stylize_bumps"
"""Custom property of the shader's node: whether normal maps are kept."""


class _Helpers:
    """Adds the nodes between a material's colors and its toon shader."""

    def __init__(self, tree: NodeTree, beside: Node) -> None:
        self._tree, self._beside = tree, beside

    def mix(self, factor: Any, one: Any, other: Any) -> NodeSocket:
        """Return two values mixed."""
        if type(one) is type(other) and one == other:
            return one
        node: Any = self._new("ShaderNodeMix")
        node.data_type = "RGBA"
        for name, value in (("Factor_Float", factor), ("A_Color", one), ("B_Color", other)):
            _link(self._tree, socket_of(node, name), value)
        return socket_of(node, "Result_Color", outputs=True)

    def scale(self, color: Any, strength: Any) -> Any:
        """Return a color times a number."""
        node: Any = self._new("ShaderNodeVectorMath")
        node.operation = "SCALE"
        _link(self._tree, node.inputs[0], color)
        _link(self._tree, node.inputs["Scale"], strength)
        return node.outputs["Vector"]

    def _new(self, kind: str) -> Node:
        node = self._tree.nodes.new(kind)
        node[TAG] = HELPER
        place(node, self._beside, ((-node.width - GAP, -GAP),))
        return node


def _feed(tree: NodeTree, node: Any, feed: Feed, helpers: _Helpers) -> None:
    _link(tree, node.inputs["Base Color"], feed.color)
    _link(tree, node.inputs["Alpha"], feed.alpha)
    glow = (0.0, 0.0, 0.0, 1.0) if feed.glow is None else feed.glow
    if feed.glow is not None and feed.strength != 1.0:
        glow = helpers.scale(glow, feed.strength)
    _link(tree, node.inputs["Emission"], glow)


def _link(tree: NodeTree, end: NodeSocket, value: Any) -> None:
    """Feed an input: by a link, with the value of another input (also while that is animated), or a value."""
    for link in list(end.links):
        tree.links.remove(link)
    if isinstance(value, NodeSocket) and value.is_output:
        tree.links.new(end, value)
    elif isinstance(value, NodeSocket):
        _set(end, value.default_value)
        _follow_value(tree, end, value)
    elif value is not None:
        _set(end, value)


def _set(end: Any, value: Any) -> None:
    many = hasattr(value, "__len__")
    if hasattr(end.default_value, "__len__"):
        given = list(value) if many else [value] * 3
        end.default_value = [*given, 1.0][: len(end.default_value)]
    else:
        end.default_value = sum(list(value)[:3]) / 3 if many else value


def _follow_value(tree: NodeTree, end: Any, source: Any) -> None:
    """Drive an input with another one's value, if that is animated or driven."""
    data, path = tree.animation_data, source.path_from_id("default_value")
    curves = [] if data is None else [*data.drivers, *compat.curves_of(data)]
    if not any(curve.data_path == path for curve in curves):
        return
    many = hasattr(end.default_value, "__len__")
    for index in range(3) if many else (-1,):
        driver = end.driver_add("default_value", index) if many else end.driver_add("default_value")
        driver.driver.type = "AVERAGE"
        variable = driver.driver.variables.new()
        variable.targets[0].id_type, variable.targets[0].id = "NODETREE", tree
        variable.targets[0].data_path = f"{path}[{index}]" if many else path


def remove_toon(material: Material) -> bool:
    """Take the toon version out of a material; return whether there was one."""
    node = toon_node(material)
    if node is None:
        return False
    tree: Any = material.node_tree
    was, active = node[WAS].to_dict(), tree.nodes.active
    for old in [n for n in tree.nodes if is_ours(n, TOON, HELPER, OUTPUT, MAP)]:
        tree.nodes.remove(old)
    material.cycles.emission_sampling = was["sampling"]
    data = tree.animation_data
    if data is not None and not was["animated"] and data.action is None and not data.drivers:
        tree.animation_data_clear()
    if active is not None and active in list(tree.nodes):
        tree.nodes.active = active
    _set_targets(tree, was["targets"], was["active"])
    return True


def follow_all() -> None:
    """Feed all toon shaders of the file anew, after what colors materials was changed."""
    for material in toon_materials():
        follow(material)


def remove_unused_groups() -> None:
    """Remove our node groups that nothing uses any more; those in an asset library are kept.

    Users are looked for: their number also counts some that a copied material had, before 4.5.
    """
    while True:
        local = [t for t in bpy.data.node_groups if PART in t and t.library is None]
        ours = [t for t in local if t.asset_data is None and not t.use_fake_user]
        users = bpy.data.user_map(subset=ours) if ours else {}
        unused = [t for t in ours if not users[t]]
        if not unused:
            return
        for tree in unused:
            bpy.data.node_groups.remove(tree)
