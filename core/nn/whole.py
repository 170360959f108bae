"""Frames that a network processes whole: extending them to the network's grid, and cutting results back."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..errors import PictureError
from ..tiling import Box, padded_size, read


def on_grid(frame: Tensor, multiple: int, device: torch.device) -> Tensor:
    """Return (1, 3, H, W) extended by reflection to multiples of ``multiple``, float32, on ``device``."""
    height, width = padded_size(frame.shape[-2], frame.shape[-1], multiple)
    whole = read(frame, Box(0, 0, height, width)).to(device, torch.float32)
    return whole.contiguous(memory_format=torch.channels_last)


def off_grid(picture: Tensor, frame: Tensor) -> Tensor:
    """Return a network's picture cut to a frame's size, in [0, 1], float32, on the frame's device."""
    return picture[..., : frame.shape[-2], : frame.shape[-1]].float().clamp(0, 1).to(frame.device)


def same_size(x: Tensor, memory: Mapping[str, Tensor], multiple: int) -> None:
    """Check that a memory (1, C, h, w), of cells of ``multiple`` pixels, belongs to frames of this size.

    Raises:
        PictureError: if it does not; both sizes are named.
    """
    for kept in memory.values():
        before = (kept.shape[-2] * multiple, kept.shape[-1] * multiple)
        if before != tuple(x.shape[-2:]):
            raise PictureError(
                f"a frame of about {x.shape[-1]} x {x.shape[-2]} pixels follows frames of about "
                f"{before[1]} x {before[0]}; stylize frames of different sizes as sequences of their own"
            )
