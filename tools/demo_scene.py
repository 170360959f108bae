"""A still life for the demo, built with bpy: python tools/demo_scene.py FOLDER [STYLE].

Base colours are read from FOLDER/textures. Writes before.blend and before.png; with a style also
after.blend and after.png.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Material, Node, Object, World
from mathutils import Vector

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))

from headless import load_addon  # it lies there

Point = tuple[float, float, float]

# fmt: off
VASE = ((0, 0), (0.30, 0), (0.34, 0.03), (0.52, 0.38), (0.58, 0.66), (0.50, 0.95), (0.30, 1.18),
        (0.22, 1.36), (0.25, 1.50), (0.34, 1.58), (0.31, 1.60), (0.19, 1.38))
BOWL = ((0, 0), (0.30, 0), (0.33, 0.05), (0.30, 0.09), (0.52, 0.20), (0.70, 0.42), (0.74, 0.52),
        (0.70, 0.52), (0.48, 0.26), (0, 0.16))
PEAR = ((0, 0.02), (0.12, 0), (0.25, 0.08), (0.29, 0.22), (0.24, 0.38), (0.15, 0.52), (0.11, 0.62),
        (0.06, 0.66), (0, 0.645))
APPLE = ((0, 0.06), (0.10, 0), (0.24, 0.07), (0.31, 0.24), (0.28, 0.40), (0.17, 0.49), (0.08, 0.48),
         (0, 0.42))
APPLES = ((0.40, 0.22, 0.24), (0.80, 0.12, 0.26), (0.66, 0.56, 0.27), (-0.16, -0.66, 0.035))
PEARS = ((0.95, 0.45, 0.26), (0.32, -0.60, 0.05), (0.56, 0.30, 0.45))
# fmt: on
SAMPLES = 24


def build(textures: Path) -> None:
    """Fill the empty scene: wall, table, runner, vase, bowl, fruit, light and camera."""
    wall = sheet("Wall", (9, 4.5), lambda u, v: (u * 9 - 4.5, 1.9, v * 4.5))
    table = sheet("Table", (9, 4.6), lambda u, v: (u * 9 - 4.5, v * 4.6 - 2.7, 0))
    runner = sheet("Runner", (2.3, 3.6), drape, cells=140)
    vase, bowl = lathe("Vase", VASE, (-0.78, 0.42, 0.03)), lathe("Bowl", BOWL, (0.62, 0.30, 0.035))
    for object_, picture, roughness, repeat in (
        (wall, "bricks", 0.9, 2.0),
        (table, "planks", 0.45, 1.6),
        (runner, "cloth", 0.95, 1.0),
        (vase, "glaze", 0.12, 1.0),
        (bowl, "clay", 0.6, 1.0),
    ):
        object_.data.materials.append(pictured(textures / f"{picture}.png", roughness, repeat))
    red = skin("Apple skin", ("#8f1620", "#c8302a", "#e0a83c"))
    green = skin("Pear skin", ("#7a8f2a", "#b8b83c", "#d8b04a"))
    for name, profile, places, material, lean in (
        ("Apple", APPLE, APPLES, red, 0.0),
        ("Pear", PEAR, PEARS, green, 0.3),
    ):
        for index, at in enumerate(places):
            fruit = lathe(name, profile, at)
            fruit.rotation_euler, fruit.scale = (lean, lean / 2, 1.7 * index), (0.86, 0.86, 0.86)
            fruit.data.materials.append(material)
    lights_and_camera()


def drape(u: float, v: float) -> Point:
    """Return a point of the runner: laid across the table, in soft folds."""
    x, y = u * 2.3 - 1.15, v * 3.6 - 2.5
    fold = np.sin(x * 5 + 1.4 * np.sin(y * 1.7)) * 0.5 + 0.5
    return x + 0.16 * np.sin(y * 1.3), y + 0.05 * np.sin(x * 4), 0.012 + 0.028 * fold


def sheet(
    name: str, size: tuple[float, float], place: Callable[[float, float], Point], cells: int = 8
) -> Object:
    """Return a grid of faces whose corners lie at ``place(u, v)``, with UVs of even density."""
    grid = [(u / cells, v / cells) for v in range(cells + 1) for u in range(cells + 1)]
    points = [place(u, v) for u, v in grid]
    uvs = [(u * size[0] / max(size), v * size[1] / max(size)) for u, v in grid]
    return _object(name, points, uvs, cells + 1)


def lathe(name: str, profile: Sequence[tuple[float, float]], at: Point, around: int = 64) -> Object:
    """Return a turned body: ``profile`` is (radius, height) from the middle of its foot."""
    smooth = _smoothed(np.array(profile), 6)
    steps = np.linalg.norm(np.diff(smooth, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(steps)]) / steps.sum()
    turn = np.linspace(0, 2 * np.pi, around + 1)
    points = [(r * np.cos(a), r * np.sin(a), height) for r, height in smooth for a in turn]
    uvs = [(a / (2 * np.pi), v) for v in along for a in turn]
    object_ = _object(name, points, uvs, around + 1)
    object_.location = at
    return object_


def _smoothed(points: np.ndarray, count: int) -> np.ndarray:
    """Return a Catmull-Rom curve through points (N, 2), ``count`` steps between two of them."""
    ends = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    at = np.linspace(0, len(points) - 1 - 1e-6, (len(points) - 1) * count + 1)
    i, t = at.astype(int), (at % 1)[:, None]
    a, b, c, d = (ends[i + k] for k in range(4))
    bent = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    return np.maximum(b + 0.5 * ((c - a) * t + bent), (0, -1))


def _object(
    name: str, points: Sequence[Point], uvs: Sequence[tuple[float, float]], columns: int
) -> Object:
    """Return a mesh of quads between points given row by row, smooth, with a UV map."""
    starts = [i for i in range(len(points) - columns) if (i + 1) % columns]
    faces = [(i, i + 1, i + columns + 1, i + columns) for i in starts]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    layer = mesh.uv_layers.new(name="UVMap")
    for loop, corner in zip(mesh.loops, layer.data, strict=True):
        corner.uv = uvs[loop.vertex_index]
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    return _linked(bpy.data.objects.new(name, mesh))


def pictured(file: Path, roughness: float, repeat: float) -> Material:
    """Return a material whose base colour is a picture, repeated over the UV map."""
    material, shader = _material(file.stem, roughness)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    picture, mapping = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeMapping")
    place = nodes.new("ShaderNodeTexCoord")
    picture.image = bpy.data.images.load(str(file))
    mapping.inputs["Scale"].default_value = (repeat, repeat, repeat)
    links.new(place.outputs["UV"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], picture.inputs["Vector"])
    links.new(picture.outputs["Color"], shader.inputs["Base Color"])
    return material


def skin(name: str, tints: Sequence[str]) -> Material:
    """Return a procedural fruit skin: noise through a colour ramp, no picture anywhere."""
    material, shader = _material(name, 0.32)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    noise, colors = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeValToRGB")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 5.0, 6.0
    elements = colors.color_ramp.elements
    elements.new(0.5)
    for element, tint, at in zip(elements, tints, (0.35, 0.52, 0.68), strict=True):
        linear = [(int(tint[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)]
        element.position, element.color = at, (*linear, 1)
    links.new(noise.outputs[0], colors.inputs["Fac"])
    links.new(colors.outputs["Color"], shader.inputs["Base Color"])
    return material


def _material(name: str, roughness: float) -> tuple[Material, Node]:
    material = bpy.data.materials.new(name)
    _with_nodes(material)
    shader = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = roughness
    return material, shader


def lights_and_camera() -> None:
    """Add a window's light, a warm lamp, a pale sky and the camera."""
    for at, size, energy, tint in (
        ((-3.2, -2.2, 3.4), 1.3, 430, (1.0, 0.95, 0.86)),
        ((3.4, -2.6, 1.8), 1.5, 70, (1.0, 0.78, 0.55)),
    ):
        lamp = bpy.data.lights.new("Light", "AREA")
        lamp.energy, lamp.size, lamp.color = energy, size, tint
        _aimed(_linked(bpy.data.objects.new("Light", lamp)), at, (0, 0.3, 0.5))
    camera = _linked(bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera")))
    camera.data.lens = 48
    _aimed(camera, (0.35, -4.3, 2.15), (0.02, 0.15, 0.55))
    bpy.context.scene.camera = camera
    world = bpy.context.scene.world = bpy.data.worlds.new("World")
    _with_nodes(world)
    sky = next(n for n in world.node_tree.nodes if n.type == "BACKGROUND")
    sky.inputs["Color"].default_value = (0.55, 0.65, 0.85, 1)
    sky.inputs["Strength"].default_value = 0.28


def _with_nodes(owner: Material | World) -> None:
    if bpy.app.version < (5, 0, 0):  # later ones always have nodes
        owner.use_nodes = True


def _linked(object_: Object) -> Object:
    bpy.context.scene.collection.objects.link(object_)
    return object_


def _aimed(object_: Object, at: Point, target: Point) -> None:
    object_.location = at
    object_.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()


def render(file: Path, size: tuple[int, int] = (640, 480)) -> None:
    """Render the scene with Cycles on the processor."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.max_bounces = "CPU", SAMPLES, 4
    scene.cycles.use_denoising = True
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(file)
    bpy.ops.render.render(write_still=True)


def stylize(style: str) -> None:
    """Stylize the textures of all objects with a picture, or a ``builtin:`` one."""
    builtin = style.startswith("builtin:")
    chosen = {"look": style.removeprefix("builtin:")} if builtin else {"style": style}
    bpy.ops.stylize.textures(scope="ALL", bake_size="512", **chosen)


def main(folder: Path, style: str | None) -> None:
    """Build, save and render the scene; with a style, stylize its textures and render again."""
    bpy.ops.wm.read_homefile(use_empty=True)
    build(folder / "textures")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "before.blend"))
    print("demo: rendering before", flush=True)
    render(folder / "before.png")
    if style is None:
        return
    addon = load_addon()
    try:
        stylize(style)
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / "after.blend"))
        print("demo: rendering after", flush=True)
        render(folder / "after.png")
    finally:
        addon.unregister()  # bpy 4.2 and 4.5 crash at their end with an add-on's properties left


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), sys.argv[2] if len(sys.argv) > 2 else None)
