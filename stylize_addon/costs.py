"""Estimated times of stylizing, in seconds on a machine of two cores, from which the time left is computed.

Figures of methods come from weights/measured.toml; the others were measured with pictures of one megapixel.
"""

from dataclasses import dataclass

from ..core.catalog import DEFAULT
from .method_list import seconds_of

READ, READ_MEGAPIXEL = 0.5, 1.2
"""Seconds before a method begins, and per megapixel: reading files, UV islands, surface."""
WRITE, WRITE_MEGAPIXEL = 0.1, 0.4
"""Seconds after it, and per megapixel: levelling seams, writing the file."""
MEASURED = 0.15
"""Share of a method's time in which it measures a picture before it paints."""
UNKNOWN = 5.0
"""Seconds per megapixel for a method that was not measured."""
BAKE, BAKE_MEGAPIXEL = 1.0, 3.0
FRAME = 10.0
"""Seconds that a frame takes to render, until one has been rendered."""
MOTION_MEGAPIXEL = 3.0
"""Seconds per megapixel for a frame's passes, motion and files, besides painting."""
PAINTING = {
    "stylize": (0.0, 1.0),
    "paint": (0.0, 1.0),
    "sketch": (0.0, 0.6),
    "dream": (0.0, 1.0),
    "style": (0.0, 0.5),
    "realism": (0.5, 1.0),
}
"""Stages of the engine in which a picture is made → from where to where they bring it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that a picture takes before stylizing, for stylizing, and after."""

    before: float
    paint: float
    after: float

    @property
    def total(self) -> float:
        """The sum."""
        return self.before + self.paint + self.after

    def share(self, stage: str, part: float) -> float:
        """Return the share of a picture that is done, 0 to 1, at ``part`` of a stage of the engine."""
        if stage in PAINTING:
            start, end = PAINTING[stage]
            return (self.before + self.paint * (start + part * (end - start))) / self.total
        return 0.0 if stage == "starting" else part * self.before / self.total


def picture_cost(method: str, pixels: int) -> Cost:
    """Return the cost of a picture of ``pixels`` pixels."""
    size = pixels / 1e6
    paint = _rate(method) * size
    before = READ + READ_MEGAPIXEL * size + MEASURED * paint
    return Cost(before, (1 - MEASURED) * paint, WRITE + WRITE_MEGAPIXEL * size)


def bake_cost(pixels: int) -> float:
    """Return the seconds for baking a picture of ``pixels`` pixels."""
    return BAKE + BAKE_MEGAPIXEL * pixels / 1e6


def frame_cost(method: str, pixels: int) -> float:
    """Return the cost of stylizing a frame of ``pixels`` pixels."""
    return (2 * _rate(method) + MOTION_MEGAPIXEL) * pixels / 1e6


def _rate(method: str) -> float:
    seconds = seconds_of(DEFAULT if method == "auto" else method)
    return UNKNOWN if seconds is None else seconds
