"""Features of a whole picture, computed tile by tile and joined."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..progress import Report, ignore
from ..tiling import Box, Grid, Tile, cut
from .tiles import CPU, each_window


def gather(  # noqa: PLR0913  # all but the first two are named by the caller
    x: Tensor,
    encode: Callable[[Tensor], Tensor],
    *,
    grid: Grid,
    halo: int,
    multiple: int,
    device: torch.device = CPU,
    report: Report = ignore,
) -> Tensor:
    """Return the features of a picture (1, 3, H, W) that is continued to the pooling grid, on the CPU.

    Args:
        x: The picture.
        encode: Maps a window to its features, (1, C, h, w), whose cells span whole pixels.
        grid: How the picture is cut into tiles.
        halo: Context that a window needs so that its core's features are exact, in pixels.
        multiple: Pooling grid.
        device: Where ``encode`` runs.
        report: Called after each tile.
    """
    tiles = cut(x.shape[-2], x.shape[-1], grid, halo=halo, multiple=multiple)
    whole = None
    for tile, window in each_window(x, tiles, device, report, "measure"):
        whole = place(encode(window), tile, tiles[-1].core, whole)
    assert whole is not None  # noqa: S101  # there is always a tile
    return whole


def core_of(features: Tensor, tile: Tile) -> Tensor:
    """Return the tile's core, cut out of its window's features (1, C, h, w)."""
    scale = tile.window.height // features.shape[-2]
    rows, columns = tile.core.shrink(scale).within(tile.window.shrink(scale))
    return features[..., rows, columns]


def place(features: Tensor, tile: Tile, last: Box, whole: Tensor | None) -> Tensor:
    """Write a tile's core into ``whole`` and return it; None: make it, up to the ``last`` core's end."""
    scale = tile.window.height // features.shape[-2]
    end, core = last.shrink(scale), tile.core.shrink(scale)
    if whole is None:
        size = (1, features.shape[1], end.bottom, end.right)
        whole = torch.empty(size, dtype=features.dtype, memory_format=torch.channels_last)
    whole[..., core.top : core.bottom, core.left : core.right] = core_of(features, tile)
    return whole
