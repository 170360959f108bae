"""What the headers of picture files claim, read before a pixel is decoded."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from PIL import ExifTags
from PIL.JpegImagePlugin import JpegImageFile

from .kinds import recognise
from .npy import map_npy
from .source import describe_damage, open_source

BLOCK = 1 << 20
"""Bytes that are read at once."""
REDUCED = 1
"""TIFF 6.0, NewSubfileType: the page is a smaller copy of another."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file claims to hold."""

    height: int
    """Pixels, of the picture turned upright; of an EXR the data window's."""
    width: int
    pixel_bytes: int
    """Bytes that a decoded pixel takes."""
    frames: int = 1
    """Pictures in the file, of which the first is read."""

    @property
    def pixels(self) -> int:
        """Pixels of the picture."""
        return self.height * self.width


def read_header(path: Path) -> Header:
    """Return what a picture file claims.

    Raises:
        PictureError: if it is missing, of no known kind, or its header is damaged.
    """
    kind = recognise(path)
    if kind == "npy":
        pixels = map_npy(path)
        height, width = pixels.shape[:2]
        return Header(height, width, pixels[0, 0].nbytes)
    if kind == "PNG":
        return _png_header(path)
    if kind == "JPEG":
        return _jpeg_header(path)
    with open_source(path, kind) as source:
        spec = source.spec()
        width, height = spec.width, spec.height
        if spec.get_int_attribute("Orientation", 1) > 4:
            width, height = height, width
        item = max(form.basesize() for form in (spec.channelformats or (spec.format,)))
        frames = _pages(source) if kind == "TIFF" else _webp_frames(path) if kind == "WebP" else 1
        return Header(height, width, min(4, spec.nchannels) * item, frames)


def picture_size(path: Path) -> tuple[int, int]:
    """Return height and width of the picture in a file, as its header tells; of an EXR the display window's.

    Raises:
        PictureError: if it is missing, of no known kind, or its header is damaged.
    """
    if recognise(path) != "EXR":
        header = read_header(path)
        return header.height, header.width
    with open_source(path, "EXR") as source:
        spec = source.spec()
        return spec.full_height, spec.full_width


def _pages(source: Any) -> int:
    """Return how many pages a TIFF has, smaller copies of others left out."""
    count = part = 0
    while source.seek_subimage(part, 0):
        count += not source.spec().get_int_attribute("tiff:subfiletype") & REDUCED
        part += 1
    return max(1, count)


def _webp_frames(path: Path) -> int:
    """Return how many frames a WebP has (container specification: RIFF chunks ANMF)."""
    count = 0
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            count += head[:4] == b"ANMF"
            length = int.from_bytes(head[4:], "little")
            file.seek(length + length % 2, 1)
    return max(1, count)


def _jpeg_header(path: Path) -> Header:
    """Return what a JPEG claims; OpenImageIO would decode all of a progressive one for that.

    The class is called itself: ``Image.open`` refuses large pictures by a limit of its own.
    """
    try:
        with warnings.catch_warnings(action="ignore"), JpegImageFile(path) as picture:
            width, height = picture.size
            channels = 1 if picture.mode == "L" else 3
            if _turn(picture):
                width, height = height, width
    except (OSError, SyntaxError, ValueError) as error:
        raise describe_damage(path, "JPEG", str(error)) from error
    return Header(height, width, channels)


def _turn(picture: JpegImageFile) -> bool:
    """Return whether EXIF says that the picture lies on its side; damaged EXIF is ignored."""
    try:
        return picture.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return False


def _png_header(path: Path) -> Header:
    """Return what a PNG claims (PNG specification, 11.2.1; ``acTL``: its animation chunks)."""
    frames, size, item, channels = 1, (0, 0), 1, 1
    for name, data in png_chunks(path, "IDAT"):
        if name == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", data[:10])
            size, item = (height, width), max(1, depth // 8)
            channels = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}.get(color, 4)
        elif name == b"tRNS":
            channels += channels in (1, 3)
        elif name == b"acTL":
            frames = max(1, int.from_bytes(data[:4], "big"))
    if not all(size):
        raise describe_damage(path, "PNG", "its header is missing or says no size")
    return Header(*size, channels * item, frames)


def png_chunks(path: Path, last: str = "IEND") -> Iterator[tuple[bytes, bytes]]:
    """Yield name and first 32 bytes of each chunk of a PNG, until the one named ``last``.

    Checksums are compared on the way: libpng would write its complaints to stderr.

    Raises:
        PictureError: if it is damaged or cut off.
    """
    with path.open("rb") as file:
        file.seek(8)
        name = b""
        while name not in (last.encode(), b"IEND"):
            name, data = _next_chunk(path, file)
            yield name, data


def _next_chunk(path: Path, file: BinaryIO) -> tuple[bytes, bytes]:
    head = file.read(8)
    if len(head) < 8:
        raise describe_damage(path, "PNG", "its end is missing")
    length, name = struct.unpack(">I4s", head)
    if length >= 1 << 31:
        raise describe_damage(path, "PNG", "a chunk has an impossible length")
    first, check = b"", zlib.crc32(name)
    for start in range(0, length, BLOCK):
        block = file.read(min(BLOCK, length - start))
        if not block:
            break
        check, first = zlib.crc32(block, check), first or block[:32]
    stored = file.read(4)
    if len(stored) < 4:
        raise describe_damage(path, "PNG", "its end is missing")
    if check != int.from_bytes(stored, "big"):
        raise describe_damage(path, "PNG", "a checksum is wrong")
    if name == b"IHDR" and length != 13:
        raise describe_damage(path, "PNG", "its header has a wrong length")
    return name, first
