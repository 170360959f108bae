"""A picture put together from the style's own pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.smooth import blur, blur_far
from .bank import WINDOW, Bank
from .columns import CELL

AROUND = (-1, 0, 1)
BROAD = 6.0
"""Deviation, in pixels, of the blur that leaves what is broader than strokes."""
FINE = 1.5
"""Deviation, in pixels, of the blur that takes bristles away."""
AREA = 1.5
"""Deviation, in cells, of the area in which contrasts are compared."""
MOST = 2.0
"""The most by which fine contrast is raised."""
LEAST = 1e-5
"""Variance of lightness in a cell below which nothing is raised: grain of a plain ground."""


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


def enliven(x: Tensor, index: Tensor, bank: Bank) -> Tensor:
    """Return a picture (1, 3, H, W) whose bristles stand out as they do in the patches that it is made of.

    Where patches that do not continue each other overlap, their average is soft.
    """
    own = bank.pixels.view(-1, 3, CELL**2).mean(1).var(1, correction=0)
    wanted = own[bank.place[index]][None, None]
    light = x.mean(1, keepdim=True)
    ground = F.interpolate(F.avg_pool2d(light, CELL), scale_factor=CELL, mode="nearest")
    got = F.avg_pool2d((light - ground).square(), CELL)
    gain = (blur(wanted, AREA) + LEAST) / (blur(got, AREA) + LEAST)
    gain = gain.sqrt().clamp(1, MOST)
    gain = F.interpolate(gain, scale_factor=CELL, mode="bilinear", align_corners=False)
    return (x + (gain - 1) * (light - blur(light, FINE))).clamp(0, 1)


def _inside(shift: int, size: int) -> slice:
    """Return the cells that have a neighbour ``shift`` cells before them."""
    return slice(max(0, shift), size + min(0, shift))


def _windows(like: Tensor) -> Tensor:
    """Return the window's part on each cell from the one above left on, (3, 3, 16)."""
    line = torch.hann_window(WINDOW + 2, periodic=False)[1:-1].to(like)
    window = torch.outer(line, line)
    return F.pixel_unshuffle(window[None, None], CELL)[0].permute(1, 2, 0)
