"""Reading a multilayer EXR: its layers and passes, each decoded on demand.

Blender up to 4.5 writes one part that holds every channel, ``ViewLayer.DiffCol.R``; from 5.0 on each pass
is a part of its own, ``ViewLayer.Diffuse Color``. File Output nodes omit the view layer's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

import numpy as np

from ..color import Floats
from ..errors import PictureError
from ..formats.exr import Part, read_channels, read_parts
from ..imaging.image import MAX_PIXELS
from .names import how_to_get, pass_name

ORDER = "RGBUVXYZWA"
"""How the channels of a pass follow each other, whichever of them it has."""
FAR = 1e10
"""What Blender writes as the depth of nothing, and what lies beside the rendered pixels here."""
COMPOSITE = "Composite"
"""The layer into which Blender writes what the compositor made."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Channels of one pass in one part of the file."""

    part: int
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passes:
    """The contents of a multilayer EXR by its header; pixels are decoded later."""

    path: Path
    size: tuple[int, int]
    """Height and width of the display window, in pixels; every pass is read for it."""
    layers: Mapping[str, Mapping[str, tuple[Piece, ...]]]
    """View layer → our name of a pass → its channels. The compositor's result comes last; a stereo file's
    layers are ``ViewLayer.left`` and so on; in a file of one layer the name may be empty."""
    parts: tuple[Part, ...]
    decoded: Mapping[tuple[str, str], Floats] = field(
        default_factory=dict[tuple[str, str], Floats], repr=False, compare=False
    )
    """Layer, pass → pixels that were decoded in advance, (1, C, H, W)."""

    @property
    def texts(self) -> Mapping[str, str]:
        """Metadata: ``Frame``, ``Camera``, ``Scene``, Cryptomatte's lists of names."""
        return self.parts[0].texts


