"""Files to arrays.

OpenImageIO reads all kinds but two: ``.npy`` is mapped by numpy, and CMYK JPEG is read by Pillow,
which can bring it to RGB through the profile it carries.
"""

import struct
from collections.abc import Sequence
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray
from PIL import ImageCms
from PIL.Image import Image
from PIL.JpegImagePlugin import JpegImageFile

from ..errors import PictureError
from .header import png_chunks, read_header
from .kinds import Facts, recognise
from .metadata import read_metadata
from .npy import map_npy
from .source import check_size, describe_damage, find_complaint, open_source

DEPTHS = {
    "uint8": "uint8",
    "uint16": "uint16",
    "half": "float16",
    "float": "float32",
    "double": "float32",
}
"""OpenImageIO's name of a channel's type → the array's; others are refused."""


def read(path: Path, max_pixels: int) -> tuple[NDArray[Any], Facts]:
    """Return the picture in a file, turned upright, and what the file says of it.

    The pixels are (H, W, C): grey, grey and alpha, RGB or RGBA; uint8, uint16, float16 or float32;
    those of a ``.npy`` stay in the file, mapped.

    Raises:
        PictureError: if it is missing, damaged, cut off, of no known kind, or too large.
    """
    kind = recognise(path)
    if kind == "npy":
        return _read_npy(path, max_pixels)
    if kind == "PNG":
        _check_png(path, max_pixels)
    if kind == "JPEG":
        header = read_header(path)
        check_size(path, header.width, header.height, max_pixels)
    return _read_oiio(path, kind, max_pixels)


def _check_png(path: Path, max_pixels: int) -> None:
    """Check the chunks first: libpng would write its complaints to stderr."""
    for name, data in png_chunks(path):
        if name == b"IHDR":
            check_size(path, *struct.unpack(">II", data[:8]), max_pixels)


def _read_npy(path: Path, max_pixels: int) -> tuple[NDArray[Any], Facts]:
    pixels = map_npy(path)
    flat = pixels.ndim == 2
    if flat:
        pixels = pixels[..., None]
    check_size(path, pixels.shape[1], pixels.shape[0], max_pixels)
    if not pixels.dtype.isnative:
        pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    return pixels, Facts(
        premultiplied=pixels.dtype.kind == "f" and pixels.shape[2] in (2, 4), flat=flat
    )


def _read_oiio(path: Path, kind: str, max_pixels: int) -> tuple[NDArray[Any], Facts]:
    config = oiio.ImageSpec()
    config["oiio:UnassociatedAlpha"] = 1  # straight alpha stays straight
    with open_source(path, kind, config) as source:
        part = _color_part(source)
        spec = source.spec()
        check_size(path, spec.width, spec.height, max_pixels)
        first, last = _channels(path, kind, spec)
        pixels = _decode(path, kind, source, (part, first, last))
    metadata, lost = read_metadata(spec, kind)
    facts = Facts(
        premultiplied=_premultiply(kind, spec, last - first),
        icc=_profile(spec, last - first),
        metadata=metadata,
        lost=lost,
        window=window(spec) if kind == "EXR" else None,
    )
    return _turn_upright(pixels, spec.get_int_attribute("Orientation", 1)), facts


def _decode(path: Path, kind: str, source: Any, what: tuple[int, int, int]) -> NDArray[Any]:
    if kind == "JPEG":
        cmyk = _read_cmyk(path)
        if cmyk is not None:
            return cmyk
    part, first, last = what
    formats = source.spec().channelformats[first:last] or (source.spec().format,)
    depth = number_type(path, {str(form) for form in formats})
    pixels = source.read_image(part, 0, first, last, oiio.TypeDesc(depth))
    complaint = find_complaint(source)
    if pixels is None or complaint:
        raise describe_damage(path, kind, complaint)
    if kind == "BMP" and pixels.shape[2] == 4 and not pixels[..., 3].any():
        return np.ascontiguousarray(
            pixels[..., :3]
        )  # padding, not alpha: 32-bit BMP has no way to say which
    return pixels


