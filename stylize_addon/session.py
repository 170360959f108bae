"""The state that the panel shows: the running run (one at a time), and the report of the last one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .engine import EngineError, choose, missing_in, own_folder
from .installation.install import is_current
from .materials.results import NOTHING, group_sentences
from .time_left import Countdown

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
    countdown: Countdown = field(default_factory=Countdown)
    report: list[str] = field(default_factory=list)
    """The result of the last run, or its error."""
    skipped: list[str] = field(default_factory=list)
    """Notes on what was left out, and why."""
    details: list[str] = field(default_factory=list)
    """Other notes, shown on request."""
    failed: bool = False
    """Whether the report is an error."""
    lacking: tuple[str, ...] = ()
    """Names of materials that were left because their objects have no UVs, which could be made."""
    lacks_engine: bool = False
    """The error is of the engine; the preferences help."""
    engine: str = ""
    """The engine that would be used, or why there is none; empty until it was searched for."""

    def begin(self, text: str) -> None:
        """Show that something has been started."""
        self.running, self.stopping, self.done, self.text = True, False, 0.0, text
        self.countdown = Countdown()

    def show(self, done: float, text: str, left: float | None = None) -> None:
        """Show its progress, and the seconds left if known."""
        self.done, self.text = max(self.done, done), text
        self.countdown.hear(left)

    def end(self, *report: str, skipped: Iterable[str] = (), details: Iterable[str] = ()) -> None:
        """Show that it has ended, with its result."""
        self.running = self.stopping = False
        self.say(*report, skipped=skipped, details=details)

    def say(self, *report: str, skipped: Iterable[str] = (), details: Iterable[str] = ()) -> None:
        """Show something instead of the last report, during a run or not."""
        self.report, self.skipped, self.details = list(report), list(skipped), list(details)
        self.failed = self.lacks_engine = False
        self.lacking = ()

    def fail(self, error: Exception) -> None:
        """Show that it has failed, and why."""
        reasons = getattr(error, "notes", ())
        self.end(NOTHING if reasons else str(error), skipped=group_sentences(reasons))
        self.failed, self.lacks_engine = True, isinstance(error, EngineError)

    @property
    def lines(self) -> list[str]:
        """All lines of the last run's report."""
        return [*self.report, *self.skipped, *self.details]

    @property
    def left(self) -> str:
        """Progress, and the time left if known."""
        if not self.done:
            return ""
        return ", ".join(filter(None, (f"{self.done:.0%}", self.countdown.text)))


SESSION = Session()


@persistent
def forget(*_: Any) -> None:
    """Clear the report when another file is opened: it is about the previous file."""
    if not SESSION.running:
        SESSION.end()


def describe_engine(preferred: str) -> str:
    """Return one sentence on the engine that would be used and what it lacks."""
    try:
        engine = choose(preferred)
        missing = missing_in(engine.python)
    except EngineError as error:
        return str(error)
    if missing:
        return f"{engine.python} ({engine.origin}) lacks {', '.join(missing)}"
    ready = f"Ready: {engine.python} ({engine.origin})"
    if own_folder() in engine.python.parents and not is_current():
        return f"{ready}; Install Engine renews it, as this version of Stylize names other versions"
    return ready


def register() -> None:
    """Add the handler for opened files."""
    bpy.app.handlers.load_post.append(forget)


def unregister() -> None:
    """Remove the handler."""
    if forget in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(forget)
