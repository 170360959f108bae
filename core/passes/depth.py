"""Depth as all engines should write it: what shows no surface is ``FAR``."""

import numpy as np

from ..color import Floats
from .matte import NOBODY, read_ranks
from .read import FAR, Passes, decode_passes, has_pass, read_pass

TELLING = ("position", "normal", "cryptomatte_object")
"""Passes that tell whether a pixel shows a surface, the best first."""


def read_depth(passes: Passes, layer: str | None = None) -> Floats:
    """Return the Depth pass, (1, 1, H, W), scene units; ``FAR`` where there is no surface.

    EEVEE before 5.0 writes the camera's far end for nothing; but neither position nor normal, and a
    Cryptomatte of no object. Where the layer has none of these passes, the far end stays. What is no number,
    or not before the camera, is no surface either.

    Args:
        passes: The opened file.
        layer: The view layer; without it the first.

    Raises:
        PictureError: if there is no such layer, no Depth pass, or it is damaged.
    """
    telling = next((name for name in TELLING if has_pass(passes, name, layer)), None)
    passes = decode_passes(passes, ["depth", *([telling] if telling else [])], layer)
    depth = read_pass(passes, "depth", layer)
    shown = np.isfinite(depth) & (depth > 0)
    if telling == "cryptomatte_object":
        shown &= depth < _far_end(passes, layer, depth)
    elif telling:
        shown &= (read_pass(passes, telling, layer) != 0).any(1, keepdims=True)
    return np.where(shown, depth, np.float32(FAR))


def _far_end(passes: Passes, layer: str | None, depth: Floats) -> float:
    """Return the depth that EEVEE wrote where it saw no object at all; infinity where it always saw one."""
    ids, covers = read_ranks(passes, "object", layer)
    nobody = (covers * (ids == NOBODY)).sum(1, keepdims=True) > 0.999
    return float(depth[nobody].max(initial=-np.inf)) if nobody.any() else np.inf
