"""The last render as a file. Without a window Blender gives no access to its pixels, but it can save them."""

from pathlib import Path

import bpy
from bpy.types import Image

from ..images import Part, Source, Unsuitable, safe_name
from ..meanwhile import meanwhile
from .panorama import not_twice_as_wide

FORM = {
    "media_type": "IMAGE",
    "file_format": "OPEN_EXR",
    "color_mode": "RGBA",
    "color_depth": "32",
    "exr_codec": "ZIP",
    "color_management": "FOLLOW_SCENE",
    "views_format": "INDIVIDUAL",
}
"""Image settings in the order in which each allows the next; the media type came with Blender 5.0."""


def read_render(image: Image, folder: Path) -> Source:
    """Save the render result, a panorama, to ``folder``, scene-linear.

    Raises:
        Unsuitable: if there is none, or it is not a panorama.
    """
    path = save_render(image, folder / f"{safe_name(image.name)}.exr")
    width, height = _read_size(path)
    if width != 2 * height:
        raise Unsuitable(not_twice_as_wide(width, height))
    return Source((Part(path, ".exr"),), "linear")


def save_render(image: Image, path: Path) -> Path:
    """Save the render result as an EXR, scene-linear.

    Raises:
        Unsuitable: if there is none.
    """
    scene = bpy.context.scene
    try:
        with meanwhile(
            scene.render.image_settings, FORM
        ):  # another scene does not have this one's render
            image.save_render(str(path), scene=scene)
    except RuntimeError as error:
        raise Unsuitable("holds nothing; render first") from error
    if not path.is_file():
        raise Unsuitable("is stereoscopic; save one eye's picture and stylize that")
    return path


def _read_size(path: Path) -> tuple[int, int]:
    image = bpy.data.images.load(str(path))
    try:
        return image.size[0], image.size[1]
    finally:
        bpy.data.images.remove(image)
