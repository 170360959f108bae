"""How bright the light of a scene is: tones are parts of it."""

from collections.abc import Callable, Sequence
from math import pi
from typing import Any

import numpy as np
from bpy.types import Object, Scene, World

from .. import compat
from ..images import Unsuitable, read_pixels
from ..lamps import DIMMEST, LUMA, brightest_lamp, brightness_of, center_of, luma_of
from .control import FILL, KEY, LAMP, NEAR, control_group, dial_of, dial_path

MEASURED = "stylize_measured"
"""Custom property of the control, one a dial: what was measured last; another value is the user's own."""
AXES = (
    "cos(z)*sin(y)*cos(x)+sin(z)*sin(x)",
    "sin(z)*sin(y)*cos(x)-cos(z)*sin(x)",
    "cos(y)*cos(x)",
)
"""Direction toward a sun by its turn around the three axes; such expressions need no scripts."""
ROWS = 64
"""Rows of a panorama that are looked at."""


def measure(scene: Scene, objects: Sequence[Object]) -> dict[str, float]:
    """Return what the control says of the light: the radiance of a white surface.

    Facing the brightest lamp, or the World if there is none; and by the World alone if a lamp is there.
    """
    center, lamp, world = center_of(objects), brightest_lamp(scene, objects), scene.world
    if lamp is not None:
        fill = 0.0 if world is None else _world(world, _mean, unknown=0.0)
        return {KEY: brightness_of(lamp, center), FILL: fill}
    key = 1.0 if world is None else max(_world(world, _brightest_side, unknown=1.0), DIMMEST)
    return {KEY: key, FILL: 0.0}


def set_key(scene: Scene, objects: Sequence[Object], *, anew: bool = False) -> None:
    """Measure the light for all toon materials; a value that the user has set stays unless ``anew``."""
    _follow_lamp(brightest_lamp(scene, objects))
    control: Any = control_group()
    for name, value in measure(scene, objects).items():
        dial, mark = dial_of(name), f"{MEASURED} {name}"
        own = control.get(mark) is not None and abs(control[mark] - dial.default_value) > 1e-6
        if anew or not (own or _is_animated(control, name)):
            dial.default_value = value
            control[mark] = dial.default_value


def _is_animated(control: Any, name: str) -> bool:
    """Return whether a dial is keyed or driven."""
    data = control.animation_data
    curves = [] if data is None else [*data.drivers, *compat.curves_of(data)]
    return any(curve.data_path == dial_path(name) for curve in curves)


def _follow_lamp(lamp: Any) -> None:
    """Have the control say where a lamp is, also while it moves; None: nowhere."""
    nodes: Any = control_group().nodes
    is_sun = lamp is not None and lamp.data.type == "SUN"
    nodes[NEAR].outputs[0].default_value = float(lamp is not None and not is_sun)
    for axis, name in enumerate("XYZ"):
        socket = nodes[f"{LAMP} {name}"].outputs[0]
        socket.driver_remove("default_value")
        if lamp is None:
            socket.default_value = 0.0
            continue
        driver = socket.driver_add("default_value").driver
        driver.type, driver.expression = "SCRIPTED", AXES[axis] if is_sun else name.lower()
        for turn in "XYZ" if is_sun else name:
            _read(driver, lamp, f"{'ROT' if is_sun else 'LOC'}_{turn}", turn.lower())


def _read(driver: Any, lamp: Object, what: str, name: str) -> None:
    """Give a driver a part of a lamp's place or turn in the world, by name."""
    variable = driver.variables.new()
    variable.name, variable.type = name, "TRANSFORMS"
    target = variable.targets[0]
    target.id, target.transform_type, target.transform_space = lamp, what, "WORLD_SPACE"
    target.rotation_mode = "XYZ"  # as AXES wants it, whatever the lamp's own is


def _world(world: World, look: Callable[[Any], float], *, unknown: float) -> float:
    """Return the radiance of a white surface in a World's light.

    Args:
        world: The World.
        look: Tells it of a panorama.
        unknown: What it is taken for, at strength 1, where it is made by nodes that are not known.
    """
    if not compat.has_nodes(world):
        return luma_of(world.color)
    background = next((n for n in world.node_tree.nodes if n.type == "BACKGROUND"), None)
    if background is None:
        return unknown
    strength, link = background.inputs["Strength"].default_value, background.inputs["Color"].links
    if not link:
        return strength * luma_of(background.inputs["Color"].default_value)
    image = getattr(link[0].from_node, "image", None)
    try:
        return strength * (unknown if image is None else look(read_pixels(image)))
    except Unsuitable:
        return strength * unknown


def _mean(pixels: Any) -> float:
    """Return the mean radiance of a panorama."""
    light, _ = _spread(pixels)
    return float(light.sum() / (4 * pi))


def _brightest_side(pixels: Any) -> float:
    """Return the radiance of a white surface that faces the light's side of a panorama, in its middle."""
    light, directions = _spread(pixels)
    lean = (directions * light).sum((1, 2))
    return float(light.sum() / 4 + np.linalg.norm(lean) / 2) / pi


def _spread(pixels: Any) -> tuple[Any, Any]:
    """Return a panorama's light by parts of the sphere, (h, w), and their directions (3, h, w)."""
    step = max(len(pixels) // ROWS, 1)
    luma = pixels[::step, ::step, :3].astype(np.float64) @ np.array(LUMA)
    rows, columns = luma.shape
    polar = (np.arange(rows) + 0.5) / rows * pi
    around = (np.arange(columns) + 0.5) / columns * 2 * pi
    weights = np.sin(polar)[:, None] * (pi / rows) * (2 * pi / columns)
    directions = np.stack([
        np.sin(polar)[:, None] * np.cos(around),
        np.sin(polar)[:, None] * np.sin(around),
        np.broadcast_to(np.cos(polar)[:, None], luma.shape),
    ])  # fmt: skip  # a table
    return luma * weights, directions