def open_passes(path: str | PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Passes:
    """Return the contents of an EXR of one or many parts that has at least R, G and B.

    Raises:
        PictureError: if it is missing, damaged, cut off, not an EXR, of deep samples, or too large.
    """
    path = Path(path)
    parts = read_parts(path, max_pixels)
    if any(part.deep for part in parts):
        raise PictureError(
            f"cannot read {path}: it holds deep samples, many to a pixel, which then has no one colour or "
            "motion; write it flat (in Nuke with DeepToImage)"
        )
    left, top, width, height = parts[0].window[2:]
    if any(part.window[2:] != (left, top, width, height) for part in parts):
        raise PictureError(f"cannot read {path}: its parts have display windows of several sizes")
    return Passes(path, (height, width), _layers(parts), parts)


def pass_names(passes: Passes, layer: str | None = None) -> tuple[str, ...]:
    """Return the names of a layer's passes; without a name, of the first layer's.

    Raises:
        PictureError: if there is no such layer.
    """
    return tuple(passes.layers[_layer(passes, layer)])


def has_pass(passes: Passes, name: str, layer: str | None = None) -> bool:
    """Return whether a layer has a pass; raises PictureError if there is no such layer."""
    return pass_name(name)[0] in pass_names(passes, layer)


def read_pass(passes: Passes, name: str, layer: str | None = None) -> Floats:
    """Decode one pass: (1, C, H, W), float32, as the file has it, row 0 at the top.

    Pixels of the file outside the display window (overscan) are left out; pixels that it does not have
    (a crop) are 0, or ``FAR`` for depth.

    Args:
        passes: The opened file.
        name: Ours, or that of any Blender: ``diffuse_color``, ``DiffCol``, ``Diffuse Color``; or an AOV's.
        layer: The view layer; without it the first.

    Raises:
        PictureError: if there is no such layer or pass, or its pixels are damaged or cut off.
    """
    wanted = pass_name(name)[0]
    pieces = find_pass(passes, wanted, layer)
    known = passes.decoded.get((_layer(passes, layer), wanted))
    return _decode(passes, {wanted: pieces})[wanted] if known is None else known


def decode_passes(passes: Passes, names: Sequence[str], layer: str | None = None) -> Passes:
    """Decode several passes at once; reading them from the returned value needs no file.

    In a file of one part (Blender up to 4.5, or interleaved) reading one pass unpacks all of them, so this
    reads a frame many times faster. Decoded passes are shared: do not change them in place.

    Raises:
        PictureError: as ``read_pass``.
    """
    layer = _layer(passes, layer)
    wanted = dict.fromkeys(pass_name(name)[0] for name in names)
    places = {name: find_pass(passes, name, layer) for name in wanted}
    missing = {
        name: pieces for name, pieces in places.items() if (layer, name) not in passes.decoded
    }
    decoded = {(layer, name): x for name, x in _decode(passes, missing).items()}
    return replace(passes, decoded={**passes.decoded, **decoded})


def find_pass(passes: Passes, name: str, layer: str | None = None) -> tuple[Piece, ...]:
    """Return the channels of a pass in the file, by our name of it.

    Raises:
        PictureError: if there is no such layer or pass; it lists those in the file and how to get this one.
    """
    layer = _layer(passes, layer)
    found = passes.layers[layer].get(name)
    if found is not None:
        return found
    here = f"the layer {layer} of {passes.path}" if layer else str(passes.path)
    elsewhere = [other for other in passes.layers if name in passes.layers[other]]
    if elsewhere:
        raise PictureError(f"{here} has no pass {name}; choose the layer {' or '.join(elsewhere)}")
    raise PictureError(
        f"{here} has no pass {name}; it has {', '.join(passes.layers[layer])}: {how_to_get(name)}"
    )


def overlap(part: Part) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the rows and columns common to data and display window: in the data, and in the display."""
    x, y, left, top, width, height = part.window
    high, wide = part.size
    rows = _intersect(y - top, high, height)
    columns = _intersect(x - left, wide, width)
    return (rows[0], columns[0]), (rows[1], columns[1])


def _intersect(start: int, length: int, room: int) -> tuple[slice, slice]:
    first, last = max(start, 0), min(start + length, room)
    last = max(first, last)
    return slice(first - start, last - start), slice(first, last)


def _decode(passes: Passes, missing: Mapping[str, tuple[Piece, ...]]) -> dict[str, Floats]:
    """Return passes as (1, C, H, W); each part is unpacked once."""
    channels: dict[int, dict[str, None]] = {}
    for piece in (piece for pieces in missing.values() for piece in pieces):
        channels.setdefault(piece.part, {}).update(dict.fromkeys(piece.channels))
    planes: dict[tuple[int, str], Floats] = {}
    for part, names in channels.items():
        pixels = read_channels(passes.path, part, tuple(names))
        for index, name in enumerate(names):
            planes[part, name] = pixels[..., index]
    return {name: _stack(passes, name, pieces, planes) for name, pieces in missing.items()}


def _stack(
    passes: Passes,
    name: str,
    pieces: Iterable[Piece],
    planes: Mapping[tuple[int, str], Floats],
) -> Floats:
    """Return the channels of a pass in the display window."""
    keys = [(piece.part, channel) for piece in pieces for channel in piece.channels]
    out = np.full((1, len(keys), *passes.size), FAR if name == "depth" else 0, np.float32)
    for index, key in enumerate(keys):
        inside, place = overlap(passes.parts[key[0]])
        out[0, index][place] = planes[key][inside]
    return out


def _layer(passes: Passes, layer: str | None) -> str:
    if layer is None:
        return next(iter(passes.layers))
    if layer not in passes.layers:
        known = ", ".join(passes.layers) or "none with a name"
        raise PictureError(f"{passes.path} has no layer {layer}; it has {known}")
    return layer


def _layers(parts: Iterable[Part]) -> dict[str, dict[str, tuple[Piece, ...]]]:
    grouped: dict[str, dict[str, dict[int, tuple[int, list[str]]]]] = {}
    for number, part in enumerate(parts):
        for channel in part.channels:
            layer, spelled = _address(part, channel)
            name, rank = pass_name(spelled)
            groups = grouped.setdefault(layer, {}).setdefault(name, {})
            first, channels = groups.setdefault(rank, (number, []))
            if first == number:
                channels.append(channel)
    layers = {
        layer: {name: _pieces(groups) for name, groups in names.items()}
        for layer, names in sorted(
            grouped.items(), key=lambda item: item[0].split(".")[0] == COMPOSITE
        )
    }
    for names in layers.values():
        _add_alpha(names)
    return layers


def _pieces(groups: Mapping[int, tuple[int, list[str]]]) -> tuple[Piece, ...]:
    return tuple(
        Piece(part, tuple(sorted(names, key=_rank))) for _, (part, names) in sorted(groups.items())
    )


def _rank(channel: str) -> int:
    return ORDER.find(channel.rsplit(".", 1)[-1].upper())


def _add_alpha(names: dict[str, tuple[Piece, ...]]) -> None:
    """Add ``alpha``, the fourth channel of Blender's Combined, as a pass of its own."""
    for piece in names.get("combined", ()):
        if len(piece.channels) == 4:
            names.setdefault("alpha", (Piece(piece.part, piece.channels[3:]),))


def _address(part: Part, channel: str) -> tuple[str, str]:
    """Return layer and pass of a channel such as ``View.Layer.Combined.left.R``, or of a plain ``R``."""
    *stem, last = channel.split(".")
    if not stem and part.name:
        stem = part.name.removesuffix(f"-{part.views[0]}" if part.views else "").split(".")
    view = part.views[0] if len(part.views) == 1 else ""
    if len(stem) > 1 and stem[-1] in part.views:
        view = stem.pop()
    spelled = stem.pop() if stem else ("Depth" if last == "Z" else "Combined")
    return ".".join([*stem, view] if view else stem), spelled
