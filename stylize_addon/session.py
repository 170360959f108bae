"""What is going on right now, for the panel to show: one run at a time, and the words of the last one."""

import time
from dataclasses import dataclass, field
from typing import Any

from ..core.cli.console import span
from .engine import EngineError, choose, missing_in

Answer = set[Any]
"""What an operator returns: one of Blender's own words."""
CLEAR = 0.1
"""How much of the work must be done before one can tell how long the rest takes."""


@dataclass(slots=True)
class Session:
    """State of the running Blender, never saved."""

    running: bool = False
    stopping: bool = False
    """Cancel was pressed."""
    done: float = 0.0
    text: str = ""
    began: float = 0.0
    """When the first of the work was done: what it takes to start says nothing about the rest."""
    report: list[str] = field(default_factory=list)
    failed: bool = False
    """The report says what went wrong."""
    lacks_engine: bool = False
    """What went wrong is the engine: the preferences help."""
    engine: str = ""
    """Which engine would be used, or why there is none; empty until it was looked for."""

    def begin(self, text: str) -> None:
        """Show that something has been started."""
        self.running, self.stopping, self.done, self.text = True, False, 0.0, text

    def show(self, done: float, text: str) -> None:
        """Show how far it is."""
        if not self.done:
            self.began = time.monotonic()
        self.done, self.text = done, text

    def end(self, *report: str) -> None:
        """Show that it is over, and what came of it."""
        self.running, self.stopping, self.report = False, False, list(report)
        self.failed = self.lacks_engine = False

    def fail(self, error: Exception) -> None:
        """Show that it is over, and why."""
        self.end(str(error))
        self.failed, self.lacks_engine = True, isinstance(error, EngineError)

    @property
    def left(self) -> str:
        """How far it is, and how long it will go on as far as one can tell."""
        if not self.done:
            return ""
        seconds = time.monotonic() - self.began
        if self.done < CLEAR or seconds < 1:
            return f"{self.done:.0%}"
        return f"{self.done:.0%}, about {span(seconds / self.done * (1 - self.done))} left"


SESSION = Session()


def describe_engine(preferred: str) -> str:
    """Return which engine would be used and what it lacks, in one sentence."""
    try:
        found = choose(preferred)
        missing = missing_in(found.python)
    except EngineError as error:
        return str(error)
    if missing:
        return f"{found.python} ({found.origin}) lacks {', '.join(missing)}"
    return f"Ready: {found.python} ({found.origin})"
