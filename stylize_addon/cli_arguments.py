"""What may be typed after ``blender --command stylize``."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from ..core.catalog import CARDS, DEFAULT
from ..core.errors import StylizeError
from ..core.job import StyleFile

Command = Callable[[argparse.Namespace], dict[str, Any]]


class UsageError(StylizeError):
    """The command line itself is wrong."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see --help)")


class _AddStyle(argparse.Action):
    """``--style`` begins a style; ``--style-weight`` speaks of the one before."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        styles: tuple[StyleFile, ...] = namespace.styles
        if option_string == "--style":
            styles = (*styles, StyleFile(values))
        elif not styles:
            parser.error("--style-weight must follow the --style that it belongs to")
        else:
            styles = (*styles[:-1], replace(styles[-1], weight=values))
        namespace.styles = styles


def build_parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Return the command line; ``run`` of what it parses is one of ``commands``."""
    parser = _Parser(
        prog="stylize",
        description="Stylize the textures of a .blend or a .glb, or what surrounds a scene.",
        allow_abbrev=False,
    )
    found = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    textures = found.add_parser("textures", help="stylize textures", allow_abbrev=False)
    _add_files(textures, "a .blend, .glb or .gltf", "the .blend or .glb to write")
    _add_materials(textures)
    _add_style(textures)
    _add_surfaces(textures)
    _add_machine(textures)
    textures.set_defaults(run=commands["textures"], styles=())
    help_panorama = "stylize what surrounds the scene, or a 360° picture"
    panorama = found.add_parser("panorama", help=help_panorama, allow_abbrev=False)
    _add_files(panorama, "a .blend", "the .blend to write")
    help_image = "a 360° picture of the file, instead of those of the scene's World"
    panorama.add_argument("--image", metavar="NAME", help=help_image)
    _add_style(panorama)
    _add_machine(panorama)
    panorama.set_defaults(run=commands["panorama"], styles=())
    back = found.add_parser("restore", help="show the originals again", allow_abbrev=False)
    _add_files(back, "a .blend, .glb or .gltf", "the .blend or .glb to write")
    _add_materials(back)
    back.set_defaults(run=commands["restore"])
    return parser


def _add_files(parser: argparse.ArgumentParser, source: str, output: str) -> None:
    add = parser.add_argument
    help_file = f"{source}; without it, the file that is open"
    add("file", metavar="FILE", nargs="?", help=help_file)
    add("-o", "--output", metavar="OUT", required=True, help=output)
    add("--json", action="store_true", help="print one JSON object on stdout")
    add("--quiet", action="store_true", help="no progress on stderr")


def _add_materials(parser: argparse.ArgumentParser) -> None:
    help_materials = "only these materials"
    parser.add_argument("--materials", nargs="+", metavar="NAME", default=[], help=help_materials)


def _add_style(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    help_style = "a picture, or builtin:NAME; may be given several times"
    add(
        "--style",
        action=_AddStyle,
        metavar="PICTURE",
        dest="styles",
        required=True,
        help=help_style,
    )
    help_weight = "share of the style before it; shares are relative (1)"
    add(
        "--style-weight", action=_AddStyle, type=float, metavar="W", dest="styles", help=help_weight
    )
    add("--style-scale", type=float, default=1.0, metavar="S", help="brush size; 1 is normal")
    methods = ("auto", *(card.id for card in CARDS))
    add("--method", choices=methods, default="auto", help=f"auto is {DEFAULT}")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the method")
    add("--strength", type=float, default=1.0, metavar="0..1", help="how much of the effect")
    add("--keep-color", action="store_true", help="keep the pictures' own colors")
    add("--pack", action="store_true", help="keep the new pictures inside the .blend")
    add("--seed", type=int, default=0, metavar="N", help="for methods that draw random numbers")


def _add_surfaces(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    help_brush = "strokes of one size on all surfaces, whatever their pictures' sizes (yes)"
    add("--one-brush", action=argparse.BooleanOptionalAction, default=True, help=help_brush)
    help_surface = "auto closes the seams of UV islands and keeps what tiles tileable"
    add("--surface", choices=("auto", "flat", "seamless"), default="auto", help=help_surface)
    add("--by-area", action="store_true", help="measure texels by the surface that they cover")
    add("--emission", action="store_true", help="also stylize what feeds Emission")
    help_bake = "make textures of colors that have none (yes, but for a model without any texture)"
    add("--bake", action=argparse.BooleanOptionalAction, default=None, help=help_bake)
    add("--size", type=int, default=1024, metavar="PX", help="side of baked textures (1024)")


def _add_machine(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--max-memory", type=int, metavar="MB", help="megabytes that the engine may take")
    add("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:1, mps")
    add("--python", default="", metavar="FILE", help="the Python that runs the engine")
