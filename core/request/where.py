"""Where on its relief a job paints its picture."""

from ..styles.states import lies_by_itself
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


def _lies_by_itself(job: Job) -> str:
    gone_back = bool(job.params.get("back"))
    return "everywhere" if gone_back else lies_by_itself([style.path for style in job.styles])
