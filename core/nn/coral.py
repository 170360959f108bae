"""CORAL: give one picture the colours of another, so that a style can be used without its palette.

Sun et al., "Return of Frustratingly Easy Domain Adaptation", 2016, as AdaIN uses it to keep colours: the
style's colours get the content's covariance before the style is encoded. As there, scatter matrices are
not divided by their number of pixels, so contrast is exact only between pictures of equal area.
"""

import torch
from torch import Tensor

from .whitening import power


def coral(source: Tensor, target: Tensor) -> Tensor:
    """Return ``source`` with the colour statistics of ``target``; values may leave [0, 1].

    They are (1, 3, H, W) and (1, 3, H', W').
    """
    content, mean, deviation = _standardise(target)
    style, _, _ = _standardise(source)
    matrix = power(_scatter(content), 0.5, floor=0.0) @ power(_scatter(style), -0.5, floor=0.0)
    moved = (matrix @ style) * deviation + mean
    return moved.reshape(source.shape).to(source)


def _standardise(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    flat = x[0].double().flatten(1)
    deviation, mean = torch.std_mean(flat, 1, keepdim=True)
    deviation = deviation.clamp_min(1e-8)  # a picture of one colour has no variance
    return (flat - mean) / deviation, mean, deviation


def _scatter(flat: Tensor) -> Tensor:
    return flat @ flat.T + torch.eye(3, dtype=flat.dtype)
