"""What may be typed: the commands, their options, and the options that a method's card adds."""

import argparse
from collections.abc import Sequence
from dataclasses import fields

from ..card import Card
from ..catalog import DEFAULT, TOON, find_card
from ..errors import ParamsError, StylizeError
from ..evaluation.asked import JUDGES
from ..request.check import check_job, check_toon
from ..request.picture_job import BACKBONES, Job
from . import commands, hand, sequence, toon
from .commands import PICTURE
from .fields import add_fields, explain, help_of, reader
from .options import (
    PREFIX,
    PROGRAM,
    Parser,
    UsageError,
    add_card,
    add_look,
    add_output,
    add_styles,
)

__all__ = ["PREFIX", "UsageError", "build_parser", "parse"]


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; ``.command`` is the function that they call.

    Raises:
        UsageError: if they are wrong.
    """
    method, argv = _choose_method(argv)
    try:
        arguments = build_parser(find_card(method)).parse_args(argv)
        if arguments.command is commands.stylize:
            check_job(commands.job_of(arguments))
        if arguments.command is sequence.run_sequence:
            sequence.check(arguments)
        if arguments.command is toon.run_toon:
            check_toon(toon.toon_job_of(arguments))
    except ParamsError as error:
        raise UsageError(say_option(error), f"{PROGRAM} {argv[0]}") from error
    return arguments


def _choose_method(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the method that was typed, and what was typed: of the method toon, its own command."""
    if not argv or argv[0] not in ("stylize", "sequence"):
        return DEFAULT, argv
    peek = Parser(add_help=False, allow_abbrev=False)
    peek.add_argument("--method", "--look", default=DEFAULT)
    peeked, rest = peek.parse_known_args(argv)
    return (DEFAULT, [TOON, *rest[1:]]) if peeked.method == TOON else (peeked.method, argv)


def say_option(error: StylizeError) -> str:
    """Return an error's sentence, with the option that sets what it speaks of."""
    return explain(error, (*toon.OWN, *toon.LOOK, *sequence.OWN, *PICTURE))


def build_parser(card: Card) -> Parser:
    """Return the whole command line; ``stylize`` offers the settings of ``card`` as options."""
    parser = Parser(prog=PROGRAM, description="Give pictures the style of other pictures.")
    found = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _stylize(found.add_parser("stylize", help="stylize one picture", allow_abbrev=False), card)
    sequence.add_arguments(
        found.add_parser("sequence", help="stylize frames, calm in motion", allow_abbrev=False),
        card,
    )
    toon.add_arguments(
        found.add_parser("toon", help="shade and ink a finished render", allow_abbrev=False)
    )
    hand.add_arguments(
        found.add_parser("hand", help="find the painter who comes nearest to a picture's hand")
    )
    _methods(found.add_parser("methods", help="list the methods and their settings"))
    _identify(found.add_parser("identify", help="say what a weights file is"))
    _weights(found.add_parser("weights", help="list, verify or import weights"))
    _train(found.add_parser("train", help="train a network of this project"))
    _parity(found.add_parser("parity", help="compare with the authors' own results"))
    _measure(found.add_parser("measure", help="how good methods are; what became of a scene"))
    return parser


def _stylize(parser: argparse.ArgumentParser, card: Card) -> None:
    declared = {f.name: f for f in fields(Job)}
    add = parser.add_argument
    add("content", metavar="CONTENT", help=help_of(declared["content"]))
    add("-o", "--output", metavar="OUT", required=True, help=help_of(declared["output"]))
    add_styles(parser, "weight", "mask", "labels", required=card.needs_style)
    add_fields(parser, PICTURE)
    add_look(parser)
    add_card(parser.add_argument_group(f"settings of {card.id}", card.summary), card)
    help_grid = (
        "write variants 0 to N - 1 as one sheet, small, to choose one (methods with --variant)"
    )
    add("--grid", type=int, metavar="N", help=help_grid)
    add_output(parser)
    parser.set_defaults(command=commands.stylize, card=card)


