"""Render a model, or our own still life, with all that a toon look needs: python tools/toon_scenes.py FOLDER.

Runs in a Python that holds bpy. Writes FOLDER/frame_0001.exr and so on, and truth_0001.npz beside each: the
meshes' triangles in the world, and the camera, from which the true silhouettes and creases follow
(tools/toon_edges.py). Frame by frame the model turns.
"""

import argparse
import math
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Object
from mathutils import Vector

PASSES = (
    *("combined", "z", "position", "normal", "vector", "uv", "object_index", "material_index"),
    *("diffuse_direct", "diffuse_indirect", "diffuse_color", "glossy_direct", "glossy_color"),
    *("emit", "environment", "cryptomatte_object", "cryptomatte_material"),
)
"""What Blender's Python calls the passes: ViewLayer.use_pass_…"""
COLORS = {
    "red": (0.62, 0.06, 0.05), "blue": (0.05, 0.16, 0.5), "yellow": (0.8, 0.5, 0.05),
    "green": (0.08, 0.36, 0.16), "cream": (0.75, 0.62, 0.42), "violet": (0.3, 0.12, 0.45),
}  # fmt: skip  # a table
SHARP = math.radians(30)
"""From this angle on edges of our own things are shaded sharp."""


def main() -> None:
    """Build, render, and write the truth."""
    options = read_options()
    options.folder.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.read_homefile(use_empty=True)
    things = load(options.model) if options.model else still_life()
    if options.paint:
        paint(options.paint)
    if options.no_bumps:
        smooth()
    pivot = bpy.data.objects.new("Pivot", None)
    bpy.context.scene.collection.objects.link(pivot)
    for thing in things:
        if thing.parent is None:
            thing.parent = pivot
    turn(pivot, options)
    aim(options)
    set_up(options)
    scene = bpy.context.scene
    for frame in range(1, options.frames + 1):
        scene.frame_set(frame)
        scene.render.filepath = str(options.folder / f"frame_{frame:04d}.exr")
        if not options.truth:
            bpy.ops.render.render(write_still=True)
        np.savez_compressed(options.folder / f"truth_{frame:04d}.npz", **truth())


def turn(pivot: Object, options: argparse.Namespace) -> None:
    """Have it turn evenly, from the first frame on."""
    for frame in range(options.frames + 1, -1, -1):
        pivot.rotation_euler.z = math.radians(options.start + (frame - 1) * options.turn)
        pivot.keyframe_insert("rotation_euler", frame=frame)
    for curve in curves(pivot):
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
    pivot.rotation_euler.z = math.radians(options.start)
    bpy.context.view_layer.update()


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("folder", type=Path)
    add("--model", type=Path, help="a glTF file; without it, our still life")
    add("--size", type=int, nargs=2, default=(640, 480))
    add("--samples", type=int, default=32)
    add("--frames", type=int, default=1)
    add("--start", type=float, default=25.0, help="turn of the model in the first frame, degrees")
    add("--turn", type=float, default=3.0, help="degrees from frame to frame")
    add("--camera", choices=("perspective", "orthographic", "panorama"), default="perspective")
    add("--no-film", action="store_true", help="a sky, and not a transparent film")
    add("--no-lights", action="store_true", help="neither sun nor sky")
    add("--ground", action="store_true", help="a floor below the model")
    add("--paint", type=Path, help="a picture in place of the model's own colours")
    add("--no-bumps", action="store_true", help="without normal maps: what is shaded is the mesh")
    add("--without", nargs="*", default=())
    add("--truth", action="store_true", help="write the truth alone, and render nothing")
    return parser.parse_args()


def load(path: Path) -> list[Object]:
    """Import a glTF file, and return its objects, of a size of about 2."""
    before = set(bpy.context.scene.objects)
    bpy.ops.import_scene.gltf(filepath=str(path), merge_vertices=True)
    things = [thing for thing in bpy.context.scene.objects if thing not in before]
    bpy.context.view_layer.update()
    low, high = bounds(things)
    scale = 2 / max(high - low)
    for thing in things:
        if thing.parent is None:
            thing.scale *= scale
            thing.location = (thing.location - (low + high) / 2) * scale
    for number, thing in enumerate((t for t in things if t.type == "MESH"), 1):
        thing.pass_index = number
    bpy.context.view_layer.update()
    return things


