"""All painters of pictures that are read by windows, and the colours that they offer by name."""

from typing import Protocol

from .canvas import Canvas
from .dots import Dots
from .glass import Glasses
from .halftone import Halftones
from .hatch import Engravings
from .layers import Hand
from .mosaic import Mosaics
from .oil import CONTOUR, FLATS, OILS, Gouaches, Oils
from .pastel import CHALKS, Pastels
from .picture import Picture
from .watercolor import Watercolors
from .woodblock import Woodblocks

__all__ = [
    "CHALKS",
    "CONTOUR",
    "FLATS",
    "GROUNDS",
    "OILS",
    "SHEETS",
    "Dots",
    "Engravings",
    "Glasses",
    "Gouaches",
    "Halftones",
    "Mosaics",
    "Oils",
    "Painter",
    "Pastels",
    "Watercolors",
    "Woodblocks",
]
GROUNDS = {"umber": "#8a5a33", "white": "#f4f1ea", "grey": "#8c8a88", "black": "#1c1a1c"}
"""Bare canvas."""
SHEETS = {"night": "#2f3350", "cream": "#e9dec6", "grey": "#8f8d8a", "black": "#1b1b1e"}
"""Paper."""


class Painter(Protocol):
    """A painter with its settings."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a canvas painted after a picture."""
        ...
