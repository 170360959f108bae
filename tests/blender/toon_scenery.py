"""Scenes for toon materials, and what their renders and files hold."""

import math

import bpy
import numpy as np

from tests.blender import scenery

SIDE = 96
"""Pixels of a render."""
ORTHO = 2.2
"""Metres that the picture shows of a sphere of radius 1."""
EEVEE = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"


def add_sun(name="Sun", turn=(math.pi / 2, 0, math.pi / 2), energy=2.0):
    """A lamp; by default one that shines from +x."""
    lamp = bpy.data.objects.new(name, bpy.data.lights.new(name, "SUN"))
    lamp.data.energy, lamp.data.angle, lamp.rotation_euler = energy, 0, turn
    bpy.context.scene.collection.objects.link(lamp)
    return lamp


def add_sphere(material=None, name="Sphere"):
    bpy.ops.mesh.primitive_uv_sphere_add(segments=128, ring_count=64)
    made = bpy.context.object
    made.name = name
    bpy.ops.object.shade_smooth()
    if material is not None:
        made.data.materials.append(material)
    return made


def add_cube(material=None, name="Cube"):
    """A cube with sides of 2."""
    bpy.ops.mesh.primitive_cube_add()
    made = bpy.context.object
    made.name = made.data.name = name
    if material is not None:
        made.data.materials.append(material)
    return made


def select(*objects):
    """Select objects alone; the last one is the active one."""
    for object_ in bpy.data.objects:
        object_.select_set(object_ in objects)
    bpy.context.view_layer.objects.active = objects[-1]


def look_at_it():
    """A camera without perspective before the origin, and a picture whose values are what is shown."""
    scene = bpy.context.scene
    data = bpy.data.cameras.new("Camera")
    camera = scene.camera = bpy.data.objects.new("Camera", data)
    scene.collection.objects.link(camera)
    data.type, data.ortho_scale = "ORTHO", ORTHO
    camera.location, camera.rotation_euler = (0, -5, 0), (math.pi / 2, 0, 0)
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.compositor_device = "CPU"
    scene.view_settings.view_transform = "Raw"
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    return scene


def render(path, engine="CYCLES", samples=4):
    """The picture, linear (H, W, 4), top row first."""
    scene = bpy.context.scene
    scene.render.engine = engine
    scene.cycles.device, scene.cycles.use_denoising, scene.cycles.samples = "CPU", False, samples
    scene.eevee.taa_render_samples = samples
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = scenery.pixels_of(image).copy()
    bpy.data.images.remove(image)
    return pixels


def edges_along(row):
    """Columns at which a row of the sphere changes its tone, from the dark side to the light."""
    inside = row[np.abs(np.arange(SIDE) - SIDE / 2) < SIDE / ORTHO - 1.5]
    first = (SIDE - len(inside)) / 2
    tones = [inside[0]]
    places = []
    for column, value in enumerate(inside):
        if (
            abs(value - tones[-1]) > 0.02
            and abs(value - inside[min(column + 1, len(inside) - 1)]) < 1e-3
        ):
            tones.append(value)
            places.append(first + column)
    return places, tones


def flat_parts(picture, reach, step):
    """Where a picture has no step within some pixels."""
    steep = np.zeros(picture.shape[:2], bool)
    for axis in (0, 1):
        for shift in range(-reach, reach + 1):
            away = np.abs(picture - np.roll(picture, shift, axis))
            steep |= away[..., :3].max(-1) > step
    return ~steep


def toon_node(material):
    """The node of a material's toon shader."""
    return next(node for node in material.node_tree.nodes if node.get("stylize") == "toon")


def toon_sphere(**settings):
    """A toon sphere lit from +x, without lines and highlights: its shader's inputs are the settings."""
    material = scenery.add_material("Paint")
    scenery.shader_of(material).inputs["Base Color"].default_value = (0.8, 0.4, 0.2, 1)
    add_sphere(material)
    add_sun()
    look_at_it()
    bpy.ops.stylize.toon(scope="ALL", toon_look="cel", toon_outlines=False)
    node = toon_node(material)
    node.inputs["Highlight"].default_value = 0
    for name, value in settings.items():
        node.inputs[name].default_value = value
    return node


def everything():
    """All that toon may change: graphs, slots, modifiers, properties and data-blocks."""
    facts = {
        m.name_full: (m.cycles.emission_sampling, m.use_backface_culling, sorted(m.keys()))
        for m in bpy.data.materials
    }
    objects = {
        o.name: (
            [(s.link, s.material and s.material.name_full) for s in o.material_slots],
            [m.name for m in o.modifiers],
            sorted(o.keys()),
            o.animation_data is not None,
            [g.name for g in o.vertex_groups],
        )
        for o in bpy.data.objects
    }
    meshes = {
        m.name: (len(m.materials), sorted(m.keys()), sorted(a.name for a in m.attributes))
        for m in bpy.data.meshes
    }
    outputs = {
        m.name_full: [n.is_active_output for n in m.node_tree.nodes if n.type == "OUTPUT_MATERIAL"]
        for m in bpy.data.materials
        if m.node_tree
    }
    groups = sorted(g.name for g in bpy.data.node_groups)
    animated = [m.node_tree.animation_data is not None for m in bpy.data.materials if m.node_tree]
    return scenery.snapshot(), facts, objects, meshes, outputs, groups, animated


def shell_of(object_, tubes=False):
    """The faces of an object's outline, or of lines on its edges: corners' places; the number of its own."""
    graph = bpy.context.evaluated_depsgraph_get()
    meshes = [object_.evaluated_get(graph).data]
    of_object = (
        i for i in graph.object_instances if i.is_instance and i.parent.original == object_
    )
    meshes += [instance.object.data for instance in of_object]  # before 4.5
    places, count = [], 0
    for mesh in meshes:
        names = [m.name if m else "" for m in mesh.materials]
        marked = mesh.attributes.get("toon_tube")
        for face in mesh.polygons:
            if not (names and names[face.material_index].startswith("Toon Line")):
                count += 1
            elif tubes == (marked is not None and marked.data[face.index].value > 0.5):
                places.append(np.array([mesh.vertices[v].co for v in face.vertices]))
    return places, count


def show_toon(**options):
    """Show all objects of the scene as toon: (**options) -> what the operator returns."""
    return bpy.ops.stylize.toon(**{"scope": "ALL", "toon_look": "comic"} | options)
