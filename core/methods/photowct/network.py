"""PhotoWCT: an encoder that keeps the positions of maxima, a decoder that restores them, and the transform.

Li et al., "A Closed-form Solution to Photorealistic Image Stylization", ECCV 2018, section 3.1. As in their
program, the identity is added to the content's covariance before whitening, but not to the style's, and
directions in which the style varies less than 1e-5 are dropped. Departure: our own networks use the
optimal-transport map, see ``nearest``.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.decoder import Decoder
from ...nn.encoder import Encoder, conv_names
from ...nn.pad import reflect
from ...nn.stats import Moments
from ...nn.whitening import transport_map

Mask = tuple[Tensor, tuple[int, int]]
"""Where the maxima of a pooling were, and the size before it."""
SMALLEST = 1e-5
"""Variance of the style below which a direction is dropped."""
RIDGE = 1.0
"""Share of the mean variance that is added to each variance, of content and style, before the nearest map."""
FLAT = 1e-3
"""Variance, in units of the mean activation squared, that counts as none."""


def encode(encoder: Encoder, x: Tensor) -> tuple[dict[str, Tensor], list[Mask]]:
    """Return the encoder's levels by name for (B, 3, H, W) in [0, 1], and the masks of its poolings."""
    x, levels, masks = encoder.input(x), {}, []
    for name in conv_names():
        if name.endswith("_1") and name != "conv1_1":
            size = (x.shape[-2], x.shape[-1])
            x, places = F.max_pool2d(x, 2, return_indices=True)
            masks.append((places, size))
        x = F.relu(encoder.get_submodule(name)(reflect(x)))
        if name.endswith("_1"):
            levels[name.replace("conv", "relu")] = x
        if name == encoder.last.replace("relu", "conv"):
            break
    return levels, masks


def decode(decoder: Decoder, x: Tensor, masks: list[Mask]) -> Tensor:
    """Return the picture of features, not clamped; each value is put where the maximum was.

    ``masks`` are those of the poolings between the picture and the features.
    """
    left = list(masks)
    for name in decoder.names:
        x = decoder.get_submodule(name)(reflect(x))
        if name == "conv1_1":
            break
        x = F.relu(x)
        if name.endswith("_1"):
            places, size = left.pop()
            x = F.max_unpool2d(x, places, [2, 2], output_size=size)
    return x


def affine(content: Moments, style: Moments) -> tuple[Tensor, Tensor]:
    """Return matrix (C, C) and offset (C,) of the published transform of features, float64."""
    identity = torch.eye(len(content.mean), dtype=torch.float64)
    values, vectors = torch.linalg.eigh(_unbiased(content) + identity)
    whitening = (vectors * values.rsqrt()) @ vectors.T
    values, vectors = torch.linalg.eigh(_unbiased(style))
    kept = torch.where(values >= SMALLEST, values, 0.0)
    matrix = (vectors * kept.sqrt()) @ vectors.T @ whitening
    return matrix, style.mean - matrix @ content.mean


def nearest(content: Moments, style: Moments, unit: float) -> tuple[Tensor, Tensor]:
    """Return matrix and offset of the smallest change that gives features the style's covariance.

    ``unit`` is the features' mean activation. Our networks use this map: in most directions their features
    vary far less than ``unit`` squared, and an identity of that size would remove nearly all contrast from a
    content of low contrast. Besides, light areas stay light.
    """
    matrix = transport_map(_unbiased(content), _unbiased(style), ridge=RIDGE, floor=FLAT * unit**2)
    return matrix, style.mean - matrix @ content.mean


def _unbiased(m: Moments) -> Tensor:
    return m.cov * (m.weight / max(m.weight - 1, 1.0))
