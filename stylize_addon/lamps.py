"""Which lamps light a scene, and from where."""

from collections.abc import Iterable, Sequence
from math import pi
from typing import Any

from bpy.types import Object, Scene
from mathutils import Vector

from ..core.color import BLUE, RED

LUMA = (RED, 1 - RED - BLUE, BLUE)
DIMMEST = 1e-4
"""Radiance below which a lamp is out."""


def brightest_lamp(scene: Scene, objects: Sequence[Object]) -> Object | None:
    """Return the lamp that lights objects most; None if none does."""
    center = center_of(objects)
    lamps = [lamp for lamp in lamps_of(scene) if brightness_of(lamp, center) > DIMMEST]
    return max(lamps, key=lambda lamp: brightness_of(lamp, center), default=None)


def way_to_light(scene: Scene) -> str | None:
    """Return the way from a scene's meshes to the lamp that lights them most, ``x,y,z``; None without one."""
    meshes = [o for o in scene.objects if o.type == "MESH"]
    lamp: Any = brightest_lamp(scene, meshes)
    if lamp is None:
        return None
    sun = lamp.matrix_world.to_3x3() @ Vector((0, 0, 1))
    way = sun if lamp.data.type == "SUN" else lamp.matrix_world.translation - center_of(meshes)
    return None if way.length < DIMMEST else ",".join(f"{part:.5f}" for part in way.normalized())


def lamps_of(scene: Scene) -> list[Object]:
    """Return the lamps that shine in a scene's renders."""
    return [o for o in scene.objects if o.type == "LIGHT" and not o.hide_render]


def center_of(objects: Iterable[Object]) -> Vector:
    """Return the middle of objects."""
    corners = [o.matrix_world @ Vector(corner) for o in objects for corner in o.bound_box]
    return sum(corners, Vector()) / len(corners) if corners else Vector()


def brightness_of(lamp: Any, center: Vector) -> float:
    """Return the radiance of a white surface at a place that faces a lamp."""
    light = lamp.data
    power = light.energy * luma_of(light.color) * 2 ** getattr(light, "exposure", 0.0)
    if light.type == "SUN":
        return power / pi
    distance = max((lamp.matrix_world.translation - center).length_squared, 1e-4)
    return power / (pi**2 * distance * (1 if light.type == "AREA" else 4))


def luma_of(color: Sequence[float]) -> float:
    """Return the lightness of a linear color."""
    return sum(part * weight for part, weight in zip(color, LUMA, strict=False))
