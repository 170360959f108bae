"""Lines and hatching: as wide and as dense in the picture as they are asked for, on any mesh."""

import bpy
import numpy as np
import pytest

from tests.blender.toon_scenery import add_cube, shell_of
from tests.blender.toon_scenery import show_toon as toon

INK = 1.3
"""Share of the width that silhouettes have in the looks ink and comic."""


def add_camera(**settings):
    data = bpy.data.cameras.new("Camera")
    camera = bpy.context.scene.camera = bpy.data.objects.new("Camera", data)
    bpy.context.scene.collection.objects.link(camera)
    for name, value in settings.items():
        setattr(data, name, value)
    camera.location = (0, -10, 0)
    return camera


def width_of(object_):
    """How far the outline of a cube with sides of 2 stands off it, in the object's units."""
    places, _ = shell_of(object_)
    return np.abs(np.concatenate(places)).max() - 1


def test_an_outline_is_as_many_pixels_wide_as_asked(toon_module, paint):
    """Twice as far away, twice as wide; in an orthographic picture the same everywhere."""
    cube = add_cube(paint)
    camera = add_camera(type="ORTHO", ortho_scale=10.8)
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 200
    toon(toon_look="ink")
    toon_module("outlines").set_width(cube, 6.0, pixels=True, brush=0)
    pixel = 10.8 / 1080
    side = 1 / np.sqrt(3)  # a corner moves along the mean of its three faces
    assert width_of(cube) == pytest.approx(INK * 6 * pixel * side, rel=1e-3)
    camera.data.type = "PANO"
    toon()
    toon_module("outlines").set_width(cube, 6.0, pixels=True, brush=0)
    assert width_of(cube) == pytest.approx(INK * 6 * np.pi / 1080 * 10 * side, rel=0.2)
    camera.data.type = "PERSP"
    toon()
    toon_module("outlines").set_width(cube, 6.0, pixels=True, brush=0)
    near = width_of(cube)
    camera.location.y = -20
    bpy.context.view_layer.update()
    assert width_of(cube) == pytest.approx(2 * near, rel=0.15)
    toon_module("control").dial_of("Lines").default_value = 0.5
    bpy.context.view_layer.update()
    assert width_of(cube) == pytest.approx(near, rel=0.15)


@pytest.mark.parametrize(
    ("fit", "across"), [("AUTO", 2160), ("HORIZONTAL", 2160), ("VERTICAL", 1080)]
)
def test_pixels_are_those_of_the_cameras_sensor_fit(toon_module, paint, fit, across):
    """What a camera sees is said of the picture's width or of its height."""
    cube = add_cube(paint)
    add_camera(type="ORTHO", ortho_scale=10.8, sensor_fit=fit)
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = 200, 100
    toon(toon_look="ink")
    pixel = 10.8 / across
    assert toon_module("material").toon_node(paint).inputs["Span"].default_value[0] == (
        pytest.approx(2 / pixel)
    )
    toon_module("outlines").set_width(cube, 6.0, pixels=True, brush=0)
    assert width_of(cube) == pytest.approx(INK * 6 * pixel / np.sqrt(3), rel=1e-3)


@pytest.fixture
def even(toon_module):
    """(object, width) -> lines of this many metres, silhouettes too, without taper."""

    def set_lines(object_, width):
        toon_module("outlines").set_width(object_, width, pixels=False, brush=0)
        for name, value in (
            ("Silhouettes", 1.0),
            ("Creases", 0.5),
            ("Borders", 0.25),
            ("Taper", 0.0),
        ):
            toon_module("outlines").compat.set_input(object_.modifiers[-1], name, value)
        bpy.context.view_layer.update()

    return set_lines


def test_creases_are_lines_on_sharp_edges(even, paint):
    """All twelve of a cube, each as wide as its share; none where it is shaded smooth or turns less."""
    cube = add_cube(paint)
    toon()
    even(cube, 0.1)
    corners = np.concatenate(shell_of(cube, tubes=True)[0])
    away = np.linalg.norm(np.abs(corners) - 1, axis=1)
    assert away == pytest.approx(0.025, rel=1e-3)
    assert len(shell_of(cube, tubes=True)[0]) == 12 * (6 + 2)
    bpy.ops.object.shade_smooth()
    bpy.context.view_layer.update()
    assert not shell_of(cube, tubes=True)[0]
    cube.data.edges[0].use_edge_sharp = True
    cube.data.update()
    bpy.context.view_layer.update()
    assert len(shell_of(cube, tubes=True)[0]) == 6 + 2


