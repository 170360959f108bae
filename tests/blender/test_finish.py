"""The finish of states in materials: wet shines, snow is rough and no metal; it goes without a trace."""

import bpy
import numpy as np
import pytest

from tests.blender.scenery import before, factor

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def metal(scenery):
    """A polished metal."""
    made = scenery.add_material("Steel", scenery.new_image("steel", scenery.draw(64, 64)))
    shader = scenery.shader_of(made)
    shader.inputs["Roughness"].default_value, shader.inputs["Metallic"].default_value = 0.3, 1.0
    scenery.add_object(made)
    return made


@pytest.fixture
def packed(scenery, metal):
    """Give the metal roughness and metal in one picture, as glTF has them: green and blue."""
    pixels = np.full((64, 64, 3), (1, 0.25, 1), np.float32)
    pixels[:, 32:] = (1, 0.5, 0.5)
    nodes, links = metal.node_tree.nodes, metal.node_tree.links
    node, apart = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeSeparateColor")
    node.image = scenery.new_image("orm", pixels, is_data=True)
    links.new(node.outputs["Color"], apart.inputs[0])
    links.new(apart.outputs["Green"], scenery.shader_of(metal).inputs["Roughness"])
    links.new(apart.outputs["Blue"], scenery.shader_of(metal).inputs["Metallic"])
    return metal


def become(look, **settings):
    panel = bpy.context.scene.stylize
    panel.look, panel.scope = look, "ALL"
    panel.lies, panel.cover = settings.pop("lies", "everywhere"), settings.pop("cover", 1.0)
    assert bpy.ops.stylize.textures(scope="ALL", surface="flat", **settings) == {"FINISHED"}


def mix_of(scenery, material, name):
    links = scenery.shader_of(material).inputs[name].links
    return links[0].from_node if links and links[0].from_node.get("stylize") == "gloss" else None


def shown(scenery, mix):
    """The values that a mix shows."""
    return scenery.pixels_of(before(mix, "B_Color").image)[..., 0]


def amount(mix):
    fed = before(mix, "Factor_Float")
    return factor(mix).default_value if fed is None else fed.inputs[1].default_value


@pytest.mark.parametrize(
    ("look", "roughness", "metallic"), [("snow", 0.8, 0.0), ("rust", 0.9, 0.0), ("wet", 0.1, None)]
)
def test_a_state_has_its_finish_and_goes_without_a_trace(scenery, metal, look, roughness, metallic):
    graphs = scenery.snapshot()
    become(look)
    assert shown(scenery, mix_of(scenery, metal, "Roughness")) == pytest.approx(roughness, abs=0.01)
    metal_mix = mix_of(scenery, metal, "Metallic")
    if metallic is None:
        assert metal_mix is None
    else:
        assert shown(scenery, metal_mix) == pytest.approx(metallic, abs=0.01)
    assert not scenery.shader_of(metal).inputs["Normal"].links
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs
    assert [image.name for image in bpy.data.images] == ["steel"]


def test_night_and_the_way_back_leave_the_finish(scenery, metal):
    become("night")
    bpy.context.scene.stylize.params_munit.back = True
    become("snow")
    assert mix_of(scenery, metal, "Roughness") is None
    assert mix_of(scenery, metal, "Metallic") is None


def test_outside_of_where_it_lies_a_surface_keeps_its_own(scenery, metal):
    """On a number of its own the state is laid in the picture, so that exporters have it whole."""
    become("rust", lies="auto", cover=0.4)
    mix = mix_of(scenery, metal, "Metallic")
    assert not factor(mix).links
    values = shown(scenery, mix)
    assert (values > 0.99).mean() > 0.05
    assert (values < 0.01).mean() > 0.05
    made, own = (
        scenery.pixels_of(image)[..., :3]
        for image in (scenery.stylized_of(metal), bpy.data.images["steel"])
    )
    assert np.abs(made - own)[values > 0.997].max() < 2 / 255, "the mask is the color's"


