"""Statistics of features over a whole picture, pooled tile by tile.

Each tile's moments are summed in float32 about a point near the tile's mean and merged in float64 (Chan,
Golub & LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979), so the
result does not depend on how the picture was cut into tiles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..tiling import Box, Tile, cut, read
from .tiles import TileRun, each_window

PIVOT = 1024
"""Cells, spread over a tile, whose mean is the point about which the tile's moments are summed."""
BLOCK = 8192
"""Cells that are summed at once: few enough for the processor's cache."""
BLOCKS = 4
"""Blocks that are summed in float32; their sums are added in float64."""
Encode = Callable[[Tensor], Mapping[str, Tensor]]


@dataclass(frozen=True, slots=True)
class Moments:
    """Weight, mean (C,) and population covariance (C, C) of feature vectors, float64 on the CPU."""

    weight: float
    mean: Tensor
    cov: Tensor

    def std(self, eps: float = 0.0, *, unbiased: bool = False) -> Tensor:
        """Return the standard deviation of each channel, (C,), with ``eps`` added to the variance."""
        correction = self.weight / (self.weight - 1) if unbiased and self.weight > 1 else 1.0
        return (self.cov.diagonal() * correction + eps).sqrt()

    def merge(self, other: "Moments") -> "Moments":
        """Return the moments of both sets together."""
        total = self.weight + other.weight
        if total == 0:
            return self
        share = other.weight / total
        step = other.mean - self.mean
        cov = (1 - share) * self.cov + share * other.cov
        return Moments(
            total, self.mean + share * step, cov + share * (1 - share) * torch.outer(step, step)
        )


def moments(features: Tensor, weights: Tensor | None = None) -> Moments:
    """Return the moments of (1, C, H, W) features, each cell weighted by ``weights`` (1, 1, H, W).

    Float64 features are summed in float64, others in float32.
    """
    v = features[0].permute(1, 2, 0).flatten(0, 1)
    wide = v.dtype if v.dtype == torch.float64 else torch.float32
    w = None if weights is None else weights.flatten().to(v.device, wide)[:, None]
    total = float(len(v)) if weights is None else float(weights.sum(dtype=torch.float64))
    if total <= 0:
        size = v.shape[1]
        return Moments(0.0, torch.zeros(size).double(), torch.zeros(size, size).double())
    pivot = pivot_of(v, w).to(wide)
    first, second = _about(v, w, pivot)
    step = first / total
    return Moments(total, pivot.cpu().double() + step, second / total - torch.outer(step, step))


def pivot_of(v: Tensor, weights: Tensor | None) -> Tensor:
    """Return a point near the mean of rows (N, C) with weights (N, 1); rows of weight 0 have no influence."""
    step = max(1, len(v) // PIVOT)
    some = v[::step].to(torch.promote_types(v.dtype, torch.float32))
    if weights is None:
        return some.mean(0)
    w = weights[::step]
    return (some * w).sum(0) / w.sum().clamp_min(1e-30)


def _about(v: Tensor, weights: Tensor | None, pivot: Tensor) -> tuple[Tensor, Tensor]:
    """Return the summed first (C,) and second moments (C, C) of rows (N, C) about a point near their mean."""
    total, square = pivot.new_zeros(len(pivot)), pivot.new_zeros(len(pivot), len(pivot))
    first = torch.zeros(len(pivot), dtype=torch.float64)  # on the CPU: MPS has no float64
    second = torch.zeros(len(pivot), len(pivot), dtype=torch.float64)
    for start in range(0, len(v), BLOCK):
        block = v[start : start + BLOCK] - pivot
        weighted = block if weights is None else block * weights[start : start + BLOCK]
        total += weighted.sum(0)
        square.addmm_(weighted.T, block)
        if (start // BLOCK + 1) % BLOCKS == 0 or start + BLOCK >= len(v):
            first += total.cpu()
            second += square.cpu()
            total.zero_()
            square.zero_()
    return first, second


def measure(  # noqa: PLR0913  # all but the first are named by the caller
    x: Tensor,
    encode: Encode,
    scales: Mapping[str, int],
    run: TileRun,
    *,
    halo: int,
    multiple: int,
    coverage: Tensor | None = None,
) -> dict[str, Moments]:
    """Return the moments over the picture of each level that ``encode`` yields.

    Args:
        x: The picture, (1, 3, H, W).
        encode: Maps a window to its levels.
        scales: Pixels per cell of each level that is wanted.
        run: How the picture is cut, where ``encode`` runs, who is told of each tile.
        halo: Context a window needs for its core's features to be exact, in pixels.
        multiple: Pooling grid.
        coverage: Weights of the pixels, (1, 1, H, W); None: all alike.
    """
    pooled: dict[str, Moments] = {}
    tiles = cut(x.shape[-2], x.shape[-1], run.grid, halo=halo, multiple=multiple)
    for tile, window in each_window(x, tiles, run, "measure"):
        features = encode(window)
        for level, scale in scales.items():
            core = _core(features[level], tile, scale)
            part = moments(core, cell_weights(x, tile.core, scale, coverage))
            pooled[level] = pooled[level].merge(part) if level in pooled else part
    return pooled


def _core(features: Tensor, tile: Tile, scale: int) -> Tensor:
    rows, columns = tile.core.shrink(scale).within(tile.window.shrink(scale))
    return features[..., rows, columns]


def cell_weights(x: Tensor, core: Box, scale: int, coverage: Tensor | None) -> Tensor | None:
    """Return each cell's weight, (1, 1, h, w) or None: the share that is inside the picture and covered.

    Cells that were added to fill the pooling grid have weight 0; None: all weights are 1.
    """
    height, width = x.shape[-2:]
    inside = core.bottom <= height and core.right <= width
    if coverage is None and inside:
        return None
    weights = torch.ones(1, 1, core.height, core.width)
    if coverage is not None:
        weights = read(coverage, core).float().clone()
    weights[..., max(0, height - core.top) :, :] = 0
    weights[..., max(0, width - core.left) :] = 0
    return F.avg_pool2d(weights, scale) if scale > 1 else weights


def blend(parts: Sequence[Moments], shares: Sequence[float]) -> Moments:
    """Return a mixture of several styles' moments: weighted averages of means and covariances."""
    total = sum(shares)
    mean = sum(share / total * part.mean for part, share in zip(parts, shares, strict=True))
    cov = sum(share / total * part.cov for part, share in zip(parts, shares, strict=True))
    return Moments(parts[0].weight, mean, cov)  # pyright: ignore[reportArgumentType]  # sum starts at 0
