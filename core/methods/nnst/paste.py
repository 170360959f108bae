"""A picture put together from the style's own pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.smooth import blur_far
from .bank import WINDOW, Bank
from .columns import CELL

AROUND = (-1, 0, 1)
BROAD = 6.0
"""Deviation, in pixels, of the blur that leaves what is broader than strokes."""


def paste(index: Tensor, bank: Bank) -> Tensor:
    """Return the picture (1, 3, 4 h, 4 w) in which each cell's patch of 12 x 12 pixels overlaps the next.

    ``index``: the patch of each cell, (h, w). Patches are averaged under a Hann window; where neighbours come
    from neighbours, that is the style's own picture, bristle by bristle.
    """
    height, width = index.shape
    total = bank.pixels.new_zeros(height, width, bank.pixels.shape[1])
    weight = bank.pixels.new_zeros(height, width, CELL**2)
    windows = _windows(bank.pixels)
    for down in AROUND:
        for right in AROUND:
            here = _inside(down, height), _inside(right, width)
            there = index[_inside(-down, height), _inside(-right, width)]
            row = bank.place[there] + down * bank.stride[there] + right
            share = windows[down + 1, right + 1]
            total[here] += bank.pixels[row] * share.repeat(3)
            weight[here] += share
    mixed = total / weight.repeat(1, 1, 3)
    return F.pixel_shuffle(mixed.permute(2, 0, 1)[None], CELL)


def hold(x: Tensor, content: Tensor, share: float) -> Tensor:
    """Return a picture whose broad lightness went a share of the way to the content's (1, 3, H, W)."""
    away = blur_far((content - x).mean(1, keepdim=True), BROAD)
    return (x + share * away).clamp(0, 1)


def _inside(shift: int, size: int) -> slice:
    """Return the cells that have a neighbour ``shift`` cells before them."""
    return slice(max(0, shift), size + min(0, shift))


def _windows(like: Tensor) -> Tensor:
    """Return the window's part on each cell from the one above left on, (3, 3, 16)."""
    line = torch.hann_window(WINDOW + 2, periodic=False)[1:-1].to(like)
    window = torch.outer(line, line)
    return F.pixel_unshuffle(window[None, None], CELL)[0].permute(1, 2, 0)
