"""The scene of a run for the engine: files of its pictures and bakes, each with the area that shows it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from ...core.catalog import find_card
from ...core.request.picture_job import SceneFile
from ..images import Part, Unsuitable
from ..settings import Settings
from . import uv_islands
from .areas import measure_areas, share_areas
from .bake_process import Baking
from .results import Outcome
from .sources import Helpers, read_picture, write_bake
from .survey import survey_again
from .uv_islands import Triangles, areas_of
from .worklist import Survey

WIDE = 10
"""UDIM tiles in a row."""


def wants_scene(settings: Settings) -> bool:
    """Return whether the materials of a run get the style's palette together."""
    job = settings.job
    together = job.palette in ("auto", "scene") and not job.keep_color
    return settings.source == "MATERIALS" and together and find_card(job.method).palette


def gather_scene(
    plan: Mapping[str, tuple[str, ...]], helpers: Helpers, outcome: Outcome
) -> Iterator[None]:
    """Collect the pictures of a run, with their areas, step by step; what cannot be read does not count.

    Args:
        plan: For each picture or bake, by name, the names of the materials that show it.
        helpers: The processes of the run.
        outcome: Whose scene it becomes.
    """
    if not wants_scene(outcome.settings):
        return
    names = dict.fromkeys(owner for owners in plan.values() for owner in owners)
    local = (bpy.data.materials.get((name, None)) for name in names)
    areas = measure_areas(material for material in local if material is not None)
    files: list[SceneFile] = []
    for number, (name, owners) in enumerate(plan.items()):
        yield
        while name in helpers.baking.names and not _has_ended(name, helpers.baking):
            yield
        work = survey_again(owners, outcome.settings)
        look = SceneFile("", share_areas(areas, owners), needed=False)
        stem = helpers.engine.work / f"scene{number}"
        with suppress(Unsuitable, OSError):
            files += _find_files(name, work, look, stem, helpers, outcome.settings.bake_size)
    outcome.scene = tuple(files)


def _has_ended(name: str, baking: Baking) -> bool:
    """Return whether a colour has been baked, or never will be."""
    try:
        return baking.is_baked(name)
    except Unsuitable:
        return True


def _find_files(
    name: str, work: Survey, look: SceneFile, stem: Path, helpers: Helpers, size: int
) -> list[SceneFile]:
    """Return a picture's or a bake's files as parts of the scene; none if it is gone."""
    if name in work.pictures:
        picture = work.pictures[name]
        source = read_picture(picture, helpers.engine.work)
        triangles = uv_islands.gather(picture.uses, helpers.baking.uvs)
        look = replace(look, space=source.space, alpha=source.alpha)
        return list(_list_files(source.parts, look, triangles, stem))
    if name in work.bakes:
        part, mesh = write_bake(name, work.bakes[name], helpers, size)
        if name not in helpers.baking.names or helpers.baking.is_baked(name):
            uv = None if mesh is None else str(mesh)
            return [replace(look, path=str(part.content), uv=uv, space="srgb")]
    return []


def _list_files(
    parts: tuple[Part, ...], look: SceneFile, triangles: Triangles | None, stem: Path
) -> Iterator[SceneFile]:
    """Yield the files of one picture.

    Args:
        parts: Its files, one for each UDIM tile.
        look: Its area, and how its numbers and alpha are meant.
        triangles: What shows it; None: not known.
        stem: Where the triangles of each file go, without a tile's number.
    """
    sides = [_on_tile(triangles, part.tile) for part in parts]
    areas = [0.0 if side is None else float(areas_of(side.position).sum()) for side in sides]
    total = sum(areas)
    for part, side, own in zip(parts, sides, areas, strict=True):
        area = look.area * (own / total if total else 1 / len(parts))
        if area > 0:
            path = stem.with_name(f"{stem.name}.{part.tile or 0}.npz")
            shown = side is not None and len(side) > 0
            uv = str(uv_islands.write(side, path)) if side is not None and shown else None
            yield replace(look, path=str(part.content), area=area, uv=uv)


def _on_tile(triangles: Triangles | None, tile: int | None) -> Triangles | None:
    """Return the triangles that a UDIM tile shows, moved into the unit square."""
    if triangles is None or tile is None:
        return triangles
    corner = np.array(((tile - 1001) % WIDE, (tile - 1001) // WIDE), np.float32)
    own = triangles.chosen((np.floor(triangles.uv.mean(1)) == corner).all(1))
    return replace(own, uv=own.uv - corner)
