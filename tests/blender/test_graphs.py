"""Which pictures of a material's graph are stylized, and that it can be undone exactly."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


def link(tree, source, end):
    tree.links.new(end, source)


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
        link(tree, picture.outputs["Color"], scenery.socket(node.inputs, entry))
        link(tree, scenery.socket(node.outputs, leave), base_color(scenery, material))
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
    assert scenery.socket(mix.outputs, "Result_Color").links[0].to_node.bl_idname == kind
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
        tree,
        scenery.node_of(material, "TEX_IMAGE").outputs["Color"],
        scenery.socket(mix.inputs, "A_Color"),
    )
    occlusion = add_map(scenery, material, "ao", scenery.socket(mix.inputs, "B_Color"))
    link(tree, scenery.socket(mix.outputs, "Result_Color"), base_color(scenery, material))
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
