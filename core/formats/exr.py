"""EXR files of many channels: listing their parts, reading single channels, replacing some of them.

OpenImageIO decodes and encodes; what is ours is which channels, and a copy that keeps all others.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..errors import PictureError
from .kinds import output_kind, recognise
from .read import DEPTHS, number_type, read, window
from .source import check_size, describe_damage, find_complaint, library_name, open_source
from .write import LOSSLESS, Sealed, demand, probe, settle_date, temporary_beside

DEPTH = re.compile(r"(^|\.)(Depth\.[VZ]|Z|Depth)$")
STRIPE = 1 << 24
"""Numbers that are unpacked at once."""
ROWS = 16
"""Rows that EXR mostly compresses together."""
Changed = Mapping[int, Mapping[str, NDArray[Any]]]
"""Number of a part → channel → (h, w) of its data window."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an EXR, as its header tells."""

    channels: tuple[str, ...]
    name: str
    """Empty in a file of one part."""
    views: tuple[str, ...]
    """Views (left, right) that its channels may name, or the part's own view."""
    window: tuple[int, ...]
    """x, y of the pixels, then x, y, width and height of the display window."""
    size: tuple[int, int]
    """Height and width of the pixels: the data window's."""
    deep: bool
    texts: Mapping[str, str]
    """Metadata that are text; Blender writes them into the first part alone."""


def read_parts(path: Path, max_pixels: int) -> tuple[Part, ...]:
    """Return what the parts of an EXR hold, without decoding a pixel.

    Raises:
        PictureError: if it is missing, damaged, cut off in its header, no EXR, or too large.
    """
    parts = list[Part]()
    with _open(path) as source:
        while source.seek_subimage(len(parts), 0):
            parts.append(_part(source.spec()))
        missing = source.spec().get_int_attribute("oiio:subimages", 1) > len(parts)
        complaint = find_complaint(source)
    if missing or not parts:
        raise describe_damage(path, "EXR", complaint)
    for part in parts:
        check_size(path, part.size[1], part.size[0], max_pixels)
        width, height = part.window[4:]
        check_size(path, width, height, max_pixels)
    return tuple(parts)


def read_channels(path: Path, part: int, names: Sequence[str]) -> NDArray[Any]:
    """Return channels of one part, (h, w, C) of its data window, in the order asked for.

    They are float16 if the file has all of them so, else float32. One part is unpacked as a whole however few
    of its channels are wanted, so what is needed of it should be asked for at once.

    Raises:
        PictureError: if they are damaged, cut off, or whole numbers.
    """
    with _open(path) as source:
        source.seek_subimage(part, 0)
        spec = source.spec()
        places = [spec.channelnames.index(name) for name in names]
        forms = [spec.channelformats[k] if spec.channelformats else spec.format for k in places]
        form = number_type(path, {str(form) for form in forms})
        span = (min(places), max(places) + 1)
        out = np.empty((spec.height, spec.width, len(names)), DEPTHS[form])
        for top, pixels in _stripes(path, source, part, span, form):
            out[top : top + len(pixels)] = pixels[..., [place - span[0] for place in places]]
    return out


def read_distance(path: Path, max_pixels: int) -> NDArray[np.float32]:
    """Return the depth in a file, turned upright: (H, W), integers as [0, 1], floats as they are.

    It is an EXR's first channel of depth (``Depth.Z``, ``Depth.V`` or ``Z``, in any part and layer),
    else the first channel of a picture.

    Raises:
        PictureError: if it is missing, damaged, cut off, of no known kind, or too large.
    """
    channel = _depth_channel(path, max_pixels) if recognise(path) == "EXR" else None
    if channel is None:
        pixels = read(path, max_pixels)[0][..., 0]
    else:
        pixels = read_channels(path, channel[0], channel[1:])[..., 0]
    highest = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    return np.asarray(pixels, np.float32) / np.float32(highest)


def rewrite(path: Path, source: Path, changed: Changed) -> None:
    """Write a copy of an EXR with some channels replaced: same parts, number types and metadata.

    All other channels keep their bits. A compression that loses becomes one that does not.

    Args:
        path: Where to, may be ``source``; replaced at the end, untouched if anything goes wrong.
        source: The EXR to copy.
        changed: New channels; beyond what half floats hold they are cut where the file has these.

    Raises:
        PictureError: if the source is damaged, or the folder or disk does not take the copy.
    """
    if output_kind(path).name != "EXR":
        raise PictureError(f"cannot write {path}: passes are kept in EXR alone; let it end in .exr")
    with temporary_beside(path) as temporary:
        with _open(source) as reader, library_name(temporary) as name:
            _copy(name, source, reader, changed)
        probe(temporary)


