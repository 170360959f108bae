"""The relief of paint in materials: which nodes show it, on what, and that they go without a trace."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.scenery import before, factor

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def material(scenery):
    made = scenery.add_material("Wall", scenery.new_image("wall", scenery.draw(64, 64)))
    scenery.shader_of(made).inputs["Roughness"].default_value = 0.3
    scenery.add_object(made)
    return made


@pytest.fixture
def own_normal(scenery, material):
    """Give the material a normal map that leans to the right in its right half."""
    pixels = np.full((64, 64, 3), (0.5, 0.5, 1), np.float32)
    pixels[:, 32:] = (0.8, 0.5, 0.9)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    node = nodes.new("ShaderNodeTexImage")
    node.name, node.image = "bumps", scenery.new_image("bumps", pixels, is_data=True)
    mapped = nodes.new("ShaderNodeNormalMap")
    links.new(node.outputs["Color"], mapped.inputs["Color"])
    links.new(mapped.outputs["Normal"], scenery.shader_of(material).inputs["Normal"])
    return node.image


def paints(material):
    """The mixes of paint, by what they are called."""
    return {n.label: n for n in material.node_tree.nodes if n.get("stylize") == "paint"}


def test_a_smooth_shader_gets_normals_and_roughness(scenery, stylize, material):
    graphs = scenery.snapshot()
    stylize(paint_relief=True)
    shader = scenery.shader_of(material)
    mapped = before(shader, "Normal")
    assert mapped.type == "NORMAL_MAP"
    mix = before(mapped, "Color")
    assert mix == paints(material)["Stylize Normal"]
    picture = before(mix, "B_Color").image
    assert picture.name == "wall_normal.style"
    assert picture.colorspace_settings.name == "Non-Color"
    pixels = scenery.pixels_of(picture)
    assert pixels[..., 2].min() > 0.5
    assert pixels[..., :2].std() > 0.02
    gloss = before(shader, "Roughness")
    own = next(s for s in gloss.inputs if s.identifier == "A_Color").default_value
    assert own[0] == pytest.approx(0.3)
    assert before(gloss, "B_Color").image.name == "wall_roughness.style"
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs
    assert sorted(image.name for image in bpy.data.images) == ["wall"]


def test_a_painter_gives_its_own_relief(scenery, stylize, material):
    """Its light is left to the scene, and its ridges are in the map."""
    colors = []
    for relief in (False, True):
        stylize(method="oil", paint_relief=relief)
        colors.append(scenery.pixels_of(scenery.stylized_of(material))[..., :3].copy())
    picture = before(paints(material)["Stylize Normal"], "B_Color").image
    assert scenery.pixels_of(picture)[..., :2].std() > 0.03
    assert np.abs(colors[0] - colors[1]).mean() > 0.005


def test_without_it_there_are_no_such_nodes(stylize, material):
    stylize()
    assert not paints(material)


def test_paint_is_laid_on_a_shaders_own_normal_map(scenery, stylize, material, own_normal):
    graphs = scenery.snapshot()
    stylize(paint_relief=True)
    shader = scenery.shader_of(material)
    mix = before(before(shader, "Normal"), "Color")
    assert before(mix, "A_Color").image == own_normal
    made = scenery.pixels_of(before(mix, "B_Color").image)
    assert made[:, 36:60, 0].mean() == pytest.approx(0.8, abs=0.04)
    assert made[:, 4:28, 0].mean() == pytest.approx(0.5, abs=0.04)
    count = len(material.node_tree.nodes)
    stylize(paint_relief=True)
    assert len(material.node_tree.nodes) == count
    again = scenery.pixels_of(before(mix, "B_Color").image)
    assert np.abs(again - made).max() < 3 / 255, "laid on the own map again, not on the paint"
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs


def test_other_normals_are_bumped(scenery, stylize, material):
    nodes, links = material.node_tree.nodes, material.node_tree.links
    noise, bump = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeBump")
    links.new(noise.outputs[0], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], scenery.shader_of(material).inputs["Normal"])
    graphs = scenery.snapshot()
    for _ in range(2):
        stylize(paint_relief=True)
        ours = before(scenery.shader_of(material), "Normal")
        assert ours != bump
        assert ours.type == "BUMP"
        assert before(ours, "Normal") == bump
        assert before(before(ours, "Height"), "B_Color").image.name == "wall_height.style"
        texels = 64 / 2
        assert ours.inputs["Distance"].default_value == pytest.approx(8 / texels, rel=0.01)
        assert len([n for n in nodes if n.type == "BUMP"]) == 2
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs


def test_its_amount_is_live(stylize, material):
    stylize(paint_relief=True)
    bpy.data.objects["Plane"].select_set(True)
    bpy.context.scene.stylize.scope = "ALL"
    bpy.context.scene.stylize_amount = 0.5
    bpy.context.scene.stylize_relief = 0.25
    assert {factor(mix).default_value for mix in paints(material).values()} == {0.25}


def test_each_look_has_its_relief_and_another_none(module, scenery, stylize, material):
    stylize(paint_relief=True)
    oil = bpy.ops.stylize.textures(scope="ALL", look="oil", method="adain", paint_relief=False)
    assert oil == {"FINISHED"}
    mixes = paints(material).values()
    assert [factor(mix).default_value for mix in mixes] == [0, 0]
    bpy.context.scene.stylize.scope = "ALL"
    bpy.context.scene.stylize_relief = 0.75
    assert [factor(mix).default_value for mix in mixes] == [0, 0]
    assert bpy.ops.stylize.show_look(look="style", scope="ALL") == {"FINISHED"}
    assert [factor(mix).default_value for mix in mixes] == [0.75, 0.75]
    assert bpy.ops.stylize.remove_look(look="style", scope="ALL") == {"FINISHED"}
    assert not paints(material)
    shader = scenery.shader_of(material)
    assert not shader.inputs["Normal"].links
    assert not shader.inputs["Roughness"].links
    assert sorted(image.name for image in bpy.data.images) == ["wall", "wall.oil"]


def test_a_baked_color_has_relief_too(scenery, stylize):
    material = scenery.add_checker()
    scenery.add_object(material)
    graphs = scenery.snapshot()
    stylize(paint_relief=True, bake_size="256")
    assert set(paints(material)) == {"Stylize Normal", "Stylize Roughness"}
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs


def test_a_glb_carries_it(module, scenery, stylize, material, own_normal, tmp_path):
    stylize(paint_relief=True, pack=True)
    painted = scenery.pixels_of(before(paints(material)["Stylize Normal"], "B_Color").image).copy()
    path = tmp_path / "wall.glb"
    module("exchange").save_file(path)
    module("exchange").open_file(path)
    (opened,) = bpy.data.materials
    mapped = before(scenery.shader_of(opened), "Normal")
    found = scenery.pixels_of(before(mapped, "Color").image)
    assert np.abs(found[..., :3] - painted[..., :3]).max() < 2 / 255
    assert scenery.shader_of(opened).inputs["Roughness"].links
    assert Path(path).stat().st_size > 1000


def test_normals_in_object_space_are_left_and_said(module, scenery, stylize, material):
    nodes, links = material.node_tree.nodes, material.node_tree.links
    node, mapped = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeNormalMap")
    node.image, mapped.space = (
        scenery.new_image("odd", scenery.draw(64, 64), is_data=True),
        "OBJECT",
    )
    links.new(node.outputs["Color"], mapped.inputs["Color"])
    links.new(mapped.outputs["Normal"], scenery.shader_of(material).inputs["Normal"])
    stylize(paint_relief=True)
    ours = before(scenery.shader_of(material), "Normal")
    assert ours.type == "BUMP"
    assert before(ours, "Normal") == mapped


def test_a_map_that_claims_tangent_space_and_is_not_is_said(scenery, stylize, material, own_normal):
    """The picture is painted without relief then, and the note says why."""
    rng = np.random.default_rng(0)
    pixels = rng.random((64, 64, 3), np.float32)
    own_normal.pixels.foreach_set(np.dstack([pixels, np.ones((64, 64, 1), np.float32)]).ravel())
    own_normal.update()
    stylize(paint_relief=True)
    assert scenery.stylized_of(material)
    ours = before(scenery.shader_of(material), "Normal")
    assert ours.type == "BUMP"


def test_paint_hides_metal(scenery, stylize, material):
    """Grey paint on metal shone like mother-of-pearl. What is no metal gets no picture for it."""
    metal = scenery.add_material("Steel", scenery.new_image("steel", scenery.draw(64, 64)))
    scenery.shader_of(metal).inputs["Metallic"].default_value = 1.0
    scenery.add_object(metal, name="Tank")
    graphs = scenery.snapshot()
    stylize(paint_relief=True)
    mix = before(scenery.shader_of(metal), "Metallic")
    own = next(s for s in mix.inputs if s.identifier == "A_Color").default_value
    assert own[0] == 1
    assert scenery.pixels_of(before(mix, "B_Color").image)[..., 0].max() == 0
    assert not scenery.shader_of(material).inputs["Metallic"].links
    bpy.context.scene.stylize.scope, bpy.context.scene.stylize_relief = "ALL", 0.25
    assert factor(mix).default_value == 0.25
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs
