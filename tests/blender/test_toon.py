"""Materials shown as toon: tones in their place in both engines, and back node for node."""

import math
import os

import bpy
import numpy as np
import pytest

from tests.blender import toon_scenery as toon
from tests.blender.toon_scenery import EEVEE, ORTHO, SIDE, everything, render


def check_bands(picture, looks, **settings):
    places = looks.step_places(looks.ToonLook(**settings))
    found, tones = toon.edges_along(picture[SIDE // 2, :, 0])
    expected = [SIDE / 2 + light * SIDE / ORTHO for light in places]
    assert len(tones) == settings["bands"]
    assert tones == sorted(tones)
    assert found == pytest.approx(expected, abs=1), "at the cosine of their angle, within a pixel"


@pytest.mark.parametrize("bands", [2, 3, 5])
def test_bands_lie_where_they_are_asked_for_in_cycles(toon_looks, tmp_path, bands):
    edges = {"shadow_edge": 0.2, "light_edge": 0.8}
    toon.toon_sphere(**{"Bands": bands, "Shadow Edge": 0.2, "Light Edge": 0.8})
    picture = render(tmp_path / "sphere.exr")
    check_bands(picture, toon_looks, bands=bands, **edges)


@pytest.mark.slow
@pytest.mark.skipif(
    bpy.app.version < (5, 0, 0), reason="without a GPU, compiling a shader takes a minute"
)
def test_eevee_shows_what_cycles_shows(toon_looks, tmp_path):
    """Bands, their colors, and the highlight, which lies where the reflection is."""
    node = toon.toon_sphere(**{"Bands": 3, "Shadow Edge": 0.2, "Light Edge": 0.6})
    plain = render(tmp_path / "plain.exr")
    node.inputs["Highlight"].default_value = 1
    ours, theirs = (render(tmp_path / f"{e}.exr", e, 4) for e in ("CYCLES", EEVEE))
    away = np.abs(ours[..., :3] - theirs[..., :3]).max(-1)
    flat = toon.flat_parts(ours, reach=2, step=0.02)
    assert flat.mean() > 0.7
    assert np.mean(away[flat] > 0.02) < 0.002, "beside edges, which each smooths in its own way"
    assert np.abs(ours - plain).max() > 0.2, "there is a highlight"
    dark = SIDE // 2 + round(0.45 * SIDE / ORTHO)
    theirs[SIDE // 2, dark:] = plain[SIDE // 2, dark:]
    check_bands(theirs, toon_looks, bands=3, shadow_edge=0.2, light_edge=0.6)


@pytest.mark.slow
@pytest.mark.skipif(
    bpy.app.version < (5, 0, 0), reason="without a GPU, compiling a shader takes a minute"
)
def test_a_bright_world_leaves_eevee_the_lamps_tones(scenery, tmp_path):
    """Shadows stay, though the World sends as much light as the lamp."""
    toon.toon_sphere(Bands=2)
    dark = render(tmp_path / "dark.exr", EEVEE)
    scenery.add_world()
    background = next(n for n in bpy.context.scene.world.node_tree.nodes if n.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.6, 0.6, 0.6, 1)
    bpy.context.scene.render.film_transparent = True
    bright = render(tmp_path / "bright.exr", EEVEE)
    middle = SIDE // 2
    assert bright[middle, 12, 0] > 1.2 * dark[middle, 12, 0], "it is not measured yet"
    bpy.ops.stylize.toon_light()
    measured = render(tmp_path / "measured.exr", EEVEE)
    away = np.abs(measured[..., :3] - dark[..., :3]).max(-1)
    assert np.mean(away[toon.flat_parts(dark, reach=3, step=0.02)] > 0.03) < 0.01


def test_a_shadow_takes_the_light_in_cycles(tmp_path):
    """What stands before the lamp leaves the shadow's color, the same as on the side that no lamp reaches."""
    toon.toon_sphere(Bands=2)
    lit = render(tmp_path / "lit.exr")
    bpy.ops.mesh.primitive_plane_add(size=20, location=(5, 0, 0), rotation=(0, math.pi / 2, 0))
    dark = render(tmp_path / "dark.exr")
    middle = SIDE // 2
    assert lit[middle, -12, 0] > 1.5 * lit[middle, 12, 0]
    assert dark[middle, -12, :3] == pytest.approx(lit[middle, 12, :3], abs=1e-3)


def test_ten_lamps_add_up_to_what_they_send_in_cycles(tmp_path):
    """Weak ones lighten the shadow by their share of the brightest one's light; colors stay between."""
    toon.toon_sphere(Bands=2)
    one = render(tmp_path / "lamp.exr")
    for number in range(9):
        toon.add_sun(f"More {number}", energy=0.02)
    ten = render(tmp_path / "lamps.exr")
    row = SIDE // 2
    shadow, light = one[row, 12, :3], one[row, -12, :3]
    assert ten[row, 12, :3] == pytest.approx(shadow, abs=1e-3), "no lamp reaches it"
    assert ten[row, -12, :3] == pytest.approx(light + 9 * 0.01 * (light - shadow), abs=2e-3)


def lit_ball(shape, **settings):
    """A ball whose highlight is white and alone, beside the middle of the picture."""
    node = toon.toon_sphere(**{"Bands": 1, "Highlight": 1, "Highlight Size": 0.4} | settings)
    node.inputs["Highlight Shape"].default_value = shape
    node.inputs["Base Color"].default_value = (0.1, 0.1, 0.1, 1)
    bpy.data.objects["Sun"].rotation_euler = (1.0, 0, 0.5)
    bpy.context.view_layer.update()
    return node


def shine(path, engine="CYCLES"):
    """Where the highlight is: a mask, its middle (right, up) and how far it reaches both ways."""
    mask = render(path, engine)[..., 0] > 0.5
    rows, columns = np.nonzero(mask)
    return mask, (columns.mean(), -rows.mean()), (np.ptp(columns), np.ptp(rows))


@pytest.mark.parametrize("near", [False, True])
def test_highlights_have_their_shapes_and_are_moved_in_cycles(toon_looks, tmp_path, near):
    """As on finished renders; by the direction of the brightest lamp, a sun or one that stands somewhere."""
    node = lit_ball(0)
    if near:
        bpy.data.objects.remove(bpy.data.objects["Sun"])
        lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
        lamp.data.energy, lamp.data.shadow_soft_size, lamp.location = 20000, 0, (9, -16, 11)
        bpy.context.scene.collection.objects.link(lamp)
        bpy.context.view_layer.update()
        bpy.ops.stylize.toon_light()
    found = {}
    for number, name in enumerate(toon_looks.SHAPES):
        node.inputs["Highlight Shape"].default_value = number
        found[name] = shine(tmp_path / f"{name}.exr")
    area = {name: mask.sum() for name, (mask, _, _) in found.items()}
    assert area["square"] > 1.1 * area["round"] > 1.5 * area["star"] > 0
    wide, high = found["streak"][2]
    assert wide > 2 * high
    node.inputs["Highlight Shape"].default_value = 0
    node.inputs["Highlight Right"].default_value = -0.2
    node.inputs["Highlight Up"].default_value = 0.2
    moved = np.subtract(shine(tmp_path / "moved.exr")[1], found["round"][1])
    assert moved[0] < -3
    assert moved[1] > 3


@pytest.mark.slow
@pytest.mark.skipif(
    bpy.app.version < (5, 0, 0), reason="without a GPU, compiling a shader takes a minute"
)
@pytest.mark.parametrize(("shape", "steady"), [(1, True), (3, True), (3, False)])
def test_highlights_in_eevee_are_those_of_cycles(module, monkeypatch, tmp_path, shape, steady):
    """Also below, where the surface looks away from lamp and camera; and by the light of leaning normals."""
    monkeypatch.setattr(module("compat"), "STEADY_LIGHT", steady)
    lit_ball(shape)
    bpy.data.objects["Sun"].rotation_euler = (0.7, 0, 0.5)
    bpy.context.view_layer.update()
    ours, theirs = (shine(tmp_path / f"{e}.exr", e)[0] for e in ("CYCLES", EEVEE))
    assert ours.sum() > 50
    assert (ours != theirs).sum() < 0.15 * ours.sum()


@pytest.mark.slow
@pytest.mark.skipif(
    bpy.app.version < (5, 0, 0) and not os.environ.get("STYLIZE_EEVEE"),
    reason="without a GPU, compiling a shader takes minutes",
)
def test_what_faces_a_lamp_has_no_specks_in_eevee(tmp_path):
    """In the middle of a highlight, where a mirrored ray meets the lamp; 4.2 had dark dots there."""
    lit_ball(0)
    mask, middle, _ = shine(tmp_path / "shine.exr", EEVEE)
    column, row = round(middle[0]), round(-middle[1])
    picture = render(tmp_path / "again.exr", EEVEE)[row - 4 : row + 5, column - 4 : column + 5, :3]
    assert mask[row - 4 : row + 5, column - 4 : column + 5].all()
    assert np.ptp(picture, axis=(0, 1)).max() < 0.02


def test_a_highlight_follows_its_lamp(tmp_path):
    """Also while the lamp moves: the shape's middle is where the round one is."""
    node = lit_ball(0)
    middles = []
    for turn in (0.5, -0.5):
        bpy.data.objects["Sun"].rotation_euler.z = turn
        bpy.context.view_layer.update()
        pair = []
        for shape in (0, 1):
            node.inputs["Highlight Shape"].default_value = shape
            pair.append(shine(tmp_path / f"{turn}{shape}.exr")[1])
        assert pair[0] == pytest.approx(pair[1], abs=1.5)
        middles.append(pair[1])
    assert abs(middles[0][0] - middles[1][0]) > 10


@pytest.mark.parametrize("mode", ["XYZ", "ZYX", "YXZ", "QUATERNION"])
def test_a_sun_is_where_it_is_by_whatever_turns(toon_module, mode):
    toon.toon_sphere()
    sun = bpy.data.objects["Sun"]
    sun.rotation_mode, sun.rotation_euler = mode, (0.5, 0.7, 1.1)
    sun.rotation_quaternion = (0.8, 0.2, 0.4, 0.4)
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    control = toon_module("control").control_group().evaluated_get(depsgraph)
    found = [control.nodes[f"Lamp {axis}"].outputs[0].default_value for axis in "XYZ"]
    assert found == pytest.approx(list(sun.matrix_world.col[2][:3]), abs=1e-5)


def test_highlights_mirror_no_neighbor_in_cycles(tmp_path):
    """Without outlines to keep it off, a bright toon surface beside a ball is no part of its highlight."""
    toon.toon_sphere(**{"Bands": 2, "Highlight": 1, "Highlight Size": 0.7})
    alone = render(tmp_path / "alone.exr", samples=16)
    bpy.ops.mesh.primitive_plane_add(size=40, location=(-3, 0, 0), rotation=(0, math.pi / 2, 0))
    wall = bpy.context.object
    wall.data.materials.append(bpy.data.materials["Paint"])
    beside = render(tmp_path / "beside.exr", samples=16)
    ball = alone[..., 3] == 1
    assert ball.any()
    assert np.abs(beside - alone)[ball].max() < 1e-3


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
def test_back_node_for_node(scenery, toon_module, way):
    material = add_real_material(scenery)
    made, bare = scenery.add_object(material), toon.add_cube(name="Bare")
    before = everything()
    for name in ("cel", "ink"):
        assert bpy.ops.stylize.toon(scope="ALL", toon_look=name) == {"FINISHED"}
    assert toon_module("material").look_of(material) == "ink"
    assert len([n for n in material.node_tree.nodes if n.get("stylize") == "toon"]) == 1
    assert toon_module("outlines").outline_of(made) is not None
    assert bare.material_slots[0].material is not None
    if way == "toon":
        bpy.ops.stylize.toon(scope="ALL", back=True)
    else:
        bpy.ops.stylize.restore(scope="ALL")
    after = everything()
    for one, other in zip(before, after, strict=True):
        assert one == other


def test_what_colors_a_material_colors_its_toon(scenery, toon_module):
    material = add_real_material(scenery)
    scenery.add_object(material)
    bpy.ops.stylize.toon(scope="ALL")
    node = toon_module("material").toon_node(material)
    picture = node.inputs["Base Color"].links[0].from_node
    assert picture.image.name == "picture"
    assert node.inputs["Alpha"].links[0].from_node.type == "MIX"
    assert node.inputs["Emission"].links[0].from_node.inputs["Scale"].default_value == 0.5
    assert not node.inputs["Normal"].links
    bpy.ops.stylize.toon(scope="ALL", toon_bumps=True)
    assert node.inputs["Normal"].links[0].from_node.type == "NORMAL_MAP"


@pytest.mark.usefixtures("warm_engine")
@pytest.mark.parametrize("first", ["style", "toon"])
def test_stylized_pictures_are_shown_as_toon(scenery, toon_module, stylize, first):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    plain = scenery.add_material("Plain")
    scenery.add_object(material)
    scenery.add_object(plain, name="Other")
    before = everything()
    steps = (lambda: stylize(method="transport"), lambda: bpy.ops.stylize.toon(scope="ALL"))
    for step in steps if first == "style" else steps[::-1]:
        assert step() == {"FINISHED"}
    node = toon_module("material").toon_node(material)
    assert node.inputs["Base Color"].links[0].from_node == scenery.mixes_of(material.node_tree)[0]
    (mix,) = scenery.mixes_of(plain.node_tree)
    assert toon_module("material").toon_node(plain).inputs["Base Color"].links[0].from_node == mix
    bpy.ops.stylize.toon(scope="ALL", back=True)
    assert scenery.stylized_of(material).name == "picture.style"
    bpy.ops.stylize.toon(scope="ALL")
    bpy.ops.stylize.remove_look(look="style", scope="ALL")
    node = toon_module("material").toon_node(material)
    assert node.inputs["Base Color"].links[0].from_node.image.name == "picture"
    bpy.ops.stylize.restore(scope="ALL")
    assert everything() == before
