"""Options made from the declared fields of a request, and its values read back from what was typed."""

import argparse
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from types import MappingProxyType, NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from ..errors import ParamsError, StylizeError
from ..fields import is_share, option_of, range_of

WHOM = ("all", "cli")
OTHERS = {
    "styles": "--style",
    "weight": "--style-weight",
    "area": "--scene",
    "style_labels": "--style-labels",
    "output": "-o",
    "data": "--data",
    "style": "--style",
    "format": "--format",
}
"""Options that are not made from a field of their own."""
METAVARS = {int: "N", float: "X", str: "NAME"}


class Typed(NamedTuple):
    """A declared field that is an option: where its value lies among the parsed arguments, and its type."""

    place: str
    declared: Field[Any]
    kind: Any


def typed_fields(
    request: type,
    whom: Collection[str] = WHOM,
    names: Collection[str] | None = None,
    before: str = "",
) -> Iterator[Typed]:
    """Give the fields of a dataclass that are options, and of those dataclasses that are its fields.

    Args:
        request: The dataclass.
        whom: Fields for these are options.
        names: Of the dataclass itself only these; None: all.
        before: What the places begin with.
    """
    hints = get_type_hints(request)
    for declared in fields(request):
        kind = _plain(hints[declared.name])
        if names is not None and declared.name not in names:
            continue
        if isinstance(kind, type) and is_dataclass(kind):
            yield from typed_fields(kind, whom, before=f"{before}{declared.name}.")
        elif declared.metadata.get("whom") in whom:
            yield Typed(before + declared.name, declared, kind)


def explain(error: StylizeError, options: Iterable[Typed]) -> str:
    """Return an error's sentence, with the option that sets what it speaks of."""
    known = {option.declared.name: option_of(option.declared) for option in options} | OTHERS
    owner, _, name = error.setting.rpartition(".")
    option = "--" + name.replace("_", "-") if owner else known.get(name, "")
    return f"{error} ({option})" if option and option not in str(error) else str(error)


def add_fields(
    parser: argparse.ArgumentParser,
    options: Collection[Typed],
    *,
    unset: bool = False,
    only: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> None:
    """Add an option for each of these fields, each below its heading.

    Args:
        parser: Where they go.
        options: The fields.
        unset: Whether what is not typed is None, and not the field's default.
        only: Of a field by its place, the choices that this command has.
    """
    groups: dict[str, Any] = {group.title or "": group for group in parser._action_groups}  # pyright: ignore[reportPrivateUsage]  # argparse has no public way to find a group
    for option in options:
        heading = option.declared.metadata["group"]
        if heading and heading not in groups:
            groups[heading] = parser.add_argument_group(heading)
        target = groups[heading] if heading else parser
        choices = only.get(option.place, option.declared.metadata["choices"])
        _add_field(target.add_argument, option, choices, unset=unset)


def read_fields(
    arguments: argparse.Namespace, request: type, options: Collection[Typed]
) -> dict[str, Any]:
    """Return what was typed as values for a dataclass; fields that are not among the options are left out."""
    hints = get_type_hints(request)
    given: dict[str, Any] = {}
    for option in options:
        value = getattr(arguments, option.place)
        if isinstance(option.declared.default, tuple):
            value = tuple(value or ())
        head, _, rest = option.place.partition(".")
        if rest:
            given.setdefault(head, {})[rest] = value
        else:
            given[head] = value
    return {
        name: _plain(hints[name])(**value) if isinstance(value, dict) else value
        for name, value in given.items()
    }


def _add_field(
    add: Callable[..., Any], option: Typed, choices: tuple[str, ...], *, unset: bool
) -> None:
    declared, facts = option.declared, option.declared.metadata
    several = isinstance(declared.default, tuple)
    words: dict[str, Any] = {
        "dest": option.place,
        "default": None if unset or several else declared.default,
        "help": help_of(declared),
    }
    if option.kind is bool:
        off = declared.default is False and not unset
        words["action"] = "store_true" if off else argparse.BooleanOptionalAction
    elif facts["read"] is not None:
        words |= {"type": reader(facts["read"]), "metavar": facts["unit"]}
        words |= {"action": "append"} if several else {}
    else:
        words |= {"type": option.kind} if option.kind in (int, float) else {}
        words |= {"choices": choices} if choices else {}
        words |= {"metavar": _metavar(option)}
    add(option_of(declared), **words)


def _metavar(option: Typed) -> str | None:
    facts = option.declared.metadata
    if facts["unit"] or facts["choices"]:
        return facts["unit"] or None
    return "0..1" if is_share(option.declared) else METAVARS[option.kind]


def help_of(declared: Field[Any]) -> str:
    """Return a field's help with what it may be, where its metavar does not say so, and its default."""
    span = "" if declared.metadata["choices"] or is_share(declared) else range_of(declared)
    default = declared.default
    plain = (
        isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    )
    facts = "; ".join(x for x in (span, f"default {default}" if plain else "") if x)
    return declared.metadata["help"].replace("%", "%%") + (f" ({facts})" if facts else "")


def reader(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return what argparse calls to read a value: it says itself which option was written wrongly."""

    def convert(text: str) -> Any:
        try:
            return read(text)
        except ParamsError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


def _plain(hint: Any) -> Any:
    """Return a type without its None."""
    some = [kind for kind in get_args(hint) if kind is not NoneType]
    return some[0] if NoneType in get_args(hint) and len(some) == 1 else hint
