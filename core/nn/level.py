"""Moments of what is computed at one level of an encoder, over a whole picture."""

from collections.abc import Callable

from torch import Tensor

from .encoder import radius_of, scale_of
from .stats import Moments, measure
from .tiles import TileRun


def measure_level(  # the last two are named by the caller
    x: Tensor,
    encode: Callable[[Tensor], Tensor],
    level: str,
    run: TileRun,
    *,
    context: int = 0,
    coverage: Tensor | None = None,
) -> Moments:
    """Return the moments over the picture (1, 3, H, W) of what ``encode`` makes of each window.

    Args:
        x: The picture.
        encode: A function from a window (1, 3, h, w) to its features (1, C, h', w').
        level: The encoder's level whose cells the features have.
        run: How the picture is cut, where ``encode`` runs, who is told of each tile.
        context: Cells around that ``encode`` needs beyond what the level sees.
        coverage: Weights of the pixels, (1, 1, H, W); None: all alike.
    """
    scale = scale_of(level)
    return measure(
        x,
        lambda window: {level: encode(window)},
        {level: scale},
        run,
        halo=radius_of(level) + context * scale,
        multiple=scale,
        coverage=coverage,
    )[level]
