"""What may be typed after ``blender --command stylize``."""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field
from typing import Any, NoReturn

from ...core.catalog import TOON
from ...core.cli.fields import Typed, add_fields, reader, typed_fields
from ...core.cli.options import Parser, UsageError, add_look, add_settings, add_styles
from ...core.request.picture_job import METHODS, Job
from ...core.request.sequence_job import SequenceJob
from ...core.request.toon_look import PRESETS
from ..properties import DIRECTIONS, LOOK, SURFACE, SURFACES, SURROUNDINGS
from ..rendering.properties import DRAWN, FRAMES, MOTIONS, TOON_LOOKS
from ..rendering.settings import read_part
from ..toon.bake_settings import ToonBake

__all__ = ["ASKED", "OF_SEQUENCE", "UsageError", "build_parser"]

Command = Callable[[argparse.Namespace], dict[str, Any]]
Toggle = argparse.BooleanOptionalAction
ASKED = tuple(typed_fields(Job, ("all",)))
"""The fields of a job that may be typed here."""
OF_SEQUENCE = tuple(
    typed_fields(SequenceJob, ("all",), ("frames", *(f.name for f in FRAMES if f.name != "layer")))
)
"""Those of a sequence; its view layer is an option of its own."""
BAKED = tuple(typed_fields(ToonBake, ("all",)))
"""What may be said of a bake of the toon look."""
ONLY = {
    "surface": tuple(name for name, *_ in SURFACES),
    "motion": tuple(name for name, *_ in MOTIONS),
}


class _Parser(Parser):
    def error(self, message: str) -> NoReturn:
        super().error(f"{message} (see --help)")


def build_parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Return the command line; ``run`` of what it parses is one of ``commands``."""
    parser = _Parser(
        prog="stylize",
        description="Stylize the textures of a .blend or a .glb, what surrounds a scene, or its renders.",
        allow_abbrev=False,
    )
    found = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (words, add_options) in COMMANDS.items():
        command = found.add_parser(name, help=words, allow_abbrev=False)
        add_options(command)
        command.set_defaults(run=commands[name])
    return parser


def _textures(parser: argparse.ArgumentParser) -> None:
    _add_files(parser, "a .blend, .glb or .gltf", "the .blend or .glb to write")
    _add_materials(parser)
    _add_style(parser)
    _add_pack(parser)
    _add_surfaces(parser)
    _add_machine(parser)


def _panorama(parser: argparse.ArgumentParser) -> None:
    _add_files(parser, "a .blend", "the .blend to write")
    help_image = "a 360° picture of the file, instead of those of the scene's World"
    parser.add_argument("--image", metavar="NAME", help=help_image)
    _add_style(parser)
    add_fields(parser, _named(SURROUNDINGS))
    _add_pack(parser)
    _add_machine(parser)


def _frames(parser: argparse.ArgumentParser) -> None:
    help_output = (
        "pattern of the frames to write, with a # for each digit (the folder stylized/frames)"
    )
    _add_files(parser, "a .blend", help_output, required=False)
    _add_sequence(parser)
    _add_motion(parser)
    _add_scenes_style(parser)
    _add_machine(parser)


def _render(parser: argparse.ArgumentParser) -> None:
    _add_files(parser, "a .blend", "the picture to write")
    parser.add_argument("--frame", type=int, metavar="N", help="its number (the current frame)")
    _add_sequence(parser)
    _add_scenes_style(parser)
    _add_machine(parser)


def _toon(parser: argparse.ArgumentParser) -> None:
    _add_files(parser, "a .blend, .glb or .gltf", "the .blend to write")
    _add_materials(parser)
    _add_toon_look(parser, default="cel")
    help_bumps = "keep what normal maps do to the light"
    parser.add_argument("--normal-maps", action="store_true", dest="bumps", help=help_bumps)


def _bake_toon(parser: argparse.ArgumentParser) -> None:
    _add_files(parser, "a .blend, .glb or .gltf", "the .glb to write")
    _add_toon_look(parser, default=None)
    add_fields(parser, BAKED)


def _add_toon_look(parser: argparse.ArgumentParser, default: str | None) -> None:
    first = " (cel)" if default else "; without it, only what is shown as toon already is baked"
    help_look = f"the look that materials get{first}"
    parser.add_argument("--look", choices=tuple(PRESETS), default=default, help=help_look)
    help_outlines = "draw the objects' outlines (yes)"
    parser.add_argument("--outlines", action=Toggle, default=True, help=help_outlines)


def _restore(parser: argparse.ArgumentParser) -> None:
    _add_files(parser, "a .blend, .glb or .gltf", "the .blend or .glb to write")
    _add_materials(parser)


COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "textures": ("stylize textures", _textures),
    "panorama": ("stylize what surrounds the scene, or a 360° picture", _panorama),
    "frames": (
        "render what is missing of a scene, and stylize its frames as one sequence",
        _frames,
    ),
    "render": ("render one frame and stylize it", _render),
    "toon": ("show materials as toon", _toon),
    "bake-toon": ("bake the toon look into a model", _bake_toon),
    "restore": ("restore the originals", _restore),
}
"""Each command: what it does, and the function that adds its options."""


def _add_files(
    parser: argparse.ArgumentParser, source: str, output: str, *, required: bool = True
) -> None:
    add = parser.add_argument
    help_file = f"{source}; without it, the file that is open"
    add("file", metavar="FILE", nargs="?", help=help_file)
    add("-o", "--output", metavar="OUT", required=required, help=output)
    add("--json", action="store_true", help="print one JSON object on stdout")
    add("--quiet", action="store_true", help="no progress on stderr")


def _add_materials(parser: argparse.ArgumentParser) -> None:
    help_materials = "only these materials"
    parser.add_argument("--materials", nargs="+", metavar="NAME", default=[], help=help_materials)


def _add_sequence(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--scene", metavar="NAME", help="the scene (the one that is open)")
    help_shown = (
        "what gets the style: the picture, or colors of surfaces, put back into their light"
    )
    add("--shown", choices=("combined", "diffuse"), help=help_shown)
    help_drawn = "in the style, in it with lines on top, or in a toon look, without a style (style)"
    add("--drawn", choices=[name.lower() for name, *_ in DRAWN], help=help_drawn)
    add("--ink-look", choices=[name for name, *_ in TOON_LOOKS], help="whose lines and tones (cel)")
    help_view = "how the engine sees light: as the scene shows it, or as Standard does"
    add("--view", choices=("scene", "standard"), help=help_view)
    help_layer = "the view layer that is rendered (the active one)"
    add("--view-layer", metavar="NAME", dest="layer", help=help_layer)
    help_blur = "keep the scene's Motion Blur; exact motion is rendered apart then (yes)"
    add("--keep-motion-blur", action=Toggle, dest="keep_blur", default=None, help=help_blur)
    help_part = (
        "another strength for object:NAME, material:NAME or collection:NAME; "
        "'fine object:NAME': a painter takes finer brushes there"
    )
    kind = reader(read_part)
    add("--part", action="append", default=[], type=kind, metavar="KIND:NAME=0..1", help=help_part)


def _add_motion(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add_fields(parser, OF_SEQUENCE, unset=True, only=ONLY)
    help_again = "also render frames that have been rendered before (only if it is given here)"
    add("--again", action="store_true", help=help_again)
    help_blend = "also write a .blend whose compositor shows the frames"
    add("--blend", metavar="OUT.blend", help=help_blend)
    help_live = "parts are mattes in its compositor, and the frames have none"
    add("--live", action="store_true", default=None, help=help_live)
    help_layers = "a painter's layers, which its compositor lays over each other"
    add("--paint-layers", action="store_true", default=None, help=help_layers)
    help_place = "where they go there: over its output, or in place of the render (output)"
    add("--compositor", choices=("output", "render"), default="output", help=help_place)


def _add_scenes_style(parser: argparse.ArgumentParser) -> None:
    """Add a style that may be left out: then what is not typed is as the scene's panel says."""
    _add_style(parser, required=False)
    parser.epilog = "Without --style, what is not given here is as the scene's Stylize panel says."


