"""What happens to a material's graph, and that it can be undone exactly."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


def link(tree, source, end):
    tree.links.new(end, source)


def socket(sockets, identifier):
    return next(s for s in sockets if s.identifier == identifier)


def base_color(scenery, material):
    return scenery.shader_of(material).inputs["Base Color"]


def through(scenery, kind, entry, leave, **values):
    """A graph with one node between picture and base colour."""

    def build():
        material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
        tree = material.node_tree
        picture = scenery.node_of(material, "TEX_IMAGE")
        node = tree.nodes.new(kind)
        for name, value in values.items():
            setattr(node, name, value)
        link(tree, picture.outputs["Color"], socket(node.inputs, entry))
        link(tree, socket(node.outputs, leave), base_color(scenery, material))
        return material

    return build


NODES = {
    "mix": (
        "ShaderNodeMix",
        "B_Color",
        "Result_Color",
        {"data_type": "RGBA", "blend_type": "MULTIPLY"},
    ),
    "old mix": ("ShaderNodeMixRGB", "Color1", "Color", {}),
    "hue": ("ShaderNodeHueSaturation", "Color", "Color", {}),
    "gamma": ("ShaderNodeGamma", "Color", "Color", {}),
    "bright": ("ShaderNodeBrightContrast", "Color", "Color", {}),
    "curves": ("ShaderNodeRGBCurve", "Color", "Color", {}),
    "invert": ("ShaderNodeInvert", "Color", "Color", {}),
    "reroute": ("NodeReroute", "Input", "Output", {}),
    "muted": ("ShaderNodeGamma", "Color", "Color", {"mute": True}),
}


@pytest.mark.parametrize("name", NODES)
def test_colour_nodes_are_walked_through(scenery, stylize, name):
    kind, entry, leave, values = NODES[name]
    node = bpy.data.materials.new("probe")
    if bpy.app.version < (5, 0, 0):
        node.use_nodes = True
    made = node.node_tree.nodes.new(kind)
    entry = entry if any(s.identifier == entry for s in made.inputs) else made.inputs[0].identifier
    leave = (
        leave if any(s.identifier == leave for s in made.outputs) else made.outputs[0].identifier
    )
    bpy.data.materials.remove(node)
    material = through(scenery, kind, entry, leave, **values)()
    scenery.add_object(material)
    before = scenery.snapshot()
    assert stylize(bake=False) == {"FINISHED"}
    picture = scenery.node_of(material, "TEX_IMAGE")
    mix = picture.outputs["Color"].links[0].to_node
    assert mix.label == "Stylize"
    assert socket(mix.outputs, "Result_Color").links[0].to_node.bl_idname == kind
    assert bpy.ops.stylize.restore(scope="ALL") == {"FINISHED"}
    assert scenery.snapshot() == before
    assert [image.name for image in bpy.data.images] == ["picture"]


def test_separate_and_combine(scenery, stylize):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    tree = material.node_tree
    apart, together = (
        tree.nodes.new("ShaderNodeSeparateColor"),
        tree.nodes.new("ShaderNodeCombineColor"),
    )
    link(tree, scenery.node_of(material, "TEX_IMAGE").outputs["Color"], apart.inputs["Color"])
    for count in range(3):
        link(tree, apart.outputs[count], together.inputs[2 - count])
    link(tree, together.outputs["Color"], base_color(scenery, material))
    scenery.add_object(material)
    before = scenery.snapshot()
    stylize()
    assert len(scenery.mixes_of(tree)) == 1
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def group_with_gamma():
    group = bpy.data.node_groups.new("Grade", "ShaderNodeTree")
    group.interface.new_socket("In", in_out="INPUT", socket_type="NodeSocketColor")
    group.interface.new_socket("Out", in_out="OUTPUT", socket_type="NodeSocketColor")
    entry, leave = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    gamma = group.nodes.new("ShaderNodeGamma")
    link(group, entry.outputs[0], gamma.inputs["Color"])
    link(group, gamma.outputs["Color"], leave.inputs[0])
    return group


def group_with_picture(image):
    group = bpy.data.node_groups.new("Textured", "ShaderNodeTree")
    group.interface.new_socket("Out", in_out="OUTPUT", socket_type="NodeSocketColor")
    leave, picture = group.nodes.new("NodeGroupOutput"), group.nodes.new("ShaderNodeTexImage")
    picture.image = image
    link(group, picture.outputs["Color"], leave.inputs[0])
    return group


def add_group(tree, group):
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    return node


def test_nested_groups_in_and_out(scenery, stylize):
    """Picture outside, through a group in a group, to the shader."""
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    tree = material.node_tree
    outer = group_with_gamma()
    inner = add_group(outer, group_with_gamma())
    gamma = next(node for node in outer.nodes if node.type == "GAMMA")
    link(outer, gamma.outputs["Color"], inner.inputs[0])
    link(
        outer, inner.outputs[0], next(n for n in outer.nodes if n.type == "GROUP_OUTPUT").inputs[0]
    )
    node = add_group(tree, outer)
    link(tree, scenery.node_of(material, "TEX_IMAGE").outputs["Color"], node.inputs[0])
    link(tree, node.outputs[0], base_color(scenery, material))
    scenery.add_object(material)
    before = scenery.snapshot()
    stylize()
    assert len(scenery.mixes_of(tree)) == 1
    assert not scenery.mixes_of(outer)
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def test_picture_within_a_shared_group(scenery, stylize):
    group = group_with_picture(scenery.new_image("picture", scenery.draw()))
    for name in ("A", "B"):
        material = scenery.add_material(name)
        node = add_group(material.node_tree, group)
        link(material.node_tree, node.outputs[0], base_color(scenery, material))
        scenery.add_object(material)
    before = scenery.snapshot()
    stylize()
    assert len(scenery.mixes_of(group)) == 1
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def test_mixed_shaders(scenery, stylize):
    """Two shaders mixed and a third added: the pictures of all three."""
    material = scenery.add_material("Material", scenery.new_image("one", scenery.draw(seed=1)))
    tree = material.node_tree
    output = scenery.node_of(material, "OUTPUT_MATERIAL")
    diffuse, glossy = (
        tree.nodes.new("ShaderNodeBsdfDiffuse"),
        tree.nodes.new("ShaderNodeBsdfGlossy"),
    )
    for shader, name in ((diffuse, "two"), (glossy, "three")):
        picture = tree.nodes.new("ShaderNodeTexImage")
        picture.image = scenery.new_image(name, scenery.draw(seed=len(name)))
        link(tree, picture.outputs["Color"], shader.inputs["Color"])
    mixed, added = tree.nodes.new("ShaderNodeMixShader"), tree.nodes.new("ShaderNodeAddShader")
    link(tree, scenery.shader_of(material).outputs[0], mixed.inputs[1])
    link(tree, diffuse.outputs[0], mixed.inputs[2])
    link(tree, mixed.outputs[0], added.inputs[0])
    link(tree, glossy.outputs[0], added.inputs[1])
    link(tree, added.outputs[0], output.inputs["Surface"])
    scenery.add_object(material)
    stylize()
    assert len(scenery.mixes_of(tree)) == 3


def add_map(scenery, material, name, end, *, through_normal=False):
    tree = material.node_tree
    picture = tree.nodes.new("ShaderNodeTexImage")
    picture.image = scenery.new_image(name, scenery.draw(seed=len(name)), is_data=True)
    source = picture.outputs["Color"]
    if through_normal:
        node = tree.nodes.new("ShaderNodeNormalMap")
        link(tree, source, node.inputs["Color"])
        source = node.outputs["Normal"]
    link(tree, source, end)
    return picture


def test_other_maps_are_untouched(scenery, stylize):
    material = scenery.add_material("Material", scenery.new_image("color", scenery.draw()))
    shader = scenery.shader_of(material)
    add_map(scenery, material, "normal", shader.inputs["Normal"], through_normal=True)
    add_map(scenery, material, "rough", shader.inputs["Roughness"])
    add_map(scenery, material, "metallic", shader.inputs["Metallic"])
    scenery.add_object(material)
    names = ("normal", "rough", "metallic")
    before = {name: scenery.pixels_of(bpy.data.images[name]).copy() for name in names}
    ends = {
        s.name: s.links[0].from_node.name
        for s in shader.inputs
        if s.is_linked and s.name != "Base Color"
    }
    stylize()
    assert len(scenery.mixes_of(material.node_tree)) == 1
    assert ends == {
        s.name: s.links[0].from_node.name
        for s in shader.inputs
        if s.is_linked and s.name != "Base Color"
    }
    for name in names:
        assert np.array_equal(scenery.pixels_of(bpy.data.images[name]), before[name])


def test_occlusion_within_the_colour_is_left(scenery, stylize):
    material = scenery.add_material("Material", scenery.new_image("color", scenery.draw()))
    tree = material.node_tree
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    link(
        tree, scenery.node_of(material, "TEX_IMAGE").outputs["Color"], socket(mix.inputs, "A_Color")
    )
    occlusion = add_map(scenery, material, "ao", socket(mix.inputs, "B_Color"))
    link(tree, socket(mix.outputs, "Result_Color"), base_color(scenery, material))
    scenery.add_object(material)
    stylize()
    assert len(scenery.mixes_of(tree)) == 1
    assert occlusion.outputs["Color"].links[0].to_node == mix


def test_only_the_colour_branch_of_a_picture(scenery, stylize):
    """One picture feeds colour and roughness, directly and by a reroute: roughness keeps the original."""
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    tree = material.node_tree
    picture, shader = scenery.node_of(material, "TEX_IMAGE"), scenery.shader_of(material)
    reroute = tree.nodes.new("NodeReroute")
    link(tree, picture.outputs["Color"], reroute.inputs[0])
    link(tree, reroute.outputs[0], shader.inputs["Base Color"])
    link(tree, reroute.outputs[0], shader.inputs["Roughness"])
    link(tree, picture.outputs["Color"], shader.inputs["Metallic"])
    scenery.add_object(material)
    before = scenery.snapshot()
    stylize()
    assert shader.inputs["Roughness"].links[0].from_node == reroute
    assert shader.inputs["Metallic"].links[0].from_node == picture
    assert shader.inputs["Base Color"].links[0].from_node.label == "Stylize"
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def test_graded_colour_that_feeds_roughness_too_is_baked(scenery, stylize):
    """What lies before the grading may not change, so its result is baked for the colour alone."""
    material = through(scenery, "ShaderNodeGamma", "Color", "Color")()
    tree, shader = material.node_tree, scenery.shader_of(material)
    gamma = scenery.node_of(material, "GAMMA")
    link(tree, gamma.outputs["Color"], shader.inputs["Roughness"])
    scenery.add_object(material)
    before = scenery.snapshot()
    stylize()
    assert shader.inputs["Roughness"].links[0].from_node == gamma
    assert gamma.inputs["Color"].links[0].from_node.type == "TEX_IMAGE"
    assert [mix["stylize"] for mix in scenery.mixes_of(tree)] == ["bake"]
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def test_emission_only_if_asked(scenery, stylize):
    material = scenery.add_material("Material", scenery.new_image("color", scenery.draw()))
    tree, shader = material.node_tree, scenery.shader_of(material)
    glow = tree.nodes.new("ShaderNodeTexImage")
    glow.image = scenery.new_image("glow", scenery.draw(seed=5))
    link(tree, glow.outputs["Color"], shader.inputs["Emission Color"])
    scenery.add_object(material)
    stylize()
    assert shader.inputs["Emission Color"].links[0].from_node == glow
    stylize(emission=True)
    assert shader.inputs["Emission Color"].links[0].from_node.label == "Stylize"
    assert len(scenery.mixes_of(tree)) == 2


def test_copied_node_looks_the_same_way(scenery, stylize):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    tree, picture = material.node_tree, scenery.node_of(material, "TEX_IMAGE")
    picture.interpolation, picture.extension = "Closest", "EXTEND"
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    link(tree, coordinates.outputs["UV"], picture.inputs["Vector"])
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
    assert sorted(image.name for image in bpy.data.images) == ["picture", "picture.stylized"]
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
    assert socket(mix.inputs, "Factor_Float").default_value == 0.25


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
    assert [socket(mix.inputs, "Factor_Float").default_value for mix in mixes] == [0.5, 0.5]


def test_new_nodes_cover_none(scenery, stylize, module):
    """Maps under each other, as importers lay them out; nodes in a frame."""
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    scenery.add_object(material)
    tree, places = material.node_tree, module("node_places")
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
    link(tree, socket(mix.outputs, "Result_Color"), shader.inputs["Emission Color"])
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
