"""Materials shown as toon: tones in their place in both engines, and back node for node."""

import importlib
import math

import bpy
import numpy as np
import pytest

SIDE = 96
ORTHO = 2.2
"""Metres that the picture shows of a sphere of radius 1."""
EEVEE = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"


@pytest.fixture
def core(module):
    """The toon module of a name."""
    return lambda name: module(f"toon.{name}")


@pytest.fixture
def look():
    """The declared looks."""
    return importlib.import_module("bl_ext.user_default.stylize.core.request.toon_look")


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


def add_bare(name):
    """A mesh without a material."""
    bpy.ops.mesh.primitive_cube_add()
    bpy.context.object.name = bpy.context.object.data.name = name
    return bpy.context.object


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


def render(path, scenery, engine="CYCLES", samples=4):
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


def flat_parts(picture, reach=2):
    """Where nothing changes within some pixels."""
    steep = np.zeros(picture.shape[:2], bool)
    for axis in (0, 1):
        for shift in range(-reach, reach + 1):
            steep |= np.abs(picture - np.roll(picture, shift, axis))[..., :3].max(-1) > 0.02
    return ~steep


def toon_sphere(scenery, core, look, **settings):
    """A toon sphere lit from +x, without lines and highlights: its shader's inputs are the settings."""
    material = scenery.add_material("Paint")
    scenery.shader_of(material).inputs["Base Color"].default_value = (0.8, 0.4, 0.2, 1)
    add_sphere(material)
    add_sun()
    look_at_it()
    bpy.ops.stylize.toon(scope="ALL", toon_look="cel", toon_outlines=False)
    node = core("material").toon_node(material)
    node.inputs["Highlight"].default_value = 0
    for name, value in settings.items():
        node.inputs[name].default_value = value
    return node


