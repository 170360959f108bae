"""``blender --command stylize textures|panorama|frames|render|toon|bake-toon|restore FILE …``, windowless.

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

from ...core.errors import Cancelled, StylizeError
from ..exchange import GLTF, READ, WRITTEN, open_file, save_file
from ..glb import Model, exchange_pictures, read_model
from ..materials.paint import wants_maps
from ..materials.results import Outcome, apply
from ..materials.run import stylize
from ..materials.survey import survey
from ..operators.restore import restore, restore_all
from ..settings import Settings, ask, chosen_materials
from ..toon.material import follow_all
from .arguments import UsageError, build_parser
from .frames import frames, render
from .steps import (
    BLEND,
    check_file,
    check_source,
    engine_of,
    look_settings,
    open_and_check,
    tell,
    walk,
)
from .toon import bake, toon

DONE, FAILED, USAGE, CANCELLED = 0, 1, 2, 130


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    with _redirect_stdout() as stdout:
        try:
            arguments = build_parser(COMMANDS).parse_args(list(argv))
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


def _check_paths(
    arguments: argparse.Namespace, read: Sequence[str], written: Sequence[str]
) -> None:
    check_source(arguments, read)
    check_file(arguments, Path(arguments.output).absolute(), written)


def _texture_settings(arguments: argparse.Namespace) -> Settings:
    paths = (Path(arguments.output), Path(arguments.file or bpy.data.filepath))
    if not 16 <= arguments.size <= 16384:
        raise UsageError(f"--size is {arguments.size}; it must lie between 16 and 16384")
    return look_settings(
        arguments,
        one_brush=arguments.one_brush,
        scope="NAMED" if arguments.materials else "FILE",
        materials=tuple(arguments.materials),
        emission=arguments.emission,
        bake=arguments.bake is not False,
        bake_size=arguments.size,
        make_uvs=arguments.make_uvs,
        relief=arguments.paint_relief,
        displace=arguments.displace,
        detail_group=arguments.detail_group,
        pack=arguments.pack or any(path.suffix.lower() in GLTF for path in paths),
    )


def _panorama_settings(arguments: argparse.Namespace) -> Settings:
    settings = look_settings(
        arguments,
        source="WORLD" if arguments.image is None else "IMAGE",
        image=arguments.image or "",
        pack=arguments.pack,
    )
    return replace(settings, job=replace(settings.job, surface="equirect"))


def _textures(arguments: argparse.Namespace) -> dict[str, Any]:
    _check_paths(arguments, READ, WRITTEN)
    settings = _texture_settings(arguments)
    open_and_check(settings, arguments)
    _check_textures(arguments, settings)
    return _run(settings, arguments)


def _panorama(arguments: argparse.Namespace) -> dict[str, Any]:
    _check_paths(arguments, BLEND, BLEND)  # a model has no surroundings
    settings = _panorama_settings(arguments)
    open_and_check(settings, arguments)
    return _run(settings, arguments)


def _run(settings: Settings, arguments: argparse.Namespace) -> dict[str, Any]:
    outcome = walk(stylize(settings, engine_of(arguments)), arguments)
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


def _finish(outcome: Outcome, arguments: argparse.Namespace) -> dict[str, Any]:
    """Apply and save; if the file cannot be saved, the pictures beside it go too."""
    output = Path(arguments.output).absolute()
    folder = Path(outcome.settings.folder)
    known = set(folder.iterdir()) if folder.is_dir() else None
    try:
        names = apply(outcome)
        follow_all()
        save_file(output, _save_exchanged(arguments, outcome))
    except BaseException:
        _remove_new(folder, known)
        raise
    tell((*outcome.notes, *outcome.remarks), arguments)
    return _facts(outcome, output, names)


def _save_exchanged(arguments: argparse.Namespace, outcome: Outcome) -> Model | None:
    """Return the .glb that came in with its pictures exchanged; None if another kind or more is wanted."""
    paths = (Path(arguments.file or ""), Path(arguments.output))
    kinds = {path.suffix.lower() for path in paths}
    if kinds != {".glb"} or outcome.bakes or wants_maps(outcome.settings):
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
    return model and exchange_pictures(model, pictures, materials=chosen, emission=emission)


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
    _check_paths(arguments, READ, WRITTEN)
    if arguments.file:
        open_file(Path(arguments.file).absolute())
    if arguments.materials:
        named = Settings(job=ask(styles=()), scope="NAMED", materials=tuple(arguments.materials))
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
def _redirect_stdout() -> Iterator[TextIO]:
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


COMMANDS = {
    "textures": _textures,
    "panorama": _panorama,
    "frames": frames,
    "render": render,
    "toon": toon,
    "bake-toon": bake,
    "restore": _restore,
}

_handles: list[Any] = []


def register() -> None:
    """Register ``blender --command stylize``."""
    _handles.append(bpy.utils.register_cli_command("stylize", main))


def unregister() -> None:
    """Unregister it."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
