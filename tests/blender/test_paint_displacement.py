"""Paint's height as displacement: it moves what it can, only if asked, and goes without a trace."""

import bpy
import numpy as np
import pytest

from tests.blender.scenery import before, factor

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def material(scenery):
    made = scenery.add_material("Wall", scenery.new_image("wall", scenery.draw(64, 64)))
    scenery.add_object(made)
    return made


@pytest.fixture
def raised(scenery, material):
    """Give the material a displacement of its own."""
    node = material.node_tree.nodes.new("ShaderNodeDisplacement")
    links = material.node_tree.links
    links.new(node.outputs[0], scenery.node_of(material, "OUTPUT_MATERIAL").inputs["Displacement"])
    return node


@pytest.fixture
def displace(stylize):
    return lambda **more: stylize(method="oil", paint_relief=True, displace=True, **more)


def moved(scenery, material):
    """The node before a material's displacement."""
    return before(scenery.node_of(material, "OUTPUT_MATERIAL"), "Displacement")


def test_only_if_it_is_asked_for(scenery, stylize, material):
    stylize(paint_relief=True)
    assert moved(scenery, material) is None
    stylize(displace=True)
    assert moved(scenery, material) is None
    assert material.displacement_method == "BUMP"


def test_its_height_moves_the_surface_and_goes_without_a_trace(scenery, displace, material):
    graphs = scenery.snapshot()
    displace()
    node = moved(scenery, material)
    assert material.displacement_method == "BOTH"
    assert node.space == "WORLD"
    assert node.inputs["Scale"].default_value == pytest.approx(8 / (64 / 2), rel=0.01)
    mix = before(node, "Height")
    own = next(s for s in mix.inputs if s.identifier == "A_Color").default_value
    assert own[0] == node.inputs["Midlevel"].default_value == 0.5
    assert before(mix, "B_Color").image.name == "wall_height.style-oil"
    assert scenery.pixels_of(before(mix, "B_Color").image)[..., 0].std() > 0.01
    assert before(scenery.shader_of(material), "Normal").type == "NORMAL_MAP"
    bpy.context.scene.stylize.scope, bpy.context.scene.stylize_relief = "ALL", 0.25
    assert factor(mix).default_value == 0.25
    count = len(material.node_tree.nodes)
    displace()
    assert len(material.node_tree.nodes) == count
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs
    assert material.displacement_method == "BUMP"


def test_it_is_added_to_the_materials_own(scenery, displace, material, raised):
    material.displacement_method = "DISPLACEMENT"
    graphs = scenery.snapshot()
    displace()
    both = moved(scenery, material)
    assert [link.from_node.type for s in both.inputs for link in s.links] == ["DISPLACEMENT"] * 2
    assert both.inputs[0].links[0].from_node == raised
    displace()
    assert moved(scenery, material) == both
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == graphs
    assert material.displacement_method == "DISPLACEMENT"


def test_another_look_lies_flat_and_a_removed_one_leaves_nothing(scenery, displace, material):
    displace()
    mix = before(moved(scenery, material), "Height")
    bpy.ops.stylize.textures(
        scope="ALL", look="oil", method="adain", paint_relief=False, displace=False
    )
    assert factor(mix).default_value == 0
    bpy.ops.stylize.remove_look(look="style-oil", scope="ALL")
    assert moved(scenery, material) is None
    assert material.displacement_method == "BUMP"


@pytest.mark.parametrize("why", ["bumps alone", "nodes make its normals", "several shaders"])
def test_what_it_cannot_move_is_said(scenery, module, displace, material, raised, why):
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = scenery.shader_of(material)
    if why != "bumps alone":
        nodes.remove(raised)
    if why == "nodes make its normals":
        links.new(nodes.new("ShaderNodeBump").outputs["Normal"], shader.inputs["Normal"])
    if why == "several shaders":
        mix, other = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeBsdfDiffuse")
        for k, made in enumerate((shader, other)):
            links.new(made.outputs[0], mix.inputs[1 + k])
        links.new(mix.outputs[0], scenery.node_of(material, "OUTPUT_MATERIAL").inputs["Surface"])
    before_it = moved(scenery, material)
    displace(bake=False)
    assert moved(scenery, material) == before_it
    assert material.displacement_method == "BUMP"
    assert any("not displaced" in line for line in module("session").SESSION.skipped)


def test_a_glb_has_normals_as_ever(module, scenery, displace, material, tmp_path):
    displace(pack=True)
    module("exchange").save_file(tmp_path / "wall.glb")
    assert moved(scenery, material).type == "DISPLACEMENT"
    module("exchange").open_file(tmp_path / "wall.glb")
    (opened,) = bpy.data.materials
    assert before(scenery.shader_of(opened), "Normal").type == "NORMAL_MAP"
    assert moved(scenery, opened) is None


def test_cycles_sees_the_surface_moved(scenery, displace, material):
    """From the side a flat plane is a line; displaced, paint stands on both sides of it."""
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=64, y_subdivisions=64)
    grid = bpy.context.object
    bpy.data.objects.remove(bpy.data.objects["Plane"])
    grid.data.materials.append(material)
    scene = bpy.context.scene
    camera = scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location, camera.rotation_euler = (0, -4, 0), (np.pi / 2, 0, 0)
    camera.data.type, camera.data.ortho_scale = "ORTHO", 0.25
    scene.render.engine, scene.cycles.samples, scene.render.film_transparent = "CYCLES", 4, True
    scene.render.resolution_x = scene.render.resolution_y = 32
    heights = []
    for wanted in (False, True):
        displace() if wanted else None
        heights.append(covered(scene))
    assert heights[0] < 2 < heights[1]


def covered(scene):
    """Rows of a render in which something is seen."""
    path = bpy.app.tempdir + "side.png"
    scene.render.filepath, scene.render.image_settings.color_mode = path, "RGBA"
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(path)
    pixels = np.empty(32 * 32 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return int((pixels.reshape(32, 32, 4)[..., 3].max(1) > 0.5).sum())
