"""Rendering a scene's frames with their passes; afterwards the scene's settings are restored."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import bpy
from bpy.types import Scene, ViewLayer

from ...core.errors import StylizeError
from ..meanwhile import meanwhile
from .frames import FrameFiles, camera_facts, settings_of, write_facts

FILE = {
    "media_type": "MULTI_LAYER_IMAGE",
    "file_format": "OPEN_EXR_MULTILAYER",
    "color_mode": "RGBA",
    "color_depth": "16",
    "exr_codec": "ZIP",
    "color_management": "FOLLOW_SCENE",
    "views_format": "INDIVIDUAL",
}
"""Image settings in the order in which each allows the next."""
RENDER = {
    "use_compositing": False,
    "use_sequencer": False,
    "use_multiview": False,
    "use_stamp": False,
    "use_file_extension": True,
    "use_overwrite": True,
    "use_placeholder": False,
    "save_output": True,
}
PASSES = (
    "combined", "z", "vector", "position", "normal", "cryptomatte_object", "cryptomatte_material",
)  # fmt: skip  # one list
MOVING = ("z", "vector", "position", "cryptomatte_object")
"""What a file of motion alone holds, and where that can be trusted."""
DIFFUSE = ("diffuse_color", "diffuse_direct", "diffuse_indirect")
ROUGH_CYCLES = {
    "samples": 1,
    "use_adaptive_sampling": False,
    "use_denoising": False,
    "max_bounces": 0,
}
"""One sample is taken at the pixel's centre, so each pixel moves as one surface does."""
ROUGH_EEVEE = {"taa_render_samples": 1, "use_raytracing": False}


def render(frame_files: FrameFiles, frames: Iterable[int]) -> Iterator[int]:
    """Render frames in this process, and yield each when it is done; the settings are restored at the end.

    Raises:
        StylizeError: if one cannot be rendered or written.
    """
    scene = bpy.data.scenes[frame_files.scene]
    Path(frame_files.vectors or frame_files.pattern).parent.mkdir(parents=True, exist_ok=True)
    with _prepare(scene, frame_files):
        for frame in frames:
            scene.frame_set(frame)
            _render_frame(scene, frame_files, frame)
            yield frame


def _render_frame(scene: Scene, frame_files: FrameFiles, frame: int) -> None:
    """Render a frame and, if needed, its motion; either both files are written or none."""
    path, motion = frame_files.path(frame), frame_files.motion_path(frame)
    facts = {
        "made": settings_of(scene, frame_files),
        "diffuse": frame_files.diffuse,
        "motion": motion is not None,
        "camera": camera_facts(scene),
    }
    parts = {target: _name_part(target) for target in (motion, path) if target is not None}
    try:
        if motion is not None:
            with _motion_alone(scene, scene.view_layers[frame_files.layer]):
                _write_render(scene, parts[motion])
        _write_render(scene, parts[path])
        for target, part in parts.items():
            part.replace(target)
        write_facts(path.with_suffix(".json"), facts)
    except RuntimeError as error:
        reason = str(error).strip().removeprefix("Error: ")
        raise StylizeError(f"Frame {frame} could not be rendered: {reason}") from error
    except OSError as error:
        raise StylizeError(
            f"Frame {frame} cannot be written to {path.parent} ({error.strerror}); "
            "make room there or choose another folder"
        ) from error
    finally:
        for part in parts.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _name_part(path: Path) -> Path:
    return path.with_name(f"{path.stem}.{os.getpid()}-{uuid4().hex[:8]}.part.exr")


def remove_parts(frame_files: FrameFiles, process: int) -> None:
    """Remove the unfinished files of a killed process."""
    for part in Path(frame_files.folder).rglob(f"*.{process}-*.part.exr"):
        with suppress(OSError):
            part.unlink()


def _write_render(scene: Scene, path: Path) -> None:
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)


@contextmanager
def _prepare(scene: Scene, frame_files: FrameFiles) -> Iterator[None]:
    """Set a scene, for the block, to render one view layer with its passes into multilayer EXRs."""
    frame, part = scene.frame_current, scene.frame_subframe
    with ExitStack() as kept:
        kept.enter_context(meanwhile(scene.render, RENDER | {"filepath": scene.render.filepath}))
        kept.enter_context(meanwhile(scene.render, {"use_motion_blur": frame_files.blur}))
        if frame_files.vectors:  # data kept for the next render is either with blur or without
            kept.enter_context(meanwhile(scene.render, {"use_persistent_data": False}))
        kept.enter_context(meanwhile(scene.render.image_settings, FILE))
        for layer in scene.view_layers:
            kept.enter_context(meanwhile(layer, {"use": layer.name == frame_files.layer}))
        kept.enter_context(
            _with_passes(scene.view_layers[frame_files.layer], _list_passes(frame_files))
        )
        if hasattr(scene, "stylize"):
            kept.enter_context(meanwhile(scene.stylize, {"each_frame": False}))
        try:
            yield
        finally:
            scene.frame_set(frame, subframe=part)


def _list_passes(frame_files: FrameFiles) -> tuple[str, ...]:
    names = PASSES if frame_files.vectors is None else tuple(n for n in PASSES if n != "vector")
    return (*names, *DIFFUSE) if frame_files.diffuse else names


@contextmanager
def _with_passes(layer: ViewLayer, names: Iterable[str]) -> Iterator[None]:
    with meanwhile(layer, {f"use_pass_{name}": True for name in names}):
        yield


@contextmanager
def _motion_alone(scene: Scene, layer: ViewLayer) -> Iterator[None]:
    """Set a scene, for the block, to render its motion, and as little of the picture as possible."""
    owners: list[tuple[Any, Mapping[str, Any]]] = [
        (scene.render, {"use_motion_blur": False}),
        (layer, {"samples": 0, "use_pass_combined": False}),
        (scene.eevee, ROUGH_EEVEE),
    ]
    if hasattr(scene, "cycles"):
        owners.append((scene.cycles, ROUGH_CYCLES))
    if scene.camera is not None and scene.camera.type == "CAMERA":
        owners.append((scene.camera.data.dof, {"use_dof": False}))
    with ExitStack() as kept:
        for owner, values in owners:
            kept.enter_context(meanwhile(owner, values))
        kept.enter_context(_with_passes(layer, MOVING))
        yield
