"""What heights and normal maps mean; numpy alone, so that Blender can ask too."""

import numpy as np

from ..color import Floats

TEXELS = 8.0
"""How high paint of height 1 stands, in texels."""
LONG = 0.15
"""How far the lengths of vectors may be from 1, on average, in a normal map."""
EVEN = 0.02
"""Mean difference below which a picture is a grey one, or a flat normal map."""


def is_normal_map(rgb: Floats) -> bool:
    """Return whether a picture (3, H, W) holds unit vectors that look out of it, so not heights."""
    apart = np.abs(rgb - rgb.mean(0)).mean()
    return _looks_out(rgb) and bool(apart > EVEN)


def _looks_out(rgb: Floats) -> bool:
    vectors = 2 * rgb - 1
    length = np.sqrt((vectors**2).sum(0))
    return bool(np.abs(length - 1).mean() < LONG and vectors[2].mean() > 0.3)
