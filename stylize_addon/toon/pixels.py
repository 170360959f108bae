"""How large things are in the picture, of 1080 pixels' height."""

from collections.abc import Sequence
from math import pi, tan
from typing import Any

from bpy.types import Object, Scene

HEIGHT = 1080
"""Pixels of a picture's height that widths are said in."""
BARE = 600
"""Pixels that an object is large where there is no camera."""


def span_of(scene: Scene, objects: Sequence[Object]) -> tuple[float, ...]:
    """Return the sides in pixels of the largest of some objects, in its own directions."""
    largest = max(objects, key=lambda o: max(o.dimensions), default=None)
    if largest is None or not max(largest.dimensions):
        return (BARE,) * 3
    pixel = _pixel_at(scene, largest)
    return tuple(side / pixel for side in largest.dimensions)


def _pixel_at(scene: Scene, object_: Object) -> float:
    """Return the size of a pixel where an object stands, in metres."""
    camera: Any = scene.camera
    if camera is None:
        return max(object_.dimensions) / BARE
    across = HEIGHT * max(scene.render.resolution_x / scene.render.resolution_y, 1.0)
    if camera.data.type == "ORTHO":
        return camera.data.ortho_scale / across
    reach = (camera.matrix_world.translation - object_.matrix_world.translation).length
    reach = max(reach, max(object_.dimensions) / 2)
    angle = pi / HEIGHT if camera.data.type == "PANO" else 2 * tan(camera.data.angle / 2) / across
    return reach * angle
