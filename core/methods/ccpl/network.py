"""The simple covariance transform (SCT) at any number of channels.

Wu et al., "CCPL: Contrastive Coherence Preserving Loss for Versatile Style Transfer", ECCV 2022, section
3.2. The content's features, normalised, are narrowed to 32 channels and multiplied by the 32x32 matrix of
second moments that the style's features have when they are narrowed; then they are widened, and given the
style's mean. There is no strength: the authors' scripts take one and do not use it.
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
    """Give content features a style's covariance, as far as 32 learned directions show it.

    Args:
        channels: Channels of the features, a multiple of 4.
        halvings: How often they are halved before they are narrowed to ``inner``.
        inner: Channels between.
    """

    def __init__(self, channels: int, halvings: int, inner: int = INNER) -> None:
        super().__init__()
        widths = [channels >> k for k in range(halvings + 1)]
        self.margin = halvings
        self.cnet = _narrowing(widths, inner, 1)
        self.snet = _narrowing(widths, inner, 3)
        self.uncompress = nn.Conv2d(inner, channels, 1)

    def describe(self, style: Tensor) -> Tensor:
        """Return what the second moments are taken of: (B, C, h, w) less its mean to (B, 32, h, w).

        The convolutions are not padded, as published: the outermost ``margin`` cells have no meaning
        here and are left out of the moments.
        """
        return self.snet(F.pad(style, (self.margin,) * 4))

    def transfer(self, content: Tensor, moments: Tensor) -> Tensor:
        """Return normalised features (B, C, h, w) with second moments (1, 32, 32), or one each."""
        narrow = self.cnet(content)
        return self.uncompress((moments @ narrow.flatten(2)).view_as(narrow))

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """Return the content (B, C, h, w) in the look of the style (B, C, h', w'), 5 cells a side or more."""
        mean, deviation = channel_stats(content)
        style_mean = style.mean((2, 3), keepdim=True)
        moments = gram(self.snet(style - style_mean))
        return self.transfer((content - mean) / deviation, moments) + style_mean


def _narrowing(widths: list[int], inner: int, size: int) -> nn.Sequential:
    """Return convolutions of ``size`` that halve the channels, and a 1x1 one to ``inner``."""
    layers: list[nn.Module] = []
    for wide, narrow in pairwise(widths):
        layers += [nn.Conv2d(wide, narrow, size), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], inner, 1))
