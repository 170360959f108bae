"""Masks of a frame's parts: by object, material or depth from its passes, or from a mask's file."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..color import Floats
from ..errors import PictureError
from ..imaging.image import MAX_PIXELS, load_mask
from ..passes import Passes, depth_mask, index_mask, read_depth, read_matte
from ..picture.tensors import to_tensor
from ..request.sequence_job import INDICES, NOT, parse_depths, parse_pass_indices, parse_where
from ..video.frames import Pattern


def read_region(
    where: str,
    number: int,
    size: tuple[int, int],
    passes: Passes | None = None,
    layer: str | None = None,
    *,
    max_pixels: int = MAX_PIXELS,
) -> Tensor:
    """Return how much of each pixel belongs to a part of a frame, (1, 1, H, W) in [0, 1].

    Args:
        where: As in ``SequenceJob``'s ``Region``.
        number: The frame's.
        size: Height and width, pixels.
        passes: The frame's passes, if it has any.
        layer: The view layer; without it the first.
        max_pixels: A mask's file that claims more is refused.

    Raises:
        ParamsError: if ``where`` is not understood, or names what is not in the scene.
        PictureError: if a pass or a mask's file is missing.
    """
    kind, names = parse_where(where)
    if kind is None:
        mask = _load_file(names, number, size, max_pixels)
    elif passes is None:
        raise PictureError(
            f"{where} needs the passes of the render: use frames of OpenEXR MultiLayer, or name a mask's file"
        )
    else:
        mask = _read_passes(where, kind, names, passes, layer)
    return to_tensor(1 - mask if where.strip().startswith(NOT) else mask)


def _load_file(text: str, number: int, size: tuple[int, int], max_pixels: int) -> Floats:
    path = Pattern.read(text).path(number) if "#" in text or "%" in text else Path(text)
    return load_mask(path, size, max_pixels=max_pixels)


def _read_passes(where: str, kind: str, names: str, passes: Passes, layer: str | None) -> Floats:
    if kind == "depth":
        near, far = parse_depths(where, names)
        return depth_mask(read_depth(passes, layer), near, far)
    if kind in INDICES:
        of: Any = kind.removesuffix("_index")
        return index_mask(passes, parse_pass_indices(where, names), of, layer)
    listed = [name.strip() for name in names.split(",") if name.strip()]
    matte: Any = kind
    return read_matte(passes, listed, matte, layer, absent=True)


def combine_strengths(parts: list[tuple[Tensor, float]], size: tuple[int, int]) -> Tensor | None:
    """Return the strength of each pixel, (1, 1, H, W); None if there are no parts, so it is 1 everywhere.

    Args:
        parts: Part of the frame and its strength; the last that covers a pixel counts.
        size: Height and width, pixels.
    """
    if not parts:
        return None
    out = torch.ones(1, 1, *size)
    for part, strength in parts:
        out += (strength - out) * part
    return out
