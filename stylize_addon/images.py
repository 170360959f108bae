"""Blender's images and the engine's files. Row order, alpha, colour space and UDIM are handled only here.

A picture that is in a file, or packed, is sent to the engine as that file, so that its bit depth and colours
are kept exactly. A picture that is only in memory is sent as an array: 8-bit values unchanged, float values
scene-linear; the first row of the array is the top row.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Image
from numpy.typing import NDArray

from ..core.errors import StylizeError
from . import compat

TAG = "stylize"
"""Custom property of every node and picture that this add-on makes; its value says what it is for."""

TILE_PATTERNS = ("<UDIM>", "<UVTILE>")
KINDS = (
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x76\x2f\x31\x01", ".exr"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"#?R", ".hdr"),
)
"""First bytes of the formats that the engine both reads and writes, and their suffixes."""


class Unsuitable(StylizeError):
    """A picture cannot be stylized; the message, shown after its name, says why."""


TOGETHER = 64_000_000
"""Most pixels of UDIM tiles that are stylized as one picture; more would take too much memory."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a picture for the engine; a UDIM picture has one for each tile."""

    content: Path
    suffix: str
    """Suffix of the file to write."""
    tile: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A picture in the form that the engine gets."""

    parts: tuple[Part, ...]
    space: str
    alpha: str = "opacity"


def pixels_of(image: Image) -> int:
    """Return the number of an image's pixels, of all tiles together; a million if it is unknown."""
    sizes = [tile.size for tile in image.tiles] if is_tiled(image) else [image.size]
    return sum(width * height for width, height in sizes) or 1_000_000


def is_tiled(image: Image) -> bool:
    """Return whether an image consists of UDIM tiles."""
    return image.source == "TILED"


def read_source(image: Image, folder: Path, *, alpha: str) -> Source:
    """Return an image's files; they are written to ``folder`` if no file has the current pixels.

    Args:
        image: The image.
        folder: Folder to write to.
        alpha: The meaning of its alpha: opacity or data.

    Raises:
        Unsuitable: if there is nothing to stylize.
    """
    if image.source in ("MOVIE", "SEQUENCE"):
        raise Unsuitable("is a movie or an image sequence; only still pictures are stylized here")
    if image.source == "VIEWER":
        raise Unsuitable("is a render result; save it as a picture first")
    space = _choose_space(image)
    if is_tiled(image):
        return Source(tuple(_list_tiles(image, folder)), space, alpha)
    if image.is_dirty or image.source == "GENERATED":
        return _write_pixels(image, folder, alpha)
    path = _find_file(image, folder)
    suffix = _choose_suffix(path)
    return (
        Source((Part(path, suffix),), space, alpha)
        if suffix
        else _write_pixels(image, folder, alpha)
    )


def join_tiles(parts: Sequence[Part], image: Image) -> list[tuple[Part, ...]]:
    """Group files to stylize together: all tiles, if equal in size and not too many.

    Seams between tiles are closed only if both tiles are in one group.
    """
    if len(parts) == 1:
        return [tuple(parts)]
    sizes = {tuple(tile.size) for tile in image.tiles}
    width, height = next(iter(sizes))
    if len(sizes) > 1 or len(parts) * width * height > TOGETHER:
        return [(part,) for part in parts]
    return [tuple(parts)]


def _choose_space(image: Image) -> str:
    """Return how the engine must read a file's values; data is shown and stylized without conversion."""
    settings = image.colorspace_settings
    if settings.is_data:
        return "srgb"
    linear = re.search(r"linear|acescg|aces2065|scene_linear", settings.name, re.IGNORECASE)
    return "linear" if linear else "srgb"


def _find_file(image: Image, folder: Path) -> Path:
    if image.packed_file is not None:
        path = folder / f"{safe_name(image.name)}.packed"
        path.write_bytes(image.packed_file.data)
        return path
    path = Path(bpy.path.abspath(image.filepath, library=image.library))
    if not image.filepath or not path.is_file():
        raise Unsuitable(f"has no file any more ({path.name or 'no path'} is missing)")
    return path


def _choose_suffix(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(16)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for magic, suffix in KINDS if head.startswith(magic)), "")


def _list_tiles(image: Image, folder: Path) -> Iterator[Part]:
    pattern = _find_tiles(image, folder)
    for tile in image.tiles:
        path = Path(_name_tile(pattern, tile.number))
        if path.is_file():
            yield Part(path, _choose_suffix(path) or ".png", tile.number)
            continue
        raise Unsuitable(f"lacks the file of tile {tile.number} ({path.name})")


def _find_tiles(image: Image, folder: Path) -> str:
    """Return the pattern of the tiles' files, written to ``folder`` if they are packed or not saved."""
    if image.is_dirty or not image.filepath:
        return write_tiles(image, folder)
    if not len(image.packed_files):
        return bpy.path.abspath(image.filepath, library=image.library)
    for packed in image.packed_files:
        (folder / Path(packed.filepath.replace("\\", "/")).name).write_bytes(
            packed.packed_file.data
        )
    return str(folder / Path(image.filepath.replace("\\", "/")).name)


