"""The command ``hand``: which painter, with which settings, comes nearest to a picture's hand."""

import argparse
import sys
from dataclasses import asdict, fields

from ..catalog import find_card
from ..fields import option_of
from ..request.hand_job import HandJob, HandResult
from ..request.picture_job import Job
from .commands import print_json, say
from .console import open_console
from .fields import help_of
from .options import add_output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what may be typed."""
    declared = {f.name: f for f in fields(HandJob)}
    parser.add_argument("style", metavar="STYLE", help=help_of(declared["style"]))
    add_output(parser)
    parser.set_defaults(command=run_hand)


def run_hand(arguments: argparse.Namespace) -> None:
    """Print the options of ``stylize`` that paint in a picture's hand; what is to be said goes to stderr."""
    from ..hand.find import find_hand

    report, console = open_console(quiet=arguments.quiet)
    try:
        found = find_hand(HandJob(style=arguments.style), report)
    finally:
        console.close()
    if arguments.json:
        return print_json(asdict(found))
    for note in found.notes:
        sys.stderr.write(f"{note}\n")
    return say(" ".join(options_of(found)))


def options_of(found: HandResult) -> list[str]:
    """Return the options of ``stylize`` that set a painter as it was found."""
    size = next(f for f in fields(Job) if f.name == "style_scale")
    options = ["--method", found.method, option_of(size), f"{found.style_scale:g}"]
    for declared in fields(find_card(found.method).params):
        value, option = found.params[declared.name], option_of(declared)
        if isinstance(value, bool):
            options.append(option if value else f"--no-{option.removeprefix('--')}")
        else:
            options += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    return options
