"""Where on its relief a job paints its picture, and how the surface is there."""

from ..catalog import CARDS
from ..styles.states import Finish, State, first_state
from .picture_job import Job


def where_it_lies(job: Job) -> str:
    """Return ``everywhere``, ``top`` or ``creases``; ``auto`` is settled by the style's name.

    What goes back to the state before is painted everywhere.
    """
    return _lies_by_itself(job) if job.lies == "auto" else job.lies


def is_thick(job: Job) -> bool:
    """Return whether what a job paints has a thickness: what lies on top by itself, as snow does."""
    return _lies_by_itself(job) == where_it_lies(job) == "top"


def seeps(job: Job) -> bool:
    """Return whether what is painted stains what is beside it: rust does, which lies in creases by itself."""
    return _lies_by_itself(job) == where_it_lies(job) == "creases"


def lays_paint(job: Job) -> bool:
    """Return whether what a job makes may have the relief of paint: what stays a photograph has none."""
    state = first_state([style.path for style in job.styles])
    known = next((card for card in CARDS if card.id == job.method), None)
    return (state is None or state.paints) and (known is None or known.makes != "photo")


def finish_of(job: Job) -> Finish | None:
    """Return the finish of the state that a job brings about; None: the surface's own stays."""
    state = _state(job)
    return None if state is None else state.finish


def _lies_by_itself(job: Job) -> str:
    state = _state(job)
    return "everywhere" if state is None else state.lies


def _state(job: Job) -> State | None:
    """Return the state that a job brings about; None if there is none, or it goes back to the one before."""
    return None if job.params.get("back") else first_state([style.path for style in job.styles])
