"""The decoder, the encoder's mirror image: from one level's features back to a picture, at any width.

Li et al., "Universal Style Transfer via Feature Transforms", 2017; Huang & Belongie, "Arbitrary Style
Transfer in Real-time with Adaptive Instance Normalization", 2017. Every 3x3 convolution is padded by
reflection, and max-pooling is undone by doubling to the nearest neighbour.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from .encoder import COMPACT, conv_names
from .pad import reflect


class Decoder(nn.Module):
    """A picture from features: (B, widths[k-1], h, w) at relu{k}_1 to (B, 3, h * 2**(k-1), w * 2**(k-1)).

    Convolution conv{k}_{j} swaps the channels in and out of the encoder's conv{k}_{j}: conv4_1 goes from
    ``widths[3]`` to ``widths[2]``, and conv1_1 to RGB, nominally in [0, 1].

    Args:
        widths: Channels of the encoder's levels, at least up to ``level``.
        level: The level of the features, relu1_1 … relu5_1.
        last_relu: Whether a ReLU also follows the last convolution (the 16x-compressed WCT networks).
        first: The first convolution, if it is not the level's own: CCPL's from relu3_1 begins with conv3_2.
    """

    def __init__(
        self,
        widths: Sequence[int] = COMPACT,
        level: str = "relu4_1",
        *,
        last_relu: bool = False,
        first: str = "",
    ) -> None:
        super().__init__()
        self.level, self.last_relu = level, last_relu
        self.names = mirrored_names(level, first)
        for name in self.names:
            block, place = int(name[4]), int(name[6])
            before = widths[block - 1] if place > 1 else (3, *widths)[block - 1]
            self.add_module(name, nn.Conv2d(widths[block - 1], before, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture of features ``x``, not clamped."""
        for name in self.names:
            x = self.get_submodule(name)(reflect(x))
            if name == "conv1_1":
                break
            x = F.relu(x)
            if name.endswith("_1"):
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return F.relu(x) if self.last_relu else x


def mirrored_names(level: str, first: str = "") -> list[str]:
    """Return a decoder's convolutions in the order they run: conv4_1, conv3_4 … conv1_1 for relu4_1."""
    names = conv_names()
    return names[names.index(first or level.replace("relu", "conv")) :: -1]


def reach_of(level: str, first: str = "") -> int:
    """Return how far around a pixel a decoder uses the features at ``level``, in pixels of the picture."""
    stride = 2 ** (int(level[4]) - 1)
    reach = stride - 1  # a pixel may be at the far side of its cell
    for name in mirrored_names(level, first):
        reach += stride
        if name.endswith("_1"):
            stride //= 2
    return reach