def write_channels(
    path: Path, channels: Mapping[str, NDArray[np.float32]], sealed: Sealed | None = None
) -> None:
    """Write an EXR of one part with these channels, in half floats.

    Args:
        path: Where to; replaced at the end, untouched if anything goes wrong.
        channels: Name, such as ``Toon.Lines.R`` (layer, pass, channel) → (H, W).
        sealed: Is told of the finished file just before it gets its name.

    Raises:
        PictureError: if the folder or disk does not take it.
    """
    if output_kind(path).name != "EXR":
        raise PictureError(f"cannot write {path}: layers are kept in EXR alone; let it end in .exr")
    highest = np.finfo(np.float16).max
    planes = np.stack([plane.clip(-highest, highest) for plane in channels.values()], -1)
    pixels = np.ascontiguousarray(planes, np.float16)
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "half")
    spec.channelnames, spec.alpha_channel = tuple(channels), -1
    spec["compression"] = "zip"
    settle_date(spec)
    with temporary_beside(path, sealed) as temporary:
        with library_name(temporary) as name:
            target = oiio.ImageOutput.create(name)
            if target is None:
                raise OSError(find_complaint(oiio))
            try:
                demand(target.open(name, spec), target)
                demand(target.write_image(pixels), target)
            finally:
                closed = target.close()
            demand(closed, target)
        probe(temporary)


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    kind = recognise(path)
    if kind != "EXR":
        raise PictureError(
            f"cannot read {path}: it is a {kind} file, and passes are in EXR files; in Blender choose "
            "OpenEXR MultiLayer in Output Properties and render again"
        )
    with open_source(path, kind) as source:
        yield source


def _part(spec: Any) -> Part:
    texts = {a.name: a.value for a in spec.extra_attribs if isinstance(a.value, str)}
    view, several = texts.get("view"), spec.getattribute("multiView")
    return Part(
        channels=tuple(spec.channelnames),
        name=texts.get("oiio:subimagename", ""),
        views=(view,) if view else several if isinstance(several, tuple) else (),
        window=window(spec),
        size=(spec.height, spec.width),
        deep=spec.deep,
        texts=texts,
    )


def _depth_channel(path: Path, max_pixels: int) -> tuple[int, str] | None:
    for index, part in enumerate(read_parts(path, max_pixels)):
        for name in () if part.deep else part.channels:
            if DEPTH.search(name):
                return index, name
    return None


def _copy(name: str, origin: Path, source: Any, changed: Changed) -> None:
    specs = list[Any]()
    while source.seek_subimage(len(specs), 0):
        specs.append(_copy_metadata(origin, source.spec()))
    target = oiio.ImageOutput.create(name)
    if target is None:
        raise OSError(find_complaint(oiio))
    try:
        for part, spec in enumerate(specs):
            if part == 0:
                demand(target.open(name, tuple(specs)), target)
            else:
                demand(target.open(name, spec, "AppendSubimage"), target)
            for top, pixels in _stripes(origin, source, part, (0, spec.nchannels), "float"):
                _replace(pixels, top, spec, changed.get(part, {}))
                row = spec.y + top
                demand(target.write_scanlines(row, row + len(pixels), 0, pixels), target)
    finally:
        closed = target.close()
    demand(closed, target)


def _copy_metadata(path: Path, original: Any) -> Any:
    spec = oiio.ImageSpec(original)
    number_type(path, {str(form) for form in spec.channelformats or (spec.format,)})
    spec.tile_width = spec.tile_height = spec.tile_depth = 0
    spec["openexr:lineOrder"] = "increasingY"
    settle_date(spec)
    if spec.get_string_attribute("compression") not in LOSSLESS["EXR"]:
        spec["compression"] = "zip"
    return spec


def _stripes(
    path: Path, source: Any, part: int, span: tuple[int, int], form: str
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield first row and pixels, (h, W, C), of stripes of a range of channels, from top to bottom."""
    source.seek_subimage(part, 0)
    spec = source.spec()
    tiled = spec.tile_width > 0
    high = max(1, STRIPE // (spec.width * (span[1] - span[0])) // ROWS) * ROWS
    for top in range(0, spec.height, spec.height if tiled else high):
        if tiled:
            pixels = source.read_image(part, 0, *span, form)
        else:
            rows = (spec.y + top, spec.y + min(top + high, spec.height))
            pixels = source.read_scanlines(part, 0, *rows, 0, *span, form)
        complaint = find_complaint(source)
        if pixels is None or complaint:
            raise describe_damage(path, "EXR", complaint)
        yield top, pixels


def _replace(
    pixels: NDArray[np.float32], top: int, spec: Any, changed: Mapping[str, NDArray[Any]]
) -> None:
    forms = spec.channelformats or (spec.format,) * spec.nchannels
    for name, values in changed.items():
        place = spec.channelnames.index(name)
        highest = np.finfo(np.float16 if str(forms[place]) == "half" else np.float32).max
        pixels[..., place] = values[top : top + len(pixels)].clip(-highest, highest)
