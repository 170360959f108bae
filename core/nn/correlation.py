"""FlowNetC's correlation layer: how similar two frames' features are at every displacement within reach.

Dosovitskiy et al., "FlowNet: Learning Optical Flow with Convolutional Networks", ICCV 2015, eq. 1, with a
kernel of one cell. Rows are multiplied in blocks of columns, one row of displacements at a time, so that
memory holds the result and the products of a few rows only.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 32
"""Columns that are multiplied at once: fewer waste less, more are faster each."""


def correlation(first: Tensor, second: Tensor, reach: int = 10, step: int = 2) -> Tensor:
    """Return (B, (2 reach + 1)^2, H, W): mean over channels of ``first(p) * second(p + d)``.

    Displacements d are multiples of ``step`` cells, from ``-reach * step`` to ``reach * step``, rows
    slow and columns fast; beyond the border ``second`` is zero.

    Args:
        first: Features (B, C, H, W).
        second: Features of the same shape.
        reach: Steps to each side.
        step: Cells per step.
    """
    batch, channels, height, width = first.shape
    blocks, border = -(-width // BLOCK), reach * step
    spare = blocks * BLOCK - width
    left = F.pad(first, (0, spare)).unflatten(3, (blocks, BLOCK)).permute(0, 2, 3, 4, 1)
    padded = F.pad(second, (border, border + spare, border, border))
    right = padded.unfold(3, BLOCK + 2 * border, BLOCK).permute(0, 2, 3, 1, 4)
    left, right = left.contiguous() / channels, right.contiguous()
    rows = [
        _band(left @ right[:, shift : shift + height], step, 2 * reach + 1)
        for shift in range(0, 2 * border + 1, step)
    ]  # each (B, H, blocks, BLOCK, displacements)
    products = torch.stack(rows, 1).permute(0, 1, 5, 2, 3, 4)
    return products.reshape(batch, -1, height, blocks * BLOCK)[..., :width]


def _band(products: Tensor, step: int, count: int) -> Tensor:
    """Return the entries of (..., n, m) ``step * k`` right of the diagonal, k < count: (..., n, count)."""
    *outer, down, right = products.stride()
    size = (*products.shape[:-1], count)
    return products.as_strided(size, (*outer, down + right, step * right))
