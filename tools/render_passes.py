"""Render a small scene into multilayer EXRs with all passes: python tools/render_passes.py FOLDER [options].

Runs in a Python that holds bpy. Writes FOLDER/frame_0002.exr and so on, and truth.json with each frame's
camera and the box's place, from which motion can be computed without the Vector pass. The files in
tests/passes/files were made with: --size 16 12 --samples 4 --frames 3
--without ambient_occlusion mist shadow uv cryptomatte_asset
"""

import argparse
import json
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Material, Object, ViewLayer

PASSES = """combined z mist position normal vector uv object_index material_index shadow ambient_occlusion
emit environment diffuse_direct diffuse_indirect diffuse_color glossy_direct glossy_indirect glossy_color
transmission_direct transmission_indirect transmission_color cryptomatte_object cryptomatte_material
cryptomatte_asset"""
"""What Blender's Python calls the passes: ViewLayer.use_pass_…"""
LOOK = {
    "Floor": ((0.55, 0.42, 0.30), 0.8, 0.0),
    "Box": ((0.75, 0.10, 0.08), 0.5, 0.0),
    "Füchslein": ((0.90, 0.45, 0.10), 0.4, 0.0),
    "Mirror": ((0.90, 0.90, 0.95), 0.1, 1.0),
}
"""Object → base colour, roughness, metalness."""


def build(options: argparse.Namespace) -> None:
    """Fill an empty scene: floor, a box that slides, a monkey, a mirror ball, a lamp, glass."""
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_plane_add(size=14)
    _dress("Floor", 1)
    bpy.ops.mesh.primitive_cube_add(size=1.3)
    box = _dress("Box", 2)
    for frame in range(-1, 8):
        box.location = (-1.5 + 0.16 * frame, 0.1 - 0.05 * frame, 0.65 + 0.02 * frame * frame)
        box.keyframe_insert("location", frame=frame)
    bpy.ops.mesh.primitive_monkey_add(size=1.6, location=(0.9, -0.3, 0.85))
    _dress("Füchslein", 3)
    bpy.ops.mesh.primitive_uv_sphere_add(segments=24, ring_count=12, radius=0.6)
    _dress("Mirror", 4).location = (-0.1, 1.7, 0.6)
    bpy.ops.mesh.primitive_uv_sphere_add(segments=24, ring_count=12, radius=0.4)
    _dress("Glass", 5, _material("Glass", "Transmission Weight")).location = (0.0, -1.5, 0.4)
    bpy.ops.mesh.primitive_cube_add(size=0.5, location=(2.1, 0.9, 0.25))
    _dress("Lamp", 6, _material("Lamp", "Emission Strength", 4.0))
    _light_and_camera(options)


def _dress(name: str, index: int, material: Material | None = None) -> Object:
    """Name the active object, number it, and give it a material with the same number."""
    thing = bpy.context.object
    thing.name, thing.pass_index = name, index
    material = material or _material(name)
    material.pass_index = 10 * index
    thing.data.materials.append(material)
    return thing


def _material(name: str, socket: str = "", value: float = 1.0) -> Material:
    material = bpy.data.materials.new(f"{name} skin")
    _with_nodes(material)
    shader = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
    color, roughness, metal = LOOK.get(name, ((0.8, 0.9, 0.8), 0.05, 0.0))
    shader.inputs["Base Color"].default_value = (*color, 1)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metal
    if socket:
        shader.inputs["Emission Color"].default_value = (1, 0.7, 0.3, 1)
        shader.inputs[socket].default_value = value
    return material


def _with_nodes(owner: Material | bpy.types.World) -> None:
    if bpy.app.version < (5, 0, 0):  # later ones always have nodes
        owner.use_nodes = True


def _light_and_camera(options: argparse.Namespace) -> None:
    scene = bpy.context.scene
    bpy.ops.object.light_add(type="AREA", location=(-3, -3, 5))
    bpy.context.object.data.energy, bpy.context.object.data.size = 500, 2
    bpy.context.object.rotation_euler = (0.7, 0, -0.8)
    bpy.ops.object.camera_add(location=(0.3, -6.5, 2.1), rotation=(1.38, 0, 0.04))
    scene.camera = camera = bpy.context.object
    if options.camera == "equirect":
        _equirect(camera.data)
    for frame in range(-1, 8) if options.camera != "still" else ():
        camera.location.x, camera.rotation_euler.z = 0.3 + 0.04 * frame, 0.04 - 0.01 * frame
        camera.rotation_euler.x = 1.38 + 0.006 * frame
        camera.keyframe_insert("location", frame=frame)
        camera.keyframe_insert("rotation_euler", frame=frame)
    scene.world = bpy.data.worlds.new("World")
    _with_nodes(scene.world)
    sky = next(n for n in scene.world.node_tree.nodes if n.type == "BACKGROUND")
    sky.inputs["Color"].default_value = (0.35, 0.5, 0.9, 1)