def write_tiles(image: Image, folder: Path) -> str:
    """Write the current pixels of all UDIM tiles to a folder; return the pattern of the files.

    Raises:
        Unsuitable: if Blender cannot write them without changing the image.
    """
    pattern = str(folder / f"{safe_name(image.name)}.<UDIM>.png")
    if not compat.save_tiles(image, pattern):
        raise Unsuitable("has unsaved tiles; save the image first")
    return pattern


def _name_tile(pattern: str, number: int) -> str:
    u, v = (number - 1001) % 10, (number - 1001) // 10
    return pattern.replace("<UDIM>", str(number)).replace("<UVTILE>", f"u{u + 1}_v{v + 1}")


def _write_pixels(image: Image, folder: Path, alpha: str) -> Source:
    pixels = read_pixels(image)
    path = folder / f"{safe_name(image.name)}.npy"
    if image.is_float:
        np.save(path, pixels)
        space = "srgb" if image.colorspace_settings.is_data else "linear"
        return Source((Part(path, ".exr"),), space, alpha)
    np.save(path, to_bytes(pixels))
    return Source((Part(path, ".png"),), _choose_space(image), alpha)


def read_pixels(image: Image) -> NDArray[np.float32]:
    """Return an image's current pixels, (H, W, C) float32, top row first; with alpha only if it is not 1.

    8-bit images hold encoded values with straight alpha; float images hold scene-linear values.

    Raises:
        Unsuitable: if Blender has no pixels for it.
    """
    width, height = tuple(image.size)
    if not width or not height or not image.channels:
        raise Unsuitable("has no pixels; its file may be missing or damaged")
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, image.channels)[::-1]
    if image.channels == 4 and bool((pixels[..., 3] == 1).all()):
        pixels = pixels[..., :3]
    return np.ascontiguousarray(pixels)


def to_bytes(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return 8-bit values of pixels in [0, 1]."""
    return np.round(pixels.clip(0, 1) * 255).astype(np.uint8)


def safe_name(name: str) -> str:
    """Return a name that is valid on every file system."""
    return re.sub(r"[^\w\-. ]", "_", name).strip(". ") or "picture"


def file_stem(image_name: str) -> str:
    """Return the stem of a stylized file: the picture's name without the suffix."""
    stem = re.sub(r"\.(png|jpe?g|tiff?|exr|hdr|webp|tga|bmp)$", "", image_name, flags=re.IGNORECASE)
    for pattern in TILE_PATTERNS:
        stem = stem.replace(pattern, "")
    return safe_name(re.sub(r"[._]1\d\d\d$", "", stem)).rstrip("._") or "picture"


def load_stylized(path: Path, original: Image, *, tiled: bool, pack: bool, straight: bool) -> Image:
    """Load a stylized file as a new image with the original's settings.

    Args:
        path: The file; of a tiled picture, with ``<UDIM>`` in its name.
        original: The image that it was made from.
        tiled: Whether there is a file for each UDIM tile.
        pack: Whether to keep it inside the .blend; its path is then only a name.
        straight: Whether a node shows the original's alpha, so that its colours are not multiplied by it.
    """
    image = load_picture(path, original.name, tiled=tiled)
    if original.source != "VIEWER":  # a render has no such settings; those of an EXR stay
        image.colorspace_settings.name = original.colorspace_settings.name
        image.alpha_mode = original.alpha_mode
    if straight and original.alpha_mode == "STRAIGHT":
        image.alpha_mode = "CHANNEL_PACKED"
    _keep(image, path, pack=pack)
    return image


def load_picture(path: Path, name: str, *, tiled: bool = False) -> Image:
    """Load a file as a new image that is marked as this add-on's."""
    first = next(path.parent.glob(path.name.replace("<UDIM>", "1???"))) if tiled else path
    image = bpy.data.images.load(str(first))
    if tiled:
        image.source = "TILED"
        image.filepath = str(path)
        image.reload()
    image.name = name
    image[TAG] = "picture"
    return image


def load_made(path: Path, name: str, *, pack: bool, tiled: bool = False) -> Image:
    """Load a file that has no original among the images as a new image."""
    image = load_picture(path, name, tiled=tiled)
    _keep(image, path, pack=pack)
    return image


def _keep(image: Image, path: Path, *, pack: bool) -> None:
    if pack:
        image.pack()
        image.filepath_raw = f"//stylized/{path.name}"
    elif bpy.data.filepath:
        image.filepath_raw = relative(path)


def relative(path: Path) -> str:
    """Return a path relative to the .blend; unchanged if there is none, or it is on another drive."""
    try:
        return bpy.path.relpath(str(path))
    except ValueError:
        return str(path)
