"""``blender --command stylize textures|restore FILE …``: the add-on without a window.

Exit codes: 0 done, 1 the job failed, 2 wrong usage, 130 cancelled. Progress and what went wrong go to stderr;
stdout holds nothing but the object of ``--json``.
"""

import argparse
import ctypes
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TextIO

import bpy

from ..core.catalog import CARDS, DEFAULT, find_card
from ..core.errors import Cancelled, ParamsError, StylizeError
from ..core.job import StyleFile
from .exchange import GLTF, READ, WRITTEN, open_file, save_file
from .operators.restore import restore, restore_all
from .preferences import memory_limit, preferred_python
from .settings import Settings, absolute_style, check, chosen_materials
from .survey import survey
from .texture_run import Outcome, Status, apply, run_to_end

DONE, FAILED, USAGE, CANCELLED = 0, 1, 2, 130
NO_MEMORY_LIMIT = "megabytes that the engine may take"


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


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    with _own_stdout() as stdout:
        try:
            arguments = build_parser().parse_args(list(argv))
            _check_paths(arguments)
            facts = arguments.run(arguments)
        except UsageError as error:
            return _fail(error, USAGE)
        except StylizeError as error:
            return _fail(error, FAILED)
        except OSError as error:
            return _fail(f"{error.filename or 'the system'}: {error.strerror or error}", FAILED)
        except (Cancelled, KeyboardInterrupt):
            return _fail("cancelled; nothing was written", CANCELLED)
        except SystemExit as end:  # --help
            return int(end.code or 0)
        if arguments.json:
            stdout.write(json.dumps(facts) + "\n")
    return DONE


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = _Parser(prog="stylize", description="Stylize the textures of a .blend or a .glb.", allow_abbrev=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    textures = commands.add_parser("textures", help="stylize textures", allow_abbrev=False)
    _add_files(textures)
    _add_style(textures)
    _add_machine(textures)
    textures.set_defaults(run=_textures, styles=())
    back = commands.add_parser("restore", help="show the original textures again", allow_abbrev=False)
    _add_files(back)
    back.set_defaults(run=_restore)
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE", nargs="?", help="a .blend, .glb or .gltf; without it, the file that is open")
    add("-o", "--output", metavar="OUT", required=True, help="the .blend or .glb to write")
    add("--materials", nargs="+", metavar="NAME", default=[], help="only these materials")
    add("--json", action="store_true", help="print one JSON object on stdout")
    add("--quiet", action="store_true", help="no progress on stderr")


def _add_style(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    help_style = "a picture, or builtin:NAME; may be given several times"
    add("--style", action=_AddStyle, metavar="PICTURE", dest="styles", required=True, help=help_style)
    help_weight = "share of the style before it; shares are relative (1)"
    add("--style-weight", action=_AddStyle, type=float, metavar="W", dest="styles", help=help_weight)
    add("--style-scale", type=float, default=1.0, metavar="S", help="brush size; 1 is normal")
    methods = ("auto", *(card.id for card in CARDS))
    add("--method", choices=methods, default="auto", help=f"auto is {DEFAULT}")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the method")
    add("--strength", type=float, default=1.0, metavar="0..1", help="how much of the effect")
    add("--keep-color", action="store_true", help="keep the textures' colours")
    add("--emission", action="store_true", help="also stylize what feeds Emission")
    help_bake = "make textures of colours that have none (yes, but for a model without any texture)"
    add("--bake", action=argparse.BooleanOptionalAction, default=None, help=help_bake)
    add("--size", type=int, default=1024, metavar="PX", help="side of baked textures (1024)")
    add("--pack", action="store_true", help="keep the new pictures inside the .blend")
    add("--seed", type=int, default=0, metavar="N", help="for methods that draw random numbers")


def _add_machine(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--max-memory", type=int, metavar="MB", help=NO_MEMORY_LIMIT)
    add("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:1, mps")
    add("--python", default="", metavar="FILE", help="the Python that runs the engine")


def _check_paths(arguments: argparse.Namespace) -> None:
    output = Path(arguments.output).absolute()
    source = Path(arguments.file or bpy.data.filepath).absolute()
    if not arguments.file and not bpy.data.filepath:
        raise UsageError("no file was given, and none is open")
    if source.suffix.lower() not in READ:
        raise UsageError(f"{source.name} is none of {', '.join(READ)}")
    if output.suffix.lower() not in WRITTEN:
        raise UsageError(f"{output.name} cannot be written; choose one of {', '.join(WRITTEN)}")
    if output == source or (output.exists() and source.exists() and output.samefile(source)):
        raise UsageError(f"{output.name} is the file itself; originals are never overwritten, choose another output")
    if not output.parent.is_dir():
        raise StylizeError(f"{output.name} cannot be written: there is no folder {output.parent}")


def _settings(arguments: argparse.Namespace) -> Settings:
    output = Path(arguments.output).absolute()
    packed = arguments.pack or output.suffix.lower() in GLTF or Path(arguments.file or "x.blend").suffix.lower() in GLTF
    return Settings(
        styles=tuple(replace(style, path=absolute_style(style.path)) for style in arguments.styles),
        method=arguments.method,
        params=dict(_setting(text, arguments.method) for text in arguments.set),
        strength=arguments.strength,
        style_scale=arguments.style_scale,
        keep_color=arguments.keep_color,
        seed=arguments.seed,
        scope="NAMED" if arguments.materials else "ALL",
        materials=tuple(arguments.materials),
        emission=arguments.emission,
        bake=arguments.bake is not False,
        bake_size=arguments.size,
        pack=packed,
        folder=str(output.parent / "stylized"),
        max_memory=arguments.max_memory or memory_limit(),
        device=arguments.device,
    )


def _setting(text: str, method: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--set {text} is no setting of {find_card(method).id}; write it as NAME=VALUE")
    return name.replace("-", "_"), value


def _textures(arguments: argparse.Namespace) -> dict[str, Any]:
    settings = _settings(arguments)
    try:
        check(settings)
        if not 16 <= settings.bake_size <= 16384:
            raise ParamsError(f"--size is {settings.bake_size}; it must lie between 16 and 16384")
    except ParamsError as error:
        raise UsageError(str(error)) from error
    if arguments.file:
        open_file(Path(arguments.file).absolute())
    _check_textures(arguments, settings)
    outcome = _stylize(settings, arguments)
    try:
        return _finish(outcome, arguments)
    finally:
        outcome.discard()


def _check_textures(arguments: argparse.Namespace, settings: Settings) -> None:
    """A model without a single texture is more likely a mistake than a wish for baked plain colours."""
    source = Path(arguments.file or bpy.data.filepath)
    if source.suffix.lower() in GLTF and arguments.bake is None and not survey(settings).pictures:
        raise StylizeError(f"{source.name} has no textures; with --bake its plain colours are made into some")


def _stylize(settings: Settings, arguments: argparse.Namespace) -> Outcome:
    last = ""
    for step in run_to_end(settings, arguments.python or preferred_python()):
        if isinstance(step, Outcome):
            return step
        if not arguments.quiet and _line(step) != last:
            last = _line(step)
            print(last, file=sys.stderr, flush=True)  # noqa: T201  # a command speaks
    raise Cancelled


def _line(status: Status) -> str:
    return f"stylize: {status.done:4.0%} {status.text}"


def _finish(outcome: Outcome, arguments: argparse.Namespace) -> dict[str, Any]:
    """Apply and save; if the file cannot be saved, the pictures beside it go too."""
    output = Path(arguments.output).absolute()
    folder = Path(outcome.settings.folder)
    known = set(folder.iterdir()) if folder.is_dir() else None
    try:
        names = apply(outcome)
        save_file(output)
    except BaseException:
        _remove_new(folder, known)
        raise
    if not arguments.quiet:
        for note in outcome.notes:
            print(f"stylize: {note}", file=sys.stderr)  # noqa: T201  # a command speaks
    return _facts(outcome, output, names)


def _remove_new(folder: Path, known: set[Path] | None) -> None:
    if folder.is_dir():
        for path in set(folder.iterdir()) - (known or set()):
            path.unlink()
        if known is None:
            with suppress(OSError):
                folder.rmdir()


def _facts(outcome: Outcome, output: Path, names: list[str]) -> dict[str, Any]:
    made = [*outcome.pictures.values(), *outcome.bakes.values()]
    largest = max((item.facts for item in made), key=lambda facts: facts["width"] * facts["height"])
    return {
        "output": str(output),
        "method": largest["method"],
        "width": largest["width"],
        "height": largest["height"],
        "engine_seconds": round(outcome.seconds, 3),
        "peak_memory_mb": outcome.peak_memory_mb,
        "device": largest["device"],
        "precision": largest["precision"],
        "notes": outcome.notes,
        "pictures": names,
    }


def _restore(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.file:
        open_file(Path(arguments.file).absolute())
    if arguments.materials:
        named = Settings(styles=(), scope="NAMED", materials=tuple(arguments.materials))
        count = restore(chosen_materials(named))
    else:
        count = restore_all()
    if not count:
        raise StylizeError("nothing in this file was stylized")
    save_file(Path(arguments.output).absolute())
    return {"output": str(Path(arguments.output).absolute()), "restored": count}


def _fail(what: object, code: int) -> int:
    print(f"stylize: {' '.join(str(what).split())}", file=sys.stderr)  # noqa: T201  # a command speaks
    return code


@contextmanager
def _own_stdout() -> Iterator[TextIO]:
    """Yield the real stdout; what Blender and its add-ons print meanwhile goes to stderr."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    _flush_c()
    saved = os.dup(1)
    with os.fdopen(saved, "w", encoding="utf-8") as stream:
        os.dup2(2, 1)
        try:
            with redirect_stdout(sys.stderr):
                yield stream
        finally:
            stream.flush()
            _flush_c()
            os.dup2(saved, 1)


def _flush_c() -> None:
    """Flush what Blender's own code has printed; Python's stdout does not know of it."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush(None)


_handles: list[Any] = []


def register() -> None:
    """Make ``blender --command stylize`` known."""
    _handles.append(bpy.utils.register_cli_command("stylize", main))


def unregister() -> None:
    """Take it away again."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
