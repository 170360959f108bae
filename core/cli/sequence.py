"""The command ``sequence``: stylizes frames so that they do not flicker."""

import argparse
from dataclasses import asdict

from ..card import Card
from ..errors import ParamsError
from ..progress import Report
from ..request.check import check_sequence
from ..request.sequence_job import SINGLE, SequenceJob, SequenceResult
from ..video.frames import Pattern
from .commands import PICTURE, job_of, print_json, say
from .console import format_seconds, open_console
from .fields import add_fields, read_fields, typed_fields
from .options import Group, add_card, add_look, add_output, add_styles

OWN = tuple(o for o in typed_fields(SequenceJob) if not o.place.startswith("job."))
OF_JOB = tuple(option for option in PICTURE if option.place not in SINGLE)
"""The options of a sequence: its own fields, and those of a job that are not for single pictures."""


def add_arguments(parser: argparse.ArgumentParser, card: Card) -> None:
    """Add all that ``sequence`` takes; the settings are those of ``card``."""
    add = parser.add_argument
    help_content = "the frames: a # for each digit of their number, as in render_####.exr"
    add("content", metavar="PATTERN", help=help_content)
    help_output = "where frames go, likewise; its suffix says the format"
    add("-o", "--output", metavar="PATTERN", required=True, help=help_output)
    add_styles(parser, "weight", "mask", "labels", required=card.needs_style)
    add_fields(parser, (*OWN, *OF_JOB))
    add_look(parser)
    _add_farm(parser.add_argument_group("farm"))
    add_card(parser.add_argument_group(f"settings of {card.id}", card.summary), card)
    add_output(parser)
    parser.set_defaults(command=run_sequence, card=card)


def _add_farm(group: Group) -> None:
    add = group.add_argument
    help_dask = "scheduler of a Dask cluster, tcp://host:8786; without an address, processes here"
    add("--dask", nargs="?", const="local", metavar="ADDRESS", help=help_dask)
    add("--chunk", type=int, metavar="N", help="frames that a worker takes at once (48)")
    add("--workers", type=int, default=2, metavar="N", help="processes, where they run here (2)")


def sequence_job_of(arguments: argparse.Namespace) -> SequenceJob:
    """Return the sequence that ``sequence`` was asked for."""
    return SequenceJob(job=job_of(arguments), **read_fields(arguments, SequenceJob, OWN))


def check(arguments: argparse.Namespace) -> None:
    """Check what can be checked without reading a frame.

    Raises:
        ParamsError: saying what came and what is allowed.
    """
    sequence = sequence_job_of(arguments)
    check_sequence(sequence)
    for option, count in (("--chunk", arguments.chunk), ("--workers", arguments.workers)):
        if count is not None and count < 1:
            raise ParamsError(f"{option} is {count}; it must be 1 or more")
    content, output = sequence.job.content, sequence.job.output
    if str(Pattern.read(content)) == str(Pattern.read(output)):
        raise ParamsError(f"{output} is the frames themselves; choose another output")


def run_sequence(arguments: argparse.Namespace) -> None:
    """Stylize a sequence and say what came out."""
    report, console = open_console(quiet=arguments.quiet)
    try:
        result = _stylize(arguments, report)
    finally:
        console.close()
    if arguments.json:
        print_json(asdict(result))
    elif not arguments.quiet:
        say("\n".join(_describe(result)))


def _stylize(arguments: argparse.Namespace, report: Report) -> SequenceResult:
    sequence = sequence_job_of(arguments)
    if arguments.dask is None:
        from ..sequence.run import stylize_sequence

        return stylize_sequence(sequence, report)
    from ..sequence.farm import stylize_on_farm

    return stylize_on_farm(
        sequence, arguments.dask, chunk=arguments.chunk, workers=arguments.workers, report=report
    )


def _describe(result: SequenceResult) -> list[str]:
    there = f", {result.skipped} were there" if result.skipped else ""
    cuts = f", cuts at {', '.join(map(str, result.cuts))}" if result.cuts else ""
    return [
        f"{result.output}: {result.frames} frames made{there}, {result.width} x {result.height}, "
        f"{result.method}, motion {result.motion}{cuts}, {format_seconds(result.engine_seconds)}, "
        f"{result.peak_memory_mb} MB",
        *(f"  {note}" for note in result.notes),
    ]
