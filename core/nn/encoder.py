"""VGG-19 up to relu5_1, at any width: the full network and our compact one are the same code.

Simonyan & Zisserman, "Very Deep Convolutional Networks", 2015, with the changes every style-transfer
network makes: reflection padding before each 3x3 convolution, and a 1x1 convolution at the start that maps
RGB in [0, 1] to the range that the network was trained on.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from .pad import convolve

FULL = (64, 128, 256, 512, 512)
COMPACT = (16, 32, 64, 128, 128)
LEVELS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONVS_PER_LEVEL = (2, 2, 4, 4, 1)


def conv_names() -> list[str]:
    """Return the names of the 3x3 convolutions in order: conv1_1, conv1_2, conv2_1 … conv5_1."""
    return [f"conv{i}_{j + 1}" for i, n in enumerate(CONVS_PER_LEVEL, 1) for j in range(n)]


class Encoder(nn.Module):
    """Features relu1_1 … relu5_1 of a picture.

    Args:
        widths: Channels of the five levels.
        last: The deepest level that is built and computed.
        ceil: Pool with ``ceil_mode`` (AdaIN's and CCPL's networks) instead of rounding down.
    """

    def __init__(
        self, widths: Sequence[int] = COMPACT, last: str = "relu5_1", *, ceil: bool = False
    ) -> None:
        super().__init__()
        self.widths, self.last, self.ceil = tuple(widths), last, ceil
        self.input = nn.Conv2d(3, 3, 1)
        channels = 3
        for name in conv_names():
            width = widths[int(name[4]) - 1]
            self.add_module(name, nn.Conv2d(channels, width, 3))
            channels = width
            if name == last.replace("relu", "conv"):
                break

    def forward(self, x: Tensor, last: str | None = None) -> dict[str, Tensor]:
        """Return the levels up to ``last`` by name; x is (B, 3, H, W) in [0, 1].

        ``relu{k}_1`` has 1 / 2**(k-1) of the picture's size and ``widths[k-1]`` channels.
        """
        last, levels = last or self.last, {}
        x = self.input(x)
        for name in conv_names():
            if name.endswith("_1") and name != "conv1_1":
                x = F.max_pool2d(x, 2, ceil_mode=self.ceil)
            x = convolve(x, getattr(self, name)).relu_()
            level = name.replace("conv", "relu")
            if level in LEVELS:
                levels[level] = x
            if level == last:
                break
        return levels


def scale_of(level: str) -> int:
    """Return how many pixels of the picture one cell of a level spans along each side."""
    return 2 ** (int(level[4]) - 1)


def radius_of(level: str) -> int:
    """Return the receptive field's radius of a level, in pixels of the picture."""
    radius, stride = 0, 1
    for name in conv_names():
        if name.endswith("_1") and name != "conv1_1":
            radius, stride = radius + stride, stride * 2
        radius += stride
        if name == level.replace("relu", "conv"):
            break
    return radius
