"""The time left of a run: stages weighted by the cost of their work, and a countdown that does not rise.

Nothing here depends on Blender. A time is shown only when it is based on work measured on this machine.
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
    """One kind of work, in units of equal cost."""

    units: float
    cost: float
    """Seconds per unit on a machine of two cores."""
    first: float = 1.0
    """Units after which the seconds per unit on this machine are known."""
    done: float = 0.0
    spent: float = 0.0
    """Seconds that they took."""
    step: float = 0.0
    """Units of the last step."""

    @property
    def known(self) -> bool:
        """Whether it has ended, or the seconds per unit on this machine are known."""
        return self.done >= min(self.first, self.units)

    @property
    def rate(self) -> float:
        """Seconds per unit, on this machine if known."""
        return self.spent / self.done if self.done and self.known else self.cost

    @property
    def left(self) -> float:
        """Seconds left at the time when the last unit was done."""
        return max(0.0, self.units - self.done) * self.rate


@dataclass(slots=True)
class Estimate:
    """All stages of a run in order, with their progress."""

    stages: dict[str, Stage]
    since: float = field(default_factory=time.monotonic)
    """Time when the last unit was done."""

    def advance(self, name: str, done: float, now: float | None = None) -> None:
        """Record the number of done units of a stage."""
        stage, now = self.stages[name], time.monotonic() if now is None else now
        if done > stage.done:
            stage.spent += now - self.since
            stage.step, stage.done, self.since = done - stage.done, done, now

    def begin(self, now: float | None = None) -> None:
        """Start measuring now: the time until now was not for a unit of any stage."""
        self.since = time.monotonic() if now is None else now

    @property
    def share(self) -> float:
        """Share of the work that is done, 0 to 1."""
        done = sum(stage.done * stage.rate for stage in self.stages.values())
        left = sum(stage.left for stage in self.stages.values())
        return done / (done + left) if done else 0.0

    def left(self, now: float | None = None) -> float | None:
        """Return the seconds left, or None while too much of them is a guess."""
        now = time.monotonic() if now is None else now
        lefts = {name: stage.left for name, stage in self.stages.items()}
        total = sum(lefts.values())
        known = sum(left for name, left in lefts.items() if self.stages[name].known)
        if not any(s.done and s.known for s in self.stages.values()) or known < KNOWN * total:
            return None
        return total - min(now - self.since, self._at_work())

    def _at_work(self) -> float:
        """Return the most seconds that the unit in work can have saved by now."""
        current = next((s for s in self.stages.values() if s.left), None)
        return 0.0 if current is None else min(current.left, current.step * current.rate)


@dataclass(slots=True)
class Countdown:
    """The time left as shown: it falls or stays, and disappears if it was far too low."""

    lowest: float = math.inf
    displayed: float | None = None

    def hear(self, left: float | None) -> None:
        """Record an estimate in seconds; None: unknown."""
        if left is None or left > TRUE * (self.lowest + SLACK):
            self.displayed = None
            return
        self.displayed = self.lowest = min(self.lowest, left)

    @property
    def text(self) -> str:
        """Text like ``about 25 s left``; empty while unknown."""
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
    """Progress of a run, 0 to 1, and its current step in words."""

    done: float
    text: str
    left: float | None = None
    """Seconds left, once known."""
