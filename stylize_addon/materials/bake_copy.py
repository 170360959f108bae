"""The .blend file for baking in a second Blender: some objects, their materials and all that those use.

The rest of the file stays out of it, so writing is quick however large the file is. Pictures that were
painted and neither saved nor packed go beside it, as arrays.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Image, Material, Object

from ...core.errors import StylizeError
from ..images import to_bytes
from .graph import trees_of


def write_copy(path: Path, objects: Iterable[Object], materials: Iterable[Material]) -> str:
    """Write objects and materials as they are now, with all that they use, to a .blend.

    Returns:
        The name of the collection in it that holds the objects; linked ones would be left out without it.

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
        bpy.data.libraries.write(str(path), {holder, *materials}, path_remap="ABSOLUTE")
    except (RuntimeError, OSError) as error:
        raise StylizeError(
            f"What is to be baked cannot be copied to {path.parent} ({error}); make room there"
        ) from error
    finally:
        bpy.data.collections.remove(holder)
    return name


def painted_images(materials: Iterable[Material]) -> list[Image]:
    """Return the pictures in materials whose pixels no file holds."""
    nodes = (node for m in materials for tree in trees_of(m) for node in tree.nodes)
    images = dict.fromkeys(getattr(node, "image", None) for node in nodes)
    return [i for i in images if i is not None and i.is_dirty and i.source in ("FILE", "GENERATED")]


def write_painted(images: Iterable[Image], folder: Path) -> Iterator[dict[str, Any]]:
    """Write the pixels of images, one at a time, and yield where they are, for ``read_painted``."""
    for number, image in enumerate(images):
        path = folder / f"painted{number}.npy"
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
        pixels = pixels.reshape(image.size[1], image.size[0], image.channels)
        np.save(path, pixels if image.is_float else to_bytes(pixels))
        yield {"name": image.name_full, "file": str(path)}


def read_painted(pictures: Iterable[dict[str, Any]]) -> None:
    """Put painted pixels in place of what the opened copy has."""
    for picture in pictures:
        image = next(i for i in bpy.data.images if i.name_full == picture["name"])
        image.user_remap(_repaint(image, np.load(picture["file"])))


def _repaint(image: Image, pixels: Any) -> Image:
    height, width, channels = pixels.shape
    is_float = pixels.dtype != np.uint8
    new: Any = bpy.data.images.new(
        "Stylize painted", width, height, alpha=True, float_buffer=is_float
    )
    new.colorspace_settings.name = image.colorspace_settings.name  # it would wipe pixels later
    new.alpha_mode = image.alpha_mode
    whole = np.ones((height, width, 4), np.float32)
    whole[..., :channels] = pixels if is_float else pixels.astype(np.float32) / 255
    if channels == 1:
        whole[..., 1:3] = whole[..., :1]
    new.pixels.foreach_set(whole.ravel())
    new.update()
    return new
