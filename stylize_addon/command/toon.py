"""``stylize toon`` and ``stylize bake-toon``: toon materials, and models of them, without a window."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Material, Object

from ...core.cli.fields import explain, read_fields
from ...core.errors import ParamsError
from ...core.fields import check_limits
from ..exchange import READ, open_file, save_file
from ..materials.results import group_sentences
from ..settings import Settings, ask, chosen_materials
from ..toon.apply import Shown, show_toon
from ..toon.bake import bake_toon, put_files
from ..toon.bake_settings import ToonBake
from ..wearing import wearers_of
from .arguments import BAKED, UsageError
from .steps import BLEND, check_file, check_source, tell, walk

MODEL = (".glb",)


def toon(arguments: argparse.Namespace) -> dict[str, Any]:
    """Show the materials of a file as toon, and save it."""
    output = Path(arguments.output).absolute()
    check_source(arguments, READ)
    check_file(arguments, output, BLEND)
    _open(arguments)
    shown = _show(arguments, *_chosen(arguments.materials), bumps=arguments.bumps)
    save_file(output)
    return _facts(output, shown.materials, shown.notes, arguments)


def bake(arguments: argparse.Namespace) -> dict[str, Any]:
    """Bake the toon look of a file's objects into a model."""
    output = Path(arguments.output).absolute()
    check_source(arguments, READ)
    check_file(arguments, output, MODEL)
    asked = _asked(arguments)
    _open(arguments)
    objects = list(bpy.context.scene.objects)
    notes = _show(arguments, objects, None).notes if arguments.look else []
    baked = walk(bake_toon(asked, bpy.context.scene, objects, output), arguments)
    try:
        names = put_files(baked)
    finally:
        baked.discard()
    return _facts(output, names, [*notes, *baked.notes, *baked.remarks], arguments)


def _asked(arguments: argparse.Namespace) -> ToonBake:
    asked = ToonBake(**read_fields(arguments, ToonBake, BAKED))
    try:
        check_limits(asked)
    except ParamsError as error:
        raise UsageError(explain(error, BAKED)) from error
    return asked


def _open(arguments: argparse.Namespace) -> None:
    if arguments.file:
        open_file(Path(arguments.file).absolute())


def _chosen(names: Sequence[str]) -> tuple[list[Object], list[Material] | None]:
    """Return the objects of the file, or those that wear the named materials, and these."""
    if not names:
        return list(bpy.data.objects), None
    named = chosen_materials(Settings(job=ask(styles=()), scope="NAMED", materials=tuple(names)))
    return wearers_of(named), named


def _show(
    arguments: argparse.Namespace,
    objects: Sequence[Object],
    materials: Sequence[Material] | None,
    **more: Any,
) -> Shown:
    look, outlines = arguments.look, arguments.outlines
    scene = bpy.context.scene
    return show_toon(scene, objects, materials, look=look, outlines=outlines, **more)


def _facts(
    output: Path, names: list[str], notes: Sequence[str], arguments: argparse.Namespace
) -> dict[str, Any]:
    sentences = group_sentences(notes)
    tell(sentences, arguments)
    return {"output": str(output), "made": names, "notes": sentences}
