"""Features of a whole picture, computed tile by tile and joined."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..tiling import Box, Tile, cut
from .tiles import TileRun, each_window


def gather(  # all but the first two are named by the caller
    x: Tensor,
    encode: Callable[[Tensor], Tensor],
    run: TileRun,
    *,
    halo: int,
    multiple: int,
) -> Tensor:
    """Return the features of a picture (1, 3, H, W) that is continued to the pooling grid, on the CPU.

    Args:
        x: The picture.
        encode: Maps a window to its features, (1, C, h, w), whose cells span whole pixels.
        run: How the picture is cut, where ``encode`` runs, who is told of each tile.
        halo: Context a window needs for its core's features to be exact, in pixels.
        multiple: Pooling grid.
    """
    tiles = cut(x.shape[-2], x.shape[-1], run.grid, halo=halo, multiple=multiple)
    whole = None
    for tile, window in each_window(x, tiles, run, "measure"):
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
