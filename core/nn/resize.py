"""A picture in another size: whole, or by windows, each with what the whole would have there.

Windows are made by cubic convolution (Keys 1981, a = -1/2); where a picture becomes smaller the kernel is as
wide as what it averages, so nothing aliases. Beyond its borders a picture is continued by its last pixels.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..tiling import Box, Windows

REACH = 2.0
"""Pixels that the kernel looks in each direction, where a picture does not become smaller."""


def resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Return a picture (B, 3, H, W) in another size, in [0, 1]: bicubic, antialiased if made smaller."""
    if x.shape[-2:] == size:
        return x
    sized = F.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False)
    return sized.clamp(0, 1)


def rescale(x: Tensor, ratio: float) -> Tensor:
    """Return a picture at a ratio of its size, one pixel a side at least; see ``resize``."""
    height, width = (max(1, round(side * ratio)) for side in x.shape[-2:])
    return resize(x, (height, width))


def resize_window(x: Windows, size: tuple[int, int], box: Box, soft: float = 1.0) -> Tensor:
    """Return a window of a picture (1, C, H, W) in another size: (1, C, h, w) float32.

    Beside strong edges values go a little beyond those of the picture.

    Args:
        x: The picture.
        size: Height and width that the whole is to have.
        box: The window, in pixels of that size.
        soft: How many times wider than it need be the kernel is.
    """
    rows, row_weights = _taps(box.top, box.bottom, size[0], x.shape[-2], soft)
    columns, column_weights = _taps(box.left, box.right, size[1], x.shape[-1], soft)
    top, left = int(rows.min()), int(columns.min())
    part = torch.as_tensor(x[..., top : int(rows.max()) + 1, left : int(columns.max()) + 1]).float()
    part = _sum(part, rows - top, row_weights, -2)
    return _sum(part, columns - left, column_weights, -1)


def _taps(
    start: int, stop: int, size: int, own: int, soft: float
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the pixels of a line that each pixel of another line is made of, (n, k), and their shares."""
    ratio = own / size
    wide = soft * max(1.0, ratio)
    middle = (np.arange(start, stop) + 0.5) * ratio - 0.5
    first = np.ceil(middle - REACH * wide).astype(np.int64)
    index = first[:, None] + np.arange(int(np.ceil(2 * REACH * wide)))
    weights = _cubic(np.abs(index - middle[:, None]) / wide)
    weights /= weights.sum(1, keepdims=True)
    return index.clip(0, own - 1), weights.astype(np.float32)


def _cubic(t: NDArray[np.float64]) -> NDArray[np.float64]:
    near, far = (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t < 1, near, np.where(t < REACH, far, 0.0))


def _sum(x: Tensor, index: NDArray[np.int64], weights: NDArray[np.float32], axis: int) -> Tensor:
    """Return the weighted sums of rows (axis -2) or columns (axis -1), tap after tap."""
    shape = (-1, 1) if axis == -2 else (-1,)  # of rows or columns
    places = torch.from_numpy(np.ascontiguousarray(index.T)).to(x.device)
    shares = torch.from_numpy(np.ascontiguousarray(weights.T)).to(x.device)
    out = x.index_select(axis, places[0]) * shares[0].view(shape)
    for place, share in zip(places[1:], shares[1:], strict=True):
        out.addcmul_(x.index_select(axis, place), share.view(shape))
    return out
