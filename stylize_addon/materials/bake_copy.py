"""The .blend file for baking in a second Blender: some objects, their materials and everything these use.

The rest of the file is left out, so writing is quick even for a large file. Painted pictures that are neither
saved nor packed are written beside it (``painted``).
"""

from collections.abc import Iterable
from pathlib import Path

import bpy
from bpy.types import Image, Material, Object

from ..painted import copying, painted_images
from .graph import trees_of


def write_copy(path: Path, objects: Iterable[Object], materials: Iterable[Material]) -> str:
    """Write objects and materials in their current state, with everything they use, to a .blend.

    Returns:
        The name of the collection in it with the objects; without it linked objects would be left out.

    Raises:
        StylizeError: if it cannot be written.
    """
    holder = bpy.data.collections.new("Stylize bake")
    name = holder.name
    try:
        for object_ in dict.fromkeys(objects):
            if object_.mode == "EDIT":
                object_.update_from_editmode()
            holder.objects.link(object_)
        with copying("What is to be baked", path.parent):
            bpy.data.libraries.write(str(path), {holder, *materials}, path_remap="ABSOLUTE")
    finally:
        bpy.data.collections.remove(holder)
    return name


def painted_in(materials: Iterable[Material]) -> list[Image]:
    """Return the pictures in materials whose pixels are in no file."""
    nodes = (node for m in materials for tree in trees_of(m) for node in tree.nodes)
    images = dict.fromkeys(getattr(node, "image", None) for node in nodes)
    return painted_images(i for i in images if i is not None)
