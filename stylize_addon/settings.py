"""The settings of one run, from a panel, a script or a command."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Material, Object

from ..core.catalog import find_card, find_look
from ..core.errors import ParamsError, PictureError
from ..core.request.auto_method import settle
from ..core.request.check import check as check_job
from ..core.request.picture_job import Job
from .declared import name_setting
from .style_picture import style_problem
from .wearing import DRAWN, STROKES, materials_on

SCOPES = ("SELECTED", "NAMED", "ALL", "FILE")
"""ALL is all objects of the scene, FILE those of all scenes."""


def ask(**fields: Any) -> Job:
    """Return a job for whichever picture: content and output are still to be said."""
    return Job(content="", output="", **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a run needs to be told: what is asked of the engine, and what only Blender knows."""

    job: Job
    """What every picture gets: made by ``ask``."""
    one_brush: bool = True
    """Whether strokes have the same size on all surfaces, independent of their pictures' sizes."""
    source: str = "MATERIALS"
    """What is stylized: MATERIALS, or as 360° pictures those of the scene's WORLD or one IMAGE."""
    image: str = ""
    """Name of the picture, for the source IMAGE."""
    scope: str = "ALL"
    materials: tuple[str, ...] = ()
    """Names, for the scope NAMED."""
    emission: bool = False
    bake: bool = True
    """Whether colours without a picture are baked to one."""
    bake_size: int = 1024
    make_uvs: bool = False
    """Whether objects that need UVs and have none get a UV map."""
    pack: bool = False
    folder: str = "//stylized"
    amount: float = 1.0
    detail_group: str = ""
    """Name of the vertex groups that say where a painter takes finer brushes; none if empty."""
    relief: bool = False
    """Whether the relief of the paint goes into normals and roughness."""
    relief_amount: float = 1.0
    displace: bool = False
    """Whether its height moves the surfaces, too."""

    def job_for(self, content: Path, output: Path, **more: Any) -> Job:
        """Return the engine's job for one picture, with its method chosen where that needs no picture."""
        job = replace(self.job, content=str(content), output=str(output), **more)
        look = find_look(job.method)
        return job if look is not None and look.aim else settle(job, 0)[0]


def with_palette(job: Job, known: str) -> Job:
    """Return a job whose palette is the scene's as one that is known by what it is given.

    Args:
        job: The job, with its method chosen.
        known: ``picture`` for what is a scene of its own, ``scene`` for frames.
    """
    card = find_card(job.method)
    able = card.palette and card.styles != "names"
    return replace(job, palette=known) if able and job.palette in ("auto", "scene") else job


def check(settings: Settings) -> None:
    """Check everything that can be checked before the start.

    Raises:
        ParamsError: if a setting is out of its range.
        PictureError: if a style picture is not there, or is none.
    """
    job = settings.job
    card = find_card(job.method)
    if not job.styles and card.needs_style:
        raise ParamsError("No style was chosen; choose a style picture first")
    if len(job.styles) > card.max_styles:
        raise ParamsError(f"{card.look} mixes at most {card.max_styles} styles; choose fewer")
    try:
        check_job(job, card)
    except ParamsError as error:
        raise ParamsError(name_setting(error, Job), error.setting) from error
    for style in job.styles:
        if problem := style_problem(style.path):
            raise PictureError(problem)


def chosen_objects(scope: str) -> list[Object]:
    """Return the objects of a scope."""
    if scope == "SELECTED":
        return list(getattr(bpy.context, "selected_objects", ()))  # not every context has them
    return list(bpy.data.objects if scope == "FILE" else bpy.context.scene.objects)


def materials_of(scope: str) -> list[Material]:
    """Return the materials that the objects of a scope show, each once."""
    return [m for m in materials_on(chosen_objects(scope)) if not m.is_grease_pencil]


def strokes_of(settings: Settings) -> list[str]:
    """Return the names of chosen Grease Pencil: materials by name, else objects."""
    if settings.scope == "NAMED":
        return [name for name in settings.materials if _find_named(name).is_grease_pencil]
    return [o.name for o in chosen_objects(settings.scope) if o.type in STROKES]


def chosen_materials(settings: Settings) -> list[Material]:
    """Return the materials of a run.

    Raises:
        ParamsError: if a name is unknown, nothing is selected, or there is no material.
    """
    if settings.scope == "NAMED":
        named = [_find_named(name) for name in settings.materials]
        return [material for material in named if not material.is_grease_pencil]
    if settings.scope == "SELECTED" and not chosen_objects(settings.scope):
        raise ParamsError("No object is selected; select the objects to stylize")
    materials = materials_of(settings.scope)
    drawn = strokes_of(settings)
    if not materials and drawn:
        raise ParamsError(f"There is nothing to stylize: {drawn[0]} {DRAWN}")
    if not materials:
        words = {"SELECTED": "selected objects have", "FILE": "file has"}
        which = words.get(settings.scope, "scene has")
        raise ParamsError(f"The {which} no materials; there is nothing to stylize")
    return materials


def _find_named(name: str) -> Material:
    material = bpy.data.materials.get(name)
    if material is None:
        known = ", ".join(m.name for m in bpy.data.materials) or "none"
        raise ParamsError(f"There is no material {name}; the materials here are: {known}")
    return material
