"""Brush size: by what a method's strokes are made larger or smaller, how far that goes, and what it takes."""

import math

from ..card import Card, make_params
from ..request.picture_job import Job
from ..styles.states import first_state

ALIKE = 2**0.25
"""A brush that is not larger or smaller by this factor is the usual one: nobody sees the difference."""
MOST_PIXELS = 2**28
"""Pixels up to which a picture is enlarged to be painted with a smaller brush."""
LEAST_SIDE = 32
"""Pixels of the shorter side down to which a picture is reduced to be painted with a larger one."""
FLOATS = 2 * 3 * 4
"""Bytes of a pixel of canvas and painting as floats."""


def has_canvas(job: Job, card: Card) -> bool:
    """Return whether a job's brush size is that of the canvas; photographs and states have no strokes."""
    state = first_state([style.path for style in job.styles])
    if card.brush != "canvas" or (state is not None and not state.paints):
        return False
    return getattr(make_params(card, job.params), "mode", "") != "photo"


def choose_brush(job: Job, card: Card, size: tuple[int, int]) -> tuple[float, tuple[str, ...]]:
    """Return by how much the canvas magnifies a method's strokes, and a note if that is not what was asked.

    Args:
        job: What was asked, its method chosen.
        card: The method.
        size: Height and width of what is painted, in pixels.
    """
    if not has_canvas(job, card):
        return 1.0, ()
    asked, area = job.style_scale, size[0] * size[1]
    largest = max(1.0, min(size) / LEAST_SIDE)
    smallest = min(1.0, math.sqrt(area / MOST_PIXELS))
    brush = min(max(asked, smallest), largest)
    notes = () if brush == asked else (_explain(asked, brush, size),)
    return (1.0 if 1 / ALIKE < brush < ALIKE else brush), notes


def _explain(asked: float, brush: float, size: tuple[int, int]) -> str:
    end = "largest" if asked > brush else "smallest"
    return (
        f"brush size {asked:g} was taken as {brush:.2g}, the {end} for {size[1]} x {size[0]} pixels"
    )


def count_canvas_bytes(brush: float, card: Card) -> int:
    """Return the bytes that canvas and painting take for each pixel of the picture."""
    if brush == 1:
        return 0
    area, kept = brush**-2, card.kept_bytes_per_pixel
    if brush > 1 or card.call != "local":
        return math.ceil((FLOATS + kept) * area)
    return math.ceil(kept * (area - 1))
