"""What guides the strokes of a picture over its mesh: its triangles, and where the scene's light is."""

from collections.abc import MutableSequence
from pathlib import Path
from typing import Any

import bpy

from ...core.request.directions import OVER_MESH, wants_ways
from ...core.request.picture_job import Job
from ..lamps import way_to_light

NO_WAYS = "its UVs are not known, so strokes do not go along the mesh"


def guide(job: Job, name: str, mesh: Path | None, notes: MutableSequence[str]) -> dict[str, Any]:
    """Return the fields of a picture's job by which strokes go over its mesh; notes say why they cannot.

    Args:
        job: What is asked of every picture.
        name: Of the picture, for notes.
        mesh: File of the triangles that show it.
        notes: Of the run, for the user.
    """
    if not wants_ways(job):
        return {}
    if mesh is None:
        notes.append(f"{name}: {NO_WAYS}")
        return dict.fromkeys(OVER_MESH, 0.0)
    if not job.along_light or job.light_from is not None:
        return {}
    return {"light_from": way_to_light(bpy.context.scene)}
