"""The command ``sequence``: stylizes frames so that they do not flicker."""

import argparse
import re
from dataclasses import asdict

from .. import styles
from ..card import Card, make_params
from ..catalog import CARDS, DEFAULT, find_card
from ..errors import ParamsError
from ..progress import Report
from ..request.picture_job import AIMS
from ..request.sequence_job import (
    MOTIONS,
    SHOWN,
    SOURCES,
    STATISTICS,
    SURFACES,
    Region,
    SequenceJob,
    SequenceResult,
    ViewTransform,
    check_sequence,
)
from ..video.frames import Pattern
from .commands import job_of, print_json, say
from .console import format_seconds, open_console
from .options import Group, add_card, add_machine, add_output, add_styles


def add_arguments(parser: argparse.ArgumentParser, card: Card) -> None:
    """Add all that ``sequence`` takes; the settings are those of ``card``."""
    add = parser.add_argument
    help_content = "the frames: a # for each digit of their number, as in render_####.exr"
    add("content", metavar="PATTERN", help=help_content)
    help_output = "where frames go, likewise; its suffix says the format"
    add("-o", "--output", metavar="PATTERN", required=True, help=help_output)
    add("--frames", metavar="A-B", help="first and last frame (all that are there)")
    methods = ("auto", *(c.id for c in CARDS))
    add("--method", choices=methods, default="auto", help=f"auto is mostly {DEFAULT}")
    add("--for", choices=AIMS, default=AIMS[0], dest="aim", help="what auto chooses for")
    add("--strength", type=float, default=1.0, metavar="0..1", help="how much of the effect")
    add("--keep-color", action="store_true", help="keep the frames' colours")
    add("--seed", type=int, default=0, metavar="N", help="for methods that draw random numbers")
    add("--overwrite", action="store_true", help="replace files that were not made here")
    _add_motion(parser.add_argument_group("motion"))
    _add_parts(parser.add_argument_group("parts of a frame"))
    _add_view(parser.add_argument_group("scene-linear frames"))
    _add_farm(parser.add_argument_group("farm"))
    add_styles(parser.add_argument_group("style"))
    add_machine(parser.add_argument_group("machine"))
    add_card(parser.add_argument_group(f"settings of {card.id}", card.summary), card)
    add_output(parser)
    parser.set_defaults(command=run_sequence, styles=(), card=card)


def _add_motion(group: Group) -> None:
    add = group.add_argument
    help_motion = (
        "where motion comes from: the frames' own Vector pass, a guess (flow, or a way to guess by its "
        f"name: {', '.join(SOURCES)}), none (every frame for itself); auto: passes where there are any"
    )
    choices = (*MOTIONS, *SOURCES)
    add("--motion", choices=choices, default="auto", metavar="M", help=help_motion)
    help_anchor = "frames from one that is painted anew to the next (12)"
    add("--anchor", type=int, default=12, metavar="N", help=help_anchor)
    help_both = (
        "carry paint back from the next anchor, too: what comes into view has its paint at once"
    )
    add("--both-ways", action="store_true", help=help_both)
    help_statistics = "measure the content once over the whole sequence, or anew at every anchor"
    add("--statistics", choices=STATISTICS, default=STATISTICS[0], help=help_statistics)
    help_cameras = "JSON of the cameras: the background's motion, which Cycles does not write"
    add("--cameras", metavar="FILE", help=help_cameras)
    help_vectors = (
        "multilayer EXRs that tell how the frames move, where these have no vectors of their own: "
        "rendered without Motion Blur, one sample will do"
    )
    add("--vectors", metavar="PATTERN", help=help_vectors)
    help_surface = "equirect: frames of 360 degrees"
    add("--surface", choices=SURFACES, default="auto", help=help_surface)


def _add_parts(group: Group) -> None:
    add = group.add_argument
    help_region = (
        "a part and its strength, may be given several times: object:Fox=0.3, 'not material:Skin=0', "
        "asset:, object_index:, material_index:, depth:2..10=0.5, or a mask's file"
    )
    add("--region", action="append", default=[], metavar="WHERE=0..1", help=help_region)
    help_mask = "the part that may change: as for --region, without a strength"
    add("--mask", metavar="WHERE", help=help_mask)
    add("--layer", metavar="NAME", help="view layer of multilayer frames (the first)")
    help_source = "what is stylized: the render, or its surfaces' colour, put back into the light"
    add("--pass", choices=SHOWN, default=SHOWN[0], dest="source", help=help_source)


