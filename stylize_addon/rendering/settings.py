"""The settings of a run over rendered frames, and the engine's request made from them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
from bpy.types import Object, Scene

from ...core.catalog import find_card, find_look
from ...core.errors import ParamsError, StylizeError
from ...core.request.directions import takes_detail
from ...core.request.sequence_job import BETWEEN, Region, SequenceJob, ViewTransform
from ...core.request.toon_job import ToonJob
from ..engine import missing_in
from ..materials.panorama import unfit_render
from ..settings import Settings, check, with_palette
from .frames import FrameFiles, size_of

KINDS = ("OBJECT", "MATERIAL", "COLLECTION")
SHAPES = ("MESH", "CURVE", "SURFACE", "META", "FONT", "VOLUME", "CURVES", "POINTCLOUD", "GPENCIL")
"""Kinds of objects that a render shows."""
FINE = "fine "
"""Before a part that gets finer brushes."""
STANDARD = (
    "The engine saw the frames in Standard, not in {}: its Python lacks the package opencolorio"
)


@dataclass(frozen=True, slots=True)
class Part:
    """An object, a material or a collection with a strength of its own."""

    kind: str
    """One of ``KINDS``."""
    name: str
    strength: float = 0.0
    fine: bool = False
    """Whether a painter takes finer brushes there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceSettings:
    """All settings of a run over frames."""

    look: Settings
    """The style and its settings; the folder of results."""
    asked: SequenceJob
    """The engine's settings for the frames."""
    frames: tuple[int, int]
    still: bool = False
    """Whether it is one picture: without motion, and the compositor is not changed."""
    last_render: bool = False
    """Whether a still is the last render, not a frame that is rendered for it."""
    keep_blur: bool = True
    """Whether Motion Blur stays in the rendered frames; then exact motion is rendered separately."""
    view: str = "SCENE"
    """The view transform for the engine: that of the scene's Color Management, or STANDARD."""
    parts: tuple[Part, ...] = ()
    live: bool = False
    """Whether parts are mattes in the compositor, and frames are stylized everywhere."""
    paint_layers: bool = False
    """Whether a painter's layers are written beside the frames, and shown in the compositor."""
    again: bool = False
    """Whether existing frames are rendered again."""
    compositor: str = "OUTPUT"
    """Place of the result in the compositor: at its OUTPUT, instead of the RENDER, or NOWHERE."""
    output: str = ""
    """Pattern of the results, with a # for each digit; empty: in the folder of the look."""
    drawn: str = "STYLE"
    """What frames are: in a STYLE, in it INKED with the lines of a toon look, or in that look alone, TOON."""
    toon_look: str = "cel"
    """The toon look, one of the engine's presets."""

    @property
    def folder(self) -> Path:
        """Folder of frames and results."""
        if self.output:
            return Path(bpy.path.abspath(self.output)).absolute().parent
        return Path(bpy.path.abspath(self.look.folder)).absolute()

    @property
    def baked_parts(self) -> tuple[Part, ...]:
        """The parts whose strength the engine applies (the others are mattes in the compositor)."""
        return () if self.live and self.compositor != "NOWHERE" and not self.still else self.parts

    def styled(self, name: str) -> Path:
        """Return the pattern of frames in a style that are inked afterwards."""
        return Path(self.results(name)).parent / "styled" / f"{name}_####.exr"

    def results(self, name: str) -> str:
        """Return the pattern of the results, for frames of this name."""
        if self.output:
            return str(self.folder / Path(self.output).name)
        return str(self.folder / "frames" / f"{name}_####.exr")


def check_sequence_settings(settings: SequenceSettings) -> None:
    """Check everything that can be checked before rendering.

    Raises:
        StylizeError: with a sentence for the user.
    """
    if settings.drawn != "TOON":
        check(settings.look)
    kept = settings.output or settings.still
    if not bpy.data.filepath and not kept and settings.look.folder.startswith("//"):
        raise StylizeError(
            "This file has not been saved yet, so its frames have no folder; save it first"
        )
    if settings.output and not settings.still and "#" not in Path(settings.output).name:
        name = Path(settings.output)
        raise ParamsError(
            f"{name.name} has no place for frames' numbers; "
            f"write it like {name.stem}_####{name.suffix or '.exr'}"
        )
    for part in settings.parts:
        where_of(part)


def read_part(text: str) -> Part:
    """Read ``object:NAME=STRENGTH``, or ``material:`` or ``collection:``; without a strength it is 0.

    With ``fine`` before it, it gets finer brushes, and without a strength all of the style.

    Raises:
        ParamsError: if it is not of this form.
    """
    fine = text.strip().startswith(FINE)
    kind, colon, rest = text.strip().removeprefix(FINE).strip().partition(":")
    name, equals, strength = rest.rpartition("=")
    name, strength = (name, strength) if equals else (rest, "1" if fine else "0")
    try:
        value = float(strength)
    except ValueError:
        value = -1.0
    if kind.upper() not in KINDS or not colon or not name or not 0 <= value <= 1:
        raise ParamsError(
            f"{text!r} is no part of a picture; write {', '.join(KINDS).lower()} and a name, like "
            "object:Fox=0.5, with a strength between 0 and 1"
        )
    return Part(kind.upper(), name, value, fine)


