"""Lines of surfaces that are not opaque: as much of them is seen as of the surface."""

import math

import bpy
import numpy as np
import pytest

from tests.blender.toon_scenery import add_cube, add_sun, everything, look_at_it, render
from tests.blender.toon_scenery import show_toon as toon


@pytest.fixture
def leaf(scenery):
    """A material whose left half is cut out by its picture's alpha."""
    pixels = np.ones((16, 16, 4), np.float32)
    pixels[:, :8, 3] = 0
    material = scenery.add_material("Leaf", scenery.new_image("leaf", pixels))
    image = scenery.node_of(material, "TEX_IMAGE")
    image.interpolation = "Closest"
    alpha = scenery.shader_of(material).inputs["Alpha"]
    material.node_tree.links.new(alpha, image.outputs["Alpha"])
    return material


@pytest.fixture
def clear(scenery):
    """A material of nothing but a transparent shader."""
    material = scenery.add_material("Clear")
    tree = material.node_tree
    shader = tree.nodes.new("ShaderNodeBsdfTransparent")
    tree.links.new(
        scenery.node_of(material, "OUTPUT_MATERIAL").inputs["Surface"], shader.outputs[0]
    )
    return material


def seen(path):
    """How much of each pixel a render shows, (H, W)."""
    bpy.context.scene.render.film_transparent = True
    bpy.context.scene.render.image_settings.color_mode = "RGBA"
    return render(path)[..., 3]


def test_no_ink_shows_in_the_holes_of_a_card(tmp_path, leaf):
    """As much is seen as without lines, but for a line's width beside the border."""
    bpy.ops.mesh.primitive_plane_add(rotation=(math.pi / 2, 0, math.pi))  # seen from behind
    bpy.context.object.data.materials.append(leaf)
    add_sun()
    look_at_it()
    toon(toon_outlines=False)
    bare = seen(tmp_path / "bare.exr")
    assert 0.3 < bare.mean() < 0.5
    toon()
    lined = seen(tmp_path / "lined.exr")
    assert (np.abs(lined - bare) > 0.1).mean() < 0.03


def test_what_is_clear_has_no_lines(tmp_path, clear):
    add_cube(clear)
    look_at_it()
    toon()
    assert not seen(tmp_path / "clear.exr").any()


def test_opaque_surfaces_beside_keep_theirs(toon_module, leaf, paint):
    """Also of objects that have both, whatever number of times a look is chosen."""
    cube = add_cube(paint)
    cube.data.materials.append(leaf)
    cube.data.polygons[0].material_index = 1
    before = everything()
    for look in ("comic", "cel", "comic"):
        toon(toon_look=look)
        graph = bpy.context.evaluated_depsgraph_get()
        shown = cube.evaluated_get(graph)
        assert toon_module("outlines").outline_of(cube) is not None
        lines = sorted(m.name for m in bpy.data.materials if m.name.startswith("Toon Line"))
        assert lines in (
            ["Toon Line", "Toon Line Leaf"],
            ["Toon Line", "Toon Line.001", "Toon Line Leaf"],
        )
        if toon_module("outlines").compat.JOINS_NORMALS:
            names = [m.name if m else "" for m in shown.data.materials]
            faces = [names[face.material_index] for face in shown.data.polygons]
            assert faces.count("Toon Line Leaf") == 1
            assert not faces.count("")
    bpy.ops.stylize.restore(scope="ALL")
    assert everything() == before


def test_opacity_is_that_of_now(toon_module, scenery, paint):
    cube = add_cube(paint)
    toon()
    assert not any(m.name == "Toon Line Paint" for m in bpy.data.materials)
    scenery.shader_of(paint).inputs["Alpha"].default_value = 0.25
    toon()
    assert any(m.name == "Toon Line Paint" for m in bpy.data.materials)
    assert toon_module("outlines").outline_of(cube) is not None
    scenery.shader_of(paint).inputs["Alpha"].default_value = 1.0
    toon()
    assert not any(m.name == "Toon Line Paint" for m in bpy.data.materials)
