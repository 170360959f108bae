"""The command ``toon``: gives finished renders tones, highlights and lines."""

import argparse
from dataclasses import asdict

from ..request.toon_job import ToonJob
from ..request.toon_look import PRESETS, ToonLook
from .commands import print_json, say
from .console import format_seconds, open_console
from .fields import add_fields, help_of, read_fields, typed_fields
from .options import add_output

OWN = tuple(typed_fields(ToonJob))
LOOK = tuple(typed_fields(ToonLook))
"""The options of a job, and those that change a look."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add all that ``toon`` takes."""
    declared = ToonJob.__dataclass_fields__
    add = parser.add_argument
    add("content", metavar="PASSES", help=help_of(declared["content"]))
    add("-o", "--output", metavar="OUT", required=True, help=help_of(declared["output"]))
    add_fields(parser, OWN)
    add_fields(parser, LOOK, unset=True)
    add("--looks", action=ListLooks, nargs=0, help="list the looks, and quit")
    add_output(parser)
    parser.set_defaults(command=run_toon)


class ListLooks(argparse.Action):
    """Print the looks and end, whatever else was typed."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print and end."""
        for name, preset in PRESETS.items():
            say(f"{name:<12}{preset.title}: {preset.summary}")
        parser.exit()


def toon_job_of(arguments: argparse.Namespace) -> ToonJob:
    """Return the job that ``toon`` was asked for."""
    given = {o.declared.name: getattr(arguments, o.place) for o in LOOK}
    look = {name: value for name, value in given.items() if value is not None}
    values = read_fields(arguments, ToonJob, OWN)
    return ToonJob(content=arguments.content, output=arguments.output, look=look, **values)


def run_toon(arguments: argparse.Namespace) -> None:
    """Give a render a toon look, and say what came out."""
    from ..toon.run import run_toon as run

    report, console = open_console(quiet=arguments.quiet)
    try:
        result = run(toon_job_of(arguments), report)
    finally:
        console.close()
    if arguments.json:
        print_json(asdict(result))
    elif not arguments.quiet:
        there = f", {result.skipped} were there" if result.skipped else ""
        say(
            f"{result.output}: {result.frames} made{there}, {result.width} x {result.height}, "
            f"{format_seconds(result.engine_seconds)}, {result.processor_seconds:g} s of a processor each"
        )
        for note in result.notes:
            say(f"  {note}")