def sequence_job_of(
    settings: SequenceSettings,
    scene: Scene,
    *,
    content: Path,
    output: Path,
    frame_files: FrameFiles | None = None,
    cameras: Path | None = None,
) -> SequenceJob:
    """Return the engine's request for a scene's frames, or for others; content and output are patterns."""
    surface = "equirect" if _is_panorama(scene) else "flat"
    look = replace(settings.look, job=replace(settings.look.job, surface=surface))
    return replace(
        settings.asked,
        job=replace(
            with_palette(look.job_for(content, output), "scene"), detail_mask=_find_fine(settings)
        ),
        frames=settings.frames,
        motion="none" if settings.still else settings.asked.motion,
        layer=frame_files.layer or None if frame_files else None,
        regions=tuple(Region(where_of(part), part.strength) for part in settings.baked_parts),
        cameras=str(cameras) if cameras else None,
        vectors=frame_files.vectors if frame_files else None,
        view=view_of(scene, settings.view),
    )


def _find_fine(settings: SequenceSettings) -> str | None:
    """Return the parts where finer brushes are used, for ``Job.detail_mask``; None if the method has none."""
    method = settings.look.job.method
    if find_look(method) is not None or not takes_detail(find_card(method)):
        return None
    return BETWEEN.join(where_of(part) for part in settings.parts if part.fine) or None


def toon_job_of(
    settings: SequenceSettings, frame_files: FrameFiles, *, fill: Path | None, output: Path
) -> ToonJob:
    """Return the engine's request for a toon look; ``fill`` and ``output`` are patterns of frames."""
    return ToonJob(
        content=frame_files.pattern,
        output=str(output),
        preset=settings.toon_look,
        fill=None if fill is None else str(fill),
        layer=frame_files.layer or None,
        frames=settings.frames,
        overwrite=settings.still,
    )


def _is_panorama(scene: Scene) -> bool:
    width, height = size_of(scene)
    return width == 2 * height and not unfit_render(scene)


def view_of(scene: Scene, wanted: str) -> ViewTransform:
    """Return the view transform for a scene's frames."""
    if wanted != "SCENE":
        return ViewTransform()
    settings = scene.view_settings
    return ViewTransform(
        name=settings.view_transform,
        look="" if settings.look == "None" else settings.look,
        display=scene.display_settings.display_device,
        exposure=settings.exposure,
        gamma=settings.gamma,
        config=str(_find_color_config()),
    )


def _find_color_config() -> Path:
    """Return Blender's OpenColorIO configuration."""
    named = os.environ.get("OCIO", "")
    if named and Path(named).is_file():
        return Path(named)
    return Path(bpy.utils.system_resource("DATAFILES", path="colormanagement")) / "config.ocio"


def with_known_view(
    settings: SequenceSettings, scene: Scene, python: Path
) -> tuple[SequenceSettings, str]:
    """Return settings with a view that the engine can show, and a note if it differs from the scene's."""
    name = scene.view_settings.view_transform
    if settings.view != "SCENE" or name == "Standard" or not missing_in(python, ("PyOpenColorIO",)):
        return settings, ""
    return replace(settings, view="STANDARD"), STANDARD.format(name)


def where_of(part: Part) -> str:
    """Return a part in the form of ``Region.where``.

    Raises:
        ParamsError: if it does not exist, or its name cannot be written in that form.
    """
    return f"{'material' if part.kind == 'MATERIAL' else 'object'}:{','.join(names_of(part))}"


def names_of(part: Part) -> list[str]:
    """Return the names of a part's objects, or of its material.

    Raises:
        ParamsError: if it does not exist, or a name cannot be written in that form.
    """
    names = _list_objects(part.name) if part.kind == "COLLECTION" else [_check_names(part)]
    odd = next((name for name in names if set(name) & {",", BETWEEN} or name != name.strip()), None)
    if odd is not None:
        raise ParamsError(
            f"The name {odd!r} has a comma, a semicolon or a blank at an end; rename it to stylize it"
        )
    return names


def _check_names(part: Part) -> str:
    things = bpy.data.materials if part.kind == "MATERIAL" else bpy.data.objects
    if things.get(part.name) is None:
        raise ParamsError(f"There is no {part.kind.lower()} {part.name!r}; choose another one")
    return part.name


def _list_objects(name: str) -> list[str]:
    collection = bpy.data.collections.get(name)
    if collection is None:
        raise ParamsError(f"There is no collection {name!r}; choose another one")
    objects: list[Object] = []
    for thing in collection.all_objects:
        instanced = thing.instance_collection if thing.instance_type == "COLLECTION" else None
        objects += [thing] if instanced is None else list(instanced.all_objects)
    names = dict.fromkeys(thing.name for thing in objects if thing.type in SHAPES)
    if not names:
        raise ParamsError(f"The collection {name} has no object that a render shows")
    return list(names)
