"""One size of the picture: its loss, and the gradient of it, pooled over tiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.gather import core_of
from ...nn.losses import EPS, total_variation
from ...nn.pooled import Sums, sum_of_blocks, value_and_gradient
from ...tiling import Box, Tile
from .bank import Bank
from .columns import CELL, Eye, columns

HELD = {"relu2_1": 2, "relu3_1": 4, "relu4_1": 8}
"""Levels at which the content is held, and the pixels of a cell of each."""
BLOCK = 4096
"""Cells that are compared at a time: few enough for the processor's cache."""
SQUARES = 0.5
"""Weight of squared differences beside that of cosines."""
VEIL = 0.05
"""Deviation of the noise that the network looks through, new at every step.

A small network is easily fooled by pixels made for it alone, and those are grain.
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a picture of one size is compared with.

    Attributes:
        eye: The network.
        bank: The style's patches.
        index: The patch that each cell wants, (h, w).
        content: The content's features of ``HELD``, mean 0 and deviation 1 in each channel.
        weights: How much each cell counts, by the pixels of its sides, (1, 1, h, w), or None.
        loyalty: Weight of the content.
        smoothness: Weight of total variation, a mean over the picture's values.
        tiles: How the picture is cut.
        noise: Generator of the veil.
    """

    eye: Eye
    bank: Bank
    index: Tensor
    content: Mapping[str, Tensor]
    weights: Mapping[int, Tensor | None]
    loyalty: float
    smoothness: float
    tiles: Sequence[Tile]
    noise: torch.Generator

    def __call__(self, x: Tensor) -> tuple[float, Tensor]:
        """Return loss and gradient of a picture, (1, 3, H, W) in whole cells."""
        veil = torch.randn(x.shape, generator=self.noise).to(x)
        device = self.bank.columns.device
        loss, slope = value_and_gradient(
            x + VEIL * veil, self._sums, self._loss, self.tiles, device
        )
        if not self.smoothness:
            return loss, slope
        leaf = x.detach().requires_grad_()
        rough = self.smoothness / x.numel() * total_variation(leaf)
        return loss + float(rough.detach()), slope + torch.autograd.grad(rough, leaf)[0]

    def _sums(self, window: Tensor, tile: Tile) -> Sums:
        seen = self.eye.look(window)
        got = core_of(columns(window, seen, self.bank.units), tile)
        cells = self.index[_box(tile.core, CELL)].flatten()
        sums = self._style_sums(got[0].flatten(1).T, cells, _at(self.weights[CELL], tile, CELL))
        for level, scale in HELD.items() if self.loyalty else ():
            own = core_of(seen[level], tile)
            wanted = self.content[level][(..., *_box(tile.core, scale))]
            parts = content_sums(own, wanted, _at(self.weights[scale], tile, scale))
            sums |= {f"{name}.{level}": part for name, part in parts.items()}
        return sums

    def _style_sums(self, got: Tensor, cells: Tensor, weights: Tensor | None) -> Sums:
        counts = got.new_ones(len(got)) if weights is None else weights.flatten()

        def apart(rows: Tensor, some: slice) -> Tensor:
            return counts[some] @ self._apart(rows, cells[some])

        return {"style": sum_of_blocks(got, apart, BLOCK)}

    def _apart(self, got: Tensor, cells: Tensor) -> Tensor:
        self.eye.pulse()
        wanted = self.bank.columns[cells]
        cosine = F.cosine_similarity(got, wanted, dim=1)
        return 1 - cosine + SQUARES * (got - wanted).square().mean(1)

    def _loss(self, sums: Sums) -> Tensor:
        loss = sums["style"] / _count(self.weights[CELL], self.index.numel())
        for level, scale in HELD.items() if self.loyalty else ():
            f = self.content[level]
            count = _count(self.weights[scale], f.shape[-2] * f.shape[-1])
            means = {k: sums[f"{k}.{level}"] / count for k in ("mean", "square", "cross", "norm")}
            loss = loss + self.loyalty / len(HELD) * content_distance(means)
        return loss


def normalise(f: Tensor, weights: Tensor | None) -> Tensor:
    """Return features (1, C, h, w) with mean 0 and deviation 1 in each channel; EPS is added to variances."""
    share = 1 / f[0, 0].numel() if weights is None else weights / weights.sum()
    mean = (f * share).sum((2, 3), keepdim=True)
    variance = ((f - mean).square() * share).sum((2, 3), keepdim=True)
    return (f - mean) / (variance + EPS).sqrt()


def content_sums(got: Tensor, wanted: Tensor, weights: Tensor | None) -> Sums:
    """Return what cells (1, C, h, w) add to the sums that ``content_distance`` needs the means of."""
    weighed = got if weights is None else got * weights
    norm = wanted if weights is None else wanted * weights
    parts = (weighed, weighed * got, weighed * wanted, norm * wanted)
    return {
        name: part.sum((0, 2, 3))
        for name, part in zip(("mean", "square", "cross", "norm"), parts, strict=True)
    }


def content_distance(means: Sums) -> Tensor:
    """Return the mean squared difference of normalised features, the wanted ones normalised before."""
    variance = (means["square"] - means["mean"].square()).clamp_min(0)
    own = variance / (variance + EPS)
    return (own + means["norm"] - 2 * means["cross"] / (variance + EPS).sqrt()).mean()


def _box(box: Box, scale: int) -> tuple[slice, slice]:
    small = box.shrink(scale)
    return slice(small.top, small.bottom), slice(small.left, small.right)


def _at(cells: Tensor | None, tile: Tile, scale: int) -> Tensor | None:
    return None if cells is None else cells[(..., *_box(tile.core, scale))]


def _count(weights: Tensor | None, cells: int) -> float:
    return float(cells) if weights is None else float(weights.sum())
