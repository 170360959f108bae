"""Which part of a picture counts: UV triangles."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def textured(scenery):
    material = scenery.add_material("Material", scenery.new_image("picture", scenery.draw()))
    return material, scenery.add_object(material)


def place(made, corners, layer=0):
    made.data.uv_layers[layer].uv.foreach_set("vector", np.array(corners, np.float32).ravel())


def area(triangles):
    a, b = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return float(np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / 2)


def test_triangles_of_a_face(module, textured):
    material, made = textured
    place(made, ((0.25, 0.25), (0.75, 0.25), (0.75, 0.5), (0.25, 0.5)))
    found = module("uv_islands").gather([(material, "")])
    assert found.shape == (2, 3, 2)
    assert found.dtype == np.float32
    assert area(found) == pytest.approx(0.125)


def test_only_faces_with_the_material(module, scenery, textured):
    material, made = textured
    made.data.materials.append(scenery.add_material("Other"))
    made.data.polygons[0].material_index = 1
    assert module("uv_islands").gather([(material, "")]) is None


def test_all_users_count(module, scenery, textured):
    material, made = textured
    place(made, ((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
    place(scenery.add_object(material), ((0.5, 0), (0.75, 0), (0.75, 1), (0.5, 1)))
    assert area(module("uv_islands").gather([(material, "")])) == pytest.approx(0.75)


def test_a_user_without_uvs_makes_the_whole_picture_count(module, scenery, textured):
    material, _ = textured
    scenery.add_object(material, uv=False)
    assert module("uv_islands").gather([(material, "")]) is None


def test_named_and_rendered_map(module, textured):
    material, made = textured
    made.data.uv_layers.new(name="Second")
    place(made, ((0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)), 1)
    islands = module("uv_islands")
    assert area(islands.gather([(material, "")])) == pytest.approx(1)
    assert area(islands.gather([(material, "Second")])) == pytest.approx(0.25)
    made.data.uv_layers["Second"].active_render = True
    assert area(islands.gather([(material, "")])) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("ShaderNodeUVMap", {"uv_map": "Second"}, "Second"),
        ("ShaderNodeUVMap", {}, ""),
        ("ShaderNodeAttribute", {"attribute_name": "Second"}, "Second"),
        ("ShaderNodeTexCoord", {}, None),
        ("ShaderNodeMapping", {}, None),
    ],
)
def test_uv_map_of_a_node(module, scenery, textured, kind, values, expected):
    material, _ = textured
    tree, picture = material.node_tree, scenery.node_of(material, "TEX_IMAGE")
    node = tree.nodes.new(kind)
    for name, value in values.items():
        setattr(node, name, value)
    output = node.outputs["Vector"] if "Vector" in node.outputs else node.outputs[0]
    tree.links.new(picture.inputs["Vector"], output)
    walk = module("material_walk")
    assert module("uv_islands").uv_map_of(walk.Place(tree), picture) == expected


def test_identity_mapping_is_looked_through(module, scenery, textured):
    material, _ = textured
    tree, picture = material.node_tree, scenery.node_of(material, "TEX_IMAGE")
    mapping, coordinates = tree.nodes.new("ShaderNodeMapping"), tree.nodes.new("ShaderNodeTexCoord")
    tree.links.new(mapping.inputs["Vector"], coordinates.outputs["UV"])
    tree.links.new(picture.inputs["Vector"], mapping.outputs["Vector"])
    islands, here = module("uv_islands"), module("material_walk").Place(tree)
    assert islands.uv_map_of(here, picture) == ""
    mapping.inputs["Scale"].default_value = (2, 2, 1)
    assert islands.uv_map_of(here, picture) is None


def test_repeating_picture_is_used_whole(module):
    islands = module("uv_islands")
    beyond = np.array((((0, 0), (3, 0), (3, 3)),), np.float32)
    assert islands.within_square(beyond) is None
    assert islands.within_square(beyond / 3) is not None


def test_tiles(module):
    islands = module("uv_islands")
    triangles = np.array(
        (((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)), ((1.1, 0.1), (1.9, 0.1), (1.5, 0.9))), np.float32
    )
    assert np.allclose(islands.within_tile(triangles, 1002), triangles[:1])
    assert islands.within_tile(triangles, 1011) is None


def test_texels_outside_the_islands_do_not_count(scenery, textured, stylize):
    """Two pictures that differ only where no face shows them are stylized alike where one does."""
    material, made = textured
    place(made, ((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
    original = bpy.data.images["picture"]
    stylize()
    first = scenery.pixels_of(scenery.stylized_of(material)).copy()
    pixels = scenery.pixels_of(original).copy()
    pixels[:, 40:, :3] = (1, 0, 1)
    original.pixels.foreach_set(np.ascontiguousarray(pixels[::-1]).ravel())
    original.update()
    stylize()
    second = scenery.pixels_of(scenery.stylized_of(material))
    assert np.abs(first[:, :30] - second[:, :30]).max() <= 2 / 255