def _methods(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the cards as JSON")
    parser.set_defaults(command=commands.methods)


def _identify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a published checkpoint")
    _add_format(parser)
    parser.set_defaults(command=commands.identify)


def _add_format(parser: argparse.ArgumentParser) -> None:
    help_format = "take the file for this format, where two look alike"
    parser.add_argument("--format", default="", metavar="ID", help=help_format)
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def _weights(parser: argparse.ArgumentParser) -> None:
    found = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listed = found.add_parser("list", help="list the weights that are here")
    verified = found.add_parser("verify", help="compare them with the catalogue")
    imported = found.add_parser("import", help="convert a published checkpoint for this engine")
    imported.add_argument("file", metavar="FILE", help="a published checkpoint")
    _add_format(imported)
    for sub in (listed, verified, imported):
        sub.add_argument("--weights", metavar="DIR", help="folder of your own imported weights")
    for sub in (listed, verified):
        sub.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    listed.set_defaults(command=commands.list_weights)
    verified.set_defaults(command=commands.verify_weights)
    imported.set_defaults(command=commands.import_weights)


def _train(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("recipe", metavar="ID", nargs="?", help="what to train; without it, the recipes are listed")
    add("--data", metavar="DIR", help="folder of the training pictures")
    add(
        "--teacher", metavar="FILE", help="the published network to learn from (cd16x encoder5.pth)"
    )
    add(
        "--out",
        metavar="DIR",
        help="where weights and checkpoint go; a checkpoint there is resumed",
    )
    add("--style", metavar="PICTURE", help="the style that a network of one style learns")
    add("--style-scale", type=float, default=1.0, metavar="S", help="its brush size; 1 is normal")
    add("--a", metavar="DIR", help="pictures of the domain that a translation begins with")
    add("--b", metavar="DIR", help="pictures of the domain that it leads to")
    add("--pairs", action="store_true", help="files of one name in both show the same thing")
    help_aligned = "with --pairs: they fit spot for spot, and what changes is hardly chance"
    add("--aligned", action="store_true", help=help_aligned)
    help_critics = (
        "with --pairs: discriminators look at the results too, which a GPU has the time for"
    )
    add("--critics", action="store_true", help=help_critics)
    help_begin = "weight file of another translation to begin with, which saves most of the time"
    add("--begin", metavar="FILE", help=help_begin)
    add("--published", action="store_true", help="a translation of the published sizes, not small")
    help_device = "where a translation learns: cpu, cuda, or auto"
    add("--device", default="cpu", metavar="D", help=help_device)
    add("--plot", action="store_true", help="write a translation's curves as a picture too")
    help_output = "weight file of one style or translation; preview and checkpoint go beside it"
    add("-o", "--output", metavar="FILE", help=help_output)
    add("--renders", metavar="DIR", help="sequences that tools/render_flow.py has rendered")
    add("--steps", type=int, metavar="N", help="train longer or shorter than the recipe says")
    add("--seed", type=int, default=0, metavar="N", help="of all random draws")
    add_output(parser)
    parser.set_defaults(command=commands.train)


def _parity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="folder of .npz cases")
    parser.add_argument("--teachers", metavar="DIR", help="folder of the published networks")
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.set_defaults(command=commands.parity)


def _measure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    help_method = "with settings, as in transport:strength=0.6; may be given several times (auto)"
    method = "ID[:NAME=VALUE...]"
    add("--method", action="append", dest="methods", metavar=method, help=help_method)
    add("--contents", nargs="+", metavar="GLOB", help="pictures to stylize")
    add("--styles", nargs="+", metavar="GLOB", help="pictures to take the style from")
    help_judge = f"the network that judges: {', '.join(JUDGES)}, or cd16x's file ({JUDGES[0]})"
    add("--judge", default=JUDGES[0], metavar="NAME", help=help_judge)
    help_made = "pictures that something else has made, named CONTENT--STYLE.png after the files"
    add(
        "--made",
        action="append",
        default=[],
        type=reader(read_made),
        metavar="NAME=DIR",
        help=help_made,
    )
    add("--microast", metavar="DIR", help="the published MicroAST's folder, to measure against")
    help_side = "longest side of the contents in pixels, 128 or more (512)"
    add("--side", type=reader(read_side), default=512, metavar="N", help=help_side)
    add("--backbone", choices=BACKBONES, default=BACKBONES[0])
    add("--weights", metavar="DIR", help="folder of imported weights")
    scene = parser.add_argument_group("a scene, instead of methods: are its materials themselves")
    scene.add_argument("--before", nargs="+", metavar="GLOB", help="each material's picture")
    help_after = "the same as they are now: of the same names, or in the same order"
    scene.add_argument("--after", nargs="+", metavar="GLOB", help=help_after)
    add_output(parser)
    parser.set_defaults(command=commands.measure)


def read_made(text: str) -> tuple[str, str]:
    """Read ``NAME=DIR``.

    Raises:
        ParamsError: if it is none.
    """
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise ParamsError(f"{text} names no folder of pictures; write it as NAME=DIR")
    return name, folder


def read_side(text: str) -> int:
    """Read a number of pixels.

    Raises:
        ParamsError: if it is none, or too small for the figures.
    """
    if not text.isdecimal() or not 128 <= int(text) <= 8192:
        raise ParamsError(f"{text} is no side to measure at; give pixels, 128 to 8192")
    return int(text)
