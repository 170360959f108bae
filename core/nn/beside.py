"""Networks of several parts that take their picture along, folded, beside their features.

So a part at the end can look at the picture itself, and each part is still a function of one tensor, which
is what ``fix.Stage`` wants.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALE = 4
"""Pixels a cell of the features."""


class Beside(nn.Module):
    """A part that makes features (B, C, h, w), beside which the picture, (B, 48, h, w), goes on unchanged."""

    def __init__(self, part: nn.Module, channels: int) -> None:
        super().__init__()
        self.part, self.channels = part, channels

    def forward(self, both: Tensor) -> Tensor:
        """Return the new features and the picture."""
        return torch.cat([self.part(both[:, : self.channels]), both[:, self.channels :]], 1)


class Begin(nn.Module):
    """A picture (B, 3, H, W) in [-1, 1] to its features, and the picture, as ``Beside`` takes them."""

    def __init__(self, down: nn.Module) -> None:
        super().__init__()
        self.down = down

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C + 48, H / 4, W / 4)."""
        return torch.cat([self.down(x), F.pixel_unshuffle(x, SCALE)], 1)


class End(nn.Module):
    """What ``Beside`` gives to the picture changed, (B, 3, H, W) in [-1, 1] where it needs no clamping."""

    def __init__(self, retouch: nn.Module, channels: int) -> None:
        super().__init__()
        self.retouch, self.channels = retouch, channels

    def forward(self, both: Tensor) -> Tensor:
        """Return the picture."""
        x = F.pixel_shuffle(both[:, self.channels :], SCALE)
        return self.retouch(both[:, : self.channels], x)
