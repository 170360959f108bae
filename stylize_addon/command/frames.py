"""``stylize frames`` and ``stylize render``: rendered frames without a window."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...core.catalog import TOON
from ...core.cli.fields import read_fields
from ...core.errors import StylizeError
from ...core.request.sequence_job import SequenceJob
from ..exchange import save_file
from ..materials.results import replace_file
from ..properties import sequence_settings
from ..rendering.properties import SHOWN_PASSES, parts_of
from ..rendering.run import SequenceOutcome, apply, still_of, stylize_frames
from ..rendering.settings import SequenceSettings
from .arguments import OF_SEQUENCE, UsageError
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


def frames(arguments: argparse.Namespace) -> dict[str, Any]:
    """Render what is missing of a scene's frames and stylize them."""
    check_source(arguments, BLEND)
    _read_method(arguments)
    _check_pattern(arguments)
    scene = _open(arguments)
    settings = _sequence_settings(
        arguments,
        frames=arguments.frames or (scene.frame_start, scene.frame_end),
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
    _read_method(arguments)
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


def _read_method(arguments: argparse.Namespace) -> None:
    """Read the method toon as what it says of the drawing."""
    if arguments.method == TOON:
        arguments.method, arguments.drawn = None, "toon"


def _open(arguments: argparse.Namespace) -> bpy.types.Scene:
    """Open the file and return the scene; what was typed wrongly is found out before."""
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
    asked = [option for option in OF_SEQUENCE if hasattr(arguments, option.place)]
    typed = _given(read_fields(arguments, SequenceJob, asked) | {"layer": arguments.layer})
    typed.pop("frames", None)
    if arguments.shown:
        typed["source"] = SHOWN_PASSES[arguments.shown.upper()]
    own = _given(
        {name: getattr(arguments, name, None) for name in ("keep_blur", "live", "paint_layers")}
    )
    if arguments.view:
        own["view"] = arguments.view.upper()
    if arguments.drawn:
        own["drawn"] = arguments.drawn.upper()
    if arguments.ink_look:
        own["toon_look"] = arguments.ink_look
    if arguments.part:
        own["parts"] = tuple(arguments.part)
    if arguments.styles:
        look = look_settings(arguments)
        asked = SequenceJob(job=look.job, **typed)
        return SequenceSettings(look=look, asked=asked, **{**own, **more})
    look = scene_settings(arguments)
    if own.get("drawn") != "TOON":
        check_typed(look)
    scene = bpy.context.scene
    panel = sequence_settings(
        scene.stylize, bpy.context, frames=more["frames"], parts=parts_of(scene)
    )
    return replace(panel, look=look, asked=replace(panel.asked, **typed), **{**own, **more})


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


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


def _finish_frames(outcome: SequenceOutcome, arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.blend:
        apply(outcome)
        save_file(Path(arguments.blend).absolute())
    tell((*outcome.notes, *outcome.remarks), arguments)
    return _facts(outcome, outcome.pattern)


def _facts(outcome: SequenceOutcome, output: str) -> dict[str, Any]:
    notes = [*outcome.notes, *outcome.remarks]
    return {**outcome.facts, "output": output, "rendered": outcome.rendered, "notes": notes}
