"""The simple covariance transform (SCT) at any number of channels.

Wu et al., "CCPL: Contrastive Coherence Preserving Loss for Versatile Style Transfer", ECCV 2022, section
3.2. The content's normalised features are reduced to 32 channels and multiplied by the 32x32 matrix of
second moments of the style's reduced features; then they are expanded, and the style's mean is added.
There is no strength: the authors' scripts have the option but do not use it.
"""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.losses import channel_stats, gram

INNER = 32
"""Channels in which covariances are compared."""
LEVELS = {"art": "relu4_1", "photo": "relu3_1"}
"""Which features are transformed."""
FIRST = {"art": "", "photo": "conv3_2"}
"""Where a decoder begins, if not with its level's own convolution."""
HALVINGS = {"art": 2, "photo": 1}
"""How often the channels are halved on their way to ``INNER``."""


class CovarianceTransform(nn.Module):
    """Give content features a style's covariance within 32 learned directions.

    Args:
        channels: Channels of the features, a multiple of 4.
        halvings: How often they are halved before they are reduced to ``inner``.
        inner: Channels of the reduced features.
    """

    def __init__(self, channels: int, halvings: int, inner: int = INNER) -> None:
        super().__init__()
        widths = [channels >> k for k in range(halvings + 1)]
        self.margin = halvings
        self.cnet = _narrowing(widths, inner, 1)
        self.snet = _narrowing(widths, inner, 3)
        self.uncompress = nn.Conv2d(inner, channels, 1)

    def describe(self, style: Tensor) -> Tensor:
        """Return a style's reduced features for the second moments: centred (B, C, h, w) to (B, 32, h, w).

        The published convolutions are not padded: the outermost ``margin`` cells are meaningless here and
        left out of the moments.
        """
        return self.snet(F.pad(style, (self.margin,) * 4))

    def transfer(self, content: Tensor, moments: Tensor) -> Tensor:
        """Return normalised features (B, C, h, w) with second moments (1, 32, 32), or one each."""
        narrow = self.cnet(content)
        return self.uncompress((moments @ narrow.flatten(2)).view_as(narrow))

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """Return the content (B, C, h, w) in the style's look; the style has at least 5 cells per side."""
        mean, deviation = channel_stats(content)
        style_mean = style.mean((2, 3), keepdim=True)
        moments = gram(self.snet(style - style_mean))
        return self.transfer((content - mean) / deviation, moments) + style_mean


def _narrowing(widths: list[int], inner: int, size: int) -> nn.Sequential:
    """Return convolutions of ``size`` that halve the channels, and a 1x1 convolution to ``inner``."""
    layers: list[nn.Module] = []
    for wide, narrow in pairwise(widths):
        layers += [nn.Conv2d(wide, narrow, size), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], inner, 1))
