"""How much surface wears each material, in square metres, with instances counted."""

from collections.abc import Iterable, Mapping
from typing import Any

import bpy
import numpy as np
from bpy.types import Material, Mesh, Object
from numpy.typing import NDArray

from ..wearing import users_of
from .uv_islands import areas_of, read_numbers

Slots = NDArray[np.float64]
"""Area of the faces of each slot, (N,)."""
DIGITS = 5
"""Digits by which two scales are the same."""


def measure_areas(materials: Iterable[Material]) -> dict[str, float]:
    """Return the area that wears each material, by full names.

    Objects are taken as they are evaluated, each as often as the scene shows it; what the scene does not
    show, as those of other scenes, by its own mesh. A material that no face wears has none.
    """
    wanted = {material.name_full: material for material in materials}
    areas = dict.fromkeys(wanted, 0.0)
    known: dict[Any, Slots] = {}
    graph = bpy.context.evaluated_depsgraph_get()
    for instance in graph.object_instances:
        shown = instance.object
        if shown.type == "MESH" and shown.data is not None:
            _add(areas, shown, shown.data, np.array(instance.matrix_world), known)
    for name, material in wanted.items():
        for object_ in users_of(material) if not areas[name] else ():
            matrix = np.array(object_.matrix_world)
            _add(areas, object_, object_.data, matrix, {}, only=name)
    return {name: area for name, area in areas.items() if area > 0}


def _add(  # the last is named by the caller
    areas: dict[str, float],
    object_: Object,
    mesh: Mesh,
    matrix: NDArray[np.float64],
    known: dict[Any, Slots],
    *,
    only: str = "",
) -> None:
    """Add a mesh's faces, placed by a matrix, to the areas of their materials."""
    slots = _list_materials(object_, mesh)
    if not any(name in areas for name in slots):
        return
    turn = matrix[:3, :3]
    key = (mesh.as_pointer(), *np.round((turn.T @ turn).ravel(), DIGITS))
    if key not in known:
        known[key] = _measure_slots(mesh, turn, len(slots))
    for name, area in zip(slots, known[key], strict=True):
        if name in areas and only in ("", name):
            areas[name] += float(area)


def _list_materials(object_: Object, mesh: Mesh) -> list[str]:
    """Return the full names of the materials of a mesh's slots, empty where there is none."""
    own = [slot.material for slot in object_.material_slots]
    others = list(mesh.materials)
    count = max(1, len(own), len(others))
    own, others = (each + [None] * (count - len(each)) for each in (own, others))
    worn = [one or other for one, other in zip(own, others, strict=True)]
    return ["" if m is None else m.original.name_full for m in worn]


def _measure_slots(mesh: Mesh, turn: NDArray[np.float64], count: int) -> Slots:
    mesh.calc_loop_triangles()
    triangles = len(mesh.loop_triangles)
    if not triangles:
        return np.zeros(count)
    points = read_numbers(mesh.loop_triangles, "vertices", triangles * 3, np.int32).reshape(-1, 3)
    slot = read_numbers(mesh.loop_triangles, "material_index", triangles, np.int32)
    place = read_numbers(mesh.vertices, "co", len(mesh.vertices) * 3, np.float32).reshape(-1, 3)
    area = areas_of((place.astype(np.float64) @ turn.T)[points])
    return np.bincount(slot.clip(0, count - 1), area, count)


def share_areas(areas: Mapping[str, float], owners: Iterable[str]) -> float:
    """Return the area of all materials that show a picture; the mean area where none is known."""
    total = sum(areas.get(name, 0.0) for name in owners)
    return total or (float(np.mean(list(areas.values()))) if areas else 1.0)