def test_it_is_laid_over_maps_of_a_surfaces_own(scenery, packed):
    become("rust", lies="auto", cover=0.4)
    rough, metallic = (
        shown(scenery, mix_of(scenery, packed, name)) for name in ("Roughness", "Metallic")
    )
    own = np.where(np.arange(64) < 32, 0.25, 0.5)[None] * np.ones((64, 1))
    bare = metallic > np.where(np.arange(64) < 32, 0.99, 0.495)[None]
    assert bare.any()
    assert np.abs(rough - own)[bare].max() < 0.02
    assert (rough[metallic < 0.01] > 0.88).all()


def test_on_values_that_are_not_known_a_coverage_says_where(scenery, metal):
    nodes, links = metal.node_tree.nodes, metal.node_tree.links
    noise = nodes.new("ShaderNodeTexNoise")
    links.new(noise.outputs[0], scenery.shader_of(metal).inputs["Roughness"])
    graphs = scenery.snapshot()
    covers = []
    for variant in (0, 1):
        bpy.context.scene.stylize.params_munit.variant = variant
        become("rust", lies="auto", cover=0.4)
        mix = mix_of(scenery, metal, "Roughness")
        assert before(mix, "A_Color") == noise
        covers.append(before(before(mix, "Factor_Float"), "Value").image)
    assert covers[0] != covers[1], "each variant lies elsewhere"
    bpy.ops.stylize.show_look(look="rust-0", scope="ALL")
    assert before(before(mix, "Factor_Float"), "Value").image == covers[0]
    become("snow")
    everywhere = before(before(mix, "Factor_Float"), "Value").image
    assert scenery.pixels_of(everywhere)[..., 0].min() == 1
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs


def test_it_shows_as_much_as_the_colors_and_with_its_look(scenery, metal):
    become("snow")
    mix = mix_of(scenery, metal, "Metallic")
    bpy.context.scene.stylize_amount = 0.25
    assert factor(mix).default_value == pytest.approx(0.25)
    bpy.context.scene.stylize_amount = 1.0
    become("night")
    assert factor(mix).default_value == 0, "night has no finish"
    bpy.ops.stylize.show_look(look="snow-0", scope="ALL")
    assert factor(mix).default_value == 1


@pytest.mark.parametrize("first", ["paint", "snow"])
def test_beside_the_relief_of_paint_each_shows_by_its_own_amount(scenery, metal, style, first):
    """Whichever came first: a state as much as its colors, paint as much as its relief."""
    graphs = scenery.snapshot()
    for look in ("paint", "snow") if first == "paint" else ("snow", "paint"):
        if look == "snow":
            become("snow")
        else:
            bpy.ops.stylize.textures(scope="ALL", style=style, method="oil", paint_relief=True)
    bpy.context.scene.stylize_relief, bpy.context.scene.stylize_amount = 0.5, 0.25
    shares = {}
    for look in ("style-oil", "snow-0"):
        bpy.ops.stylize.show_look(look=look, scope="ALL")
        mixes, node = [], before(scenery.shader_of(metal), "Roughness")
        while node is not None and "stylize" in node:
            mixes.append(node)
            node = before(node, "A_Color")
        shares[look] = {mix["stylize"]: amount(mix) for mix in mixes}
    assert shares["style-oil"] == {"paint": 0.5, "gloss": 0}
    assert shares["snow-0"] == {"paint": 0, "gloss": 0.25}
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs


def test_with_paint_relief_a_state_has_its_finish_and_no_relief(scenery, metal):
    """It was refused: there is no paint."""
    become("snow", paint_relief=True)
    assert mix_of(scenery, metal, "Roughness") is not None
    assert not scenery.shader_of(metal).inputs["Normal"].links


def test_a_glb_carries_it(module, scenery, packed, tmp_path):
    become("snow", pack=True)
    module("exchange").save_file(tmp_path / "steel.glb")
    module("exchange").open_file(tmp_path / "steel.glb")
    (opened,) = bpy.data.materials
    shader = scenery.shader_of(opened)
    apart = before(shader, "Roughness")
    values = scenery.pixels_of(before(apart, "Color").image)
    assert values[..., 1] == pytest.approx(0.8, abs=0.03)
    assert values[..., 2] == pytest.approx(0, abs=0.03)