def _add_view(group: Group) -> None:
    add = group.add_argument
    add("--view", default="Standard", metavar="NAME", help="view transform, such as AgX (Standard)")
    add("--view-look", default="", metavar="NAME", help="its look, such as 'AgX - Punchy'")
    add("--display", default="sRGB", metavar="NAME", help="display device (sRGB)")
    add("--exposure", type=float, default=0.0, metavar="STOPS", help="as in Color Management")
    add("--gamma", type=float, default=1.0, metavar="G", help="likewise")
    help_config = "OpenColorIO's config.ocio: Blender's lies in datafiles/colormanagement"
    add("--view-config", metavar="FILE", help=help_config)


def _add_farm(group: Group) -> None:
    add = group.add_argument
    help_dask = "scheduler of a Dask cluster, tcp://host:8786; without an address, processes here"
    add("--dask", nargs="?", const="local", metavar="ADDRESS", help=help_dask)
    add("--chunk", type=int, metavar="N", help="frames that a worker takes at once (48)")
    add("--workers", type=int, default=2, metavar="N", help="processes, where they run here (2)")


def sequence_job_of(arguments: argparse.Namespace) -> SequenceJob:
    """Return the request that the command's arguments make.

    Raises:
        ParamsError: if an option cannot be read.
    """
    return SequenceJob(
        job=job_of(arguments),
        frames=None if arguments.frames is None else parse_frames(arguments.frames),
        motion=arguments.motion,
        anchor=arguments.anchor,
        both_ways=arguments.both_ways,
        statistics=arguments.statistics,
        layer=arguments.layer,
        source=arguments.source,
        regions=tuple(_parse_region(text) for text in arguments.region),
        cameras=arguments.cameras,
        vectors=arguments.vectors,
        view=ViewTransform(
            arguments.view,
            arguments.view_look,
            arguments.display,
            arguments.exposure,
            arguments.gamma,
            arguments.view_config,
        ),
        overwrite=arguments.overwrite,
    )


def parse_frames(text: str) -> tuple[int, int]:
    """Read ``1-250`` or ``7``.

    Raises:
        ParamsError: if it is neither.
    """
    found = re.fullmatch(r"\s*(-?[0-9]{1,15})(?:\s*(?:-|\.\.)\s*(-?[0-9]{1,15}))?\s*", text)
    if not found:
        raise ParamsError(f"--frames {text[:40]} is no range; write it as 1-250")
    first = int(found[1])
    last = int(found[2]) if found[2] is not None else first
    if last < first:
        raise ParamsError(f"--frames {text} runs backward; the first must be the smaller")
    return first, last


def _parse_region(text: str) -> Region:
    where, equals, strength = text.rpartition("=")
    try:
        return Region(where, float(strength)) if equals else Region(text)
    except ValueError as error:
        raise ParamsError(f"--region {text}: the strength must be a number from 0 to 1") from error


def check(arguments: argparse.Namespace) -> None:
    """Check what can be checked without reading a frame.

    Raises:
        ParamsError: saying what came and what is allowed.
    """
    sequence = sequence_job_of(arguments)
    check_sequence(sequence)
    job = sequence.job
    if not 0 <= job.strength <= 1:
        raise ParamsError(f"--strength is {job.strength:g}; it must be between 0 and 1")
    if not 0 < job.style_scale <= 16:
        raise ParamsError(
            f"--style-scale is {job.style_scale:g}; it must be above 0 and at most 16"
        )
    for style in job.styles:
        styles.resolve(style.path)
    if job.method != "auto":
        make_params(find_card(job.method), job.params)
    for option, count in (("--chunk", arguments.chunk), ("--workers", arguments.workers)):
        if count is not None and count < 1:
            raise ParamsError(f"{option} is {count}; it must be 1 or more")
    if str(Pattern.read(job.content)) == str(Pattern.read(job.output)):
        raise ParamsError(f"{job.output} is the frames themselves; choose another output")


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