def _add_style(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add a style; where one is ``required``, a painter alone does without."""
    add_styles(parser, "weight", required=False)
    more = {} if required else {"method": (*METHODS, TOON)}
    add_fields(parser, _named(LOOK), unset=not required, only=more)
    add_look(parser)
    add_settings(parser.add_argument)


def _named(declared: Iterable[Field[Any]]) -> list[Typed]:
    names = {field.name for field in declared}
    return [option for option in ASKED if option.place in names]


def _add_pack(parser: argparse.ArgumentParser) -> None:
    help_pack = "keep the new pictures inside the .blend"
    parser.add_argument("--pack", action="store_true", help=help_pack)


def _add_surfaces(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    help_brush = "strokes of one size on all surfaces, whatever their pictures' sizes (yes)"
    add("--one-brush", action=Toggle, default=True, help=help_brush)
    add_fields(parser, _named((*SURFACE, *DIRECTIONS)), only=ONLY)
    help_group = "vertex groups of this name say where a painter takes finer brushes"
    add("--detail-group", default="", metavar="NAME", help=help_group)
    add("--emission", action="store_true", help="also stylize what feeds Emission")
    help_bake = "make textures of colors that have none (yes, but for a model without any texture)"
    add("--bake", action=Toggle, default=None, help=help_bake)
    help_uvs = "unwrap what needs UVs and has none, on a UV map of its own"
    add("--make-uvs", action="store_true", help=help_uvs)
    help_paint = "also make normals and roughness of the paint, for the renderer's lights"
    add("--paint-relief", action="store_true", help=help_paint)
    help_displace = (
        "with --paint-relief: also move the surface by the paint's height (finely divided meshes)"
    )
    add("--displace", action="store_true", help=help_displace)
    add("--size", type=int, default=1024, metavar="PX", help="side of baked textures (1024)")


def _add_machine(parser: argparse.ArgumentParser) -> None:
    add_fields(parser, [o for o in ASKED if o.declared.metadata["group"] == "machine"], unset=True)
    help_python = "the Python that runs the engine"
    parser.add_argument("--python", default="", metavar="FILE", help=help_python)
