"""Sequences of a few frames with known, exact motion."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import StylizeError
from .layers import Pair
from .renders import Shard


class Clip(NamedTuple):
    """Frames in order of time, and the flow from each but the first to the previous one."""

    frames: Tensor
    """(T, B, 3, H, W) in [0, 1]."""
    flows: Tensor
    """(T - 1, B, 2, H, W) for the pixels of the later frame, in pixels."""
    hidden: Tensor
    """(T - 1, B, 1, H, W), 1 where the later frame's content is not visible in the previous one."""


def repeat_first(pair: Pair) -> Clip:
    """Return pairs as sequences of three frames: the earlier frame twice, then the later one."""
    frames = torch.stack([pair.second, pair.second, pair.first])
    flows, hidden = (torch.stack([torch.zeros_like(x), x]) for x in (pair.flow, pair.hidden))
    return Clip(frames, flows, hidden)


def draw_clips(
    shards: Sequence[Shard],
    count: int,
    size: tuple[int, int],
    frames: int,
    generator: torch.Generator,
) -> Clip:
    """Return random sequences of consecutive rendered frames, cut to (height, width) and randomly mirrored.

    Raises:
        StylizeError: if the rendered sequences are shorter or smaller than that.
    """
    sequences = [_cut(shards, size, frames, generator) for _ in range(count)]
    return Clip(*(torch.stack(parts, 1) for parts in zip(*sequences, strict=True)))


def _cut(
    shards: Sequence[Shard], size: tuple[int, int], frames: int, generator: torch.Generator
) -> Clip:
    shard = shards[_below(len(shards), generator)]
    count, length, _, height, width = shard["frames"].shape
    if length < frames or height < size[0] or width < size[1]:
        raise StylizeError(
            f"rendered sequences have {length} frames of {width} x {height} pixels, but {frames} of "
            f"{size[1]} x {size[0]} are wanted; render others: python tools/render_flow.py FOLDER"
        )
    number, start = _below(count, generator), _below(length - frames + 1, generator)
    top, left = _below(height - size[0] + 1, generator), _below(width - size[1] + 1, generator)
    window = (..., slice(top, top + size[0]), slice(left, left + size[1]))
    parts = {"frames": frames, "backward": frames - 1, "occluded": frames - 1}
    colors, flows, hidden = (
        shard[name][number, start : start + n][window].float() for name, n in parts.items()
    )
    mirrored = bool(_below(2, generator))
    return _mirror(colors / 255, flows, hidden) if mirrored else Clip(colors / 255, flows, hidden)


def _mirror(frames: Tensor, flows: Tensor, hidden: Tensor) -> Clip:
    flows = flows.flip(-1) * flows.new_tensor([-1, 1])[:, None, None]
    return Clip(frames.flip(-1), flows, hidden.flip(-1))


def _below(limit: int, generator: torch.Generator) -> int:
    return int(torch.randint(limit, (), generator=generator))
