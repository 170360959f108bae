"""``blender --command stylize textures|panorama|restore FILE …``: the add-on without a window.

Exit codes: 0 done, 1 the job failed, 2 wrong usage, 130 cancelled. Progress and what went wrong go to
stderr; stdout holds nothing but the object of ``--json``.
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
from typing import Any, TextIO

import bpy

from ..core.catalog import find_card
from ..core.errors import Cancelled, ParamsError, StylizeError
from .cli_arguments import UsageError, build_parser
from .exchange import GLTF, READ, WRITTEN, open_file, save_file
from .glb import Model, exchanged, read_model
from .operators.restore import restore, restore_all
from .preferences import memory_limit, preferred_python
from .settings import Settings, absolute_style, check, chosen_materials
from .survey import survey
from .texture_results import Outcome, apply
from .texture_run import Status, run_to_end

DONE, FAILED, USAGE, CANCELLED = 0, 1, 2, 130


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    with _own_stdout() as stdout:
        try:
            arguments = build_parser(COMMANDS).parse_args(list(argv))
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


def _check_paths(arguments: argparse.Namespace) -> None:
    output = Path(arguments.output).absolute()
    source = Path(arguments.file or bpy.data.filepath).absolute()
    if not arguments.file and not bpy.data.filepath:
        raise UsageError("no file was given, and none is open")
    surroundings = arguments.run is _panorama  # a model has none
    read, written = ((".blend",), (".blend",)) if surroundings else (READ, WRITTEN)
    if source.suffix.lower() not in read:
        raise UsageError(f"{source.name} is none of {', '.join(read)}")
    if output.suffix.lower() not in written:
        raise UsageError(f"{output.name} cannot be written; choose one of {', '.join(written)}")
    if output == source or (output.exists() and source.exists() and output.samefile(source)):
        raise UsageError(
            f"{output.name} is the file itself; originals are kept, choose another output"
        )
    if not output.parent.is_dir():
        raise StylizeError(f"{output.name} cannot be written: there is no folder {output.parent}")


def _settings(arguments: argparse.Namespace, **more: Any) -> Settings:
    return Settings(
        styles=tuple(replace(style, path=absolute_style(style.path)) for style in arguments.styles),
        method=arguments.method,
        params=dict(_setting(text, arguments.method) for text in arguments.set),
        strength=arguments.strength,
        style_scale=arguments.style_scale,
        keep_color=arguments.keep_color,
        seed=arguments.seed,
        folder=str(Path(arguments.output).absolute().parent / "stylized"),
        max_memory=arguments.max_memory or memory_limit(),
        device=arguments.device,
        **more,
    )


def _texture_settings(arguments: argparse.Namespace) -> Settings:
    paths = (Path(arguments.output), Path(arguments.file or bpy.data.filepath))
    if not 16 <= arguments.size <= 16384:
        raise UsageError(f"--size is {arguments.size}; it must lie between 16 and 16384")
    return _settings(
        arguments,
        one_brush=arguments.one_brush,
        surface=arguments.surface,
        by_area=arguments.by_area,
        scope="NAMED" if arguments.materials else "ALL",
        materials=tuple(arguments.materials),
        emission=arguments.emission,
        bake=arguments.bake is not False,
        bake_size=arguments.size,
        pack=arguments.pack or any(path.suffix.lower() in GLTF for path in paths),
    )


def _panorama_settings(arguments: argparse.Namespace) -> Settings:
    return _settings(
        arguments,
        source="WORLD" if arguments.image is None else "IMAGE",
        image=arguments.image or "",
        surface="equirect",
        pack=arguments.pack,
    )


def _setting(text: str, method: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(
            f"--set {text} is no setting of {find_card(method).id}; write it as NAME=VALUE"
        )
    return name.replace("-", "_"), value


def _textures(arguments: argparse.Namespace) -> dict[str, Any]:
    settings = _texture_settings(arguments)
    _open(settings, arguments)
    _check_textures(arguments, settings)
    return _run(settings, arguments)


def _panorama(arguments: argparse.Namespace) -> dict[str, Any]:
    settings = _panorama_settings(arguments)
    _open(settings, arguments)
    return _run(settings, arguments)


def _open(settings: Settings, arguments: argparse.Namespace) -> None:
    """Open the file that was named; wrong settings are found out before."""
    try:
        check(settings)
    except ParamsError as error:
        raise UsageError(str(error)) from error
    if arguments.file:
        open_file(Path(arguments.file).absolute())


def _run(settings: Settings, arguments: argparse.Namespace) -> dict[str, Any]:
    outcome = _stylize(settings, arguments)
    try:
        return _finish(outcome, arguments)
    finally:
        outcome.discard()


def _check_textures(arguments: argparse.Namespace, settings: Settings) -> None:
    """A model without a single texture is more likely a mistake than a wish for baked plain colours."""
    source = Path(arguments.file or bpy.data.filepath)
    if source.suffix.lower() in GLTF and arguments.bake is None and not survey(settings).pictures:
        raise StylizeError(
            f"{source.name} has no textures; with --bake its plain colors are made into some"
        )


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
        save_file(output, _exchanged(arguments, outcome))
    except BaseException:
        _remove_new(folder, known)
        raise
    if not arguments.quiet:
        for note in (*outcome.notes, *outcome.remarks):
            print(f"stylize: {note}", file=sys.stderr)  # noqa: T201  # a command speaks
    return _facts(outcome, output, names)


def _exchanged(arguments: argparse.Namespace, outcome: Outcome) -> Model | None:
    """Return the .glb that came in with its pictures exchanged; None if another kind or more is wanted."""
    paths = (Path(arguments.file or ""), Path(arguments.output))
    if {path.suffix.lower() for path in paths} != {".glb"} or outcome.bakes:
        return None
    pictures: dict[bytes, tuple[bytes, str]] = {}
    for name, made in outcome.pictures.items():
        original = bpy.data.images[name]
        if original.packed_file is None:
            return None
        (file,) = made.files.values()
        pictures[bytes(original.packed_file.data)] = (file.read_bytes(), file.suffix)
    model = read_model(paths[0])
    chosen = outcome.settings.materials or None
    emission = outcome.settings.emission
    return model and exchanged(model, pictures, materials=chosen, emission=emission)


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
        "notes": [*outcome.notes, *outcome.remarks],
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


COMMANDS = {"textures": _textures, "panorama": _panorama, "restore": _restore}

_handles: list[Any] = []


def register() -> None:
    """Make ``blender --command stylize`` known."""
    _handles.append(bpy.utils.register_cli_command("stylize", main))


def unregister() -> None:
    """Take it away again."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
