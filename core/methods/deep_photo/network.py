"""The losses: Gram matrices per region, the content's features, and photorealism.

Luan, Paris, Shechtman & Bala, "Deep Photo Style Transfer", CVPR 2017, eq. 1 to 4: Gatys' losses with the
features masked by each region, and a regulariser that penalises everything that is not, in every
neighbourhood, an affine map of the input's colours.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.matting import Affinity
from ...nn.vgg import layer_scale

STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT = "relu4_2"
Features = Mapping[str, Tensor]


def region_masks(labels: Tensor, numbers: list[int]) -> Tensor:
    """Return a mask of each region, 1 inside and else 0: (K, 1, H, W) from numbers (1, 1, H, W)."""
    return torch.cat([(labels == number).float() for number in numbers])


def shrink_masks(masks: Tensor, layer: str) -> Tensor:
    """Return masks (K, 1, H, W) at a layer's size: halved by averaging as often as the features are."""
    for _ in range(layer_scale(layer).bit_length() - 1):
        masks = F.avg_pool2d(masks, 2)
    return masks


def region_grams(features: Tensor, masks: Tensor) -> Tensor:
    """Return the sums F F^T of features (1, C, h, w) times each mask (K, 1, h, w): (K, C, C)."""
    masked = (features * masks.to(features)).flatten(2)
    return masked @ masked.mT


def realism(picture: Tensor, affinity: Affinity) -> tuple[float, Tensor]:
    """Return the sum over channels of v^T (D - W) v of (1, 3, H, W), and its gradient."""
    slope = affinity.laplacian(picture[0].to(affinity.weights))
    value = float((picture[0].to(affinity.weights) * slope).sum())
    return value, 2 * slope[None]
