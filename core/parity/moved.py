"""The references' warping: half a pixel off, since they mix up corners and centres of pixels."""

from torch import Tensor

from ..nn.warp import places, warp

WHOLE = 0.9999
"""Where less than this share of a sample lies in the picture, it counts as outside."""


def warp_by_corners(x: Tensor, flow: Tensor) -> Tensor:
    """Return (B, C, H, W) warped by a flow as in safwankdb's ReCoNet and gaow0007's repository.

    Positions are scaled by W - 1 and sampled as if by W; values from outside are 0.
    """
    size = flow.new_tensor([flow.shape[-1], flow.shape[-2]])[:, None, None]
    sampled = places(flow) * size / (size - 1) - 0.5
    beyond = (-sampled).relu() + (sampled - (size - 1)).relu()
    within = (1 - beyond).clamp_min(0).prod(1, keepdim=True) >= WHOLE
    return warp(x, sampled - places(flow * 0)) * within


def warp_by_centres(x: Tensor, flow: Tensor) -> Tensor:
    """Return (B, C, H, W) warped by a flow as in EmptySamurai's ReCoNet: borders are repeated."""
    return warp(x, flow - 0.5)
