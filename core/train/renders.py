"""Sequences rendered by Blender with exact motion (tools/render_flow.py), in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from ..errors import StylizeError
from .layers import Pair

GLOB = "motion_*.npz"
KEYS = ("frames", "backward", "forward", "occluded")
Shard = Mapping[str, Tensor]
"""``frames`` uint8 (N, T, 3, H, W), ``backward`` and ``forward`` float16 (N, T - 1, 2, H, W), ``occluded``
uint8 (N, T - 1, 1, H, W) on the later of two frames."""


def load_shards(folder: Path) -> list[Shard]:
    """Return the shards of a folder, in the order of their names.

    Raises:
        StylizeError: if there is none, or one is damaged.
    """
    paths = sorted(folder.glob(GLOB))
    if not paths:
        raise StylizeError(
            f"there are no rendered sequences in {folder}; make some: python tools/render_flow.py {folder}"
        )
    return [_load(path) for path in paths]


def _load(path: Path) -> Shard:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: torch.from_numpy(archive[key]) for key in KEYS}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise StylizeError(
            f"{path} holds no rendered sequences ({error}); render it again"
        ) from error


def draw_rendered(
    shards: Sequence[Shard], count: int, size: tuple[int, int], generator: torch.Generator
) -> Pair:
    """Return random pairs of consecutive frames, cut to (height, width), mirrored and recoloured.

    Raises:
        StylizeError: if the frames are smaller than ``size``.
    """
    pairs = [_draw(shards, size, generator) for _ in range(count)]
    return Pair(*(torch.stack(parts) for parts in zip(*pairs, strict=True)))


def _draw(shards: Sequence[Shard], size: tuple[int, int], generator: torch.Generator) -> Pair:
    shard = shards[_below(len(shards), generator)]
    count, frames, _, height, width = shard["frames"].shape
    if height < size[0] or width < size[1]:
        raise StylizeError(
            f"rendered frames have {width} x {height} pixels, but {size[1]} x {size[0]} are wanted; "
            "render larger ones"
        )
    number, step = _below(count, generator), _below(frames - 1, generator)
    top, left = _below(height - size[0] + 1, generator), _below(width - size[1] + 1, generator)
    cut = (..., slice(top, top + size[0]), slice(left, left + size[1]))
    earlier, later = (shard["frames"][number, step + k][cut].float() / 255 for k in (0, 1))
    flow, hidden = (shard[k][number, step][cut].float() for k in ("backward", "occluded"))
    return _turn(Pair(*_recolor(later, earlier, generator), flow, hidden), generator)


def _recolor(first: Tensor, second: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return both frames with the same permutation and gamma of colour channels."""
    order = torch.randperm(3, generator=generator)
    gamma = torch.exp2(torch.rand(3, 1, 1, generator=generator) - 0.5)
    return first[order].pow(gamma), second[order].pow(gamma)


def _turn(pair: Pair, generator: torch.Generator) -> Pair:
    """Return a pair mirrored left to right, upside down, both or not at all."""
    for axis, component in ((-1, 0), (-2, 1)):
        if _below(2, generator):
            flipped = Pair(*(part.flip(axis) for part in pair))
            sign = torch.ones(2, 1, 1)
            sign[component] = -1
            pair = flipped._replace(flow=flipped.flow * sign)
    return pair


def _below(limit: int, generator: torch.Generator) -> int:
    return int(torch.randint(limit, (), generator=generator))
