"""Make docs/pictures/paint_directions.jpg: a model in oil, along its picture's forms and along its mesh.

Run with a Python that has bpy: ``python tools/paint_directions_picture.py MODEL.glb -o OUT.jpg``.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from seam_scene import base_colors, color_node, write_base_colors

ROOT = Path(__file__).resolve().parents[1]
SIDE, SAMPLES = (560, 420), 24
WAYS = {"forms": (), "bends": ("--along-bends", "1"), "axis": ("--along-axis", "1")}
ENGINE = ROOT / (".venv/Scripts/python.exe" if sys.platform == "win32" else ".venv/bin/python")


def main(argv: Sequence[str] | None = None) -> None:
    """Paint and render a model in each way, and lay the renders side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--method", default="oil")
    parser.add_argument("--turn", type=float, default=35, help="degrees from which it is seen")
    options = parser.parse_args(argv)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(options.model.resolve()))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_base_colors(folder)
        stage(options.turn)
        nodes = [[color_node(m.node_tree) for m in found] for _, found in base_colors()]
        renders = [shoot(folder, name, nodes, options.method) for name in WAYS]
        join(renders, options.output.resolve())


def shoot(folder: Path, name: str, nodes: list[list[bpy.types.Node]], method: str) -> Path:
    """Paint all base colours in one way, render the model, and return the picture."""
    for mesh in sorted(folder.glob("*.mesh.npz")):
        number = mesh.name.removesuffix(".mesh.npz")
        painted = folder / f"{number}.{name}.png"
        command = [ENGINE, "-m", "core", "stylize", folder / f"{number}.png", "--method", method]
        command += ["--uv", mesh, "-o", painted, "--quiet", *WAYS[name]]
        subprocess.run([str(part) for part in command], check=True, cwd=ROOT)
        for node in nodes[int(number)]:
            node.image = bpy.data.images.load(str(painted))
    output = folder / f"{name}.png"
    bpy.context.scene.render.filepath = str(output)
    bpy.ops.render.render(write_still=True)
    return output


def stage(turn: float) -> None:
    """Add a camera that sees all of the model, a lamp and grey surroundings."""
    scene = bpy.context.scene
    shown = [o for o in scene.objects if o.type == "MESH"]
    corners = np.array([o.matrix_world @ Vector(c) for o in shown for c in o.bound_box])
    middle, size = Vector((corners.min(0) + corners.max(0)) / 2), float(np.ptp(corners, 0).max())
    angle = math.radians(turn)
    way = Vector((math.sin(angle), -math.cos(angle), 0.35)).normalized()
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, scene.camera = middle + way * size * 3, camera
    camera.rotation_euler = way.to_track_quat("Z", "Y").to_euler()
    camera.data.type, camera.data.ortho_scale = "ORTHO", 0.8 * size
    camera.data.clip_end = 100 * size
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    lamp.data.energy, lamp.rotation_euler = 3.5, (math.radians(40), 0, angle - 0.7)
    for made in (camera, lamp):
        scene.collection.objects.link(made)
    world = scene.world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.5, 0.5, 0.5, 1)
    scene.render.engine, scene.cycles.samples = "CYCLES", SAMPLES
    scene.render.resolution_x, scene.render.resolution_y = SIDE
    scene.view_settings.view_transform = "Standard"


def join(pictures: Sequence[Path], output: Path) -> None:
    """Write pictures side by side."""
    rows = []
    for path in pictures:
        image = bpy.data.images.load(str(path))
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
        rows.append(pixels.reshape(image.size[1], image.size[0], 4))
    wide = np.concatenate(rows, 1)
    image = bpy.data.images.new("joined", wide.shape[1], wide.shape[0])
    image.pixels.foreach_set(wide.ravel())
    image.file_format, image.filepath_raw = "JPEG", str(output)
    image.save(quality=90)


if __name__ == "__main__":
    main(sys.argv[1:])
