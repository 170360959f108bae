"""What was rendered last, as a file. Without a window Blender shows no pixels of it, but it can save them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
from bpy.types import Image, Scene

from .images import Part, Source, Unsuitable, safe_name
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
    """Save the render result to ``folder``, scene-linear.

    Raises:
        Unsuitable: if there is none, or it is no panorama.
    """
    path = folder / f"{safe_name(image.name)}.exr"
    scene = bpy.context.scene
    try:
        with _as_exr(scene):
            image.save_render(str(path), scene=scene)
    except RuntimeError as error:
        raise Unsuitable("holds nothing; render first") from error
    if not path.is_file():
        raise Unsuitable("is stereoscopic; save one eye's picture and stylize that")
    width, height = _size(path)
    if width != 2 * height:
        raise Unsuitable(not_twice_as_wide(width, height))
    return Source((Part(path, ".exr"),), "linear")


@contextmanager
def _as_exr(scene: Scene) -> Iterator[None]:
    """Have a scene's pictures saved as EXR meanwhile: another scene knows nothing of this one's render."""
    settings = scene.render.image_settings
    names = [name for name in FORM if hasattr(settings, name)]
    before = [getattr(settings, name) for name in names]
    try:
        for name in names:
            setattr(settings, name, FORM[name])
        yield
    finally:
        for name, value in zip(names, before, strict=True):
            setattr(settings, name, value)


def _size(path: Path) -> tuple[int, int]:
    image = bpy.data.images.load(str(path))
    try:
        return image.size[0], image.size[1]
    finally:
        bpy.data.images.remove(image)
