"""Painted pictures that are neither saved nor packed, for a second Blender.

A copy of a .blend lacks their pixels, so they are written beside it, and loaded where it is opened.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Image

from ..core.errors import StylizeError
from .images import Unsuitable, is_tiled, load_picture, to_bytes, write_tiles

NAME = "Stylize painted"
"""Of what takes their place."""


@contextmanager
def copying(what: str, folder: Path) -> Iterator[None]:
    """Turn errors of writing to a folder into a sentence; ``what`` is written.

    Raises:
        StylizeError: instead of errors of Blender and of files.
    """
    try:
        yield
    except (RuntimeError, OSError) as error:
        said = str(error).strip().removeprefix("Error: ")
        raise StylizeError(
            f"{what} cannot be copied to {folder} ({said}); make room there"
        ) from error


def painted_images(images: Iterable[Image]) -> list[Image]:
    """Return those images whose pixels are in no file."""
    return [i for i in images if i.is_dirty and i.source in ("FILE", "GENERATED", "TILED")]


def write_painted(images: Iterable[Image], folder: Path) -> Iterator[dict[str, Any]]:
    """Write the pixels of images, one at a time, and yield their files, for ``read_painted``.

    Raises:
        StylizeError: if one has been removed meanwhile, or cannot be written.
    """
    for number, name in enumerate([image.name_full for image in images]):
        image = _find(name)
        if image is None:
            raise StylizeError(f"The picture {name} was removed before it was copied; start again")
        with copying(f"The picture {name}", folder):
            place = _write_tiles if is_tiled(image) else _write_pixels
            written = {"name": name, "file": place(image, folder / f"painted{number}")}
        yield written


def _find(name: str) -> Image | None:
    return next((i for i in bpy.data.images if i.name_full == name), None)


def _write_tiles(image: Image, folder: Path) -> str:
    folder.mkdir()
    try:
        return write_tiles(image, folder)
    except Unsuitable as why:
        raise StylizeError(f"The picture {image.name} {why}") from why


def _write_pixels(image: Image, path: Path) -> str:
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(image.size[1], image.size[0], image.channels)
    file = path.with_suffix(".npy")
    np.save(file, pixels if image.is_float else to_bytes(pixels))
    return str(file)


def read_painted(pictures: Iterable[dict[str, Any]]) -> None:
    """Put painted pixels into the opened copy's images; an image that it does not have is not used."""
    for picture in pictures:
        image, file = _find(picture["name"]), Path(picture["file"])
        if image is not None:
            image.user_remap(
                _load_array(image, file) if file.suffix == ".npy" else _load_tiles(image, file)
            )


def _load_tiles(image: Image, pattern: Path) -> Image:
    new = load_picture(pattern, NAME, tiled=True)
    new.colorspace_settings.name = image.colorspace_settings.name
    new.alpha_mode = image.alpha_mode
    return new


def _load_array(image: Image, file: Path) -> Image:
    pixels = np.load(file)
    height, width, channels = pixels.shape
    is_float = pixels.dtype != np.uint8
    new: Any = bpy.data.images.new(NAME, width, height, alpha=True, float_buffer=is_float)
    new.colorspace_settings.name = image.colorspace_settings.name  # later it would wipe the pixels
    new.alpha_mode = image.alpha_mode
    whole = np.ones((height, width, 4), np.float32)
    whole[..., :channels] = pixels if is_float else pixels.astype(np.float32) / 255
    if channels == 1:
        whole[..., 1:3] = whole[..., :1]
    new.pixels.foreach_set(whole.ravel())
    new.update()
    return new
