"""The scene of a run for the engine: files of its pictures and bakes, each with the area that shows it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...core.request.picture_job import SceneFile
from ..images import Part
from ..settings import Settings
from . import uv_islands
from .uv_islands import Triangles

WIDE = 10
"""UDIM tiles in a row."""


def wants_scene(settings: Settings) -> bool:
    """Return whether the materials of a run get the style's palette together."""
    job = settings.job
    together = job.palette in ("auto", "scene") and not job.keep_color
    return settings.source == "MATERIALS" and together


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
