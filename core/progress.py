"""How a running job reports its progress: one record, one callback."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a job: ``done`` of ``total`` in ``stage``; ``loss`` where something is optimised."""

    stage: str
    done: int
    total: int
    loss: float | None = None


Report = Callable[[Progress], None]
"""Called once a tile, iteration or frame. Raising ``Cancelled`` in it ends the job."""


def ignore(progress: Progress) -> None:
    """Take a report and do nothing with it."""
