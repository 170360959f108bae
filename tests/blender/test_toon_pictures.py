"""One suite of pictures for all versions of Blender: each toon look is, pixel by pixel, what it was in 4.5.

``STYLIZE_PICTURES=DIR`` writes what is rendered to DIR, to be looked at, or to take the place of the pictures
in ``pictures/``. EEVEE is held to the same pictures where ``STYLIZE_EEVEE`` is set: without a GPU it takes
minutes to compile a look.
"""

import math
import os
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender import toon_scenery as toon
from tests.blender.toon_scenery import EEVEE

SIZE = (128, 96)
LOOKS = ("cel", "comic", "anime", "ink", "gouache", "clay")
SAMPLES = 32
KNOWN = Path(__file__).parent / "pictures"
ALIKE = {"CYCLES": (6 / 255, 0.005, 0.5 / 255), EEVEE: (24 / 255, 0.015, 4 / 255)}
"""For each engine: how far a pixel may be off, how many may be farther, and how far all may be on average."""


def build(scenery):
    """A ball with a picture on it, a monkey, a box, on a floor in one hard light."""
    checker = scenery.add_checker("Tiles")
    colors = {
        "Floor": (0.55, 0.5, 0.4, 1),
        "Monkey": (0.75, 0.2, 0.1, 1),
        "Box": (0.1, 0.25, 0.6, 1),
    }
    ball = toon.add_sphere(checker, "Ball")
    ball.location = (-1.7, 0.2, 1)
    bpy.ops.mesh.primitive_monkey_add(size=2, location=(0.4, -0.2, 0.95), rotation=(-0.3, 0, 0.3))
    dress(scenery, "Monkey", colors["Monkey"])
    bpy.ops.object.shade_smooth()
    bpy.ops.mesh.primitive_cube_add(size=1.5, location=(2.3, 0.6, 0.75), rotation=(0, 0, 0.5))
    dress(scenery, "Box", colors["Box"])
    bpy.ops.mesh.primitive_plane_add(size=30)
    dress(scenery, "Floor", colors["Floor"])
    toon.add_sun(turn=(0.85, -0.25, -0.45), energy=3.0)
    scene = toon.look_at_it()
    scene.camera.data.type, scene.camera.data.lens = "PERSP", 45
    scene.camera.location, scene.camera.rotation_euler = (
        (0.4, -7.5, 3.2),
        (math.radians(72), 0, 0.04),
    )
    scene.render.resolution_x, scene.render.resolution_y = SIZE


def dress(scenery, name, color):
    """Give the active object a name and a plain color."""
    material = scenery.add_material(name)
    scenery.shader_of(material).inputs["Base Color"].default_value = color
    bpy.context.object.name = name
    bpy.context.object.data.materials.append(material)


def rendered(scenery, path, look, engine):
    """The picture as it is shown, (H, W, 3) in [0, 1]."""
    build(scenery)
    toon.show_toon(toon_look=look)
    light = toon.render(path, engine, SAMPLES)[..., :3].clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("engine", ["CYCLES", EEVEE])
@pytest.mark.parametrize("look", LOOKS)
def test_each_look_is_what_it_was_in_every_version(scenery, tmp_path, look, engine):
    if engine == EEVEE and not os.environ.get("STYLIZE_EEVEE"):
        pytest.skip("STYLIZE_EEVEE is not set")
    made = rendered(scenery, tmp_path / "made.exr", look, engine)
    if folder := os.environ.get("STYLIZE_PICTURES"):
        scenery.write_picture(Path(folder) / f"{look}_{engine.lower()}.png", made)
    known = bpy.data.images.load(str(KNOWN / f"toon_{look}.png"))
    away = np.abs(made - scenery.pixels_of(known)[..., :3])
    most, share, mean = ALIKE[engine]
    assert float((away.max(-1) > most).mean()) <= share
    assert float(away.mean()) <= mean
