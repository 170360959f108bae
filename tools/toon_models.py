"""Toon looks on real models: python tools/toon_models.py FOLDER ENGINE MODEL..., in a Python that has bpy.

Writes FOLDER/MODEL_LOOK_ENGINE_VERSION.png for each look, to be looked at (480 pixels, a sun from the left).
``LOOKS="cel ink"`` renders these alone. EEVEE takes a GPU, or minutes a look without one.
"""

import os
import sys
from pathlib import Path

import bpy

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))

from headless import load_addon  # it lies there
from toon_pictures import LOOKS, add_sun, render  # it lies beside
from toon_scenes import load  # likewise

SIZE = (480, 480)


def main(folder: Path, engine: str, models: list[Path]) -> None:
    """Render every look of every model."""
    load_addon()
    looks = os.environ.get("LOOKS", " ".join(LOOKS)).split()
    version = "".join(map(str, bpy.app.version[:2]))
    folder.mkdir(parents=True, exist_ok=True)
    for model in models:
        bpy.ops.wm.read_homefile(use_empty=True)
        stage(model)
        for look in looks:
            bpy.ops.stylize.toon(scope="ALL", toon_look=look)
            name = f"{model.stem}_{look}_{engine.lower()}_{version}.png"
            render(folder / name, engine, SIZE, transparent=True)


def stage(model: Path) -> None:
    """Put a model into the light of a sun and before a camera, on nothing."""
    scene = bpy.context.scene
    things, pivot = load(model), bpy.data.objects.new("Pivot", None)
    scene.collection.objects.link(pivot)
    for thing in things:
        if thing.parent is None:
            thing.parent = pivot
    pivot.rotation_euler.z = 0.45
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location, camera.rotation_euler = (0, -5.4, 1.5), (1.3, 0, 0)
    camera.data.lens, scene.camera = 70, camera
    add_sun((0.85, -0.25, -0.45))
    scene.world = bpy.data.worlds.new("World")
    if bpy.app.version < (5, 0, 0):
        scene.world.use_nodes = True
    sky = next(n for n in scene.world.node_tree.nodes if n.type == "BACKGROUND")
    sky.inputs["Strength"].default_value = 0
    scene.render.threads_mode, scene.render.threads = "FIXED", 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [Path(name) for name in sys.argv[3:]])
    sys.stdout.flush()
    os._exit(0)  # bpy 4.2 and 4.5 may crash at their end
