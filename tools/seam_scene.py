"""Run by tools/seam_renders.py in Blender's Python: reads what a model shows, and renders its seams.

    python tools/seam_scene.py read MODEL.glb FOLDER     writes <n>.png and <n>.mesh.npz for each base colour
    python tools/seam_scene.py render MODEL.glb FOLDER   renders what FOLDER/views.json asks for

The model ``monkey`` is Blender's own, unwrapped here. Pictures are rendered by their colour alone, without
light, so that nothing but the texture makes a difference.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Image, Material, NodeTree
from mathutils import Matrix, Vector

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))

from headless import load_addon  # it lies there

MONKEY = "monkey"
SIDE = 512
"""Pixels a side of a render."""
SAMPLES = 8
TEXTURE = 1024
"""Texels a side of the monkey's texture."""


def load(source: str) -> None:
    """Fill the empty scene with a model, at rest."""
    bpy.ops.wm.read_homefile(use_empty=True)
    if source == MONKEY:
        add_monkey()
    else:
        bpy.ops.import_scene.gltf(filepath=source)
    for armature in bpy.data.armatures:
        armature.pose_position = "REST"
    bpy.context.view_layer.update()


def add_monkey() -> None:
    """Add Suzanne, smooth, unwrapped into islands, with an empty picture for its base colour."""
    bpy.ops.mesh.primitive_monkey_add()
    monkey = bpy.context.object
    monkey.modifiers.new("Smooth", "SUBSURF").levels = 2
    bpy.ops.object.modifier_apply(modifier="Smooth")
    bpy.ops.object.shade_smooth()
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(angle_limit=1.15, island_margin=0.02)
    bpy.ops.object.mode_set(mode="OBJECT")
    material = bpy.data.materials.new("Monkey")
    if bpy.app.version < (5, 0, 0):  # later ones always have nodes
        material.use_nodes = True
    shader = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.new("Monkey", TEXTURE, TEXTURE)
    material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    monkey.data.materials.append(material)


def base_colors() -> Iterator[tuple[Image, list[Material]]]:
    """Yield every picture that gives a base colour, with the materials that show it."""
    shown: dict[Image, list[Material]] = {}
    for material in bpy.data.materials:
        if material.node_tree and (node := color_node(material.node_tree)) is not None:
            shown.setdefault(node.image, []).append(material)
    yield from shown.items()


def color_node(tree: NodeTree) -> Any:
    """Return the picture's node behind the shader's base colour, also through one node between."""
    shader = next((n for n in tree.nodes if n.type == "BSDF_PRINCIPLED"), None)
    if shader is None or not shader.inputs["Base Color"].is_linked:
        return None
    node = shader.inputs["Base Color"].links[0].from_node
    behind = [node, *(link.from_node for socket in node.inputs for link in socket.links)]
    return next((n for n in behind if n.type == "TEX_IMAGE" and n.image), None)


def write_base_colors(folder: Path) -> None:
    """Write each base colour and the triangles that show it, as the add-on gives them to the engine."""
    addon = load_addon()
    islands = sys.modules[f"{addon.__name__}.stylize_addon.materials.uv_islands"]
    for number, (image, materials) in enumerate(base_colors()):
        triangles = islands.gather([(material, islands.ACTIVE) for material in materials])
        if triangles is None:
            continue
        islands.write(triangles, folder / f"{number}.mesh.npz")
        image.file_format = "PNG"
        image.save(filepath=str(folder / f"{number}.png"))
    addon.unregister()  # bpy 4.2 and 4.5 crash at their end with an add-on's properties left


def render(folder: Path) -> None:
    """Render every view that is asked for."""
    prepare()
    images = [(image, [color_node(m.node_tree) for m in made]) for image, made in base_colors()]
    for material in bpy.data.materials:
        show_color(material)
    for view in json.loads((folder / "views.json").read_text()):
        place_camera(view)
        for k, path in enumerate(view["pictures"]):
            picture = bpy.data.images.load(path, check_existing=True)
            for node in images[view["number"]][1]:
                node.image = picture
            bpy.context.scene.render.filepath = f"{view['output']}.{k}.png"
            bpy.ops.render.render(write_still=True)


def show_color(material: Material) -> None:
    """Make a material shine with its base colour."""
    tree = material.node_tree
    node = color_node(tree) if tree else None
    if node is None:
        return
    light = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(node.outputs["Color"], light.inputs["Color"])
    for output in [n for n in tree.nodes if n.type == "OUTPUT_MATERIAL"]:
        tree.links.new(light.outputs[0], output.inputs["Surface"])


def prepare() -> None:
    """Add a camera, and choose how to render."""
    scene = bpy.context.scene
    for other in [o for o in scene.objects if o.type in ("CAMERA", "LIGHT")]:
        bpy.data.objects.remove(other)
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    scene.camera.data.type = "ORTHO"
    scene.world = bpy.data.worlds.new("World")
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.samples, scene.cycles.max_bounces = SAMPLES, 0
    scene.cycles.use_denoising = scene.render.use_compositing = scene.render.use_sequencer = False
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.resolution_percentage, scene.render.use_persistent_data = 100, True
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"


def place_camera(view: dict[str, Any]) -> None:
    """Look along a normal at a place, ``width`` metres of it, with ``up`` upward."""
    at, back, up = (Vector(view[name]) for name in ("at", "normal", "up"))
    camera, width = bpy.context.scene.camera, view["width"]
    right = up.cross(back).normalized()
    up = back.cross(right)
    turn = Matrix((right, up, back)).transposed().to_4x4()
    camera.matrix_world = Matrix.Translation(at + back * view["away"]) @ turn
    camera.data.ortho_scale = width
    camera.data.clip_start, camera.data.clip_end = view["away"] / 100, view["away"] + width * 2


if __name__ == "__main__":
    what, model, place = sys.argv[1:]
    load(model)
    write_base_colors(Path(place)) if what == "read" else render(Path(place))
    _ = sys.stdout.flush(), sys.stderr.flush()
    os._exit(0)  # not sys.exit: bpy 4.2 crashes at its end once it has imported a .glb
