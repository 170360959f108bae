"""Options that several commands share."""

import argparse
from dataclasses import Field, fields, replace
from typing import Any, NoReturn

from ..card import Card
from ..catalog import CARDS
from ..errors import StylizeError
from ..request.picture_job import Job, StyleFile

DEFAULTS = {f.name: f.default for f in fields(Job)}
BACKBONES = tuple(dict.fromkeys(name for card in CARDS for name in card.backbones))
PREFIX = "param_"
"""Prefix of a method's own settings among the parsed arguments."""


class UsageError(StylizeError):
    """The command line itself is wrong."""


class Parser(argparse.ArgumentParser):
    """A parser that raises ``UsageError`` where argparse would print and exit."""

    def error(self, message: str) -> NoReturn:
        """Raise ``UsageError`` with argparse's message."""
        raise UsageError(message)


class AddStyle(argparse.Action):
    """``--style`` adds a style; ``--style-weight``, ``-mask`` and ``-labels`` set a field of the last one."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add a style, or set a field of the last one."""
        styles: tuple[StyleFile, ...] = namespace.styles
        if option_string == "--style":
            styles = (*styles, StyleFile(values))
        elif not styles:
            parser.error(f"{option_string} must follow the --style that it belongs to")
        else:
            name = str(option_string).removeprefix("--style-")
            styles = (*styles[:-1], replace(styles[-1], **{name: values}))
        namespace.styles = styles


Group = argparse._ArgumentGroup  # pyright: ignore[reportPrivateUsage]  # it has no public name


def add_styles(group: Group) -> None:
    """Add ``--style`` and the options that belong to one style."""
    add = group.add_argument
    help_style = (
        "a picture, builtin:NAME, or a style that the method knows; may be given several times"
    )
    add(
        "--style",
        action=AddStyle,
        metavar="PICTURE",
        dest="styles",
        required=True,
        help=help_style,
    )
    help_weight = "share of the style before it; shares are relative (1)"
    add("--style-weight", action=AddStyle, type=float, metavar="W", dest="styles", help=help_weight)
    help_mask = "white where the style before it applies"
    add("--style-mask", action=AddStyle, metavar="FILE", dest="styles", help=help_mask)
    help_labels = "label picture of the style before it, in the colours of --labels"
    add("--style-labels", action=AddStyle, metavar="FILE", dest="styles", help=help_labels)
    add("--style-scale", type=float, default=1.0, metavar="S", help="brush size; 1 is normal")


def add_machine(group: Group) -> None:
    """Add the options for memory, device, precision and networks."""
    add = group.add_argument
    add(
        "--max-memory",
        type=int,
        metavar="MB",
        help="what the whole process may take, itself included",
    )
    pixels = DEFAULTS["max_pixels"]
    add(
        "--max-pixels",
        type=int,
        default=pixels,
        metavar="N",
        help=f"refuse larger pictures ({pixels})",
    )
    help_thumbnail = (
        "measure in a small copy of the content: faster if it is large, not quite the same"
    )
    add("--thumbnail", action="store_true", help=help_thumbnail)
    add("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:1, mps")
    add("--precision", choices=("auto", "float32", "bfloat16", "float16"), default="auto")
    add("--backbone", choices=BACKBONES, default="compact")
    add(
        "--weights", metavar="DIR", help="folder of imported weights, beside those that are shipped"
    )


def add_card(group: Group, card: Card) -> None:
    """Add a method's own settings."""
    help_set = "a setting by its name; may be given several times"
    group.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=help_set)
    for declared in fields(card.params):
        option = "--" + declared.name.replace("_", "-")
        kind: dict[str, Any] = {"metavar": "VALUE"}
        if isinstance(declared.default, bool):
            kind = {"action": argparse.BooleanOptionalAction}
        group.add_argument(option, dest=PREFIX + declared.name, help=describe(declared), **kind)


def describe(declared: Field[Any]) -> str:
    """Return a setting's help text with its choices or range and its default, for argparse."""
    low, high, choices = (declared.metadata[key] for key in ("min", "max", "choices"))
    span = ", ".join(choices) if choices else f"{low} to {high}" if low is not None else ""
    facts = "; ".join(x for x in (span, f"default {declared.default}") if x)
    return f"{declared.metadata['help']} ({facts})".replace("%", "%%")


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options for how results and progress are printed."""
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
