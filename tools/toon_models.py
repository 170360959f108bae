"""Toon looks on real models, side by side: python tools/toon_models.py FOLDER ENGINE MODEL...

Runs in a Python that has bpy. Writes FOLDER/LOOK_ENGINE_VERSION.png for each look, to be looked at at 100 %.
``LOOKS="cel ink"`` renders these alone. EEVEE takes a GPU, or a minute a look without one.
"""

import os
import sys
from pathlib import Path

import bpy

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))

from headless import load_addon  # it lies there
from toon_pictures import LOOKS, add_sun, render  # it lies beside
from toon_scenes import load  # likewise

SIDE, APART = 360, 2.3
"""Pixels for each model, and metres from one to the next."""


def main(folder: Path, engine: str, models: list[Path]) -> None:
    """Render every look of the models."""
    load_addon()
    version = "".join(map(str, bpy.app.version[:2]))
    folder.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.read_homefile(use_empty=True)
    for number, model in enumerate(models):
        stand(model, (number - (len(models) - 1) / 2) * APART)
    stage(len(models))
    for look in os.environ.get("LOOKS", " ".join(LOOKS)).split():
        bpy.ops.stylize.toon(scope="ALL", toon_look=look)
        path = folder / f"{look}_{engine.lower()}_{version}.png"
        render(path, engine, (SIDE * len(models), SIDE), transparent=True)


def stand(model: Path, across: float) -> None:
    """Add a model to the scene, of a size of about 2, turned a little."""
    things = load(model)
    pivot = bpy.data.objects.new("Pivot", None)
    bpy.context.scene.collection.objects.link(pivot)
    for thing in things:
        if thing.parent is None:
            thing.parent = pivot
    pivot.location.x, pivot.rotation_euler.z = across, 0.45


def stage(count: int) -> None:
    """Add a camera and a sun."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location, camera.rotation_euler = (0, -20, 5.5), (1.3, 0, 0)
    camera.data.type, camera.data.ortho_scale = "ORTHO", APART * count
    scene.camera = camera
    add_sun((0.85, -0.25, -0.45))
    scene.render.resolution_x, scene.render.resolution_y = (
        SIDE * count,
        SIDE,
    )  # lines' widths read them
    scene.render.threads_mode, scene.render.threads = "FIXED", 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [Path(name) for name in sys.argv[3:]])
    sys.stdout.flush()
    os._exit(0)  # bpy 4.2 and 4.5 may crash at their end
