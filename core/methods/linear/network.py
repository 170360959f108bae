"""The learned linear map: LST's transformation module at any number of channels.

Li et al., "Learning Linear Transformations for Fast Image and Video Style Transfer", CVPR 2019. The
content is compressed to 32 channels, multiplied by one 32x32 matrix T, and unzipped; T is the product of
two matrices, each predicted from the Gram matrix of a small network that sees one picture.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INNER = 32
"""Channels between compress and unzip."""


class MatrixNet(nn.Module):
    """Predict a 32x32 matrix from features: three 3x3 convolutions, a Gram matrix, a linear layer.

    The convolutions reduce ``channels`` to a half, a quarter and ``inner``, and are padded with zeros.
    They and the linear layer can be called separately, so that the Gram matrix can be pooled over tiles.
    """

    def __init__(self, channels: int, inner: int = INNER) -> None:
        super().__init__()
        self.inner = inner
        self.conv1 = nn.Conv2d(channels, channels // 2, 3, padding=1)
        self.conv2 = nn.Conv2d(channels // 2, channels // 4, 3, padding=1)
        self.conv3 = nn.Conv2d(channels // 4, inner, 3, padding=1)
        self.fc = nn.Linear(inner * inner, inner * inner)

    def describe(self, x: Tensor) -> Tensor:
        """Return features for the Gram matrix: centred (B, C, h, w) to (B, 32, h, w)."""
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))

    def predict(self, gram: Tensor) -> Tensor:
        """Return the matrix (B, 32, 32) for a Gram matrix (B, 32, 32) that is divided by h * w."""
        return self.fc(gram.flatten(1)).view(-1, self.inner, self.inner)

    def forward(self, x: Tensor) -> Tensor:
        """Return the matrix (B, 32, 32) for centred features (B, C, h, w)."""
        return self.of(self.describe(x).flatten(2))

    def of(self, described: Tensor) -> Tensor:
        """Return the matrix (B, 32, 32) for cells (B, 32, n) from ``describe``."""
        return self.predict(described @ described.mT / described.shape[-1])


class LinearModule(nn.Module):
    """Give content features a style's look: compress, multiply by T, unzip, add the style's mean.

    Args:
        channels: Channels of the features, a multiple of 4.
        inner: Channels between compress and unzip: the published 32, or fewer for a smaller file (most
            of it is the linear layers' ``inner**4`` numbers).
    """

    def __init__(self, channels: int, inner: int = INNER) -> None:
        super().__init__()
        self.compress = nn.Conv2d(channels, inner, 1)
        self.unzip = nn.Conv2d(inner, channels, 1)
        self.cnet = MatrixNet(channels, inner)
        self.snet = MatrixNet(channels, inner)

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """Return the content (B, C, h, w) in the look of the style (B, C, h', w')."""
        content_mean, style_mean = (f.mean((2, 3), keepdim=True) for f in (content, style))
        centred = content - content_mean
        transform = self.snet(style - style_mean) @ self.cnet(centred)
        return self.transfer(centred, transform) + style_mean

    def transfer(self, centred: Tensor, transform: Tensor) -> Tensor:
        """Return centred features (B, C, h, w) after T, (1, 32, 32) or one each, in the compressed space."""
        compressed = self.compress(centred)
        return self.unzip((transform @ compressed.flatten(2)).view_as(compressed))

    def rebuild(self, content: Tensor) -> Tensor:
        """Return the content compressed and unzipped, (B, C, h, w); a good start for training."""
        mean = content.mean((2, 3), keepdim=True)
        return self.unzip(self.compress(content - mean)) + mean

    def forward_masked(
        self,
        content: Tensor,
        style: Tensor,
        content_masks: Mapping[str, Tensor],
        style_masks: Mapping[str, Tensor],
    ) -> Tensor:
        """Return the content with every region in the look of the style's region of the same name.

        Args:
            content: (1, C, h, w).
            style: (1, C, h', w').
            content_masks: The content's regions by name, boolean (h, w).
            style_masks: The style's, boolean (h', w'). If one is missing, its region is compressed and
                unzipped without a transform.
        """
        centred, style_centred = _centre(content, content_masks), _centre(style, style_masks)
        described, style_described = self.cnet.describe(centred), self.snet.describe(style_centred)
        compressed, means = self.compress(centred), torch.zeros_like(content)
        for name in content_masks.keys() & style_masks.keys():
            mask, style_mask = content_masks[name], style_masks[name]
            wanted = self.snet.of(style_described[..., style_mask])
            transform = wanted @ self.cnet.of(described[..., mask])
            compressed[..., mask] = transform @ compressed[..., mask]
            means[..., mask] = style[..., style_mask].mean(2, keepdim=True)
        return self.unzip(compressed) + means


def _centre(features: Tensor, masks: Mapping[str, Tensor]) -> Tensor:
    centred = features.clone()
    for mask in masks.values():
        centred[..., mask] -= features[..., mask].mean(2, keepdim=True)
    return centred
