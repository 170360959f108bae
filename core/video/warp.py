"""Frames moved by a flow, with a mask of what they could be moved to.

A backward flow is (1, 2, H, W), pixels to the right and downward, on the current frame: at pixel p stands
where p was in the previous frame, less p.
"""

from typing import Literal

from torch import Tensor

from ..nn.warp import inside, warp


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


def chained(late: Tensor, early: Tensor, *, wrap: bool = False) -> Tensor:
    """Return the backward flow over two steps, each (1, 2, H, W): ``late`` first, then ``early``."""
    return late + warp(early, late, wrap=wrap)
