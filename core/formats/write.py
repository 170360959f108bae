"""Arrays to files, stripe by stripe, under a temporary name that becomes the real one at the end.

OpenImageIO writes most kinds. Pillow writes JPEG and WebP: on a full disk OpenImageIO 3.2 ends the
process in the one and never returns in the other.
"""

import errno
import os
import shutil
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin

from ..errors import PictureError
from ..files.durable import sweep_once, sync, temporary_name
from .kinds import Facts, Kind, output_kind
from .place import follow_links, keep_rights, try_place
from .source import find_complaint, library_name

JPEG = {"quality": 95, "subsampling": 0}
WEBP = {"lossless": True, "exact": True}
"""Options for WebP without any loss, even of the colour under full transparency."""
LOSSLESS = {
    "EXR": ("none", "rle", "zip", "zips", "piz"),
    "TIFF": ("none", "lzw", "zip", "packbits"),
}
"""Compressions that are copied from the original."""
PAIRS = ("uint16[2]", "rational", "urational", "rational2i")
"""OpenImageIO's types for fractions."""
FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
MARGIN = 1 << 16
"""Bytes that the disk must have free; more than the C library buffers before it writes."""
DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
Sealed = Callable[[Path], None]
"""Called with the complete file just before it is renamed; an exception in it prevents the renaming."""
Stripes = Iterable[NDArray[Any]]
"""Rows from top to bottom, each (h, W, C), C-contiguous, of one type."""


def write(
    path: Path,
    shape: tuple[int, int, int],
    facts: Facts,
    stripes: Stripes,
    sealed: Sealed | None = None,
) -> None:
    """Write a picture of (H, W, C) pixels; what was there before stays until all is written.

    Raises:
        PictureError: if the kind cannot hold it, or the folder or disk does not take it.
    """
    kind = output_kind(path)
    _check(path, kind, shape)
    with temporary_beside(path, sealed) as temporary:
        if kind.name == "npy":
            _write_npy(temporary, shape, facts, stripes)
        elif kind.name in ("JPEG", "WebP"):
            _write_pillow(temporary, kind, shape, facts, stripes)
        else:
            _write_oiio(temporary, kind, shape, facts, stripes)


def _check(path: Path, kind: Kind, shape: tuple[int, int, int]) -> None:
    height, width, _ = shape
    _check_folder(path)
    if kind.longest is not None and max(height, width) > kind.longest:
        raise PictureError(
            f"cannot write {path}: the picture is {width} x {height} and {kind.name} holds at most"
            f" {kind.longest} pixels a side; save it as PNG"
        )


def check_place(path: Path) -> None:
    """Check that a picture of this name can be written, before there is one.

    Raises:
        PictureError: if its kind is not known, or the folder or disk does not take it.
    """
    output_kind(path)
    try:
        _check_folder(path)
        try_place(follow_links(path))
    except (OSError, ValueError) as error:
        raise PictureError(f"cannot write {path}: {_reason(path.parent, error)}") from error


def _check_folder(path: Path) -> None:
    if path.is_dir():
        raise PictureError(f"cannot write {path}: there is a folder of this name")


@contextmanager
def temporary_beside(path: Path, sealed: Sealed | None = None) -> Iterator[Path]:
    """Yield a temporary path in the same folder; its file is synced and renamed to ``path`` if all went well.

    Where ``path`` is a link, what it leads to is replaced; the owner and the rights of a file stay.
    """
    path = follow_links(path)
    sweep_once(path.parent)
    temporary = path.with_name(temporary_name(path.suffix.lower()))
    try:
        temporary.touch(exist_ok=False)
        yield temporary
        keep_rights(path, temporary)
        sync(temporary)
        if sealed is not None:
            sealed(temporary)
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        raise PictureError(f"cannot write {path}: {_reason(path.parent, error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _reason(folder: Path, error: OSError | ValueError) -> str:
    if isinstance(error, ValueError):  # a zero byte, for one
        return "no file can have this name"
    if error.errno == errno.ENAMETOOLONG:
        return "the name is too long"
    if not folder.is_dir():
        return f"there is no folder {folder}"
    if error.errno in DENIED:
        return "the folder, or the file of this name, is not writable"
    if error.errno in FULL or shutil.disk_usage(folder).free < MARGIN:
        return "the disk is full"
    return error.strerror or "the writer stopped half-way; is there a limit on this folder or file?"


def _write_npy(path: Path, shape: tuple[int, int, int], facts: Facts, stripes: Stripes) -> None:
    with path.open("wb") as file:
        for index, stripe in enumerate(stripes):
            if index == 0:
                axes = shape[:2] if facts.flat and shape[2] == 1 else shape
                descr = np.lib.format.dtype_to_descr(stripe.dtype)
                header = {"descr": descr, "fortran_order": False, "shape": axes}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(stripe.data)


def _write_pillow(
    path: Path, kind: Kind, shape: tuple[int, int, int], facts: Facts, stripes: Stripes
) -> None:
    """Encode in memory, so that errors of the disk are raised unchanged."""
    pixels, top = np.empty(shape, np.uint8), 0
    for stripe in stripes:
        pixels[top : top + len(stripe)] = stripe
        top += len(stripe)
    picture = Image.fromarray(pixels[..., 0] if shape[2] == 1 else pixels)
    dots = [
        facts.metadata[name][1] for name in ("XResolution", "YResolution") if name in facts.metadata
    ]
    encoded = BytesIO()
    picture.save(
        encoded,
        kind.name,
        exif=_exif(facts.metadata),
        icc_profile=facts.icc,
        **(JPEG if kind.name == "JPEG" else WEBP),
        **({"dpi": tuple(dots)} if len(dots) == 2 else {}),
    )
    with path.open("wb") as file:
        file.write(encoded.getbuffer())


def _exif(metadata: Mapping[str, tuple[str, Any]]) -> bytes:
    exif = Image.Exif()
    for name, (form, value) in metadata.items():
        if name not in (
            "XResolution",
            "YResolution",
            "ResolutionUnit",
        ):  # Pillow writes these itself
            _put_tag(exif, name, TiffImagePlugin.IFDRational(*value) if form in PAIRS else value)
    parts = (exif.get_ifd(part) for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo))
    return exif.tobytes() if len(exif) or any(parts) else b""


