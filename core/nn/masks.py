"""Segmentation maps: regions painted in pure colours, the format that the photorealistic methods use."""

import torch
from torch import Tensor

COLOURS = {
    "blue": (0, 0, 1),
    "green": (0, 1, 0),
    "black": (0, 0, 0),
    "white": (1, 1, 1),
    "red": (1, 0, 0),
    "yellow": (1, 1, 0),
    "lightblue": (0, 1, 1),
    "purple": (1, 0, 1),
}
TOLERANCE = 0.1
"""How far a channel may be from 0 or 1."""
SMALLEST = 10
"""Cells that a region must have to be used."""


def regions(picture: Tensor, size: tuple[int, int]) -> dict[str, Tensor]:
    """Return the regions of a map (3, H, W) in [0, 1] that are large enough, by colour.

    Each is a boolean mask (h, w) of ``size``.
    """
    rows, columns = (_nearest(n, m) for n, m in zip(picture.shape[1:], size, strict=True))
    small = picture[:, rows[:, None], columns]
    masks = {name: _is_colour(small, colour) for name, colour in COLOURS.items()}
    return {name: mask for name, mask in masks.items() if int(mask.sum()) >= SMALLEST}


def _nearest(size: int, out: int) -> Tensor:
    step = 1 / (out / size)  # rounded as in OpenCV
    return (torch.arange(out).double() * step).floor().long().clamp_max(size - 1)


def _is_colour(picture: Tensor, colour: tuple[int, ...]) -> Tensor:
    wanted = picture.new_tensor(colour)[:, None, None]
    return ((picture - wanted).abs() < TOLERANCE).all(0)
