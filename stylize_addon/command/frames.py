"""``stylize frames`` and ``stylize render``: rendered frames without a window."""

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import ParamsError, StylizeError
from ..exchange import save_file
from ..materials.results import replace_file
from ..properties import sequence_settings
from ..rendering.properties import parts_of
from ..rendering.run import SequenceOutcome, apply, still_of, stylize_frames
from ..rendering.settings import Part, SequenceSettings, read_part
from .arguments import UsageError
from .steps import (
    BLEND,
    check_file,
    check_source,
    check_typed,
    engine_of,
    look_settings,
    open_and_check,
    scene_settings,
    tell,
    walk,
)

STILLS = (".exr", ".png", ".tif", ".tiff", ".jpg", ".jpeg", ".webp")
RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def frames(arguments: argparse.Namespace) -> dict[str, Any]:
    """Render what is missing of a scene's frames and stylize them."""
    check_source(arguments, BLEND)
    _check_pattern(arguments)
    wanted = _range(arguments.frames)
    scene = _open(arguments)
    settings = _sequence_settings(
        arguments,
        frames=wanted or (scene.frame_start, scene.frame_end),
        compositor=arguments.compositor.upper() if arguments.blend else "NOWHERE",
        again=arguments.again,
        output=str(Path(arguments.output).absolute()) if arguments.output else "",
    )
    outcome = walk(stylize_frames(settings, engine_of(arguments)), arguments)
    try:
        return _finish_frames(outcome, arguments)
    finally:
        outcome.discard()


def render(arguments: argparse.Namespace) -> dict[str, Any]:
    """Render one frame of a scene and stylize it."""
    check_source(arguments, BLEND)
    output = Path(arguments.output).absolute()
    check_file(arguments, output, STILLS)
    scene = _open(arguments)
    frame = scene.frame_current if arguments.frame is None else arguments.frame
    settings = _sequence_settings(arguments, frames=(frame, frame), still=True, output=str(output))
    outcome = walk(stylize_frames(settings, engine_of(arguments)), arguments)
    try:
        replace_file(still_of(outcome), output)
        tell((*outcome.notes, *outcome.remarks), arguments)
        return _facts(outcome, str(output))
    finally:
        outcome.discard()


def _open(arguments: argparse.Namespace) -> bpy.types.Scene:
    """Open the file and return the scene; what was typed wrongly is found out before."""
    _parts(arguments)
    open_and_check(look_settings(arguments) if arguments.styles else None, arguments)
    return _scene(arguments)


def _scene(arguments: argparse.Namespace) -> bpy.types.Scene:
    if arguments.scene is not None:
        scene = bpy.data.scenes.get(arguments.scene)
        if scene is None:
            known = ", ".join(scene.name for scene in bpy.data.scenes)
            raise StylizeError(f"There is no scene {arguments.scene}; the scenes here are: {known}")
        bpy.context.window.scene = scene
    return bpy.context.scene


def _sequence_settings(arguments: argparse.Namespace, **more: Any) -> SequenceSettings:
    """Return what was typed; without a style, the scene's panel says the rest."""
    words = ("motion", "keep_blur", "layer", "anchor", "live")
    typed = {name: value for name in words if (value := getattr(arguments, name, None)) is not None}
    if arguments.shown:
        typed["diffuse"] = arguments.shown == "diffuse"
    if arguments.view:
        typed["view"] = arguments.view.upper()
    if parts := _parts(arguments):
        typed["parts"] = parts
    if arguments.styles:
        return SequenceSettings(look=look_settings(arguments), **{**typed, **more})
    look = scene_settings(arguments)
    check_typed(look)
    scene = bpy.context.scene
    panel = sequence_settings(
        scene.stylize, bpy.context, frames=more["frames"], parts=parts_of(scene)
    )
    return replace(panel, look=look, **{**typed, **more})


def _parts(arguments: argparse.Namespace) -> tuple[Part, ...]:
    try:
        return tuple(read_part(text) for text in arguments.part)
    except ParamsError as error:
        raise UsageError(str(error)) from error


def _check_pattern(arguments: argparse.Namespace) -> None:
    if arguments.blend:
        check_file(arguments, Path(arguments.blend).absolute(), BLEND)
    if not arguments.output:
        return
    output = Path(arguments.output).absolute()
    if "#" not in output.name:
        raise UsageError(
            f"{output.name} has no place for frames' numbers; "
            f"write it like {output.stem}_####{output.suffix or '.exr'}"
        )
    if output.suffix.lower() not in STILLS:
        raise UsageError(f"{output.name} cannot be written; choose one of {', '.join(STILLS)}")
    if not output.parent.is_dir():
        raise StylizeError(f"{output.name} cannot be written: there is no folder {output.parent}")


def _range(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = RANGE.fullmatch(text.strip())
    if not found:
        raise UsageError(f"--frames {text} is no range; write it like 1-250, or 12 for one frame")
    first = int(found[1])
    last = int(found[2] or first)
    if first > last:
        raise UsageError(f"--frames {text} runs backward; the first frame must be the smaller")
    return first, last


def _finish_frames(outcome: SequenceOutcome, arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.blend:
        apply(outcome)
        save_file(Path(arguments.blend).absolute())
    tell((*outcome.notes, *outcome.remarks), arguments)
    return _facts(outcome, outcome.pattern)


def _facts(outcome: SequenceOutcome, output: str) -> dict[str, Any]:
    notes = [*outcome.notes, *outcome.remarks]
    return {**outcome.facts, "output": output, "rendered": outcome.rendered, "notes": notes}
