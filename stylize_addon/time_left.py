"""How long a run goes on: stages weighed by what their work costs, and a countdown that does not rise.

Nothing here knows Blender. A number is said only once it rests on work that was done here.
"""

import math
import time
from dataclasses import dataclass, field

KNOWN = 2 / 3
"""How much of the time left must rest on measured stages before it is said."""
SLACK = 3.0
"""Seconds that more than was said are no matter."""
FEW = 8.0
"""Seconds below which one only says that it is a few."""
TRUE = 1.5
"""How much longer than said it may take before nothing is said any more."""


@dataclass(slots=True)
class Stage:
    """One kind of work, in units that cost alike."""

    units: float
    cost: float
    """Seconds that a unit takes on a plain machine."""
    first: float = 1.0
    """Units after which one knows what a unit takes here."""
    done: float = 0.0
    spent: float = 0.0
    """Seconds in which they were done."""
    step: float = 0.0
    """Units that were done at once."""

    @property
    def known(self) -> bool:
        """Whether it is over, or one knows what a unit takes here."""
        return self.done >= min(self.first, self.units)

    @property
    def rate(self) -> float:
        """Seconds a unit takes, here if that is known."""
        return self.spent / self.done if self.done and self.known else self.cost

    @property
    def left(self) -> float:
        """Seconds from the moment that the last unit was done."""
        return max(0.0, self.units - self.done) * self.rate


@dataclass(slots=True)
class Estimate:
    """All stages of a run, in their order, and how far each is."""

    stages: dict[str, Stage]
    since: float = field(default_factory=time.monotonic)
    """When the last unit was done."""

    def advance(self, name: str, done: float, now: float | None = None) -> None:
        """Take note of how many units of a stage are done by now."""
        stage, now = self.stages[name], time.monotonic() if now is None else now
        if done > stage.done:
            stage.spent += now - self.since
            stage.step, stage.done, self.since = done - stage.done, done, now

    def begin(self, now: float | None = None) -> None:
        """Count from now on: what took the time until now was no unit of any stage."""
        self.since = time.monotonic() if now is None else now

    @property
    def share(self) -> float:
        """How much of the work is done, 0 to 1."""
        done = sum(stage.done * stage.rate for stage in self.stages.values())
        left = sum(stage.left for stage in self.stages.values())
        return done / (done + left) if done else 0.0

    def left(self, now: float | None = None) -> float | None:
        """Return the seconds that are left, or None as long as too much of them is guessed."""
        now = time.monotonic() if now is None else now
        lefts = {name: stage.left for name, stage in self.stages.items()}
        total = sum(lefts.values())
        known = sum(left for name, left in lefts.items() if self.stages[name].known)
        if not any(s.done and s.known for s in self.stages.values()) or known < KNOWN * total:
            return None
        return total - min(now - self.since, self._at_work())

    def _at_work(self) -> float:
        """Return the most seconds that the piece which is being made can have gained by now."""
        current = next((s for s in self.stages.values() if s.left), None)
        return 0.0 if current is None else min(current.left, current.step * current.rate)


@dataclass(slots=True)
class Countdown:
    """What is said of the time left: it falls or holds, and gives way to nothing where it was far too low."""

    lowest: float = math.inf
    displayed: float | None = None

    def hear(self, left: float | None) -> None:
        """Take note of an estimate in seconds; None: there is none."""
        if left is None or left > TRUE * (self.lowest + SLACK):
            self.displayed = None
            return
        self.displayed = self.lowest = min(self.lowest, left)

    @property
    def text(self) -> str:
        """Like ``about 25 s left``; nothing as long as one cannot tell."""
        return "" if self.displayed is None else f"{_round(self.displayed)} left"


def _round(seconds: float) -> str:
    if seconds < FEW:
        return "a few seconds"
    if seconds < 57.5:
        return f"about {round(seconds / 5) * 5} s"
    if seconds < 3570:
        return f"about {max(1, round(seconds / 60))} min"
    return f"about {seconds / 3600:.1f} h"


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is, 0 to 1, and what it is doing."""

    done: float
    text: str
    left: float | None = None
    """Seconds that it goes on, once that is known."""
