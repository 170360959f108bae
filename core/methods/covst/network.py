"""Coherent online video: features are warped from frame to frame, and mixed with new ones by a mask.

Chen, Liao, Yuan, Yu & Hua, "Coherent Online Video Style Transfer", ICCV 2017 (arXiv 1703.09211). A network of
one style is divided at its coarsest features. A flow sub-network estimates how they move; a mask sub-network
compares warped features with new ones, and decides where each is used. The paper leaves open: the mask's
widths, its sigmoid, and that features from outside the frame are never used. Departure: the networks of
styles are ReCoNet's, divided after their last block. Networks that were not trained on motion, like
Johnson's, change their picture when features move by less than a cell, so warping makes a sequence hardly
more stable.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.flownet import UNIT, FlowNet
from ...nn.pad import Conv
from ...nn.transform_net import SCALE
from ...nn.warp import inside, resize_flow, warp

__all__ = ["SCALE", "Mask", "compose", "difference_mask", "feature_flow"]
WIDTH = 16
"""Channels within a mask sub-network."""
LONGEST = 1024
"""Side, in pixels, to which frames are made smaller for the flow sub-network."""
SHARPNESS = 4.0
"""How fast the mask without a network falls with the squared difference, as a share of the features' own."""


class Mask(nn.Module):
    """Difference of warped and new features, (B, C, h, w), to the share of the warped, (B, 1, h, w)."""

    def __init__(self, channels: int, width: int = WIDTH) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(channels, width), Conv(width, width)
        self.conv3 = Conv(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mask."""
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x))))).float().sigmoid()


def difference_mask(apart: Tensor, features: Tensor) -> Tensor:
    """Return a mask (B, 1, h, w) from the difference of features (B, C, h, w), without a trained network."""
    strength = features.float().square().mean((1, 2, 3), keepdim=True).clamp_min(1e-6)
    return torch.exp(-SHARPNESS * apart.float().square().mean(1, keepdim=True) / strength)


def feature_flow(network: FlowNet, frame: Tensor, before: Tensor) -> Tensor:
    """Return the flow of features from a frame to the previous one, (B, 2, H / 4, W / 4), in cells.

    Frames are (B, 3, H, W), their sides multiples of 4. Frames larger than those of the network's training
    are made smaller for it.
    """
    size = (frame.shape[-2] // SCALE, frame.shape[-1] // SCALE)
    if (ratio := LONGEST / max(frame.shape[-2:])) < 1:
        small = tuple(max(SCALE, round(side * ratio / SCALE) * SCALE) for side in frame.shape[-2:])
        frame, before = (
            F.interpolate(x, small, mode="bilinear", antialias=True, align_corners=False)
            for x in (frame, before)
        )
    cells = network.levels(frame, before)[0].float() * (UNIT / SCALE)
    return resize_flow(cells, size)


def compose(
    features: Tensor, before: Tensor, flow: Tensor, mask: nn.Module | None, allowed: Tensor | float
) -> tuple[Tensor, Tensor]:
    """Return the mixed features, and the mask: the share of the warped ones.

    Args:
        features: Of the frame, (B, C, h, w).
        before: The mixed features of the previous frame, of the same shape.
        flow: From the frame to the previous one, (B, 2, h, w), in cells.
        mask: The mask sub-network; None: see ``difference_mask``.
        allowed: Largest share of warped features, 0 … 1, (B, 1, h, w) or a number.
    """
    moved = warp(before, flow).to(features.dtype)
    apart = (features - moved).abs()
    share = difference_mask(apart, features) if mask is None else mask(apart)
    share = share * inside(flow) * allowed
    return torch.lerp(features, moved, share.to(features.dtype)), share
