"""Frames warped by a flow, with a mask of the pixels that came from inside the frame.

A backward flow is (1, 2, H, W), pixels to the right and downward, on the current frame: at pixel p stands
where p was in the previous frame, less p.
"""

from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

from ..nn.warp import inside, places, warp

LONGEST = 32_000
"""Side, in pixels, up to which OpenCV can read."""
MODES = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}


def backward_warp(
    picture: Tensor,
    flow: Tensor,
    *,
    wrap: bool = False,
    mode: Literal["bilinear", "bicubic", "nearest"] = "bilinear",
) -> tuple[Tensor, Tensor]:
    """Return a picture as its flow moves it, and which of its pixels came from inside the frame.

    Args:
        picture: (1, C, H, W) of the previous frame.
        flow: (1, 2, H, W) on the current frame, backward.
        wrap: Whether left and right meet, as in a panorama: then nothing leaves the frame there.
        mode: Bicubic stays sharp where a picture is warped again from frame to frame.

    Returns:
        The picture (1, C, H, W), and 1 or 0 (1, 1, H, W).
    """
    moved = warp(picture, flow, wrap=wrap, mode=mode)
    return moved, inside(flow, wrap=wrap).to(moved.dtype)


def chain(late: Tensor, early: Tensor, *, wrap: bool = False) -> Tensor:
    """Return the backward flow over two steps, each (1, 2, H, W): ``late`` first, then ``early``."""
    return late + warp(early, late, wrap=wrap)


def read_at(
    x: Tensor,
    flow: Tensor,
    *,
    wrap: bool = False,
    mode: Literal["bilinear", "bicubic"] = "bilinear",
) -> Tensor:
    """Return what ``warp`` does, three times as fast on the CPU: places are rounded to 1/32 pixel.

    Args:
        x: (1, C, H, W), 4 channels at most.
        flow: (1, 2, H, W), in pixels.
        wrap: Whether left and right meet.
        mode: How to read between pixels.
    """
    if x.device.type != "cpu" or max(x.shape[-2:]) > LONGEST or x.shape[1] > 4:
        return warp(x, flow, wrap=wrap, mode=mode)
    columns, rows = (part.contiguous().numpy() for part in places(flow)[0])
    planes = x[0].permute(1, 2, 0).contiguous().numpy()
    if wrap:
        planes = np.concatenate([planes[:, -2:], planes, planes[:, :2]], 1)
        columns = columns % (planes.shape[1] - 4) + 2
    values = cv2.remap(planes, columns, rows, MODES[mode], borderMode=cv2.BORDER_REPLICATE)
    return torch.from_numpy(values.reshape(*rows.shape, -1)).permute(2, 0, 1)[None]
