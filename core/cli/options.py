"""Options that several commands share."""

import argparse
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, NoReturn

from ..card import Card
from ..catalog import LOOKS
from ..errors import ParamsError, StylizeError
from ..fields import option_of
from ..request.picture_job import StyleFile
from .fields import help_of, reader

STYLE = "--style"
PREFIX = "param_"
"""Prefix of a method's own settings among the parsed arguments."""


PROGRAM = "python -m core"


class UsageError(StylizeError):
    """The command line itself is wrong; ``program`` is the command whose help would say how it is right."""

    def __init__(self, message: str = "", program: str = PROGRAM) -> None:
        super().__init__(message)
        self.program = program


class Parser(argparse.ArgumentParser):
    """A parser that raises ``UsageError`` where argparse would print and exit."""

    def error(self, message: str) -> NoReturn:
        """Raise ``UsageError`` with argparse's message."""
        raise UsageError(message, self.prog)


class AddStyle(argparse.Action):
    """``--style`` begins a style; ``--style-weight`` and the like speak of the one before."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add a style, or set a field of the last one."""
        styles: tuple[StyleFile, ...] = namespace.styles
        if option_string == STYLE:
            styles = (*styles, StyleFile(values))
        elif not styles:
            parser.error(f"{option_string} must follow the {STYLE} that it belongs to")
        else:
            name = str(option_string).removeprefix(f"{STYLE}-")
            styles = (*styles[:-1], replace(styles[-1], **{name: values}))
        namespace.styles = styles


Group = argparse._ArgumentGroup  # pyright: ignore[reportPrivateUsage]  # it has no public name


def add_styles(parser: argparse.ArgumentParser, *more: str, required: bool = True) -> None:
    """Add the styles, and of what belongs to each the fields of ``StyleFile`` that are named."""
    declared = {f.name: f.metadata for f in fields(StyleFile)}
    add = parser.add_argument_group("style").add_argument
    words: dict[str, Any] = {"action": AddStyle, "dest": "styles"}
    facts = declared["path"]
    help_style = f"{facts['help']}; may be given several times"
    add(STYLE, metavar=facts["unit"], required=required, help=help_style, **words)
    for name in more:
        facts = declared[name]
        kind: dict[str, Any] = {"metavar": facts["unit"]}
        if name == "weight":
            kind = {"type": float, "metavar": "W"}
        help_more = f"of the style before it: {facts['help']}"
        add(f"{STYLE}-{name}", help=help_more, **kind, **words)
    parser.set_defaults(styles=())


def read_setting(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``, a setting of a method.

    Raises:
        ParamsError: if it is none.
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ParamsError(f"{text} is no setting; write it as NAME=VALUE")
    return name.replace("-", "_"), value


def add_settings(add: Callable[..., Any]) -> None:
    """Add ``--set``."""
    help_set = "a setting of the method by its name; may be given several times"
    add(
        "--set",
        action="append",
        default=[],
        type=reader(read_setting),
        metavar="NAME=VALUE",
        help=help_set,
    )


def add_look(parser: argparse.ArgumentParser) -> None:
    """Add ``--look``, another name of ``--method`` for what most choose from."""
    words = "; ".join(f"{look.id}: {look.summary}" for look in LOOKS)
    choices = [look.id for look in LOOKS]
    kept = argparse.SUPPRESS  # the default is the method's
    parser.add_argument("--look", dest="method", default=kept, choices=choices, help=words)


def add_card(group: Group, card: Card) -> None:
    """Add a method's own settings."""
    add_settings(group.add_argument)
    for declared in fields(card.params):
        choices = ",".join(declared.metadata["choices"])
        kind: dict[str, Any] = {"metavar": f"{{{choices}}}" if choices else "VALUE"}
        if isinstance(declared.default, bool):
            kind = {"action": argparse.BooleanOptionalAction}
        group.add_argument(
            option_of(declared), dest=PREFIX + declared.name, help=help_of(declared), **kind
        )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options for how results and progress are printed."""
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
