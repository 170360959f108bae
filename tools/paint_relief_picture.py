"""Make docs/pictures/paint_relief.jpg: a wall in oil, flat, and with its relief lit from two sides.

Run with a Python that has bpy, after `python -m core stylize build/demo/textures/bricks.png --method oil
--surface seamless --maps normal,roughness -o build/demo/oil.png`, and again without --maps as oil_lit.png.
"""

import math
import sys
from pathlib import Path

import bpy
import numpy as np

DEMO = Path(__file__).resolve().parent.parent / "build" / "demo"
SIZE, SAMPLES = (432, 432), 48


def wall(color: Path, maps: dict[str, Path]) -> None:
    """Add a wall that wears the pictures."""
    material = bpy.data.materials.new("Wall")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    pictures = {"Base Color": color, **maps}
    for name, path in pictures.items():
        node = nodes.new("ShaderNodeTexImage")
        node.image = bpy.data.images.load(str(path))
        end = shader.inputs[name]
        if name != "Base Color":
            node.image.colorspace_settings.name = "Non-Color"
        if name == "Normal":
            mapped = nodes.new("ShaderNodeNormalMap")
            links.new(node.outputs["Color"], mapped.inputs["Color"])
            links.new(mapped.outputs["Normal"], end)
        else:
            links.new(node.outputs["Color"], end)
    bpy.ops.mesh.primitive_plane_add(size=2.4)
    bpy.context.object.data.materials.append(material)


def render(output: Path, side: int) -> None:
    """Render the wall by a lamp that grazes it from one side."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples = "CYCLES", SAMPLES
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.view_settings.view_transform = "Standard"
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, scene.camera = (0, 0, 3.0), camera
    camera.data.lens = 60
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    lamp.data.energy, lamp.data.angle = 5, math.radians(3)
    lamp.rotation_euler = (0, side * math.radians(68), math.radians(20))
    for made in (camera, lamp):
        scene.collection.objects.link(made)
    world = scene.world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.25
    scene.render.filepath = str(output)
    bpy.ops.render.render(write_still=True)


def main() -> None:
    """Render three walls and join them."""
    maps = {"Normal": DEMO / "oil_normal.png", "Roughness": DEMO / "oil_roughness.png"}
    shots = [
        (DEMO / "oil_lit.png", {}, -1),
        (DEMO / "oil.png", maps, -1),
        (DEMO / "oil.png", maps, 1),
    ]
    parts: list[np.ndarray] = []
    for k, (color, own, side) in enumerate(shots):
        bpy.ops.wm.read_homefile(use_empty=True)
        wall(color, own)
        render(DEMO / f"relief_{k}.png", side)
        parts.append(read(DEMO / f"relief_{k}.png"))
    save(np.concatenate(parts, 1), Path(sys.argv[1]))


def read(path: Path) -> np.ndarray:
    """Return a picture's pixels, (H, W, 4), bottom row first."""
    image = bpy.data.images.load(str(path))
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], 4)


def save(pixels: np.ndarray, path: Path) -> None:
    """Write pixels, (H, W, 4), bottom row first, as a JPEG."""
    image = bpy.data.images.new("joined", pixels.shape[1], pixels.shape[0])
    image.pixels.foreach_set(np.ascontiguousarray(pixels).ravel())
    image.file_format, image.filepath_raw = "JPEG", str(path)
    image.save(quality=90)


if __name__ == "__main__":
    main()
