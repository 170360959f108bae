"""The method ``auto``, and looks: which method does what was asked. The rules are here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .. import styles
from ..catalog import DEFAULT, find_look
from ..styles.states import first_state
from .layer import limit_brush
from .picture_job import Job

WHOLE = 6_000_000
"""Most pixels for which photowct's solver is chosen: its time grows faster than the picture."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The method that was chosen, its settings, and why, in half a sentence."""

    method: str
    why: str
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    brush: float = 1.0
    """What the brush size is multiplied by."""


def choose(job: Job, pixels: int) -> Choice:
    """Return the method for a job on a picture of so many pixels.

    A method that is named is that. Of a look, its own, or what does best what the look is for.
    """
    look = find_look(job.method)
    if look is not None and not look.aim:
        return Choice(look.card.id, f"the look {look.id}", look.params, look.brush)
    if look is not None:
        return choose(replace(job, method="auto", aim=look.aim), pixels)
    if job.method != "auto":
        return Choice(job.method, "it was asked for")
    return _choose_freely(job, pixels)


def _choose_freely(job: Job, pixels: int) -> Choice:
    """Label pictures come first, then trained styles by name, then what the result is to be."""
    if job.labels is not None:
        return Choice("photowct", "it pairs the regions of label pictures")
    if job.styles and all(_is_name(style.path) for style in job.styles):
        return _choose_named(job)
    if job.aim == "photo" and pixels <= WHOLE:
        return Choice("photowct", "it keeps a photograph a photograph")
    if job.aim == "photo":
        why = "it keeps a photograph a photograph at any size"
        return Choice("ccpl", why, {"mode": "photo"})
    if job.aim == "video":
        return Choice("ccpl", "it is trained not to flicker", {"mode": "art"})
    return Choice(DEFAULT, "it is the best for most")


def _choose_named(job: Job) -> Choice:
    state = first_state([style.path for style in job.styles])
    if state is not None:
        why = "it brings states and painters about by name"
        return Choice(state.method, why, brush=state.brush)
    return Choice("msgnet", "it knows styles by name")


def settle(job: Job, pixels: int) -> tuple[Job, tuple[str, ...]]:
    """Return a job with its method chosen, and a note that says which and why if that was left to us.

    Args:
        job: What was asked.
        pixels: Of the picture, or of a frame.
    """
    if job.method != "auto" and find_look(job.method) is None:
        return job, ()
    choice = choose(job, pixels)
    note = f"method {choice.method} was chosen: {choice.why}"
    params, brush = {**choice.params, **job.params}, limit_brush(job.style_scale * choice.brush)
    return replace(job, method=choice.method, params=params, style_scale=brush), (note,)


def _is_name(path: str) -> bool:
    return not (path.startswith(styles.PREFIX) or Path(path).suffix or Path(path).exists())
