"""Painting on a relief in Blender: which map belongs to a picture, and what comes of it."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def material(scenery):
    """A material with a picture and, at the same places, a height map whose right half is high."""
    made = scenery.add_material("Ground", scenery.new_image("color", scenery.draw()))
    nodes, links = made.node_tree.nodes, made.node_tree.links
    scenery.node_of(made, "TEX_IMAGE").name = "color"
    heights = np.zeros((48, 64, 3), np.float32)
    heights[:, 32:] = 1
    node = nodes.new("ShaderNodeTexImage")
    node.name, node.image = "height", scenery.new_image("height", heights, is_data=True)
    bump = nodes.new("ShaderNodeBump")
    links.new(node.outputs["Color"], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], scenery.shader_of(made).inputs["Normal"])
    scenery.add_object(made)
    return made


@pytest.fixture
def stylized(scenery, stylize, material):
    """Stylize; return by how much each pixel changed, (H, W)."""

    def run(**options):
        assert stylize(surface="flat", palette="free", **options) == {"FINISHED"}
        made, before = (
            scenery.pixels_of(image)[..., :3]
            for image in (scenery.stylized_of(material), bpy.data.images["color"])
        )
        return np.abs(made - before).max(-1)

    return run


def found(module):
    settings = module("settings")
    work = module("materials.survey").survey(settings.Settings(job=settings.ask(styles=())))
    return module("materials.relief").find_relief(work.pictures["color"])


def test_a_height_map_of_a_bump_is_the_pictures_relief(module, material):
    assert found(module) == bpy.data.images["height"]


def test_a_normal_map_is_too_and_so_is_displacement(module, scenery, material):
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = scenery.shader_of(material)
    mapped = nodes.new("ShaderNodeNormalMap")
    links.new(nodes["height"].outputs["Color"], mapped.inputs["Color"])
    links.new(mapped.outputs["Normal"], shader.inputs["Normal"])
    assert found(module) == bpy.data.images["height"]
    links.remove(shader.inputs["Normal"].links[0])
    assert found(module) is None
    moved = nodes.new("ShaderNodeDisplacement")
    output = scenery.node_of(material, "OUTPUT_MATERIAL")
    links.new(nodes["height"].outputs["Color"], moved.inputs["Height"])
    links.new(moved.outputs["Displacement"], output.inputs["Displacement"])
    assert found(module) == bpy.data.images["height"]


def test_a_map_at_other_places_is_none(module, material):
    nodes, links = material.node_tree.nodes, material.node_tree.links
    coordinates, mapping = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (3, 3, 3)
    links.new(coordinates.outputs["UV"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], nodes["height"].inputs["Vector"])
    assert found(module) is None
    links.new(mapping.outputs["Vector"], nodes["color"].inputs["Vector"])
    assert found(module) == bpy.data.images["height"], "both are moved alike"


def test_what_is_painted_lies_on_top(stylized):
    changed = stylized(lies="top", cover=0.5) > 2 / 255
    assert changed[8:40, 38:54].mean() > 0.8
    assert changed[8:40, 10:26].mean() < 0.1


def test_creases_are_the_other_half(stylized):
    changed = stylized(lies="creases", cover=0.5) > 2 / 255
    assert changed[8:40, 38:54].mean() < 0.1
    assert changed[8:40, 10:26].mean() > 0.8


def test_on_a_wall_nothing_lies_on_top(stylized):
    bpy.data.objects["Plane"].rotation_euler.x = np.pi / 2
    bpy.context.view_layer.update()
    assert stylized(lies="top", cover=1.0).max() < 3 / 255


def test_a_relief_without_a_file_is_left_out_and_said(module, material, stylized):
    gone = bpy.data.images.new("gone", 8, 8)
    gone.source, gone.filepath = "FILE", "//nowhere.png"
    material.node_tree.nodes["height"].image = gone
    assert stylized(lies="creases").mean() > 2 / 255
    assert any("relief was not used" in line for line in module("session").SESSION.skipped)
