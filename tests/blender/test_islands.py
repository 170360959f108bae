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
    uv = triangles.uv
    a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    return float(np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / 2)


def test_triangles_of_a_face(module, textured):
    material, made = textured
    place(made, ((0.25, 0.25), (0.75, 0.25), (0.75, 0.5), (0.25, 0.5)))
    found = module("materials.uv_islands").gather([(material, "")])
    assert found.uv.shape == (2, 3, 2)
    assert found.uv.dtype == found.position.dtype == np.float32
    assert area(found) == pytest.approx(0.125)


def test_only_faces_with_the_material(module, scenery, textured):
    material, made = textured
    made.data.materials.append(scenery.add_material("Other"))
    made.data.polygons[0].material_index = 1
    assert module("materials.uv_islands").gather([(material, "")]) is None


def test_all_users_count(module, scenery, textured):
    material, made = textured
    place(made, ((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
    place(scenery.add_object(material), ((0.5, 0), (0.75, 0), (0.75, 1), (0.5, 1)))
    assert area(module("materials.uv_islands").gather([(material, "")])) == pytest.approx(0.75)


def test_a_user_without_uvs_makes_the_whole_picture_count(module, scenery, textured):
    material, _ = textured
    scenery.add_object(material, uv=False)
    assert module("materials.uv_islands").gather([(material, "")]) is None


def test_named_and_rendered_map(module, textured):
    material, made = textured
    made.data.uv_layers.new(name="Second")
    place(made, ((0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)), 1)
    islands = module("materials.uv_islands")
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
    walk = module("materials.walk")
    assert module("materials.uv_islands").uv_map_of(walk.Place(tree), picture) == expected


def test_identity_mapping_is_looked_through(module, scenery, textured):
    material, _ = textured
    tree, picture = material.node_tree, scenery.node_of(material, "TEX_IMAGE")
    mapping, coordinates = tree.nodes.new("ShaderNodeMapping"), tree.nodes.new("ShaderNodeTexCoord")
    tree.links.new(mapping.inputs["Vector"], coordinates.outputs["UV"])
    tree.links.new(picture.inputs["Vector"], mapping.outputs["Vector"])
    islands, here = module("materials.uv_islands"), module("materials.walk").Place(tree)
    assert islands.uv_map_of(here, picture) == ""
    mapping.inputs["Scale"].default_value = (2, 2, 1)
    assert islands.uv_map_of(here, picture) is None


def plain(module, uv, position=None, part=None):
    """Return triangles, of one object; without positions, all at one place."""
    count = len(uv)
    position = np.zeros((count, 3, 3)) if position is None else position
    parts = np.zeros(count, np.int32) if part is None else np.int32(part)
    rest = (parts, np.zeros((count, 3, 3), np.float32), np.zeros((count, 3), np.float32))
    return module("materials.uv_islands").Triangles(np.float32(uv), np.float32(position), *rest)


def test_a_repeating_picture_is_not_baked(module, textured):
    material, made = textured
    islands = module("materials.uv_islands")
    assert islands.uv_range(made, material) == (0, 1)
    assert islands.within_square(0, 1)
    layer = made.data.uv_layers[0]
    layer.uv[0].vector = (3, -0.5)
    assert islands.uv_range(made, material) == (-0.5, 3)
    assert not islands.within_square(-0.5, 1)
    assert not islands.within_square(0, 3)
    made.data.materials.append(None)
    made.data.polygons[0].material_index = 1
    assert not islands.within_square(*islands.uv_range(made, material)), "no face shows it"


def test_corners_lie_where_the_object_stands(module, textured):
    material, made = textured
    made.location, made.scale = (1, 2, 3), (2, 2, 2)
    bpy.context.view_layer.update()
    found = module("materials.uv_islands").gather([(material, "")])
    wanted = np.array([made.matrix_world @ vertex.co for vertex in made.data.vertices])
    corners = found.position.reshape(-1, 3)
    distance = np.abs(corners[:, None] - wanted[None]).max(2).min(1)
    assert distance.max() < 1e-6


def test_objects_are_told_apart(module, scenery, textured):
    material, _ = textured
    scenery.add_object(material)
    assert set(module("materials.uv_islands").gather([(material, "")]).part) == {0, 1}


SQUARE = np.array((((0, 0), (1, 0), (1, 1)), ((0, 0), (1, 1), (0, 1))), float)


def flat_square(side):
    return np.concatenate([SQUARE * side, np.zeros((2, 3, 1))], 2)


def test_texels_for_a_metre(module):
    brush = module("materials.brush")
    half = brush.density_of(plain(module, SQUARE / 2, flat_square(4)), (512, 512))
    assert half.texels == pytest.approx(64)
    assert half.area == pytest.approx(16)
    assert half.stretch == pytest.approx(1)
    tall = brush.density_of(plain(module, SQUARE * (0.5, 1), flat_square(4)), (512, 512))
    assert tall.stretch == pytest.approx(2)
    assert "stretched 2.0 times" in next(iter(brush.warn_of_stretch({"tall": tall})))
    assert brush.density_of(plain(module, SQUARE), (512, 512)) is None


def test_strokes_get_one_size(module):
    brush = module("materials.brush")
    fine = brush.density_of(plain(module, SQUARE, flat_square(1)), (1024, 1024))
    coarse = brush.density_of(plain(module, SQUARE, flat_square(1)), (512, 512))
    sizes = brush.brush_sizes({"fine": fine, "coarse": coarse})
    assert sizes["fine"] / sizes["coarse"] == pytest.approx(2)
    assert sizes["fine"] * sizes["coarse"] == pytest.approx(1)
    assert brush.brush_sizes({"alone": fine}) == {"alone": pytest.approx(1)}
    assert brush.brush_sizes({}) == {}


def test_a_painters_brush_is_a_share_of_what_wears_the_picture(module, scenery):
    """Whichever way it is turned, and of what has most surface where several things share a picture."""
    brush = module("materials.brush")
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    square, half = flat_square(3), SQUARE / 2
    whole = brush.density_of(plain(module, SQUARE, square), (512, 256))
    assert whole.share == pytest.approx(256**0.5 * 512**0.5 / 512)
    for position in (square, square @ turn, square + 9):
        assert brush.density_of(plain(module, half, position), (512, 512)).share == pytest.approx(
            0.5
        )
    tiny = np.concatenate([square, square / 50 + 20])
    both = plain(module, np.concatenate([half, half / 50]), tiny, part=(0, 0, 1, 1))
    assert brush.density_of(both, (512, 512)).share == pytest.approx(0.5, rel=0.01)
    assert brush.density_of(plain(module, SQUARE * 7, square), (512, 512)).share == 1, "it repeats"


def test_others_have_the_brush_that_was_asked_for(module):
    brush = module("materials.brush")
    known = {
        name: brush.density_of(plain(module, SQUARE * uv, flat_square(1)), (512, 512))
        for name, uv in (("all", 1), ("half", 0.5))
    }
    found = {
        (alike, paints): brush.find_brushes(known, alike=alike, paints=paints)
        for alike in (False, True)
        for paints in (False, True)
    }
    assert found[False, False] == {"all": 1, "half": 1}
    assert found[False, True] == pytest.approx({"all": 1, "half": 0.5})
    assert found[True, False] == brush.brush_sizes(known)
    sizes = found[True, True]
    assert sizes["all"] / sizes["half"] == pytest.approx(2), "as large in metres"
    assert sizes["all"] * sizes["half"] == pytest.approx(0.5**1)
    assert brush.find_brushes({}, alike=True, paints=True) == {}


def test_the_surface_in_the_middle_gets_the_brush_that_was_asked_for(module):
    """In metres all are alike: texels for a metre, over the brush in texels, is one number."""
    brush = module("materials.brush")
    known = {
        name: brush.density_of(plain(module, SQUARE, flat_square(side)), (size, size))
        for name, side, size in (("wall", 4, 512), ("floor", 3, 512), ("coin", 0.1, 1024))
    }
    sizes = brush.brush_sizes(known)
    assert sizes["wall"] == pytest.approx(1)  # 16 of its 25 square metres
    metres = [sizes[name] / known[name].texels for name in known]
    assert metres == pytest.approx(metres[:1] * 3)
    (said,) = brush.warn_of_limits(sizes, 2.0)
    assert "coin" in said
    assert "8 was taken" in said


def test_corners_are_shaded_as_the_mesh_is(module, textured):
    material, made = textured
    made.rotation_euler, made.scale = (0.5, 0.2, 1.0), (3, 1, 0.5)
    bpy.context.view_layer.update()
    found = module("materials.uv_islands").gather([(material, "")])
    sides = found.position[:, 1:] - found.position[:, :1]
    wanted = np.cross(sides[:, 0], sides[:, 1])
    wanted /= np.linalg.norm(wanted, axis=-1, keepdims=True)
    own = found.normal / np.linalg.norm(found.normal, axis=-1, keepdims=True)
    assert np.abs(own - wanted[:, None]).max() < 1e-4, "it is flat, turned and stretched"


def test_a_vertex_group_says_where_detail_is(module, textured):
    material, made = textured
    islands = module("materials.uv_islands")
    assert not islands.gather([(material, "")], group="Eyes").detail.any()
    made.vertex_groups.new(name="Other").add([0, 1], 1.0, "REPLACE")
    made.vertex_groups.new(name="Eyes").add([0], 0.75, "REPLACE")
    found = islands.gather([(material, "")], group="Eyes")
    first = np.array(made.matrix_world @ made.data.vertices[0].co)
    at_first = np.abs(found.position - first).max(-1) < 1e-6
    assert at_first.any()
    assert np.allclose(found.detail, np.where(at_first, 0.75, 0))
