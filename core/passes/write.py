"""Writing changed passes into a copy of a multilayer EXR, with all others unchanged."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..color import Floats
from ..errors import PictureError
from ..formats.exr import read_channels, rewrite
from .names import pass_name
from .read import Passes, Piece, find_pass, overlap


def write_passes(
    path: str | PathLike[str],
    passes: Passes,
    changed: Mapping[str, Floats],
    layer: str | None = None,
) -> None:
    """Write a copy of the opened file with some passes replaced.

    Parts, names, number types, metadata, every other pass and pixels outside the display window stay the
    same, bit for bit, so Blender reads the copy like the original. A pass that was read and not changed is
    written with the same bits.

    Args:
        path: Ends in .exr; may be the opened file itself, which is replaced at the end.
        passes: The opened file.
        changed: Pass, by any of its names → (1, C, H, W) with as many channels as the file has.
        layer: The view layer; without it the first.

    Raises:
        PictureError: if there is no such layer or pass, a shape is wrong, the file is damaged, or the copy
            cannot be written to the folder or disk.
    """
    channels: dict[int, dict[str, NDArray[Any]]] = {}
    for name, x in changed.items():
        wanted = pass_name(name)[0]
        pieces = find_pass(passes, wanted, layer)
        _check(passes, wanted, pieces, x)
        values = x[0].astype(np.float32)
        for piece in pieces:
            count = len(piece.channels)
            own, values = values[:count], values[count:]
            channels.setdefault(piece.part, {}).update(_unframed(passes, piece, own))
    rewrite(Path(path), passes.path, channels)


def _check(passes: Passes, name: str, pieces: tuple[Piece, ...], x: Floats) -> None:
    wanted = (1, sum(len(piece.channels) for piece in pieces), *passes.size)
    if tuple(x.shape) != wanted:
        raise PictureError(
            f"cannot write the pass {name}: it has the shape {tuple(x.shape)} and {passes.path} "
            f"has room for {wanted}; they must be equal"
        )


def _unframed(passes: Passes, piece: Piece, values: Floats) -> dict[str, Floats]:
    """Return (C, H, W) of the display window as channels of the data window, the rest unchanged."""
    inside, place = overlap(passes.parts[piece.part])
    high, wide = passes.parts[piece.part].size
    if (high, wide) == passes.size and inside == place:
        return dict(zip(piece.channels, values, strict=True))
    pixels = read_channels(passes.path, piece.part, piece.channels).astype(np.float32)
    pixels[inside] = values.transpose(1, 2, 0)[place]
    return {name: pixels[..., index] for index, name in enumerate(piece.channels)}
