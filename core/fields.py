"""How a setting is declared: once, as a field of a dataclass, with its default, limits, help and unit.

Command lines, Blender's properties, JSON, checks and the tables of the documentation are made from it.
"""

import math
import reprlib
from collections.abc import Callable
from dataclasses import MISSING, Field, field, fields, is_dataclass
from typing import Any, Literal, TypedDict, Unpack, cast

from .errors import ParamsError

HUGE = 2**62
"""Limits beyond it are the machine's, and not worth saying."""


class Facts(TypedDict, total=False):
    """What can be said of a setting."""

    help: str
    """What it does, in half a sentence with a small first letter."""
    min: float
    """Its smallest value."""
    max: float
    """Its largest value."""
    above: float
    """What a value must be larger than."""
    soft: tuple[float, float]
    """Where Blender's slider ends; smaller and larger values can be typed."""
    choices: tuple[str, ...]
    """The texts that it may be."""
    unit: str
    """What its values are, such as ``MB`` or ``FILE``; shown behind the option."""
    label: str
    """Its name in Blender; else it is made of the field's."""
    option: str
    """Its name on the command line; else it is made of the field's."""
    group: str
    """The heading under which the command line and the tables have it."""
    whom: Literal["all", "cli", "engine"]
    """Who sets it: Blender and the command line, the command line alone, or nobody by hand."""
    read: Callable[[str], Any]
    """How its value, or one of several, is read from what was typed."""


NOTHING = {
    "help": "",
    "choices": (),
    "unit": "",
    "label": "",
    "option": "",
    "group": "",
    "whom": "all",
}


def param(default: Any = MISSING, **facts: Unpack[Facts]) -> Any:
    """Declare one field of plain data; what stands here stands nowhere else.

    Args:
        default: Its value where none is given; without one it must be given.
        **facts: All else that is said of it.
    """
    unsaid = dict.fromkeys(Facts.__annotations__)
    return field(default=default, metadata={**unsaid, **NOTHING, **facts})


def option_of(declared: Field[Any]) -> str:
    """Return what a setting is called on the command line: ``--style-scale``."""
    return declared.metadata.get("option") or "--" + declared.name.replace("_", "-")


def label_of(declared: Field[Any]) -> str:
    """Return what a setting is called in Blender: ``Brush Size``."""
    return declared.metadata.get("label") or declared.name.replace("_", " ").title()


def is_share(declared: Field[Any]) -> bool:
    """Return whether a setting says how much of a whole: a number from 0 to 1."""
    ends = (declared.metadata.get("min"), declared.metadata.get("max"))
    return isinstance(declared.default, float) and ends == (0, 1)


def range_of(declared: Field[Any]) -> str:
    """Return what a setting may be, for tables and help: ``0 to 1``, ``a, b or c``; nothing: anything."""
    low, high, above, choices = _limits(declared)
    if choices:
        return ", ".join(choices)
    low, high = (end if end is not None and abs(end) < HUGE else None for end in (low, high))
    if above is not None:
        return f"above {above:g}" + ("" if high is None else f", at most {high:g}")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return "" if low is None else f"at least {low:g}"


def check_limits(record: Any) -> None:
    """Check that all settings of a dataclass, and of those inside it, are what they may be.

    Raises:
        ParamsError: naming the setting, what came and what is allowed.
    """
    if isinstance(record, tuple):
        for one in cast("tuple[Any, ...]", record):
            check_limits(one)
    elif is_dataclass(record):
        for declared in fields(record):
            value = getattr(record, declared.name)
            check_limits(value)
            check_limit(declared, value)


def check_limit(declared: Field[Any], value: Any, owner: str = "") -> None:
    """Check one setting's value; None is no value.

    Args:
        declared: The setting.
        value: What came.
        owner: Whose setting it is, said before its name: a method.

    Raises:
        ParamsError: naming the setting, what came and what is allowed.
    """
    wanted = "" if value is None else _wanted(declared, value)
    if wanted:
        name = declared.name if owner else declared.name.replace("_", " ")
        before = f"{owner}: " if owner else ""
        setting = f"{owner}.{declared.name}" if owner else declared.name
        raise ParamsError(f"{before}{name} is {reprlib.repr(value)}; {wanted}", setting)


def _wanted(declared: Field[Any], value: Any) -> str:
    """Return what a value must be, in words; nothing if it is that."""
    low, high, above, choices = _limits(declared)
    if choices:
        return "" if value in choices else f"choose one of: {', '.join(choices)}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return "it must be a finite number"
    inside = (above is None or value > above) and (low is None or value >= low)
    return (
        "" if inside and (high is None or value <= high) else f"it must {_span(low, high, above)}"
    )


def _span(low: float | None, high: float | None, above: float | None) -> str:
    if above is not None:
        return f"be above {above}" + ("" if high is None else f" and at most {high}")
    return f"be at least {low}" if high is None else f"lie between {low} and {high}"


def _limits(declared: Field[Any]) -> tuple[Any, Any, Any, tuple[str, ...]]:
    low, high, above = (declared.metadata.get(name) for name in ("min", "max", "above"))
    return low, high, above, declared.metadata.get("choices") or ()
