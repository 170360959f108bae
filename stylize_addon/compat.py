"""Every difference between Blender 4.2 and 5.2 that matters for this add-on."""

from collections.abc import Mapping
from typing import Any

import bpy

GROUPS = bpy.app.version >= (5, 0, 0)
"""Whether scenes are composited by a node group (Blender 5.0 on) or by a tree of their own."""
JOINS_NORMALS = bpy.app.version >= (4, 5, 0)
"""Whether meshes that Geometry Nodes join keep their custom normals."""
STEADY_LIGHT = bpy.app.version >= (4, 5, 0)
"""Whether EEVEE lights what faces a lamp straight without noise; 4.2 leaves dark specks there."""
OUTPUT = "NodeGroupOutput" if GROUPS else "CompositorNodeComposite"
COMPOSITOR_MIX = "ShaderNodeMix" if GROUPS else "CompositorNodeMixRGB"
COMPOSITOR_MATH = "ShaderNodeMath" if GROUPS else "CompositorNodeMath"
OLD_MIX = {
    "Factor_Float": "Fac",
    "A_Color": "Image",
    "B_Color": "Image_001",
    "Result_Color": "Image",
}
"""Sockets of a Mix node → those of the compositor's before 5.0."""


NO_NODES = "does not use nodes (turn on Use Nodes above its shader)"
"""What is said of those that ``has_nodes`` is false for."""


def has_nodes(owner: bpy.types.Material | bpy.types.World) -> bool:
    """Return whether a material or a World uses nodes; from 5.0 on all do."""
    if bpy.app.version >= (5, 0, 0):
        return owner.node_tree is not None
    return owner.use_nodes and owner.node_tree is not None


def new_material(name: str) -> bpy.types.Material:
    """Return a new material that uses nodes; from 5.0 on all do."""
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    return material


def tree_of(owner: bpy.types.Material | bpy.types.World | bpy.types.Scene) -> Any:
    """Return the node tree of a material, a World or a scene's compositor; None if it has none."""
    if not isinstance(owner, bpy.types.Scene):
        return owner.node_tree if has_nodes(owner) else None
    if GROUPS:
        return owner.compositing_node_group
    return owner.node_tree if owner.use_nodes else None


def use_compositor(scene: bpy.types.Scene) -> tuple[Any, bool]:
    """Switch on a scene's compositing tree, made if needed; return it and whether it was in use before."""
    tree = tree_of(scene)
    if tree is not None:
        return tree, True
    if GROUPS:
        tree = bpy.data.node_groups.new("Stylize", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
    else:
        scene.use_nodes = True
        tree = scene.node_tree
    return tree, False


def leave_compositor(scene: bpy.types.Scene) -> None:
    """Undo ``use_compositor`` if the tree was not in use; an empty group of its own is removed."""
    if not GROUPS:
        scene.use_nodes = False
        return
    tree = scene.compositing_node_group
    if not tree.nodes:
        scene.compositing_node_group = None
        bpy.data.node_groups.remove(tree)


def outputs_of(tree: Any) -> list[Any]:
    """Return the nodes that end a compositing tree."""
    return [node for node in tree.nodes if node.bl_idname == OUTPUT]


def mix_identifier(node: Any, identifier: str) -> str:
    """Return the identifier of a Mix node's socket; before 5.0 it is different in the compositor."""
    return (
        OLD_MIX.get(identifier, identifier)
        if node.bl_idname == "CompositorNodeMixRGB"
        else identifier
    )


def save_tiles(image: bpy.types.Image, pattern: str) -> bool:
    """Write the current pixels of all UDIM tiles to ``pattern``; False where Blender cannot (4.2).

    Before 4.5 saving always changes the image itself.
    """
    if "save_copy" not in image.bl_rna.functions["save"].parameters:
        return False
    image.save(filepath=pattern, save_copy=True)
    return True


def modifier_materials(modifier: Any) -> list[bpy.types.Material]:
    """Return the materials among a Geometry Nodes modifier's inputs; 5.2 stores inputs in another place."""
    items = modifier.node_group.interface.items_tree
    names = [i.identifier for i in items if getattr(i, "socket_type", "") == "NodeSocketMaterial"]
    if hasattr(modifier, "properties"):
        inputs = [getattr(modifier.properties.inputs, name, None) for name in names]
        values = [getattr(socket, "value", None) for socket in inputs]
    else:
        values = [modifier.get(name) for name in names]
    return [material for material in values if isinstance(material, bpy.types.Material)]


def known_options(operator: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those options that the operator has in this version of Blender."""
    known = operator.get_rna_type().properties
    return {name: value for name, value in options.items() if name in known}


def from_the_future() -> bool:
    """Return whether the open file was saved by a newer Blender than this."""
    return tuple(bpy.data.version)[:2] > bpy.app.version[:2]


def curves_of(data: Any) -> list[Any]:
    """Return the animation curves of a data-block's animation; from 5.0 on an action has them by slots."""
    action = data.action
    if action is None:
        return []
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    bags = (strip.channelbag(data.action_slot) for layer in action.layers for strip in layer.strips)
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


def set_input(modifier: Any, name: str, value: Any) -> None:
    """Set an input of a Geometry Nodes modifier by name; 5.2 stores inputs in another place."""
    items = modifier.node_group.interface.items_tree
    identifier = next(i.identifier for i in items if i.name == name and i.in_out == "INPUT")
    if hasattr(modifier, "properties"):
        getattr(modifier.properties.inputs, identifier).value = value
    else:
        modifier[identifier] = value
    modifier.id_data.update_tag()
