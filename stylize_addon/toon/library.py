"""The looks as an asset library: node groups with previews, to be dragged into any material."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import NodeTree

from ...core.errors import StylizeError
from ...core.request.toon_look import PRESETS
from ..engine import PACKAGE
from .material import remove_unused_groups
from .presets import preset_group

NAME, FILE = "Stylize", "toon_looks.blend"
PREVIEWS = Path(__file__).with_name("previews")


def library_folder() -> Path:
    """Return the folder of the asset library."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="assets", create=True))
    except ValueError:
        return Path(bpy.utils.user_resource("DATAFILES", path="stylize/assets", create=True))


def make_library() -> Path:
    """Write the looks to the asset library and add it to Blender's; return its file.

    Raises:
        StylizeError: if it cannot be written.
    """
    folder = library_folder()
    path = folder / FILE
    known = [tree for tree in bpy.data.node_groups if tree.asset_data is not None]
    groups = [preset_group(name) for name in PRESETS]
    try:
        for name, tree in zip(PRESETS, groups, strict=True):
            _mark(tree, name)
        part = path.with_suffix(".part.blend")
        bpy.data.libraries.write(str(part), set(groups), fake_user=True)
        part.replace(path)
    except (RuntimeError, OSError) as error:
        raise StylizeError(f"The looks cannot be written to {folder}: {error}") from error
    finally:
        for tree in groups:
            if tree not in known:
                tree.asset_clear()
        remove_unused_groups()
    _add(folder)
    return path


def _mark(tree: NodeTree, name: str) -> None:
    """Make a group an asset with a preview."""
    tree.asset_mark()
    data: Any = tree.asset_data
    data.description = PRESETS[name].summary[:1].upper() + PRESETS[name].summary[1:]
    data.author = "Stylize"
    if "toon" not in data.tags:
        data.tags.new("toon")
    picture = bpy.data.images.load(str(PREVIEWS / f"{name}.png"))
    try:
        preview: Any = tree.preview_ensure()
        pixels = np.empty(len(picture.pixels), np.float32)
        picture.pixels.foreach_get(pixels)
        preview.image_size = tuple(picture.size)
        preview.image_pixels_float.foreach_set(pixels)
    finally:
        bpy.data.images.remove(picture)


def _add(folder: Path) -> None:
    """Add the folder to Blender's asset libraries, if it is not among them."""
    libraries = bpy.context.preferences.filepaths.asset_libraries
    if not any(library.path and Path(library.path) == folder for library in libraries):
        libraries.new(name=NAME, directory=str(folder))
