"""Moments of what is computed at one level of an encoder, over a whole picture."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..progress import Report, ignore
from ..tiling import Grid
from .encoder import radius_of, scale_of
from .stats import Moments, measure
from .tiles import CPU


def measure_level(  # noqa: PLR0913  # all but the first three are named by the caller
    x: Tensor,
    encode: Callable[[Tensor], Tensor],
    level: str,
    *,
    grid: Grid,
    context: int = 0,
    coverage: Tensor | None = None,
    device: torch.device = CPU,
    report: Report = ignore,
) -> Moments:
    """Return the moments over the picture (1, 3, H, W) of what ``encode`` makes of each window.

    Args:
        x: The picture.
        encode: A function from a window (1, 3, h, w) to its features (1, C, h', w').
        level: The encoder's level whose cells the features have.
        grid: How the picture is cut.
        context: Cells around that ``encode`` needs beyond what the level sees.
        coverage: Weights of the pixels, (1, 1, H, W); None: all alike.
        device: Where ``encode`` computes.
        report: Told of each tile.
    """
    scale = scale_of(level)
    return measure(
        x,
        lambda window: {level: encode(window)},
        {level: scale},
        grid=grid,
        halo=radius_of(level) + context * scale,
        multiple=scale,
        coverage=coverage,
        device=device,
        report=report,
    )[level]
