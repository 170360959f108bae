"""Which directions over a mesh strokes are asked to follow, and who has such strokes."""

import math
from dataclasses import fields

from ..card import Card
from ..errors import ParamsError
from .picture_job import Job

OVER_MESH = ("along_bends", "along_axis", "along_slope", "along_light")
"""Fields of a job that say how much strokes follow a direction over the mesh."""


def wants_ways(job: Job) -> bool:
    """Return whether a job asks that strokes go along its mesh."""
    return any(getattr(job, name) for name in OVER_MESH)


def lays_strokes(card: Card) -> bool:
    """Return whether a method lays strokes that have a direction."""
    return any(declared.name == "angle" for declared in fields(card.params))


def crosses_seams(card: Card) -> bool:
    """Return whether a method's strokes go on over seams: those that are laid one by one do."""
    return lays_strokes(card) and bool(card.staged)


def takes_detail(card: Card) -> bool:
    """Return whether a method takes finer brushes where they are wanted."""
    return any(declared.name == "edges" for declared in fields(card.params))


def parse_light(text: str | None) -> tuple[float, float, float]:
    """Read where the light is, ``X,Y,Z``, of any length; None: from above.

    Raises:
        ParamsError: if it is no direction.
    """
    if text is None:
        return 0.0, 0.0, 1.0
    try:
        x, y, z = map(float, text.split(","))
    except ValueError:
        x = y = z = 0.0
    length = math.hypot(x, y, z)
    if not 0 < length < math.inf:
        raise ParamsError(
            f"{text[:40]} is no direction; write three numbers, as -1,-1,2", "light_from"
        )
    return x / length, y / length, z / length