def _put_tag(exif: Image.Exif, name: str, value: Any) -> None:
    """Add one tag to its EXIF group, unless it is not an EXIF tag or its value has a wrong type."""
    if name.startswith("GPS:"):
        tag, part = getattr(ExifTags.GPS, f"GPS{name[4:]}", None), ExifTags.IFD.GPSInfo
    else:
        tag, part = getattr(ExifTags.Base, name.removeprefix("Exif:"), None), ExifTags.IFD.Exif
    if tag is None:
        return
    trial = Image.Exif()
    trial[tag] = value
    try:
        trial.tobytes()
    except (struct.error, TypeError, ValueError, AttributeError):
        return
    in_first = part == ExifTags.IFD.Exif and tag <= ExifTags.Base.Copyright
    (exif if in_first else exif.get_ifd(part))[tag] = value


def _write_oiio(
    path: Path, kind: Kind, shape: tuple[int, int, int], facts: Facts, stripes: Stripes
) -> None:
    with library_name(path) as name:
        _write_named(name, kind, shape, facts, stripes)
    probe(path)


def _write_named(
    name: str, kind: Kind, shape: tuple[int, int, int], facts: Facts, stripes: Stripes
) -> None:
    """Write, and stop at the first error: writing an EXR after one would never return."""
    target = oiio.ImageOutput.create(name)
    if target is None:
        raise OSError(find_complaint(oiio))
    row = 0
    opened = False
    try:
        for stripe in stripes:
            if not opened:
                spec = _spec(kind, shape, stripe.dtype, facts)
                opened, row = target.open(name, spec), spec.y
                demand(opened, target)
            done = target.write_scanlines(row, row + len(stripe), 0, stripe)
            demand(done, target)
            row += len(stripe)
    finally:
        closed = target.close()
    demand(closed, target)


def probe(path: Path) -> None:
    """Raise OSError if the file cannot grow: OpenImageIO does not check that its last bytes were written."""
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(bytes(MARGIN))
    os.truncate(path, size)


def demand(done: bool, target: Any) -> None:
    """Raise OSError with OpenImageIO's message if there is one or ``done`` is false."""
    complaint = find_complaint(target)
    if complaint or not done:
        raise OSError(complaint)


def _spec(kind: Kind, shape: tuple[int, int, int], depth: np.dtype[Any], facts: Facts) -> Any:
    height, width, channels = shape
    form = {"float16": "half", "float32": "float"}.get(depth.name, depth.name)
    spec = oiio.ImageSpec(width, height, channels, form)
    if channels < 3:
        spec.channelnames = ("Y", "A")[:channels]
    spec.alpha_channel = channels - 1 if channels in (2, 4) else -1
    if not facts.premultiplied:
        spec["oiio:UnassociatedAlpha"] = 1
    if kind.name == "EXR" and facts.window is not None:
        spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height = facts.window
    _describe(spec, kind, facts)
    settle_date(spec)
    return spec


def settle_date(spec: Any) -> None:
    """Keep OpenImageIO from writing the time: the same job must write the same bytes."""
    if not spec.get_string_attribute("DateTime"):
        spec["DateTime"] = ""


def _describe(spec: Any, kind: Kind, facts: Facts) -> None:
    """Put metadata, profile and compression into the header."""
    for name, (form, value) in facts.metadata.items():
        spec.attribute(name, oiio.TypeDesc(form), value)
    if facts.icc is not None:
        spec.attribute("ICCProfile", f"uint8[{len(facts.icc)}]", np.frombuffer(facts.icc, np.uint8))
        spec["oiio:ColorSpace"] = "unknown"  # else a PNG says sRGB beside its profile
    if spec.get_string_attribute("compression") not in LOSSLESS.get(kind.name, ()):
        spec["compression"] = "zip"
    if kind.name == "PNG":
        spec["png:compressionLevel"] = 4  # two thirds of the time of 6 for the same size
    if kind.name == "TIFF":
        spec["Exif:ExifVersion"] = (
            "0230"  # without any EXIF it complains that it could not write it
        )
