"""Warping of pictures and features by a flow: every pixel is read at the position that the flow gives.

A flow is (B, 2, H, W): pixels to the right, pixels downward, for each pixel of the result. Backward warping
reads at ``pixel + flow``; whole numbers are the centres of pixels, so a flow of zeros changes nothing.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def warp(
    x: Tensor,
    flow: Tensor,
    *,
    wrap: bool = False,
    mode: Literal["bilinear", "bicubic", "nearest"] = "bilinear",
) -> Tensor:
    """Return (B, C, h, w) read at the positions that a flow (B, 2, H, W) gives, float32, (B, C, H, W).

    Beyond the border, border pixels are repeated.

    Args:
        x: The picture or features to read.
        flow: In pixels of ``x``.
        wrap: Whether the left and the right border meet, as in a panorama.
        mode: How to read between pixels.
    """
    columns, rows = places(flow).unbind(1)
    x = x.float()
    if wrap:
        columns = torch.remainder(columns, x.shape[-1])
        reach = 2 if mode == "bicubic" else 1
        x, columns = F.pad(x, (reach, reach, 0, 0), mode="circular"), columns + reach
    height, width = x.shape[-2:]
    scale = [2 / max(width - 1, 1), 2 / max(height - 1, 1)]
    grid = torch.stack([columns * scale[0] - 1, rows * scale[1] - 1], -1)
    return F.grid_sample(x, grid, mode, "border", align_corners=True)


def places(flow: Tensor) -> Tensor:
    """Return the positions that a flow reads: ``pixel + flow``, (B, 2, H, W), float32."""
    height, width = flow.shape[-2:]
    rows = torch.arange(height, dtype=torch.float32, device=flow.device)
    columns = torch.arange(width, dtype=torch.float32, device=flow.device)
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy")) + flow.float()


def inside(flow: Tensor, *, wrap: bool = False) -> Tensor:
    """Return (B, 1, H, W), true where a flow reads within the frame; ``wrap``: left and right meet."""
    columns, rows = places(flow).split(1, 1)
    height, width = flow.shape[-2:]
    within = (rows >= 0) & (rows <= height - 1)
    return within if wrap else within & (columns >= 0) & (columns <= width - 1)


def resize_flow(flow: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize a flow to frames of another (height, width): bilinear, in the new frames' pixels."""
    height, width = flow.shape[-2:]
    if (height, width) == size:
        return flow
    scale = flow.new_tensor([size[1] / width, size[0] / height])[:, None, None]
    return F.interpolate(flow, size, mode="bilinear", align_corners=False) * scale
