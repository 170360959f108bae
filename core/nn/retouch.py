"""What small translations are made of: they say how a picture's colours change, and paint nothing anew."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .instance import PlainNorm
from .pad import Conv, Halve, reflect


class Folded(nn.Module):
    """A picture (B, 3, H, W) to features (B, 4 dim, H / 4, W / 4), by nothing at its own size."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(12, 2 * dim), Halve(2 * dim, 4 * dim)
        self.norm1, self.norm2 = (PlainNorm() for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Return the features."""
        x = F.relu(self.norm1(self.conv1(F.pixel_unshuffle(x, 2))))
        return F.relu(self.norm2(self.conv2(x)))


def soften(x: Tensor) -> Tensor:
    """Return (B, C, H, W) averaged with its neighbours, 1 2 1 each way, which leaves no lattice of cells."""
    return F.avg_pool2d(F.avg_pool2d(reflect(x), 2, 1), 2, 1)


class Retouch(nn.Module):
    """What a small generator does to a picture: a gain and an addition a colour.

    Most of both is smooth, at half the picture's size; what is ``fine`` is added for each pixel of four,
    without its highest frequencies, in which networks weave.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(4 * dim + 12, 2 * dim), Conv(2 * dim, 2 * dim)
        self.last, self.fine = Conv(2 * dim, 6), Conv(2 * dim, 24)

    def forward(self, features: Tensor, x: Tensor) -> Tensor:
        """Return the picture (B, 3, 4 h, 4 w), in [-1, 1] where it needs no clamping.

        Args:
            features: (B, 4 dim, h, w).
            x: The picture that is changed, in [-1, 1].
        """
        seen = F.pixel_unshuffle(x, 2).to(features.dtype)
        large = F.interpolate(soften(features), scale_factor=2.0, mode="bilinear")
        y = torch.cat([large, seen], 1)
        y = F.relu(self.conv2(F.relu(self.conv1(y))))
        smooth, fine = self.last(y).float(), soften(F.pixel_shuffle(self.fine(y).float(), 2))
        change = F.interpolate(smooth, scale_factor=2.0, mode="bilinear") + fine
        gain, add = change.chunk(2, 1)
        return x * (1 + gain) + add
