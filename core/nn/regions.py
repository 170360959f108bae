"""Regions: statistics of features per region of a whole picture, and pictures with a channel of regions.

A picture's regions are numbers, (1, 1, H, W). A tile's window has them as a fourth channel, so that a
function of the window alone can treat each region differently. A cell of features has the number of its
middle pixel.
"""

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ..tiling import cut
from .gather import core_of
from .stats import Encode, Moments, cell_weights, moments
from .tiles import TileRun, each_window

SMALLEST = 10
"""Pixels above which a region is used."""
RATIO = 100
"""How many times larger a region may be in one picture than in the other."""
ByRegion = dict[int, Moments]
Map = tuple[Tensor, Tensor | None]
"""Matrix (C, C, 1, 1) and offset (C,) or none."""


def encode_with_labels(x: Tensor, labels: Tensor | None) -> Tensor:
    """Return a picture (1, 3, H, W) with its regions' numbers as a fourth channel; None: all 0."""
    numbers = torch.zeros_like(x[:, :1]) if labels is None else labels.to(x)
    return torch.cat([x, numbers], 1)


def cells(labels: Tensor, scale: int) -> Tensor:
    """Return the number of each cell of ``scale`` pixels a side, (1, 1, h, w) of (1, 1, H, W)."""
    return labels[..., scale // 2 :: scale, scale // 2 :: scale]


def sizes(labels: Tensor) -> dict[int, int]:
    """Return the number of pixels of each region."""
    numbers, counts = labels.unique(return_counts=True)
    return {int(n): int(c) for n, c in zip(numbers, counts, strict=True)}


def usable(content: Tensor, style: Tensor) -> list[int]:
    """Return the regions that are in both pictures, large enough and not too different in size."""
    own, theirs = sizes(content), sizes(style)
    return [
        number
        for number in sorted(own.keys() & theirs.keys())
        if min(own[number], theirs[number]) > SMALLEST
        and max(own[number], theirs[number]) < RATIO * min(own[number], theirs[number])
    ]


def measure_regions(  # noqa: PLR0913  # all but the first are named by the caller
    x: Tensor,
    labels: Tensor | None,
    encode: Encode,
    scales: Mapping[str, int],
    run: TileRun,
    *,
    halo: int,
    multiple: int,
    coverage: Tensor | None = None,
) -> dict[str, ByRegion]:
    """Return the moments of each level that ``encode`` yields, by region; see ``stats.measure``.

    ``encode`` is given windows with their regions, (1, 4, h, w).
    """
    levels: dict[str, ByRegion] = {level: {} for level in scales}
    tiles = cut(x.shape[-2], x.shape[-1], run.grid, halo=halo, multiple=multiple)
    for tile, window in each_window(encode_with_labels(x, labels), tiles, run, "measure"):
        features = encode(window)
        rows, columns = tile.core.within(tile.window)
        numbers = window[:, 3:, rows, columns].cpu()
        for level, scale in scales.items():
            weights = cell_weights(x, tile.core, scale, coverage)
            for number, here in _shares(cells(numbers, scale), weights):
                part = moments(core_of(features[level], tile), here)
                known = levels[level].get(number)
                levels[level][number] = part if known is None else known.merge(part)
    return levels


def _shares(numbers: Tensor, weights: Tensor | None) -> Iterator[tuple[int, Tensor | None]]:
    """Yield each region of a tile with the weights of its cells, (1, 1, h, w); None: it has all cells."""
    present = numbers.unique()
    for number in present:
        if len(present) == 1:
            yield int(number), weights
        else:
            here = (numbers == number).float()
            yield int(number), here if weights is None else here * weights


def by_region(x: Tensor, numbers: Tensor, maps: Mapping[int, Map]) -> Tensor:
    """Return features (1, C, h, w), each cell transformed by its region's map.

    Cells of a region without a map are not changed; ``numbers`` are (1, 1, h, w).
    """
    if len(maps) == 1 and bool((numbers == next(iter(maps))).all()):
        return F.conv2d(x, *next(iter(maps.values())))
    out = x.clone()
    for number, (matrix, offset) in maps.items():
        here = numbers == number
        if bool(here.any()):
            out = torch.where(here, F.conv2d(x, matrix, offset), out)
    return out
