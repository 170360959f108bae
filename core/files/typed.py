"""JSON into dataclasses: each value is checked against its field's annotation."""

import json
import math
import os
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ..errors import ParamsError

T = TypeVar("T")


def read_json(line: str | bytes, what: str) -> Any:
    """Return what a JSON text holds.

    Args:
        line: The text; bytes are UTF-8.
        what: What it should be, for the error: ``job``.

    Raises:
        ParamsError: if it is no JSON, or nested too deep.
    """
    try:
        return json.loads(line)
    except (
        ValueError
    ) as error:  # also of bytes that are no UTF-8, and of numbers of thousands of digits
        raise ParamsError(f"not a {what}: it is no JSON ({error})") from error
    except RecursionError as error:
        raise ParamsError(f"not a {what}: it is nested too deep") from error


def read_typed(kind: type[T], values: Any, what: str) -> T:
    """Return a dataclass from plain values: objects, lists, texts, numbers, as JSON brings them.

    Nothing is converted but a list to a tuple and a whole number to a float where one is wanted. Numbers are
    finite, and texts are such as a path may hold: without NUL and lone surrogates.

    Args:
        kind: A dataclass of plain data: its fields are texts, numbers, booleans, tuples, mappings from texts,
            other such dataclasses, or any of these or None.
        values: What came.
        what: What it should be, for the error: ``job``.

    Raises:
        ParamsError: naming the field, what came and what is wanted.
    """
    try:
        return _record(kind, values, "")
    except _Mismatch as error:
        raise ParamsError(f"not a {what}: {error}") from error


class _Mismatch(Exception):
    """A value does not fit its field's annotation."""


def _record(kind: type[T], values: Any, where: str) -> T:
    if not isinstance(values, dict):
        raise _Mismatch(f"{where or 'it'} is {reprlib.repr(values)}; it must be an object")
    given = cast("dict[str, Any]", values)
    known = _fields(kind)
    for name in given:
        if name not in known:
            raise _Mismatch(f"{where or 'it'} has no field {reprlib.repr(name)[1:-1]}")
    for name, (declared, _) in known.items():
        if name not in given and declared.default is declared.default_factory is MISSING:
            raise _Mismatch(f"{where or 'it'} lacks {name}")
    before = f"{where}." if where else ""
    return kind(**{n: _value(known[n][1], value, before + n) for n, value in given.items()})


@cache
def _fields(kind: Any) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {declared.name: (declared, hints[declared.name]) for declared in fields(kind)}


def _value(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _one_of(get_args(kind), value, where)
    if origin is tuple:
        return _tuple(get_args(kind), value, where)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(get_args(kind)[1], value, where)
    if kind not in PLAIN:
        return _record(kind, value, where)
    fits, wanted = PLAIN[kind]
    return kind(_demand(fits(value), value, where, wanted))


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    """Read one of several plain kinds or one other kind, or None where that is among them."""
    if value is None and NoneType in kinds:
        return None
    some = [kind for kind in kinds if kind is not NoneType]
    if len(some) > 1:
        wanted = ", ".join(PLAIN[kind][1] for kind in some)
        fitting = [kind for kind in some if PLAIN[kind][0](value)]
        _demand(bool(fitting), value, where, f"one of: {wanted}")
        some = fitting
    return _value(some[0], value, where)


def _mapping(kind: Any, value: Any, where: str) -> dict[str, Any]:
    _demand(isinstance(value, dict), value, where, "an object")
    given = cast("dict[str, Any]", value)
    return {name: _value(kind, one, f"{where}.{name[:40]}") for name, one in given.items()}


def _tuple(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    _demand(isinstance(value, list | tuple), value, where, "a list")
    given = cast("list[Any]", value)
    if kinds[-1] is ...:
        kinds = kinds[:1] * len(given)
    _demand(len(given) == len(kinds), value, where, f"a list of {len(kinds)}")
    pairs = enumerate(zip(kinds, given, strict=True))
    return tuple(_value(kind, one, f"{where}[{index}]") for index, (kind, one) in pairs)


def _demand(fits: bool, value: Any, where: str, wanted: str) -> Any:
    if not fits:
        raise _Mismatch(f"{where} is {reprlib.repr(value)}; it must be {wanted}")
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    if not (_is_whole(value) or isinstance(value, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_text(value: Any) -> bool:
    """Return whether it is a text that could be a file's name, including names that are not UTF-8."""
    try:
        return isinstance(value, str) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


PLAIN: Mapping[type, tuple[Callable[[Any], bool], str]] = {
    str: (_is_text, "a text"),
    int: (_is_whole, "a whole number"),
    float: (_is_number, "a number"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
}
"""For each kind of plain value: the test whether something is one, and its name in messages."""
