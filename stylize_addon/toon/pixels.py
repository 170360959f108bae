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
    largest = max(objects, key=lambda o: max(_sides(o)), default=None)
    if largest is None or not max(_sides(largest)):
        return (BARE,) * 3
    pixel = _pixel_at(scene, largest)
    return tuple(side / pixel for side in _sides(largest))


def _sides(object_: Object) -> tuple[float, ...]:
    """Return the sides of an object without its modifiers, as its Generated coordinates have them."""
    half = getattr(object_.data, "texspace_size", None)
    if half is None:
        return tuple(object_.dimensions)
    scale = object_.matrix_world.to_scale()
    return tuple(2 * side * abs(factor) for side, factor in zip(half, scale, strict=True))


def across_of(scene: Scene) -> float:
    """Return how many pixels lie across what a scene's camera sees: its width, or its height (sensor fit)."""
    camera: Any = scene.camera.data
    aspect = scene.render.resolution_x / scene.render.resolution_y
    is_wide = aspect > 1 if camera.sensor_fit == "AUTO" else camera.sensor_fit == "HORIZONTAL"
    return HEIGHT * aspect if is_wide else HEIGHT


def _pixel_at(scene: Scene, object_: Object) -> float:
    """Return the size of a pixel where an object stands, in metres."""
    camera: Any = scene.camera
    if camera is None:
        return max(_sides(object_)) / BARE
    across = across_of(scene)
    if camera.data.type == "ORTHO":
        return camera.data.ortho_scale / across
    reach = (camera.matrix_world.translation - object_.matrix_world.translation).length
    reach = max(reach, max(_sides(object_)) / 2)
    angle = pi / HEIGHT if camera.data.type == "PANO" else 2 * tan(camera.data.angle / 2) / across
    return reach * angle
