"""What may be typed: the commands, their options, and the options that a method's card adds."""

import argparse
from collections.abc import Sequence
from typing import Any

from ..card import Card
from ..catalog import CARDS, DEFAULT, find_card
from ..errors import ParamsError
from ..request.picture_job import AIMS, SURFACES, Layer
from . import commands, sequence
from .options import (
    BACKBONES,
    DEFAULTS,
    PREFIX,
    Parser,
    UsageError,
    add_card,
    add_machine,
    add_output,
    add_styles,
    describe,
)

__all__ = ["BACKBONES", "DEFAULTS", "PREFIX", "UsageError", "build_parser", "describe", "parse"]


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; ``.command`` is the function that they call.

    Raises:
        UsageError: if they are wrong.
    """
    peek = Parser(add_help=False, allow_abbrev=False)
    peek.add_argument("--method", default=DEFAULT)
    takes_method = argv[:1] in (["stylize"], ["sequence"])
    method = peek.parse_known_args(argv)[0].method if takes_method else DEFAULT
    try:
        arguments = build_parser(find_card(method)).parse_args(argv)
        if arguments.command is commands.stylize:
            commands.check_job(commands.job_of(arguments))
        if arguments.command is sequence.run_sequence:
            sequence.check(arguments)
    except ParamsError as error:
        raise UsageError(str(error)) from error
    return arguments


def build_parser(card: Card) -> Parser:
    """Return the whole command line; ``stylize`` offers the settings of ``card`` as options."""
    parser = Parser(prog="python -m core", description="Give pictures the style of other pictures.")
    found = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _stylize(found.add_parser("stylize", help="stylize one picture", allow_abbrev=False), card)
    sequence.add_arguments(
        found.add_parser("sequence", help="stylize frames, calm in motion", allow_abbrev=False),
        card,
    )
    _methods(found.add_parser("methods", help="list the methods and their settings"))
    _identify(found.add_parser("identify", help="say what a weights file is"))
    _weights(found.add_parser("weights", help="list, verify or import weights"))
    _train(found.add_parser("train", help="train a network of this project"))
    _parity(found.add_parser("parity", help="compare with the authors' own results"))
    _measure(
        found.add_parser("measure", help="style distance, content distance and grain of methods")
    )
    return parser


class _AddLayer(argparse.Action):
    """``--layer METHOD,NAME=VALUE,...`` adds a look."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        method, *pairs = str(values).split(",")
        params: dict[str, str] = {}
        for pair in pairs:
            name, _, value = pair.partition("=")
            params[name.replace("-", "_")] = value
        try:
            strength, scale = (float(params.pop(n, "1")) for n in ("strength", "style_scale"))
        except ValueError:
            parser.error(f"{option_string} {values}: strength and style_scale are numbers")
        namespace.layers = (*namespace.layers, Layer(method, strength, scale, params))


def _stylize(parser: argparse.ArgumentParser, card: Card) -> None:
    add = parser.add_argument
    add("content", metavar="CONTENT", help="the picture to stylize")
    add(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        help="where the result goes; its suffix says the format",
    )
    methods = ("auto", *(c.id for c in CARDS))
    help_method = f"auto chooses by what is asked and says what it chose; mostly {DEFAULT}"
    add("--method", choices=methods, default="auto", help=help_method)
    help_aim = "what auto chooses for: painting, photo (it stays a photograph), video (no flicker)"
    add("--for", choices=AIMS, default=AIMS[0], dest="aim", help=help_aim)
    add(
        "--strength",
        type=float,
        default=1.0,
        metavar="0..1",
        help="how much of the effect; 0 is the input",
    )
    add("--keep-color", action="store_true", help="keep the content's colours")
    add("--mask", metavar="FILE", help="picture, white where the content may change")
    help_labels = (
        "picture that paints each region in a colour; it takes its style from that colour's"
    )
    add("--labels", metavar="FILE", help=help_labels)
    add("--seed", type=int, default=0, metavar="N", help="for methods that draw random numbers")
    add_styles(parser.add_argument_group("style"))
    _add_surface(parser.add_argument_group("surface"))
    _add_depth(parser.add_argument_group("depth"))
    add_machine(parser.add_argument_group("machine"))
    add_card(parser.add_argument_group(f"settings of {card.id}", card.summary), card)
    add_output(parser)
    parser.set_defaults(command=commands.stylize, styles=(), card=card)


def _add_surface(group: argparse._ArgumentGroup) -> None:  # pyright: ignore[reportPrivateUsage]  # likewise
    add = group.add_argument
    help_surface = (
        "what the picture is wrapped on: flat, seamless (it tiles, in both directions or one), equirect "
        "(360 degrees, 2:1), cube (six faces); auto sees by itself whether it tiles"
    )
    add("--surface", choices=SURFACES, default="auto", help=help_surface)
    help_uv = (
        "triangles that show the picture (.npz of uv and position): seams between them are closed"
    )
    add("--uv", metavar="FILE", help=help_uv)
    add(
        "--by-area", action="store_true", help="with --uv: measure texels by the surface they cover"
    )


def _add_depth(group: argparse._ArgumentGroup) -> None:  # pyright: ignore[reportPrivateUsage]  # likewise
    add = group.add_argument
    add("--depth", metavar="FILE", help="picture of depth, or EXR with a depth channel")
    help_white = "the depth picture is white at the nearest, not at the farthest"
    add("--near-is-white", action="store_true", help=help_white)
    help_layer = (
        "a look, from the focus plane outward, two or more: a method or auto, then strength, style_scale "
        "and its settings, such as adain,strength=0.3,style_scale=2 (ours: crisp, painted, broad strokes)"
    )
    add(
        "--layer",
        action=_AddLayer,
        default=(),
        dest="layers",
        metavar="LOOK",
        help=help_layer,
    )
    add(
        "--focus",
        type=float,
        default=0.0,
        metavar="0..1",
        help="depth that stays crisp; 0 is nearest",
    )
    help_softness = "how gently layers blend; 0 cuts (0.5)"
    add("--softness", type=float, default=0.5, metavar="0..1", help=help_softness)


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
    help_output = "weight file of the network of one style; preview and checkpoint go beside it"
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
    add(
        "--method",
        action="append",
        dest="methods",
        metavar="ID",
        help="may be given several times (auto)",
    )
    add("--contents", nargs="+", metavar="GLOB", help="pictures to stylize")
    add("--styles", nargs="+", metavar="GLOB", help="pictures to take the style from")
    add("--judge", metavar="FILE", help="the judging encoder's file")
    add("--microast", metavar="DIR", help="the published MicroAST's folder, to measure against")
    add("--untouched", action="store_true", help="measure the contents as they are, too")
    add("--backbone", choices=BACKBONES, default="compact")
    add("--weights", metavar="DIR", help="folder of imported weights")
    add_output(parser)
    parser.set_defaults(command=commands.measure)
