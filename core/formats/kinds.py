"""Kinds of picture files: how each is recognised, and what it can hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..errors import PictureError

MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"v/1\x01", "EXR"),
    (b"#?", "HDR"),
    (b"\x93NUMPY", "npy"),
    (b"BM", "BMP"),
)
"""First bytes → kind. WebP and TGA have no such bytes and are tested after these."""
FOREIGN = (
    (0, b"GIF8", "a GIF"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"%PDF", "a PDF"),
    (0, b"DDS ", "a DDS texture"),
    (0, b"\0\0\x01\0", "an icon"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"JXL ", "a JPEG XL picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"jP  ", "a JPEG 2000 picture"),
    (0, b"BLENDER", "a .blend file"),
)
"""Offset, bytes, name: kinds of files that are recognised but cannot be read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of file can hold."""

    name: str
    depths: tuple[str, ...]
    """Names of numpy types, the smallest first; the first also stands in for types that are not listed."""
    channels: tuple[int, ...] = (1, 2, 3, 4)
    premultiplied: bool | None = False
    """Whether its colour is multiplied by alpha; None if the file itself says so."""
    longest: int | None = None
    """Longest side in pixels."""
    profile: bool = False
    """Whether it can hold an ICC profile."""

    def depth(self, wanted: np.dtype[Any]) -> np.dtype[Any]:
        """Return the number type nearest to ``wanted`` that this kind can hold."""
        family = [np.dtype(d) for d in self.depths if np.dtype(d).kind == wanted.kind]
        if wanted in family:
            return wanted
        return family[-1] if family else np.dtype(self.depths[0])

    def layout(self, color: bool, alpha: bool) -> int | None:
        """Return the fewest channels that hold such a picture, 1 to 4; None if none do."""
        enough = {(0, 0): (1, 3), (0, 1): (2, 4), (1, 0): (3,), (1, 1): (4,)}[color, alpha]
        return next((count for count in enough if count in self.channels), None)


INTEGERS, FLOATS = ("uint8", "uint16"), ("float16", "float32")
_JPEG = Kind("JPEG", ("uint8",), (1, 3), longest=65500, profile=True)
_TIFF = Kind("TIFF", (*INTEGERS, "float32"), premultiplied=None, profile=True)
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        ".png": Kind("PNG", INTEGERS, profile=True),
        ".jpg": _JPEG,
        ".jpeg": _JPEG,
        ".tif": _TIFF,
        ".tiff": _TIFF,
        ".webp": Kind("WebP", ("uint8",), (3, 4), longest=16383, profile=True),
        ".exr": Kind("EXR", FLOATS, premultiplied=True),
        ".hdr": Kind("HDR", ("float32",), (3,)),
        ".npy": Kind("npy", (*INTEGERS, *FLOATS), premultiplied=None),
        ".bmp": Kind("BMP", ("uint8",), (1, 3, 4)),
        ".tga": Kind("TGA", ("uint8",), (1, 3, 4), longest=65535),
    }
)
"""Suffix of the output → what is written."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A file's facts about its pixels, and the metadata that its result gets."""

    premultiplied: bool = False
    icc: bytes | None = None
    metadata: Mapping[str, tuple[str, Any]] = field(default_factory=dict[str, tuple[str, Any]])
    """OpenImageIO's name → type and value: EXIF, dots an inch, and what else is worth keeping."""
    lost: tuple[str, ...] = ()
    """Names of metadata that cannot be written: text that is not UTF-8, values of a wrong type."""
    window: tuple[int, ...] | None = None
    """EXR: x, y of the pixels, then x, y, width, height of the display window."""
    flat: bool = False
    """Whether a ``.npy`` has two axes instead of three."""


def recognise(path: Path) -> str:
    """Return the kind of a file by its content.

    Raises:
        PictureError: if it is missing, empty, a folder, not to be read, or of no known kind.
    """
    if path.is_dir():
        raise PictureError(f"cannot read {path}: it is a folder; name a picture in it")
    if path.exists() and not path.is_file():
        raise PictureError(f"cannot read {path}: it is not an ordinary file")
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except (OSError, ValueError) as error:
        raise PictureError(f"cannot read {path}: {_reason(error)}") from error
    if not head:
        raise PictureError(f"cannot read {path}: the file is empty")
    kind = _kind(head)
    if kind is None:
        what = next(
            (name for at, magic, name in FOREIGN if head[at:].startswith(magic)), "not a picture"
        )
        known = ", ".join(sorted({kind.name for kind in KINDS.values()}, key=str.lower))
        raise PictureError(f"cannot read {path}: it is {what}; these are read: {known}")
    return kind


def output_kind(path: Path) -> Kind:
    """Return what is written under this name; raises PictureError if its suffix is not known."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        came = f"the ending {path.suffix}" if path.suffix else "a name without an ending"
        raise PictureError(
            f"cannot write {path}: {came} names no kind; use one of {' '.join(KINDS)}"
        )
    return kind


def _kind(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if any(head[at:].startswith(magic) for at, magic, _ in FOREIGN):
        return None
    return next((name for magic, name in MAGIC if head.startswith(magic)), _targa(head))


def _targa(head: bytes) -> str | None:
    """TGA has no magic number; its header must make sense (Truevision TGA 2.0, fields 2 to 5)."""
    if len(head) < 18:
        return None
    mapped, form, depth = head[1], head[2], head[16]
    sound = mapped in (0, 1) and form in (1, 2, 3, 9, 10, 11) and depth in (8, 15, 16, 24, 32)
    size = int.from_bytes(head[12:14], "little") * int.from_bytes(head[14:16], "little")
    return "TGA" if sound and size and (mapped or form not in (1, 9)) else None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ValueError):  # a zero byte, for one
        return "no file can have this name"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "you may not read it"
    return error.strerror or str(error)