def paint(path: Path) -> None:
    """Show a picture wherever a material's base colour has one."""
    picture = bpy.data.images.load(str(path))
    for shader in (n for m in bpy.data.materials if m.node_tree for n in m.node_tree.nodes):
        if shader.type == "BSDF_PRINCIPLED":
            for link in shader.inputs["Base Color"].links:
                if link.from_node.type == "TEX_IMAGE":
                    link.from_node.image = picture


def smooth() -> None:
    """Take normal maps away, so that the passes know no edge that the mesh has not."""
    for tree in (m.node_tree for m in bpy.data.materials if m.node_tree):
        for node in [n for n in tree.nodes if n.type in {"NORMAL_MAP", "BUMP"}]:
            tree.nodes.remove(node)


def bounds(things: list[Object]) -> tuple[Vector, Vector]:
    """Return the lowest and the highest corner of all meshes, in the world."""
    corners = [t.matrix_world @ Vector(c) for t in things if t.type == "MESH" for c in t.bound_box]
    return Vector(map(min, zip(*corners, strict=True))), Vector(
        map(max, zip(*corners, strict=True))
    )


def still_life() -> list[Object]:
    """Return a monkey's head among solids, on a table."""
    ops = bpy.ops.mesh
    ops.primitive_cylinder_add(vertices=96, radius=1.5, depth=0.16, location=(0, 0, -0.9))
    made = [dress("Table", "cream", 1)]
    ops.primitive_monkey_add(size=1.25, location=(0, 0, -0.22), rotation=(-0.5, 0, -0.45))
    made += [dress("Monkey", "red", 2)]
    smooth = made[-1].modifiers.new("Smooth", "SUBSURF")
    smooth.levels = smooth.render_levels = 2
    ops.primitive_cube_add(size=0.55, location=(0.85, -0.35, -0.545), rotation=(0, 0, 0.5))
    made += [dress("Cube", "blue", 3)]
    made[-1].data.materials.append(material("yellow"))
    made[-1].data.polygons[5].material_index = 1
    ops.primitive_cone_add(vertices=64, radius1=0.32, depth=0.8, location=(-0.85, -0.45, -0.42))
    made += [dress("Cone", "yellow", 4)]
    ops.primitive_uv_sphere_add(
        segments=64, ring_count=32, radius=0.34, location=(-0.5, 0.75, -0.48)
    )
    made += [dress("Ball", "green", 5)]
    ops.primitive_torus_add(major_segments=96, minor_segments=32, major_radius=0.36, minor_radius=0.12,
                            location=(0.6, 0.75, -0.7))  # fmt: skip  # one call
    made += [dress("Ring", "violet", 6)]
    return made


def dress(name: str, color: str, number: int) -> Object:
    """Name and number the active object, and give it a material."""
    thing = bpy.context.object
    thing.name, thing.pass_index = name, number
    thing.data.materials.append(material(color))
    bpy.ops.object.shade_smooth_by_angle(angle=SHARP)
    return thing


def material(color: str) -> bpy.types.Material:
    """Return a plain material."""
    made = bpy.data.materials.get(color) or bpy.data.materials.new(color)
    if bpy.app.version < (5, 0, 0):
        made.use_nodes = True
    shader = next(n for n in made.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*COLORS[color], 1)
    made.pass_index = list(COLORS).index(color) + 1
    return made