def _equirect(camera: bpy.types.Camera) -> None:
    camera.type = "PANO"
    (camera.cycles if bpy.app.version < (4, 0, 0) else camera).panorama_type = "EQUIRECTANGULAR"


def set_up(options: argparse.Namespace) -> None:
    """Choose engine, size, passes and the kind of file."""
    scene = bpy.context.scene
    eevee = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
    scene.render.engine = "CYCLES" if options.engine == "cycles" else eevee
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", options.samples, 1
    scene.cycles.use_denoising, scene.cycles.max_bounces = False, 4
    scene.cycles.use_adaptive_sampling = False
    scene.render.use_motion_blur = options.motion_blur
    scene.render.film_transparent = options.transparent
    scene.eevee.taa_render_samples = options.samples
    scene.render.resolution_x, scene.render.resolution_y = options.size
    scene.render.use_border = options.border
    scene.render.border_min_x, scene.render.border_max_x = 0.25, 0.75
    scene.render.border_min_y, scene.render.border_max_y = 0.25, 0.5
    scene.render.use_multiview = options.stereo
    layer = scene.view_layers[0]
    for name in sorted(set(PASSES.split()) - set(options.without)):
        _switch_on(layer, name)
    layer.pass_cryptomatte_depth = 4
    layer.aovs.add().name = "Paint"
    _file_kind(scene.render.image_settings, options)


def _switch_on(layer: ViewLayer, name: str) -> None:
    """Transmission, volume and shadow passes are the one or the other engine's alone."""
    for owner in (layer, layer.eevee, layer.cycles):
        if hasattr(owner, f"use_pass_{name}"):
            setattr(owner, f"use_pass_{name}", True)


def _file_kind(settings: bpy.types.ImageFormatSettings, options: argparse.Namespace) -> None:
    if bpy.app.version >= (5, 0, 0):
        settings.media_type = "MULTI_LAYER_IMAGE"
        settings.use_exr_interleave = options.interleave
    settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.color_depth, settings.exr_codec = options.depth, options.codec
    if options.stereo:
        settings.views_format = "MULTIVIEW"


def render(options: argparse.Namespace) -> None:
    """Render the frames and note camera and box of each and of its neighbours."""
    scene = bpy.context.scene
    truth = {}
    for frame in options.frames:
        for near in (frame - 1, frame + 1, frame):
            scene.frame_set(near)
            truth[str(near)] = _truth(options.size)
        scene.render.filepath = str(options.folder / f"frame_{frame:04d}.exr")
        bpy.ops.render.render(write_still=True)
    (options.folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")


def _truth(size: tuple[int, int]) -> dict[str, list[Any]]:
    camera, graph = bpy.context.scene.camera, bpy.context.evaluated_depsgraph_get()
    projection = camera.calc_matrix_camera(graph, x=size[0], y=size[1])
    return {
        "world": [list(row) for row in camera.matrix_world],
        "projection": [list(row) for row in projection],
        "box": list(bpy.data.objects["Box"].location),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engine", choices=("cycles", "eevee"), default="cycles")
    parser.add_argument("--frames", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--size", type=int, nargs=2, default=(64, 48))
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--camera", choices=("moving", "still", "equirect"), default="moving")
    parser.add_argument("--depth", choices=("16", "32"), default="16")
    parser.add_argument("--codec", default="ZIP")
    parser.add_argument("--without", nargs="+", default=[], choices=PASSES.split())
    for flag in ("interleave", "motion-blur", "transparent", "border", "stereo"):
        parser.add_argument(f"--{flag}", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Do what the command line says."""
    options = _options()
    options.folder = options.folder.absolute()
    options.folder.mkdir(parents=True, exist_ok=True)
    build(options)
    set_up(options)
    render(options)


if __name__ == "__main__":
    main()
