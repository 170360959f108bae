"""What the commands share: the style that was asked for, the file, and the steps of a run shown on stderr."""

import argparse
import sys
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...core.catalog import find_card
from ...core.cli.fields import explain, read_fields
from ...core.errors import Cancelled, ParamsError, StylizeError
from ...core.request.picture_job import Job
from ..exchange import open_file
from ..materials.run import to_end
from ..preferences import memory_limit, preferred_python
from ..properties import look_from
from ..settings import Settings, ask, check
from ..style_picture import absolute_style
from ..time_left import Status
from .arguments import ASKED, UsageError

BLEND = (".blend",)


def check_source(arguments: argparse.Namespace, read: Sequence[str]) -> None:
    """Check that there is a file, and that it is of a kind that can be read.

    Raises:
        UsageError: if not.
    """
    if not arguments.file and not bpy.data.filepath:
        raise UsageError("no file was given, and none is open")
    source = Path(arguments.file or bpy.data.filepath)
    if source.suffix.lower() not in read:
        raise UsageError(f"{source.name} is none of {', '.join(read)}")


def check_file(arguments: argparse.Namespace, output: Path, written: Sequence[str]) -> None:
    """Check that a file can be written, and is not the one that was read.

    Raises:
        UsageError: if it may not be.
        StylizeError: if it has no folder.
    """
    source = Path(arguments.file or bpy.data.filepath).absolute()
    if output.suffix.lower() not in written:
        raise UsageError(f"{output.name} cannot be written; choose one of {', '.join(written)}")
    if output == source or (output.exists() and source.exists() and output.samefile(source)):
        raise UsageError(
            f"{output.name} is the file itself; originals are kept, choose another output"
        )
    if not output.parent.is_dir():
        raise StylizeError(f"{output.name} cannot be written: there is no folder {output.parent}")


def look_settings(arguments: argparse.Namespace, **more: Any) -> Settings:
    """Return the settings that a command line asks for.

    Raises:
        UsageError: if no style was typed, and the method needs one.
    """
    if not arguments.styles and find_card(_typed(arguments).get("method", "auto")).needs_style:
        raise UsageError("the following arguments are required: --style")
    styles = tuple(replace(style, path=absolute_style(style.path)) for style in arguments.styles)
    return Settings(job=ask(styles=styles, **_typed(arguments)), folder=_folder(arguments), **more)


def scene_settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings of the scene's panel, but for what a command line asks for."""
    look = look_from(bpy.context.scene.stylize, bpy.context)
    typed = _typed(arguments)
    kept = look.job.params if typed.get("method", look.job.method) == look.job.method else {}
    job = replace(look.job, **{**typed, "params": {**kept, **typed["params"]}})
    return replace(look, job=job, folder=_folder(arguments))


def _typed(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of a job that were typed, or have a default here."""
    asked = [option for option in ASKED if hasattr(arguments, option.place)]
    typed = {"max_memory": memory_limit(), "params": dict(arguments.set)}
    given = read_fields(arguments, Job, asked)
    return typed | {name: value for name, value in given.items() if value is not None}


def _folder(arguments: argparse.Namespace) -> str:
    output = Path(arguments.output).absolute() if arguments.output else None
    return str(output.parent / "stylized") if output else "//stylized"


def open_and_check(settings: Settings | None, arguments: argparse.Namespace) -> None:
    """Open the file that was named; settings that are wrong are found out before.

    Raises:
        UsageError: if one is wrong.
    """
    if settings is not None:
        check_typed(settings)
    if arguments.file:
        open_file(Path(arguments.file).absolute())


def check_typed(settings: Settings) -> None:
    """Check settings; raises UsageError if one is wrong."""
    try:
        check(settings)
    except ParamsError as error:
        raise UsageError(explain(error, ASKED)) from error


def engine_of(arguments: argparse.Namespace) -> str:
    """Return the Python that shall run the engine; an empty text lets the add-on choose."""
    return arguments.python or preferred_python()


def walk(steps: Generator[Status, None, Any], arguments: argparse.Namespace) -> Any:
    """Take a run's steps, show them on stderr, and return its outcome.

    Raises:
        Cancelled: if it has none.
    """
    last = ""
    for step in to_end(steps):
        if not isinstance(step, Status):
            return step
        line = f"stylize: {step.done:4.0%} {step.text}"
        if not arguments.quiet and line != last:
            last = line
            print(line, file=sys.stderr, flush=True)  # noqa: T201  # a command speaks
    raise Cancelled


def tell(notes: Sequence[str], arguments: argparse.Namespace) -> None:
    """Print notes for the user on stderr."""
    if not arguments.quiet:
        for note in notes:
            print(f"stylize: {note}", file=sys.stderr)  # noqa: T201  # a command speaks
