"""What translations bring about by name: states of things, which lie somewhere on a relief, and painters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finish:
    """What else of a surface a state changes than its colour: both in [0, 1], as renderers take them."""

    roughness: float
    metallic: float | None
    """None: a metal stays one."""


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name as a style, what artists call it, and where it lies; or a painter's hand."""

    name: str
    title: str
    summary: str
    lies: str
    """``everywhere``, on ``top`` of a relief, or in its ``creases``."""
    number: int
    """Its number among the looks in .blend files, never changed or given away."""
    finish: Finish | None = None
    """Of the surface where it lies; None: as it was."""
    method: str = "munit"
    """What brings it about."""
    brush: float = 1.0
    """What the brush size that is asked for is multiplied by, where the style is chosen by its name."""

    @property
    def varies(self) -> bool:
        """Whether it has variants."""
        return self.method == "munit"

    @property
    def paints(self) -> bool:
        """Whether it is a painter's hand, of strokes that have a size and a relief."""
        return self.method == "adaptive_style"


STATES = (
    State("snow", "Snow", "Snow lies on it", "top", 101, Finish(0.8, 0.0)),
    State(
        "rust", "Rust", "Rust has eaten into it, most in creases", "creases", 102, Finish(0.9, 0.0)
    ),
    State(
        "wet",
        "Wet",
        "Rain has soaked into it: darker, richer and glossy, most in creases",
        "creases",
        103,
        Finish(0.1, None),
    ),
    State("night", "Night", "It is night", "everywhere", 104),
    State(
        "autumn",
        "Autumn",
        "Leaves and grass turn yellow, orange and red; all else stays",
        "everywhere",
        105,
        method="cyclegan",
    ),
    State(
        "summer",
        "Summer",
        "Autumn leaves and dry grass are green again",
        "everywhere",
        106,
        method="cyclegan",
    ),
    State(
        "monet",
        "Monet",
        "Dabs of broken colour, learnt from many of Monet's paintings; the picture keeps its colours",
        "everywhere",
        107,
        method="adaptive_style",
        brush=2.0,
    ),
)


def shipped_states(networks: Collection[str]) -> tuple[State, ...]:
    """Return the states whose networks are among those of these names."""
    return tuple(state for state in STATES if f"compact.{state.method}_{state.name}" in networks)


def find_state(name: str) -> State | None:
    """Return the state of a name; None if there is none."""
    return next((state for state in STATES if state.name == name), None)


def first_state(names: Sequence[str]) -> State | None:
    """Return the first of some styles that is a state; None if none is."""
    return next((state for name in names if (state := find_state(name)) is not None), None)