def check_bands(picture, look, **settings):
    places = look.step_places(look.ToonLook(**settings))
    found, tones = edges_along(picture[SIDE // 2, :, 0])
    expected = [SIDE / 2 + light * SIDE / ORTHO for light in places]
    assert len(tones) == settings["bands"]
    assert tones == sorted(tones)
    assert found == pytest.approx(expected, abs=1), "at the cosine of their angle, within a pixel"


@pytest.mark.parametrize("bands", [2, 3, 5])
def test_bands_lie_where_they_are_asked_for_in_cycles(scenery, core, look, tmp_path, bands):
    edges = {"shadow_edge": 0.2, "light_edge": 0.8}
    toon_sphere(scenery, core, look, **{"Bands": bands, "Shadow Edge": 0.2, "Light Edge": 0.8})
    picture = render(tmp_path / "sphere.exr", scenery)
    check_bands(picture, look, bands=bands, **edges)


@pytest.mark.slow
@pytest.mark.skipif(
    bpy.app.version < (5, 0, 0), reason="without a GPU, compiling a shader takes a minute"
)
def test_eevee_shows_what_cycles_shows(scenery, core, look, tmp_path):
    """Bands, their colors, and the highlight, which lies where the reflection is."""
    node = toon_sphere(scenery, core, look, **{"Bands": 3, "Shadow Edge": 0.2, "Light Edge": 0.6})
    plain = render(tmp_path / "plain.exr", scenery)
    node.inputs["Highlight"].default_value = 1
    ours, theirs = (render(tmp_path / f"{e}.exr", scenery, e, 4) for e in ("CYCLES", EEVEE))
    away = np.abs(ours[..., :3] - theirs[..., :3]).max(-1)
    flat = flat_parts(ours)
    assert flat.mean() > 0.7
    assert np.mean(away[flat] > 0.02) < 0.002, "beside edges, which each smooths in its own way"
    assert np.abs(ours - plain).max() > 0.2, "there is a highlight"
    dark = SIDE // 2 + round(0.45 * SIDE / ORTHO)
    theirs[SIDE // 2, dark:] = plain[SIDE // 2, dark:]
    check_bands(theirs, look, bands=3, shadow_edge=0.2, light_edge=0.6)


def test_a_shadow_takes_the_light_in_cycles(scenery, core, look, tmp_path):
    """What stands before the lamp leaves the shadow's color, the same as on the side that no lamp reaches."""
    toon_sphere(scenery, core, look, Bands=2)
    lit = render(tmp_path / "lit.exr", scenery)
    bpy.ops.mesh.primitive_plane_add(size=20, location=(5, 0, 0), rotation=(0, math.pi / 2, 0))
    dark = render(tmp_path / "dark.exr", scenery)
    middle = SIDE // 2
    assert lit[middle, -12, 0] > 1.5 * lit[middle, 12, 0]
    assert dark[middle, -12, :3] == pytest.approx(lit[middle, 12, :3], abs=1e-3)


def test_light_of_ten_lamps_is_shared_by_color(scenery, core, look, tmp_path):
    node = toon_sphere(scenery, core, look, Bands=2)
    for number in range(9):
        add_sun(f"More {number}", (number, 1, 2), 0.2)
    picture = render(tmp_path / "lamps.exr", scenery)
    assert np.isfinite(picture).all()
    assert node.inputs["Base Color"].default_value[:3] == pytest.approx((0.8, 0.4, 0.2))


def everything(scenery):
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


def add_real_material(scenery):
    """What materials are made of: a picture, mixed shaders, opacity, a normal map, light, two outputs."""
    material = scenery.add_material("Real", scenery.new_image("picture", scenery.draw()))
    tree, shader = material.node_tree, scenery.shader_of(material)
    bump = tree.nodes.new("ShaderNodeNormalMap")
    tree.links.new(shader.inputs["Normal"], bump.outputs[0])
    shader.inputs["Emission Strength"].default_value = 0.5
    shader.inputs["Emission Color"].default_value = (0.1, 0.2, 0.3, 1)
    clear, mixed = (tree.nodes.new(f"ShaderNode{k}") for k in ("BsdfTransparent", "MixShader"))
    output = scenery.node_of(material, "OUTPUT_MATERIAL")
    tree.links.new(mixed.inputs[1], clear.outputs[0])
    tree.links.new(mixed.inputs[2], shader.outputs[0])
    mixed.inputs[0].default_value = 0.75
    tree.links.new(output.inputs["Surface"], mixed.outputs[0])
    other = tree.nodes.new("ShaderNodeOutputMaterial")
    other.target, other.is_active_output = "CYCLES", True
    tree.links.new(other.inputs["Surface"], mixed.outputs[0])
    return material


@pytest.mark.parametrize("way", ["toon", "restore"])
def test_back_node_for_node(scenery, core, way):
    material = add_real_material(scenery)
    made, bare = scenery.add_object(material), add_bare("Bare")
    before = everything(scenery)
    for name in ("cel", "ink"):
        assert bpy.ops.stylize.toon(scope="ALL", toon_look=name) == {"FINISHED"}
    assert core("material").look_of(material) == "ink"
    assert len([n for n in material.node_tree.nodes if n.get("stylize") == "toon"]) == 1
    assert core("outlines").outline_of(made) is not None
    assert bare.material_slots[0].material is not None
    if way == "toon":
        bpy.ops.stylize.toon(scope="ALL", back=True)
    else:
        bpy.ops.stylize.restore(scope="ALL")
    after = everything(scenery)
    for one, other in zip(before, after, strict=True):
        assert one == other


def test_what_colors_a_material_colors_its_toon(scenery, core):
    material = add_real_material(scenery)
    scenery.add_object(material)
    bpy.ops.stylize.toon(scope="ALL")
    node = core("material").toon_node(material)
    picture = node.inputs["Base Color"].links[0].from_node
    assert picture.image.name == "picture"
    assert node.inputs["Alpha"].links[0].from_node.type == "MIX"
    assert node.inputs["Emission"].links[0].from_node.inputs["Scale"].default_value == 0.5
    assert not node.inputs["Normal"].links
    bpy.ops.stylize.toon(scope="ALL", toon_bumps=True)
    assert node.inputs["Normal"].links[0].from_node.type == "NORMAL_MAP"


@pytest.mark.usefixtures("warm_engine")
@pytest.mark.parametrize("first", ["style", "toon"])
def test_stylized_pictures_are_shown_as_toon(scenery, core, stylize, first):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    plain = scenery.add_material("Plain")
    scenery.add_object(material)
    scenery.add_object(plain, name="Other")
    before = everything(scenery)
    steps = (lambda: stylize(method="transport"), lambda: bpy.ops.stylize.toon(scope="ALL"))
    for step in steps if first == "style" else steps[::-1]:
        assert step() == {"FINISHED"}
    node = core("material").toon_node(material)
    assert node.inputs["Base Color"].links[0].from_node == scenery.mixes_of(material.node_tree)[0]
    (mix,) = scenery.mixes_of(plain.node_tree)
    assert core("material").toon_node(plain).inputs["Base Color"].links[0].from_node == mix
    bpy.ops.stylize.toon(scope="ALL", back=True)
    assert scenery.stylized_of(material).name == "picture.style"
    bpy.ops.stylize.toon(scope="ALL")
    bpy.ops.stylize.remove_look(look="style", scope="ALL")
    node = core("material").toon_node(material)
    assert node.inputs["Base Color"].links[0].from_node.image.name == "picture"
    bpy.ops.stylize.restore(scope="ALL")
    assert everything(scenery) == before
