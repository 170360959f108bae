"""Metadata: which entries of a file's header its result gets, and which cannot be kept."""

import re
from collections.abc import Mapping
from typing import Any

import OpenImageIO as oiio

DROPPED = re.compile(
    r"(oiio:(?!ColorSpace$)|tiff:|png|jpeg|bmp|targa|webp|openexr|ICCProfile|Exif:PixelXDim|Exif:PixelYDim|Exif:ImageHistory"
    r"|Orientation|planarconfig|textureformat|thumbnail|version|colorInteropID)"
)
"""Prefixes of entries that are written anew, or no longer hold."""
METRES = {"in": 0.0254, "inch": 0.0254, "cm": 0.01, "m": 1.0}
Metadata = Mapping[str, tuple[str, Any]]
"""OpenImageIO's name → type and value."""


def read_metadata(spec: Any, kind: str) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata that is kept, and the names of entries that cannot be.

    Text must be UTF-8. PNG's is Latin-1 by its specification (11.3.3), which all bytes are; where another
    kind has bytes that are no UTF-8, nobody knows what they mean. Resolutions are in dots an inch.
    """
    kept: dict[str, tuple[str, Any]] = {}
    lost: list[str] = []
    for attribute in spec.extra_attribs:
        name = attribute.name
        if DROPPED.match(name):
            continue
        form, value = str(attribute.type), attribute.value
        if kind == "PNG" and isinstance(value, str):
            value = _latin(value)
        if _can_be_written(name, form, value):
            kept[name] = (form, value)
        else:
            lost.append(name)
    return _in_inches(kept, METRES.get(spec.get_string_attribute("ResolutionUnit"))), tuple(lost)


def _latin(text: str) -> str:
    """Return a text whose bytes, where they are no UTF-8, are Latin-1."""
    data = text.encode(errors="surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _can_be_written(name: str, form: str, value: Any) -> bool:
    try:
        oiio.ImageSpec().attribute(name, oiio.TypeDesc(form), value)
    except (RuntimeError, TypeError, ValueError):  # std::bad_cast, for one, comes as RuntimeError
        return False
    return True


def _in_inches(kept: dict[str, tuple[str, Any]], metres: float | None) -> Metadata:
    for name in ("XResolution", "YResolution"):
        if metres and name in kept:
            kept[name] = ("float", float(kept[name][1]) * METRES["in"] / metres)
        else:
            kept.pop(name, None)
    if metres:
        kept["ResolutionUnit"] = ("string", "in")
    return kept
