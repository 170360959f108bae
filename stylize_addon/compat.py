"""Every difference between Blender 4.2 and 5.2 that this add-on meets."""

from collections.abc import Mapping
from typing import Any

import bpy


def has_nodes(owner: bpy.types.Material | bpy.types.World) -> bool:
    """Return whether a material or a World is made of nodes; from 5.0 on every one is."""
    if bpy.app.version >= (5, 0, 0):
        return owner.node_tree is not None
    return owner.use_nodes and owner.node_tree is not None


def save_tiles(image: bpy.types.Image, pattern: str) -> bool:
    """Write the current pixels of all UDIM tiles to ``pattern``; False where Blender cannot (4.2).

    Before 4.5 saving always changes the image itself.
    """
    if "save_copy" not in image.bl_rna.functions["save"].parameters:
        return False
    image.save(filepath=pattern, save_copy=True)
    return True


def known_options(operator: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that this Blender's version of an operator has."""
    known = operator.get_rna_type().properties
    return {name: value for name, value in options.items() if name in known}


def from_the_future() -> bool:
    """Return whether the open file was saved by a newer Blender than this."""
    return tuple(bpy.data.version)[:2] > bpy.app.version[:2]
