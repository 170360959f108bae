"""States of things that a translation can bring about, by name, and where on a relief they lie."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name as a style, what artists call it, and where it lies."""

    name: str
    title: str
    summary: str
    lies: str
    """``everywhere``, on ``top`` of a relief, or in its ``creases``."""


STATES = (
    State("snow", "Snow", "Snow lies on it", "top"),
    State("rust", "Rust", "Rust has eaten into it, most in creases", "creases"),
    State("wet", "Wet", "Rain has made it dark and glossy, with water in what is low", "creases"),
    State("night", "Night", "It is night", "everywhere"),
)


def find_state(name: str) -> State | None:
    """Return the state of a name; None if there is none."""
    return next((state for state in STATES if state.name == name), None)


def lies_by_itself(names: Sequence[str]) -> str:
    """Return where the first of some styles lies that is a state; ``everywhere`` if none is."""
    found = (find_state(name) for name in names)
    return next((state.lies for state in found if state is not None), "everywhere")
