"""Instance normalisation, by a picture's own moments or fixed to moments that were measured before.

Ulyanov et al., "Instance Normalization: The Missing Ingredient for Fast Stylization", 2016; Singh & Krishnan,
"Filter Response Normalization Layer", CVPR 2020, which divides without centring. In training, and on a
picture that is processed whole, a norm takes the moments of its own input. For a picture that is processed
in tiles, ``fix.fix_norms`` measures them over all tiles and replaces the norm by a batch norm with them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .stats import BLOCK, pivot_of

EPS = 1e-5
"""Added to variances."""
RESPONSE_EPS = 1e-6
"""Added to mean squares."""
ROUNDING = 2**-20
"""Deviations up to this share of a channel's mean are rounding of float32 sums, and none."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Weight, mean (C,) and population variance (C,) of feature vectors, float64 on the CPU."""

    weight: float
    mean: Tensor
    var: Tensor

    def merge(self, other: "Spread | None") -> "Spread":
        """Return the spread of both sets together; None is an empty set."""
        if other is None or other.weight == 0:
            return self
        total = self.weight + other.weight
        share, step = other.weight / total, other.mean - self.mean
        var = (1 - share) * self.var + share * other.var + share * (1 - share) * step.square()
        return Spread(total, self.mean + share * step, var)

    def known_var(self) -> Tensor:
        """Return the variance, with infinity for a channel that had the same value in every measured cell.

        Otherwise such a channel is divided by the root of ``EPS``; rounding, and cells that were not measured
        (as when a picture of one cell is continued to the pooling grid), then grow 300 times at each norm.
        """
        still = self.var <= (ROUNDING * self.mean).square()
        return self.var.masked_fill(still, torch.inf)


def spread(features: Tensor, weights: Tensor | None = None) -> Spread:
    """Return the spread of (1, C, h, w) features, each cell weighted by ``weights`` (1, 1, h, w)."""
    v = features[0].permute(1, 2, 0).flatten(0, 1)
    w = None if weights is None else weights.flatten().to(v.device, torch.float32)[:, None]
    total = float(len(v)) if weights is None else float(weights.sum(dtype=torch.float64))
    pivot = pivot_of(v, w).float()
    first, second = torch.zeros_like(pivot), torch.zeros_like(pivot)
    for start in range(0, len(v), BLOCK):
        block = v[start : start + BLOCK].float() - pivot
        weighted = block if w is None else block * w[start : start + BLOCK]
        first += weighted.sum(0)
        second += (weighted * block).sum(0)
    step, square = (s.cpu().double() / max(total, 1e-30) for s in (first, second))
    return Spread(total, pivot.cpu().double() + step, (square - step.square()).clamp_min(0))


class Norm(nn.Module, ABC):
    """A norm over the whole picture; a subclass implements ``fixed`` for moments that are known."""

    inset: tuple[int, int] = (0, 0)
    """Cells of its input, before and after the window's own on each side, that lie beyond the window."""

    @abstractmethod
    def fixed(self, moments: Spread) -> nn.Module:
        """Return the norm with these moments of its input; it treats each cell by itself."""


class InstanceNorm(Norm):
    """Give each channel of (B, C, h, w) mean 0 and variance 1, then ``weight`` and ``bias`` if ``affine``."""

    def __init__(self, channels: int, *, affine: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w), each picture normalised by its own moments."""
        rows = (
            x.float().permute(0, 2, 3, 1).flatten(1, 2)
        )  # torch's own is slow where channels are last
        mean = rows.mean(1)
        scale = ((rows - mean[:, None]).square().mean(1) + EPS).rsqrt()
        scale = scale if self.weight is None else scale * self.weight
        shift = -mean * scale if self.bias is None else self.bias - mean * scale
        return (x * scale[..., None, None] + shift[..., None, None]).to(x.dtype)

    def fixed(self, moments: Spread) -> nn.Module:
        """Return a batch norm."""
        return FixedNorm(moments.mean, moments.known_var(), self.weight, self.bias)


class FixedNorm(nn.Module):
    """A batch norm of (B, C, h, w): given mean, variance and, where there are any, weight and bias, (C,)."""

    def __init__(
        self, mean: Tensor, var: Tensor, weight: Tensor | None = None, bias: Tensor | None = None
    ) -> None:
        super().__init__()
        parts = {"mean": mean, "var": var, "weight": weight, "bias": bias}
        for name, value in parts.items():
            self.register_buffer(name, None if value is None else value.detach().float())

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w)."""
        parts = (self._buffers[name] for name in ("mean", "var", "weight", "bias"))
        return F.batch_norm(x, *parts, eps=EPS)  # pyright: ignore[reportArgumentType]  # mean and var are there


class FilterResponseNorm(Norm):
    """Divide each channel of (B, C, h, w) by its root mean square; then ``scale`` and ``shift``, (C,).

    The threshold that follows it in its paper, max(y, tau), is a ReLU here: tau is part of ``shift`` and of
    the next convolution's bias, which is exact if borders are mirrored.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w), each picture normalised by its own mean squares."""
        square = x.float().square().mean((2, 3), keepdim=True)
        scale = (square + RESPONSE_EPS).rsqrt() * self.scale[:, None, None]
        return (x * scale + self.shift[:, None, None]).to(x.dtype)

    def fixed(self, moments: Spread) -> nn.Module:
        """Return a scale and a shift as a batch norm of mean 0."""
        square = (moments.var + moments.mean.square()).float() + (RESPONSE_EPS - EPS)
        return FixedNorm(torch.zeros_like(square), square, self.scale, self.shift)


class PlainNorm(Norm):
    """An instance norm without gains and shifts: torch's batch norm of one picture, which is quick."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w), each picture normalised by its own moments."""
        if x.device.type != "cpu":
            return F.instance_norm(x, eps=EPS)
        return torch.cat(
            [F.batch_norm(one, None, None, None, None, True, 0.0, EPS) for one in x.split(1)]
        )

    def fixed(self, moments: Spread) -> nn.Module:
        """Return a batch norm."""
        return FixedNorm(moments.mean, moments.known_var())
