"""What the command line shows while it works: a stage, how far it is, and the time left."""

import sys
import time
from typing import TextIO

from ..progress import Progress, Report, ignore

INTERVAL = 0.1
"""Seconds between two updates of a terminal's line."""
PLAIN_INTERVAL = 5.0
"""Seconds between two lines where stderr is a file."""


class Console:
    """A report that writes on ``stream``: one line that changes on a terminal, single lines elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.live = stream, stream.isatty()
        self.stage: str = ""
        self.last, self.width = 0.0, 0
        self.begun: dict[str, tuple[float, int]] = {}
        """When each stage began, and what of it was done before; two may take turns."""

    def __call__(self, progress: Progress) -> None:
        """Show one step, unless the one before was shown a moment ago."""
        now = time.monotonic()
        new = progress.stage not in self.begun
        if new or (progress.stage != self.stage and progress.done <= 1):
            self.begun[progress.stage] = now, progress.done  # what is resumed was done before
            self.last = 0.0 if new else self.last
        self.stage = progress.stage
        finished = progress.done >= progress.total
        if not finished and now - self.last < (INTERVAL if self.live else PLAIN_INTERVAL):
            return
        self.last = now
        began, before = self.begun[progress.stage]
        self._write(format_line(progress, now - began, before))

    def _write(self, text: str) -> None:
        end = "" if self.live else "\n"
        start = "\r" if self.live else ""
        self.stream.write(f"{start}{text.ljust(self.width if self.live else 0)}{end}")
        self.stream.flush()
        self.width = len(text)

    def close(self) -> None:
        """Leave the terminal on an empty line."""
        if self.live and self.width:
            self.stream.write("\r" + " " * self.width + "\r")
            self.stream.flush()


def format_line(progress: Progress, seconds: float, before: int = 0) -> str:
    """Return one step as text; ``seconds`` is how long its stage has run since ``before`` units were done."""
    text = f"{progress.stage} {progress.done}/{progress.total}"
    if before < progress.done < progress.total and seconds > 0:
        left = (progress.total - progress.done) / (progress.done - before)
        text += f", {format_seconds(seconds * left)} left"
    return text


def format_seconds(seconds: float) -> str:
    """Return a duration as text: 8 s, 2 min 05 s, 1 h 20 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def open_console(*, quiet: bool) -> tuple[Report, Console]:
    """Return a report for stderr (silent if ``quiet``) and the console to close at the end."""
    console = Console(sys.stderr)
    return (ignore if quiet else console), console
