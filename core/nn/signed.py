"""The two ends of a network whose pictures are in [-1, 1]."""

from torch import Tensor, nn


class Signed(nn.Module):
    """A picture in [0, 1] to one in [-1, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 3, H, W)."""
        return 2 * x - 1


class Unsigned(nn.Module):
    """A picture in [-1, 1] to one in [0, 1], float32."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 3, H, W)."""
        return 0.5 * x.float() + 0.5
