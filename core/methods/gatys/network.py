"""The losses: distances of Gram matrices and of features, computed from sums over the picture.

Gatys, Ecker & Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016, eq. 1 to 7.
Everything that needs the whole picture is a sum over cells, so it can be pooled over tiles; ``recipes.py``
has the weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.losses import EPS
from ...nn.pooled import Sums
from ...nn.projected import behind, raw_moments
from .recipes import Recipe

Features = Mapping[str, Tensor]
Weights = Mapping[str, Tensor | None]
"""How much each cell of a layer counts, (1, 1, h, w); None: all alike."""


@dataclass(frozen=True, slots=True)
class Target:
    """The targets of a picture, layer by layer.

    Attributes:
        styles: Results of ``describe`` for the style's features.
        content: The content's features, (1, C, h, w); for a relative recipe, ``normalise``.
        counts: Sum of the weights of the whole picture's cells.
        factors: Factors of the heads after which styles are compared, (C + 1, C + 1); empty: no heads.
    """

    styles: Mapping[str, Tensor]
    content: Features
    counts: Mapping[str, float]
    factors: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])


def normalise(features: Tensor, weights: Tensor | None) -> Tensor:
    """Return (1, C, h, w) with mean 0 and deviation 1 in each channel; EPS is added to variances."""
    share = 1 / features[0, 0].numel() if weights is None else weights / weights.sum()
    f = features.float()
    mean = (f * share).sum((2, 3), keepdim=True)
    variance = ((f - mean).square() * share).sum((2, 3), keepdim=True)
    return ((f - mean) / (variance + EPS).sqrt()).to(features.dtype)


def sums_of(got: Features, content: Features, weights: Weights, recipe: Recipe) -> Sums:
    """Return a tile's part of the sums from which the losses are computed.

    Args:
        got: The picture's features, (1, C, h, w), of the tile's core alone.
        content: The target's features, at the same cells.
        weights: Of these cells.
        recipe: The layers and the kind of distance.
    """
    sums: Sums = {}
    for layer in recipe.style:
        v = _rows(got[layer])
        u = _weigh(v, weights[layer])
        sums[f"second.{layer}"] = (u.mT @ v).float()
        sums[f"first.{layer}"] = u.sum(0, dtype=torch.float32)
    for layer in recipe.content:
        v, wanted = _rows(got[layer]), _rows(content[layer])
        parts = (_products if recipe.relative else _squares)(v, wanted, weights[layer])
        sums |= {f"{key}.{layer}": part.sum(0, dtype=torch.float32) for key, part in parts.items()}
    return sums


def _rows(f: Tensor) -> Tensor:
    return f[0].permute(1, 2, 0).flatten(0, 1)


def _weigh(v: Tensor, weights: Tensor | None) -> Tensor:
    return v if weights is None else v * weights.flatten()[:, None].to(v)


def _squares(v: Tensor, wanted: Tensor, weights: Tensor | None) -> Sums:
    return {"apart": _weigh((v - wanted).square(), weights)}


def _products(v: Tensor, wanted: Tensor, weights: Tensor | None) -> Sums:
    u = _weigh(v, weights)
    norm = _weigh(wanted.square(), weights)
    return {"mean": u, "square": u * v, "cross": u * wanted, "norm": norm}


def losses(sums: Sums, target: Target, recipe: Recipe) -> dict[str, Tensor]:
    """Return the weighted loss of each layer, ``style.<layer>`` and ``content.<layer>``."""
    parts: dict[str, Tensor] = {}
    for layer, weight in recipe.style.items():
        means = [sums[f"{key}.{layer}"] / target.counts[layer] for key in ("second", "first")]
        got = describe(means[0], means[1], target.factors.get(layer))
        parts[f"style.{layer}"] = weight * _style_distance(got, target.styles[layer], recipe)
    for layer, weight in recipe.content.items():
        distance = _normalised_distance if recipe.relative else _mean_square
        parts[f"content.{layer}"] = weight * distance(sums, layer, target.counts[layer])
    return parts


def describe(second: Tensor, mean: Tensor, factor: Tensor | None) -> Tensor:
    """Return a style's target: F F^T / (H W), (C, C), or the same after a head, (C + 1, C + 1)."""
    return second if factor is None else behind(factor, raw_moments(second, mean))


def _style_distance(got: Tensor, wanted: Tensor, recipe: Recipe) -> Tensor:
    if recipe.relative:
        return (got - wanted).square().sum() / wanted.square().sum().clamp_min(1e-12)
    share = 1 / len(got) if recipe.gram == "all" else 1.0
    return F.mse_loss(share * got, share * wanted)


def _mean_square(sums: Sums, layer: str, count: float) -> Tensor:
    return sums[f"apart.{layer}"].mean() / count


def _normalised_distance(sums: Sums, layer: str, count: float) -> Tensor:
    """Return |IN(x) - IN(c)|^2 / |IN(c)|^2; IN(c) was computed before."""
    mean, square, cross, norm = (
        sums[f"{key}.{layer}"] / count for key in ("mean", "square", "cross", "norm")
    )
    variance = (square - mean.square()).clamp_min(0)
    own, cross = variance / (variance + EPS), cross / (variance + EPS).sqrt()
    return (own + norm - 2 * cross).sum() / norm.sum().clamp_min(1e-12)


def variation(x: Tensor, *, squared: bool) -> Tensor:
    """Return the total variation of (B, C, H, W).

    The sum of absolute differences between neighbours; or, if ``squared``, the mean squared difference of
    rows plus that of columns.
    """
    down, right = x[..., 1:, :] - x[..., :-1, :], x[..., 1:] - x[..., :-1]
    if squared:
        return down.square().mean() + right.square().mean()
    return down.abs().sum() + right.abs().sum()


def pixel_losses(x: Tensor, recipe: Recipe) -> dict[str, Tensor]:
    """Return the weighted losses between neighbouring pixels of (1, 3, H, W) in the recipe's scale."""
    parts = {}
    if recipe.variation:
        parts["variation"] = recipe.variation * variation(x, squared=recipe.squared)
    return parts


def outside(x: Tensor, recipe: Recipe) -> tuple[float, Tensor]:
    """Return the weighted mean square of values' excess over the range, and its gradient."""
    beyond = x - x.clamp(0, recipe.scale)
    weight = recipe.outside / recipe.scale**2 / x.numel()
    return weight * float(torch.linalg.vector_norm(beyond)) ** 2, beyond.mul_(2 * weight)
