"""Render three short films into multilayer EXRs: python tools/film_scenes.py FOLDER --fox Fox.glb [options].

Runs in a Python that holds bpy. Writes FOLDER/camera, FOLDER/fox and FOLDER/shadow with frame_0001.exr and so
on: a camera that moves past things, a rigged animal that walks, a thing that moves with its shadow. On them
tools/film_steadiness.py measures how calm a sequence is.
"""

import argparse
from pathlib import Path

import bpy
from bpy.types import Material, Object
from mathutils import Vector

PASSES = ("combined", "z", "vector", "position", "cryptomatte_object")
SCENES = ("camera", "fox", "shadow")


def main() -> None:
    """Render the scenes that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fox", type=Path, help="a .glb with an animal and its actions")
    parser.add_argument("--action", default="Walk", help="the one that it does")
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=SCENES)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", type=int, nargs=2, default=(640, 360))
    parser.add_argument("--samples", type=int, default=6)
    options = parser.parse_args()
    for name in options.scenes:
        bpy.ops.wm.read_homefile(use_empty=True)
        ground()
        {"camera": still_life, "fox": walk, "shadow": pass_by}[name](options)
        set_up(options)
        for frame in range(1, options.frames + 1):
            bpy.context.scene.frame_set(frame)
            bpy.context.scene.render.filepath = str(options.folder / name / f"frame_{frame:04d}")
            bpy.ops.render.render(write_still=True)


def ground() -> None:
    """A floor, a wall and the sun."""
    bpy.ops.mesh.primitive_plane_add(size=24)
    dress("Floor", ("#8f7a52", "#5d6b3a"), 0.6)
    bpy.ops.mesh.primitive_plane_add(size=24, location=(0, 5, 0), rotation=(1.5708, 0, 0))
    dress("Wall", ("#7f97ad", "#c9b48e"), 0.35)
    bpy.ops.object.light_add(type="SUN", rotation=(0.75, 0.25, 0.6))
    bpy.context.object.data.energy = 3.5
    bpy.context.object.data.angle = 0.05
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.35, 0.45, 0.6, 1)
    bpy.context.scene.world = world


def still_life(options: argparse.Namespace) -> None:
    """Things past which the camera goes."""
    things()
    camera = look((-2.4, -7.0, 2.0), (0.0, 0.5, 0.7))
    for frame, x in ((1, -2.4), (options.frames, 0.6)):
        camera.location = (x, -7.0 + 0.25 * x, 2.0)
        camera.keyframe_insert("location", frame=frame)
    even(camera)


def walk(options: argparse.Namespace) -> None:
    """A rigged animal that walks across."""
    things(away=2.2)
    before = set(bpy.data.objects)
    bpy.ops.import_scene.gltf(filepath=str(options.fox.resolve()))
    new = [thing for thing in bpy.data.objects if thing not in before]
    rig = next(thing for thing in new if thing.type == "ARMATURE")
    action = next(a for a in bpy.data.actions if options.action.lower() in a.name.lower())
    rig.animation_data.action = action
    if hasattr(action, "slots") and action.slots:
        rig.animation_data.action_slot = action.slots[0]
    for track in list(rig.animation_data.nla_tracks):
        rig.animation_data.nla_tracks.remove(track)
    for thing in new:
        if thing.type == "MESH" and thing.parent is None:
            thing.hide_render = True
    pivot = bpy.data.objects.new("Pivot", None)
    bpy.context.collection.objects.link(pivot)
    for thing in new:
        if thing.parent is None:
            thing.parent = pivot
    bpy.context.view_layer.update()
    pivot.scale = [
        2.6 / max(*(thing.dimensions.length for thing in new if thing.type == "MESH"), 1e-6)
    ] * 3
    pivot.rotation_euler = (0, 0, 1.5708)
    for frame, x in ((1, -1.1), (options.frames, 0.9)):
        pivot.location = (x, -1.2, 0)
        pivot.keyframe_insert("location", frame=frame)
    even(pivot)
    look((0.2, -5.6, 1.3), (0.0, -1.0, 0.75))


def pass_by(options: argparse.Namespace) -> None:
    """A thing that goes by, and its shadow on all the others."""
    things()
    bpy.ops.mesh.primitive_monkey_add(size=1.1, location=(-2.0, -1.6, 0.9))
    thing = dress("Mover", ("#b3492c", "#e0a050"), 3.0)
    for frame, x in ((1, -2.0), (options.frames, 1.2)):
        thing.location = (x, -1.6, 0.9)
        thing.rotation_euler = (0, 0, 0.15 * x)
        thing.keyframe_insert("location", frame=frame)
        thing.keyframe_insert("rotation_euler", frame=frame)
    even(thing)
    look((0.0, -7.0, 2.2), (0.0, 0.2, 0.8))


def things(away: float = 0.0) -> None:
    """A cube, a ball, a monkey and a torus."""
    bpy.ops.mesh.primitive_cube_add(
        size=1.3, location=(-1.7, 0.8 + away, 0.65), rotation=(0, 0, 0.5)
    )
    dress("Cube", ("#3a6ea5", "#dfe8ee"), 2.0)
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.75, location=(0.1, 1.6 + away, 0.75))
    bpy.ops.object.shade_smooth()
    dress("Ball", ("#b03a48", "#f0d9a0"), 2.5)
    bpy.ops.mesh.primitive_monkey_add(
        size=1.5, location=(1.9, 0.6 + away, 0.85), rotation=(0, 0, -0.4)
    )
    dress("Monkey", ("#c98d3d", "#6b4226"), 3.0)
    bpy.ops.mesh.primitive_torus_add(major_radius=0.55, minor_radius=0.2)
    bpy.context.object.location = (3.4, 1.5 + away, 0.6)
    bpy.context.object.rotation_euler = (1.3, 0, 0.3)
    dress("Ring", ("#5a8f55", "#d8e0b0"), 2.0)


def dress(name: str, colors: tuple[str, str], fine: float) -> Object:
    """Name the active object, and give it a material of two colours in patches."""
    thing = bpy.context.object
    thing.name = name
    thing.data.materials.append(material(name, colors, fine))
    return thing


def material(name: str, colors: tuple[str, str], fine: float) -> Material:
    """Return a material of two colours in patches."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    place = nodes.new("ShaderNodeTexCoord")
    noise, ramp = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeValToRGB")
    noise.inputs["Scale"].default_value = fine
    noise.inputs["Detail"].default_value = 4
    for stop, at, color in zip(ramp.color_ramp.elements, (0.4, 0.6), colors, strict=True):
        stop.position, stop.color = (
            at,
            (*(int(color[k : k + 2], 16) ** 2.2 / 255**2.2 for k in (1, 3, 5)), 1),
        )
    links.new(place.outputs["Object"], noise.inputs["Vector"])
    links.new(noise.outputs[0], ramp.inputs["Fac"])
    shader = nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = 0.7
    links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    return made


def look(at: tuple[float, float, float], target: tuple[float, float, float]) -> Object:
    """Put up the camera."""
    bpy.ops.object.camera_add(location=at)
    camera = bpy.context.object
    camera.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    camera.data.lens = 40
    bpy.context.scene.camera = camera
    return camera


def even(thing: Object) -> None:
    """Have a thing move at an even speed."""
    for curve in thing.animation_data.action.fcurves:
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"


def set_up(options: argparse.Namespace) -> None:
    """Choose size, passes and files."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = options.samples, True
    scene.cycles.max_bounces = 2
    scene.render.resolution_x, scene.render.resolution_y = options.size
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    for name in PASSES:
        setattr(scene.view_layers[0], f"use_pass_{name}", True)
    scene.render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.image_settings.color_depth = "32"
    scene.view_settings.view_transform = "Standard"


main()