def test_edges_that_an_importer_has_split_are_creases(even, paint):
    cube = add_cube(paint)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.edge_split(type="EDGE")
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.object.shade_smooth()
    toon()
    even(cube, 0.1)
    assert len(shell_of(cube, tubes=True)[0]) == 12 * (6 + 2)


def test_borders_are_lines_between_materials(even, paint, scenery):
    """Four edges of a face that has another one; as wide as their share, also where they are no creases."""
    cube = add_cube(paint)
    cube.data.materials.append(scenery.add_material("Other"))
    cube.data.polygons[0].material_index = 1
    bpy.ops.object.shade_smooth()
    toon()
    even(cube, 0.1)
    faces = shell_of(cube, tubes=True)[0]
    corners = np.concatenate(faces)
    axis = int(np.argmin(np.ptp(corners, axis=0)))
    assert np.ptp(corners, axis=0)[axis] == pytest.approx(0.025, rel=0.2)
    assert len(faces) == 4 * 6


def test_lines_taper_toward_their_ends(toon_module, even, paint):
    cube = add_cube(paint)
    toon()
    even(cube, 0.1)
    whole = np.concatenate(shell_of(cube, tubes=True)[0])
    toon_module("outlines").compat.set_input(cube.modifiers[-1], "Taper", 1.0)
    bpy.context.view_layer.update()
    tapered = np.concatenate(shell_of(cube, tubes=True)[0])
    assert np.abs(whole).max() == pytest.approx(1.025, abs=0.003)
    ends = np.abs(tapered).min(1) > 0.95
    assert np.abs(tapered[ends]) == pytest.approx(1, abs=1e-5)
    middle = tapered[np.abs(tapered[:, 0]) < 0.1]
    assert np.abs(middle).max() == pytest.approx(1.025, abs=0.003)


@pytest.mark.parametrize("scale", [(1, 1, 1), (3, 3, 3), (-1, 1, 1)])
def test_an_outline_in_metres_knows_the_objects_scale(toon_module, paint, scale):
    cube = add_cube(paint)
    cube.scale = scale
    toon()
    toon_module("outlines").set_width(cube, 0.06, pixels=False, brush=0)
    assert width_of(cube) * abs(scale[0]) == pytest.approx(INK * 0.06 / np.sqrt(3), rel=1e-3)


def test_split_meshes_have_whole_outlines(paint):
    """Importers split edges; each point's copies move together, and the object's own faces stay."""
    cube = add_cube(paint)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.edge_split(type="EDGE")
    bpy.ops.object.mode_set(mode="OBJECT")
    assert len(cube.data.vertices) == 24
    toon()
    places, own = shell_of(cube)
    assert own == 6
    assert len(places) == 6
    corners = np.unique(np.round(np.concatenate(places), 5), axis=0)
    assert len(corners) == 8


def test_width_by_vertex_group(toon_module, paint):
    cube = add_cube(paint)
    group = cube.vertex_groups.new(name="Toon Line")
    group.add([v.index for v in cube.data.vertices if v.co.z > 0], 1.0, "REPLACE")
    toon()
    toon_module("outlines").set_width(cube, 0.1, pixels=False, brush=0)
    places = np.concatenate(shell_of(cube)[0])
    assert places[:, 2].max() > 1.05
    assert places[:, 2].min() == pytest.approx(-1, abs=1e-6)


def test_a_rigged_object_keeps_its_outline_when_it_moves(toon_module, paint):
    cube = add_cube(paint)
    bpy.ops.object.armature_add()
    rig = bpy.context.object
    cube.modifiers.new("Armature", "ARMATURE").object = rig
    group = cube.vertex_groups.new(name=rig.data.bones[0].name)
    group.add(range(len(cube.data.vertices)), 1, "REPLACE")
    toon()
    toon_module("outlines").set_width(cube, 0.1, pixels=False, brush=0)
    rig.pose.bones[0].location = (0, 3, 0)
    bpy.context.view_layer.update()
    places = np.concatenate(shell_of(cube)[0])
    assert np.abs(places.mean(0)).max() == pytest.approx(3, abs=1e-4)


def test_hatching_is_as_dense_as_the_object_is_large_in_the_picture(toon_module, paint):
    """By the object's own sides, whatever its outline or other modifiers add; half as far, twice as many."""
    cube = add_cube(paint)
    cube.scale = (1, 2, -0.5)
    add_camera(type="ORTHO", ortho_scale=10.8)
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 200
    bpy.context.view_layer.update()
    for look in ("comic", "ink"):
        toon(toon_look=look)
        span = toon_module("material").toon_node(paint).inputs["Span"].default_value
        assert span[:] == pytest.approx((200, 400, 100))
    bpy.context.scene.camera.data.ortho_scale = 5.4
    toon()
    assert span[:] == pytest.approx((400, 800, 200))