def number_type(path: Path, formats: set[str]) -> str:
    """Return OpenImageIO's name of the type that holds these channels without loss."""
    if not formats <= set(DEPTHS):
        raise PictureError(
            f"cannot read {path}: its numbers are {', '.join(sorted(formats))};"
            " save it with 8 or 16 bit, half or float"
        )
    return formats.pop() if len(formats) == 1 and "double" not in formats else "float"


def _color_part(source: Any) -> int:
    """Select the first part of a file that has colour, else its first, and return its number."""
    part = 0
    while source.seek_subimage(part, 0):
        if _prefix(source.spec().channelnames) is not None:
            return part
        part += 1
    find_complaint(source)
    source.seek_subimage(0, 0)
    return 0


def _prefix(names: Sequence[str]) -> str | None:
    """Return what stands before R in the first layer with R, G and B; None if there is none."""
    layers = [name[:-1] for name in names if name.endswith("R")]
    return next((layer for layer in layers if {f"{layer}G", f"{layer}B"} <= set(names)), None)


def _channels(path: Path, kind: str, spec: Any) -> tuple[int, int]:
    """Return the first channel of the picture and the one after its last."""
    if spec.get_string_attribute("tiff:ColorSpace") == "CIELAB":
        raise PictureError(f"cannot read {path}: its colours are CIELAB; save it as RGB")
    if kind == "EXR":
        return _layer(path, spec)
    if spec.nchannels > 4:
        raise PictureError(
            f"cannot read {path}: it has {spec.nchannels} channels; save it with 1 to 4"
        )
    return 0, spec.nchannels


def _layer(path: Path, spec: Any) -> tuple[int, int]:
    """Return where the first layer's R, G, B, A are in an EXR, else Y, A, else its only channel."""
    names = spec.channelnames
    prefix = _prefix(names)
    if spec.deep or "RY" in names or (prefix is None and "Y" not in names and len(names) > 1):
        what = "deep samples" if spec.deep else ", ".join(names)
        raise PictureError(f"cannot read {path}: it holds {what}; it must hold R, G, B or Y")
    wanted = ["Y", "A"] if prefix is None else [f"{prefix}{c}" for c in "RGBA"]
    first = names.index(wanted[0]) if wanted[0] in names else 0
    following = zip(names[first + 1 :], wanted[1:], strict=False)
    return first, first + 1 + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], following))


def _premultiply(kind: str, spec: Any, count: int) -> bool:
    if count in (1, 3) or kind not in ("EXR", "TIFF", "TGA"):
        return False
    return kind == "EXR" or (
        spec.alpha_channel >= 0 and not spec.get_int_attribute("oiio:UnassociatedAlpha")
    )


def _read_cmyk(path: Path) -> NDArray[np.uint8] | None:
    """Return a CMYK JPEG as RGB, or None if it is none; Pillow turns Adobe's inverted inks round.

    The class is called itself: ``Image.open`` refuses large pictures by a limit of its own.
    """
    try:
        with JpegImageFile(path) as picture:
            if picture.mode != "CMYK":
                return None
            picture.load()
            return np.array(_to_rgb(path, picture, picture.info.get("icc_profile", b"")))
    except (OSError, SyntaxError, ValueError) as error:
        raise describe_damage(path, "JPEG", str(error)) from error


def _to_rgb(path: Path, inks: Image, icc: bytes) -> Image:
    """Convert CMYK to sRGB by its profile; without one, by 1 - ink for each channel."""
    if icc[16:20] != b"CMYK":
        return inks.convert("RGB")
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        rgb = ImageCms.profileToProfile(
            inks, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (OSError, ImageCms.PyCMSError) as error:
        raise PictureError(
            f"cannot read {path}: its CMYK profile is damaged; save it as RGB"
        ) from error
    return rgb if rgb is not None else inks


def _turn_upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn the pixels as EXIF's orientation, 1 to 8, says."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _profile(spec: Any, count: int) -> bytes | None:
    """Return the ICC profile if it fits the pixels; a CMYK one has been applied already."""
    value = spec.getattribute("ICCProfile")
    icc = b"" if value is None else np.asarray(value, np.uint8).tobytes()
    return icc if icc[16:20] == (b"GRAY" if count < 3 else b"RGB ") else None


def window(spec: Any) -> tuple[int, ...]:
    """Return x, y of the pixels, then x, y, width and height of the display window."""
    return (spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height)
