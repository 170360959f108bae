"""Colours that come from no picture."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def baked(module, scenery):
    """Bake a material's base colour: (material, objects, size) -> uint8 (H, W, 3)."""

    def bake(material, objects, size=64):
        (site,) = module("materials.sites").examine(material, emission=False).bakes
        return module("materials.baking").bake_color(site.target, material, objects, size, (1, 0.0))

    return bake


def test_known_squares(scenery, baked):
    """The bake is the colour itself, encoded, whatever light and shader do; u is to the right, v up."""
    material = scenery.add_checker()
    scenery.shader_of(material).inputs["Metallic"].default_value = 1
    pixels = baked(material, [scenery.add_object(material)])
    assert pixels.shape == (64, 64, 3)
    red, blue = (188, 0, 0), (0, 0, 255)
    cells = pixels[8::16, 8::16]
    rows, columns = np.indices((4, 4))
    first_is_red = tuple(cells[3, 0]) == red
    expected = np.where(
        (((3 - rows) + columns) % 2 == (0 if first_is_red else 1))[..., None], red, blue
    )
    assert np.abs(cells.astype(int) - expected).max() <= 1


def test_plain_color(scenery, baked):
    material = scenery.add_material()
    scenery.shader_of(material).inputs["Base Color"].default_value = (0.5, 0.0, 1.0, 1)
    pixels = baked(material, [scenery.add_object(material)], 64).astype(int)
    assert np.abs(pixels[..., 0].mean() - 188) < 1
    assert 2 < pixels[..., 0].std() < 8, "a brush finds something to follow"
    assert pixels[..., 1].max() < 25
    assert pixels[..., 2].min() > 230


def test_within_a_group(scenery, baked):
    """Shader and checker lie in a group; the bake is the same as outside."""
    plain = scenery.add_checker("Plain")
    outside = baked(plain, [scenery.add_object(plain)])
    group = bpy.data.node_groups.new("Shader", "ShaderNodeTree")
    group.interface.new_socket("Out", in_out="OUTPUT", socket_type="NodeSocketShader")
    leave, shader = group.nodes.new("NodeGroupOutput"), group.nodes.new("ShaderNodeBsdfPrincipled")
    squares, coordinates = (
        group.nodes.new("ShaderNodeTexChecker"),
        group.nodes.new("ShaderNodeTexCoord"),
    )
    for name in ("Scale", "Color1", "Color2"):
        squares.inputs[name].default_value = (
            scenery.node_of(plain, "TEX_CHECKER").inputs[name].default_value
        )
    group.links.new(squares.inputs["Vector"], coordinates.outputs["UV"])
    group.links.new(shader.inputs["Base Color"], squares.outputs["Color"])
    group.links.new(leave.inputs[0], shader.outputs[0])
    material = scenery.add_material("Grouped")
    node = material.node_tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    material.node_tree.links.new(
        scenery.node_of(material, "OUTPUT_MATERIAL").inputs["Surface"], node.outputs[0]
    )
    assert np.array_equal(baked(material, [scenery.add_object(material)]), outside)


def test_baking_leaves_nothing_behind(scenery, baked):
    material = scenery.add_checker()
    other = scenery.add_material("Other")
    made = scenery.add_object(material)
    made.data.materials.append(other)
    made.hide_render = True

    def state():
        kinds = ("objects", "materials", "images", "scenes", "meshes", "node_groups")
        names = {kind: sorted(item.name for item in getattr(bpy.data, kind)) for kind in kinds}
        return (
            names,
            made.select_get(),
            bpy.context.view_layer.objects.active,
            bpy.context.scene.render.engine,
        )

    graphs, before = scenery.snapshot(), state()
    baked(material, [made])
    assert state() == before
    assert scenery.snapshot() == graphs


def test_procedural_material_is_stylized_and_restored(scenery, stylize):
    material = scenery.add_checker()
    scenery.add_object(material)
    before = scenery.snapshot()
    stylize(bake_size="256")
    made = scenery.stylized_of(material)
    assert tuple(made.size) == (256, 256)
    (mix,) = scenery.mixes_of(material.node_tree)
    assert (
        next(s for s in mix.inputs if s.identifier == "A_Color").links[0].from_node.type
        == "TEX_CHECKER"
    )
    stylize(bake_size="512")
    assert tuple(scenery.stylized_of(material).size) == (512, 512)
    assert len(scenery.mixes_of(material.node_tree)) == 1
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before
    assert not [image for image in bpy.data.images if image.source != "VIEWER"]


def test_what_shares_a_bake_is_told_as_nothing_left_out(scenery, stylize, module):
    paint = scenery.add_checker("Paint")
    for name in ("One", "Other"):
        scenery.add_object(paint, name=name)
    stylize()
    session = module("session").SESSION
    assert not session.skipped
    assert "Paint: 2 objects share one bake; their UVs should not overlap" in session.details


def test_plain_material_keeps_its_value(scenery, stylize):
    material = scenery.add_material()
    color = scenery.shader_of(material).inputs["Base Color"]
    color.default_value = (0.2, 0.4, 0.6, 1)
    scenery.add_object(material)
    before = scenery.snapshot()
    stylize()
    assert color.is_linked
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def test_without_uvs(scenery, stylize):
    scenery.add_object(scenery.add_checker(), uv=False, name="Statue")
    with pytest.raises(
        RuntimeError, match="Material: its color comes from no picture, and Statue has no UVs"
    ):
        stylize()


def test_without_baking(scenery, stylize):
    scenery.add_object(scenery.add_checker())
    with pytest.raises(RuntimeError, match="Nothing was stylized"):
        stylize(bake=False)