def aim(options: argparse.Namespace) -> None:
    """Add camera and light."""
    scene = bpy.context.scene
    if options.ground:
        low, _ = bounds(list(scene.objects))
        bpy.ops.mesh.primitive_plane_add(size=30, location=(0, 0, low.z))
        dress("Ground", "cream", 90)
    bpy.ops.object.camera_add(location=(0, -5.4, 1.7), rotation=(math.radians(70.5), 0, 0))
    scene.camera = camera = bpy.context.object
    if options.camera == "orthographic":
        camera.data.type, camera.data.ortho_scale = "ORTHO", 3.4
    elif options.camera == "panorama":
        camera.data.type = "PANO"
        (
            camera.data if hasattr(camera.data, "panorama_type") else camera.data.cycles
        ).panorama_type = "EQUIRECTANGULAR"
        camera.location, camera.rotation_euler.x = (0, -2.0, 0.3), math.pi / 2
    else:
        camera.data.lens = 52
    if not options.no_lights:
        bpy.ops.object.light_add(
            type="SUN", rotation=(math.radians(48), math.radians(-8), math.radians(48))
        )
        bpy.context.object.data.energy, bpy.context.object.data.angle = 3.0, math.radians(1)
    scene.world = bpy.data.worlds.new("World")
    if bpy.app.version < (5, 0, 0):
        scene.world.use_nodes = True
    sky = next(n for n in scene.world.node_tree.nodes if n.type == "BACKGROUND")
    sky.inputs["Color"].default_value = (0.5, 0.65, 0.9, 1)
    sky.inputs["Strength"].default_value = 0.0 if options.no_lights else 0.35


def set_up(options: argparse.Namespace) -> None:
    """Choose Cycles, its size and passes, and the kind of file."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.samples, scene.cycles.use_denoising = options.samples, False
    scene.cycles.use_adaptive_sampling, scene.cycles.max_bounces = False, 3
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.film_transparent = not options.no_film
    scene.render.resolution_x, scene.render.resolution_y = options.size
    scene.view_layers[0].use_pass_combined = True
    for name in PASSES:
        setattr(scene.view_layers[0], f"use_pass_{name}", name not in options.without)
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format, settings.color_depth = "OPEN_EXR_MULTILAYER", "32"
    settings.exr_codec = "ZIP"


def curves(thing: Object) -> list[bpy.types.FCurve]:
    """Return an object's curves, in any Blender."""
    action = thing.animation_data.action
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
    return [curve for bag in bags for curve in bag.fcurves]


def truth() -> dict[str, np.ndarray]:
    """Return triangles (T, 3, 3) and their corners' normals, in the world, their object, the camera."""
    graph, scene = bpy.context.evaluated_depsgraph_get(), bpy.context.scene
    corners, normals, owners = [], [], []
    for number, thing in enumerate(t for t in scene.objects if t.type == "MESH"):
        mesh = thing.evaluated_get(graph).to_mesh()
        mesh.calc_loop_triangles()
        places = np.empty((len(mesh.vertices), 3), np.float32)
        mesh.vertices.foreach_get("co", places.ravel())
        triangles = np.empty((len(mesh.loop_triangles), 3), np.int32)
        mesh.loop_triangles.foreach_get("vertices", triangles.ravel())
        loops = np.empty((len(mesh.loop_triangles), 3), np.int32)
        mesh.loop_triangles.foreach_get("loops", loops.ravel())
        shaded = np.empty((len(mesh.loops), 3), np.float32)
        mesh.corner_normals.foreach_get("vector", shaded.ravel())
        world = np.array(thing.matrix_world)
        turned = shaded @ np.linalg.inv(world[:3, :3])
        normals.append(turned[loops])
        corners.append((places @ world[:3, :3].T + world[:3, 3])[triangles])
        owners.append(np.full(len(triangles), number))
    render, camera = scene.render, scene.camera
    size = (render.resolution_x, render.resolution_y)
    flat = camera.data.type != "PANO"
    projection = camera.calc_matrix_camera(graph, x=size[0], y=size[1]) if flat else np.eye(4)
    return {
        "triangles": np.concatenate(corners).astype(np.float64),
        "normals": np.concatenate(normals),
        "owners": np.concatenate(owners),
        "world": np.array(camera.matrix_world),
        "projection": np.array(projection),
    }


if __name__ == "__main__":
    main()
