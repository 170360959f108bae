"""The scene of a run for the engine: files of its pictures and bakes, each with the area that shows it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from ...core.request.picture_job import SceneFile
from ..images import Part, Unsuitable
from ..settings import Settings
from . import uv_islands
from .areas import measure_areas, share_areas
from .bake_process import Baking
from .results import Outcome
from .sources import Helpers, read_picture, write_bake
from .survey import survey_again
from .uv_islands import Triangles
from .worklist import Survey

WIDE = 10
"""UDIM tiles in a row."""


def wants_scene(settings: Settings) -> bool:
    """Return whether the materials of a run get the style's palette together."""
    job = settings.job
    together = job.palette in ("auto", "scene") and not job.keep_color
    return settings.source == "MATERIALS" and together


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
    for name, owners in plan.items():
        yield
        while name in helpers.baking.names and not _has_ended(name, helpers.baking):
            yield
        work = survey_again(owners, outcome.settings)
        weight = share_areas(areas, owners)
        with suppress(Unsuitable, OSError):
            files += _find_files(name, work, weight, helpers, outcome.settings.bake_size)
    outcome.scene = tuple(files)


def _has_ended(name: str, baking: Baking) -> bool:
    """Return whether a colour has been baked, or never will be."""
    try:
        return baking.is_baked(name)
    except Unsuitable:
        return True


def _find_files(
    name: str, work: Survey, weight: float, helpers: Helpers, size: int
) -> list[SceneFile]:
    """Return a picture's or a bake's files as parts of the scene; none if it is gone."""
    folder = helpers.engine.work
    if name in work.pictures:
        picture = work.pictures[name]
        source = read_picture(picture, folder)
        triangles = uv_islands.gather(picture.uses, helpers.baking.uvs)
        look = SceneFile("", weight, space=source.space, alpha=source.alpha, needed=False)
        return list(list_files(source.parts, look, triangles, folder))
    if name in work.bakes:
        part, mesh = write_bake(name, work.bakes[name], helpers, size)
        if name not in helpers.baking.names or helpers.baking.is_baked(name):
            uv = None if mesh is None else str(mesh)
            return [SceneFile(str(part.content), weight, uv, "srgb", needed=False)]
    return []


def list_files(
    parts: tuple[Part, ...], look: SceneFile, triangles: Triangles | None, folder: Path
) -> Iterator[SceneFile]:
    """Yield the files of one picture.

    Args:
        parts: Its files, one for each UDIM tile.
        look: Its area, and how its numbers and alpha are meant.
        triangles: What shows it; None: not known.
        folder: Where the triangles of each file go.
    """
    sides = [_on_tile(triangles, part.tile) for part in parts]
    areas = [_area_of(side) for side in sides]
    total = sum(areas)
    for part, side, area in zip(parts, sides, areas, strict=True):
        weight = look.weight * (area / total if total else 1 / len(parts))
        if weight > 0:
            path = folder / f"{part.content.name}.{part.tile or 0}.scene.npz"
            shown = side is not None and len(side) > 0
            uv = str(uv_islands.write(side, path)) if side is not None and shown else None
            yield replace(look, path=str(part.content), weight=weight, uv=uv)


def _on_tile(triangles: Triangles | None, tile: int | None) -> Triangles | None:
    """Return the triangles that a UDIM tile shows, moved into the unit square."""
    if triangles is None or tile is None:
        return triangles
    corner = np.array(((tile - 1001) % WIDE, (tile - 1001) // WIDE), np.float32)
    own = triangles.chosen((np.floor(triangles.uv.mean(1)) == corner).all(1))
    return Triangles(own.uv - corner, own.position, own.part)


def _area_of(triangles: Triangles | None) -> float:
    if triangles is None or not len(triangles):
        return 0.0
    place = triangles.position.astype(np.float64)
    sides = np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0])
    return float(np.linalg.norm(sides, axis=1).sum() / 2)
