"""States of things that a translation can bring about, by name, and where on a relief they lie."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name as a style, what artists call it, and where it lies."""

    name: str
    title: str
    summary: str
    lies: str
    """``everywhere``, on ``top`` of a relief, or in its ``creases``."""
    number: int
    """Its number among the looks in .blend files, never changed or given away."""


STATES = (
    State("snow", "Snow", "Snow lies on it", "top", 101),
    State("rust", "Rust", "Rust has eaten into it, most in creases", "creases", 102),
    State(
        "wet", "Wet", "Rain has soaked into it: darker and richer, most in creases", "creases", 103
    ),
    State("night", "Night", "It is night", "everywhere", 104),
)
METHOD = "munit"
"""What brings them about: a network for each."""


def shipped_states(networks: Collection[str]) -> tuple[State, ...]:
    """Return the states whose networks are among those of these names."""
    return tuple(state for state in STATES if f"compact.{METHOD}_{state.name}" in networks)


def find_state(name: str) -> State | None:
    """Return the state of a name; None if there is none."""
    return next((state for state in STATES if state.name == name), None)


def lies_by_itself(names: Sequence[str]) -> str:
    """Return where the first of some styles lies that is a state; ``everywhere`` if none is."""
    found = (find_state(name) for name in names)
    return next((state.lies for state in found if state is not None), "everywhere")
