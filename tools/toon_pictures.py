"""Pictures of the toon looks: python tools/toon_pictures.py FOLDER [ENGINE], in a Python that has bpy.

FOLDER/textures holds the demo's base colours (`make demo`). Writes a picture of the still life in each look
to FOLDER, and with the engine CYCLES the looks' previews to stylize_addon/toon/previews.
"""

import os
import sys
from pathlib import Path

import bpy

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))

from demo_scene import build  # it lies beside
from headless import load_addon  # it lies there

ROOT = Path(__file__).resolve().parent.parent
LOOKS = ("cel", "comic", "anime", "ink", "gouache", "clay")
EEVEE = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
SIZE, ICON = (480, 360), 128
SAMPLES = 16


def main(folder: Path, engine: str) -> None:
    """Render every look."""
    load_addon()
    bpy.ops.wm.read_homefile(use_empty=True)
    build(folder / "textures")
    light()
    for look in LOOKS:
        bpy.ops.stylize.toon(scope="ALL", toon_look=look)
        render(folder / f"{look}_{engine.lower()}.png", engine, SIZE)
    if engine == "CYCLES":
        bpy.ops.wm.read_homefile(use_empty=True)
        still_for_icons()
        for look in LOOKS:
            bpy.ops.stylize.toon(scope="ALL", toon_look=look)
            path = ROOT / "stylize_addon/toon/previews" / f"{look}.png"
            render(path, engine, (ICON, ICON), transparent=True)


def light() -> None:
    """One sun from the left in place of the demo's lamps, so that tones have edges."""
    scene = bpy.context.scene
    for lamp in [o for o in scene.objects if o.type == "LIGHT"]:
        bpy.data.objects.remove(lamp)
    background = next(n for n in scene.world.node_tree.nodes if n.type == "BACKGROUND")
    background.inputs["Strength"].default_value = 0
    add_sun((0.85, -0.25, -0.45))


def add_sun(turn: tuple[float, float, float]) -> None:
    """Add a lamp without penumbra."""
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.angle, sun.rotation_euler = 3, 0, turn
    bpy.context.scene.collection.objects.link(sun)


def still_for_icons() -> None:
    """A ball, as icons have it."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=48)
    bpy.ops.object.shade_smooth()
    ball = bpy.context.object
    material = bpy.data.materials.new("Ball")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    shader = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (0.75, 0.2, 0.12, 1)
    ball.data.materials.append(material)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    camera.data.type, camera.data.ortho_scale = "ORTHO", 2.3
    camera.location, camera.rotation_euler = (0, -5, 0), (1.5708, 0, 0)
    add_sun((0.9, 0.15, -0.6))


def render(path: Path, engine: str, size: tuple[int, int], *, transparent: bool = False) -> None:
    """Render the scene to a PNG."""
    scene = bpy.context.scene
    scene.render.engine = EEVEE if engine == "EEVEE" else "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", SAMPLES, False
    scene.eevee.taa_render_samples = SAMPLES
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.film_transparent = transparent
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    print(f"toon: {path.name}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), (*sys.argv[2:], "CYCLES")[0])
    sys.stdout.flush()
    os._exit(0)  # bpy 4.2 and 4.5 may crash at their end
