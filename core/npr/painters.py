"""All painters of pictures that are read by windows, and the colours that they offer by name."""

from typing import Protocol, runtime_checkable

from .canvas import Canvas
from .dots import Dots
from .glass import Glasses
from .halftone import Halftones
from .hatch import Engravings
from .layers import Hand
from .mosaic import Mosaics
from .oil import CONTOUR, FLATS, OILS, Gouaches, Oils
from .particles import Film
from .pastel import CHALKS, Pastels
from .picture import Picture
from .strokes import Strokes
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
    "Filmed",
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


@runtime_checkable
class Filmed(Protocol):
    """A painter whose strokes can be carried from frame to frame."""

    def rehearse(self, picture: Picture, hand: Hand, film: Film) -> tuple[Film, list[Strokes]]:
        """Return a film with its next frame, and its strokes, for ``Hand.laid``."""
        ...


class Painter(Protocol):
    """A painter with its settings."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a canvas painted after a picture."""
        ...
