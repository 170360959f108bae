"""What is going on right now, for the panel to show: one run at a time, and the words of the last one."""

from dataclasses import dataclass, field
from typing import Any

from .engine import EngineError, choose, missing_in

Answer = set[Any]
"""What an operator returns: one of Blender's own words."""


@dataclass(slots=True)
class Session:
    """State of the running Blender, never saved."""

    running: bool = False
    stopping: bool = False
    """Cancel was pressed."""
    done: float = 0.0
    text: str = ""
    report: list[str] = field(default_factory=list)
    engine: str = ""
    """Which engine would be used, or why there is none; empty until it was looked for."""

    def begin(self, text: str) -> None:
        """Show that something has been started."""
        self.running, self.stopping, self.done, self.text = True, False, 0.0, text

    def end(self, *report: str) -> None:
        """Show that it is over, and what came of it."""
        self.running, self.stopping, self.report = False, False, list(report)


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
