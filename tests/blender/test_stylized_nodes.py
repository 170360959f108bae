"""Stylized nodes in a material: where they stand, what they show, which materials get them, how they go."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


def test_copied_node_looks_the_same_way(scenery, stylize):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    tree, picture = material.node_tree, scenery.node_of(material, "TEX_IMAGE")
    picture.interpolation, picture.extension = "Closest", "EXTEND"
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    tree.links.new(picture.inputs["Vector"], coordinates.outputs["UV"])
    scenery.add_object(material)
    stylize()
    copy = next(n for n in tree.nodes if n.type == "TEX_IMAGE" and n != picture)
    assert (copy.interpolation, copy.extension) == ("Closest", "EXTEND")
    assert copy.inputs["Vector"].links[0].from_node == coordinates


def test_again_replaces_instead_of_stacking(scenery, stylize):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    scenery.add_object(material)
    before = scenery.snapshot()
    stylize()
    once = len(material.node_tree.nodes)
    first = scenery.pixels_of(scenery.stylized_of(material)).copy()
    stylize()
    assert len(material.node_tree.nodes) == once
    assert sorted(image.name for image in bpy.data.images) == ["picture", "picture.style"]
    assert np.array_equal(scenery.pixels_of(scenery.stylized_of(material)), first), (
        "made from the original again"
    )
    stylize(strength=0)
    assert not np.array_equal(scenery.pixels_of(scenery.stylized_of(material)), first)
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def test_amount_is_live(scenery, stylize):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    made = scenery.add_object(material)
    stylize()
    made.select_set(True)
    bpy.context.scene.stylize_amount = 0.25
    (mix,) = scenery.mixes_of(material.node_tree)
    assert scenery.socket(mix.inputs, "Factor_Float").default_value == 0.25


def test_amount_is_of_what_the_panel_is_for(scenery, stylize):
    materials = [
        scenery.add_material(n, scenery.new_image(n, scenery.draw(seed=i)))
        for i, n in enumerate("AB")
    ]
    objects = [scenery.add_object(material, name=material.name) for material in materials]
    scene = bpy.context.scene
    stylize()
    objects[0].select_set(True)
    scene.stylize_amount = 0.25
    objects[0].select_set(False)
    objects[1].select_set(True)
    assert scene.stylize_amount == 1, "the other object's"
    scene.stylize.scope = "ALL"
    scene.stylize_amount = 0.5
    mixes = [mix for material in materials for mix in scenery.mixes_of(material.node_tree)]
    assert [scenery.socket(mix.inputs, "Factor_Float").default_value for mix in mixes] == [0.5, 0.5]


def test_new_nodes_cover_none(scenery, stylize, module):
    """Maps under each other, as importers lay them out; nodes in a frame."""
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    scenery.add_object(material)
    tree, places = material.node_tree, module("materials.node_places")
    color = scenery.node_of(material, "TEX_IMAGE")
    color.location = (-400, 300)
    for row, name in enumerate(("roughness", "normal")):
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = scenery.new_image(name, scenery.draw(), is_data=True)
        node.location = (-400, -20 - 320 * row)
        tree.links.new(scenery.shader_of(material).inputs[name.capitalize()], node.outputs["Color"])
    frame = tree.nodes.new("NodeFrame")
    color.parent = frame
    stylize()
    nodes = [node for node in tree.nodes if node.type != "FRAME"]
    boxes = [(node, places._box(node, *places._corner(node))) for node in nodes]
    new = [(node, box) for node, box in boxes if "stylize" in node]
    assert len(new) == 2
    for node, box in new:
        assert not [n.name for n, other in boxes if n != node and places._meet(box, other)]


def test_selection_and_names_choose(scenery, stylize):
    materials = [
        scenery.add_material(n, scenery.new_image(n, scenery.draw(seed=i)))
        for i, n in enumerate("ABC")
    ]
    objects = [scenery.add_object(material, name=material.name) for material in materials]
    objects[1].select_set(True)
    stylize(scope="SELECTED")
    assert [bool(scenery.mixes_of(m.node_tree)) for m in materials] == [False, True, False]
    stylize(scope="NAMED", materials="C")
    assert [bool(scenery.mixes_of(m.node_tree)) for m in materials] == [False, True, True]
    bpy.ops.stylize.restore(scope="NAMED", materials="B")
    assert [bool(scenery.mixes_of(m.node_tree)) for m in materials] == [False, False, True]


def test_restore_after_the_user_worked_on(scenery, stylize):
    """Renamed and moved nodes, a new link from the Stylize node: the original is shown everywhere again."""
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    scenery.add_object(material)
    stylize()
    tree, shader = material.node_tree, scenery.shader_of(material)
    (mix,) = scenery.mixes_of(tree)
    mix.name, mix.label = "mine", "mine"
    tree.links.new(shader.inputs["Emission Color"], scenery.socket(mix.outputs, "Result_Color"))
    bpy.ops.stylize.restore(scope="ALL")
    assert not scenery.mixes_of(tree)
    assert shader.inputs["Base Color"].links[0].from_node.type == "TEX_IMAGE"
    assert shader.inputs["Emission Color"].links[0].from_node.image.name == "picture"


def test_restored_after_saving_and_opening(scenery, stylize, saved):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    scenery.add_object(material)
    bpy.data.images["picture"].pack()
    before = scenery.snapshot()
    folder = saved()
    stylize()
    saved()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    assert scenery.stylized_of(bpy.data.materials["Material"]).has_data is not None
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


@pytest.mark.parametrize("problem", ["selection", "materials", "name", "style"])
def test_one_sentence_if_there_is_nothing_to_do(scenery, stylize, problem):
    if problem in ("name", "style"):
        scenery.add_object(
            scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
        )
    options, words = {
        "selection": ({"scope": "SELECTED"}, "No object is selected"),
        "materials": ({}, "no materials"),
        "name": ({"scope": "NAMED", "materials": "Nobody"}, "There is no material Nobody"),
        "style": ({"style": "/nowhere/style.png"}, "is not there"),
    }[problem]
    with pytest.raises(RuntimeError, match=words) as caught:
        stylize(**options)
    assert "Traceback" not in str(caught.value)
