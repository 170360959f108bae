"""Painting without a network: arrays in, arrays out.

Painters turn any picture, (H, W, 3) float32 in [0, 1], into a painting of the same size; scenes
compose pictures from nothing. All are deterministic by their seed.
"""

from .dots import pointillism
from .glass import glass
from .halftone import halftone
from .hatch import engraving
from .mosaic import mosaic
from .oil import gouache, oil
from .pastel import pastel
from .watercolor import watercolor
from .woodblock import woodblock

__all__ = [
    "engraving",
    "glass",
    "gouache",
    "halftone",
    "mosaic",
    "oil",
    "pastel",
    "pointillism",
    "watercolor",
    "woodblock",
]
