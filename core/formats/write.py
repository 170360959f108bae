"""Arrays to files, stripe by stripe, under a temporary name that becomes the real one at the end.

OpenImageIO writes most kinds. Pillow writes JPEG and WebP: on a full disk OpenImageIO 3.2 ends the
process in the one and never returns in the other.
"""

import errno
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import OpenImageIO as oiio  # noqa: N813  # the name its own manual gives it
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin

from ..errors import PictureError
from .kinds import Facts, Kind, output_kind

JPEG = {"quality": 95, "subsampling": 0}
WEBP = {"lossless": True, "exact": True}
"""Nothing is lost, not even the colour under full transparency."""
LOSSLESS = {
    "EXR": ("none", "rle", "zip", "zips", "piz"),
    "TIFF": ("none", "lzw", "zip", "packbits"),
}
"""Compressions that are taken over from the original."""
FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
Stripes = Iterable[NDArray[Any]]
"""Rows from top to bottom, each (h, W, C), C-contiguous, of one type."""


def write(path: Path, shape: tuple[int, int, int], facts: Facts, stripes: Stripes) -> None:
    """Write a picture of (H, W, C) pixels; what was there before stays until all is written.

    Raises:
        PictureError: if the kind cannot hold it, or the folder or disk does not take it.
    """
    kind = output_kind(path)
    _check(path, kind, shape)
    try:
        with _beside(path) as temporary:
            if kind.name == "npy":
                _write_npy(temporary, shape, facts, stripes)
            elif kind.name in ("JPEG", "WebP"):
                _write_pillow(temporary, kind, shape, facts, stripes)
            else:
                _write_oiio(temporary, kind, shape, facts, stripes)
    except OSError as error:
        raise PictureError(f"cannot write {path}: {_reason(path.parent, error)}") from error


def _check(path: Path, kind: Kind, shape: tuple[int, int, int]) -> None:
    height, width, _ = shape
    if path.is_dir():
        raise PictureError(f"cannot write {path}: there is a folder of this name")
    if kind.longest is not None and max(height, width) > kind.longest:
        raise PictureError(
            f"cannot write {path}: the picture is {width} x {height} and {kind.name} holds at most"
            f" {kind.longest} pixels a side; save it as PNG"
        )


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a name in the same folder; what is there becomes ``path`` if all went well."""
    temporary = path.with_name(f".stylize-{uuid4().hex[:12]}{path.suffix.lower()}")
    try:
        temporary.touch(exist_ok=False)
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _reason(folder: Path, error: OSError) -> str:
    if not folder.is_dir():
        return f"there is no folder {folder}"
    if error.errno in DENIED:
        return "the folder, or the file of this name, is not writable"
    if error.errno in FULL or shutil.disk_usage(folder).free < 1 << 16:
        return "the disk is full"
    return (
        error.strerror
        or (str(error).strip().splitlines() or ["for no reason that was given"])[0].strip()
    )


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
    """Encode in memory, so that what the disk says of the file comes through unchanged."""
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
    camera, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    for name, (form, value) in metadata.items():
        if name.startswith("GPS:"):
            tag = getattr(ExifTags.GPS, f"GPS{name[4:]}", None)
            part = place
        else:
            tag = getattr(ExifTags.Base, name.removeprefix("Exif:"), None)
            part = camera if tag and tag > ExifTags.Base.Copyright else exif
        if tag is not None:
            part[tag] = _exif_value(form, value)
    return exif.tobytes() if len(exif) else b""


def _exif_value(form: str, value: Any) -> Any:
    if form in ("uint16[2]", "rational2i", "rational", "urational"):
        return TiffImagePlugin.IFDRational(*value)
    return value


def _write_oiio(
    path: Path, kind: Kind, shape: tuple[int, int, int], facts: Facts, stripes: Stripes
) -> None:
    """Stop at the first complaint: to go on writing an EXR after one would never return."""
    target = oiio.ImageOutput.create(str(path))
    if target is None:
        raise OSError(oiio.geterror())
    row = 0
    opened = False
    try:
        for stripe in stripes:
            if not opened:
                spec = _spec(kind, shape, stripe.dtype, facts)
                opened, row = target.open(str(path), spec), spec.y
                _demand(opened, target)
            done = target.write_scanlines(row, row + len(stripe), 0, stripe)
            _demand(done, target)
            row += len(stripe)
    finally:
        closed = target.close()
    _demand(closed, target)


def _demand(done: bool, target: Any) -> None:
    complaint = target.geterror()
    if complaint or not done:
        raise OSError(complaint)


def _spec(kind: Kind, shape: tuple[int, int, int], depth: np.dtype[Any], facts: Facts) -> Any:
    height, width, channels = shape
    form = {"float16": "half", "float32": "float"}.get(depth.name, depth.name)
    spec = oiio.ImageSpec(width, height, channels, form)
    if channels < 3:
        spec.channelnames = ("Y", "A")[:channels]
    spec.alpha_channel = channels - 1 if channels in (2, 4) else -1
    for name, (type_, value) in facts.metadata.items():
        spec.attribute(name, oiio.TypeDesc(type_), value)
    if not facts.premultiplied:
        spec["oiio:UnassociatedAlpha"] = 1
    if spec.get_string_attribute("compression") not in LOSSLESS.get(kind.name, ()):
        spec["compression"] = "zip"
    if kind.name == "PNG":
        spec["png:compressionLevel"] = 4  # two thirds of the time of 6 for the same size
    if facts.icc is not None:
        spec.attribute("ICCProfile", f"uint8[{len(facts.icc)}]", np.frombuffer(facts.icc, np.uint8))
        spec["oiio:ColorSpace"] = "unknown"  # else a PNG says sRGB beside its profile
    if kind.name == "EXR" and facts.window is not None:
        spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height = facts.window
    return spec
