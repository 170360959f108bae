"""An artist's hand on toon light: maps and edited normals."""

import math
from types import SimpleNamespace
from unittest.mock import MagicMock

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender import toon_scenery as toon
from tests.blender.toon_scenery import select

SIDE, ORTHO = toon.SIDE, toon.ORTHO


def test_a_threshold_map_moves_the_edge_of_the_shadow(tmp_path):
    """A grey of 0.6 is 0.2 more light, so the edge lies at a light 0.2 less."""
    toon.toon_sphere(**{"Bands": 2, "Shadow Edge": 0.5})
    ball = bpy.data.objects["Sphere"]
    select(ball)
    bpy.ops.stylize.toon_map(kind="THRESHOLD", source="PAINT")
    layer = ball.data.color_attributes["Toon Threshold"]
    for grey, edge in ((0.5, 0.5), (0.6, 0.3)):
        layer.data.foreach_set("color", [grey, grey, grey, 1] * len(layer.data))
        picture = toon.render(tmp_path / f"{grey}.exr")
        found, _ = toon.edges_along(picture[SIDE // 2, :, 0])
        assert found == pytest.approx([SIDE / 2 + edge * SIDE / ORTHO], abs=1)


def test_curvature_tells_ridges_from_hollows(module):
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=20, y_subdivisions=20)
    mesh = bpy.context.object.data
    for vertex in mesh.vertices:
        vertex.co.z = 0.2 * np.cos(np.pi * vertex.co.x)
    mesh.update()
    curved = module("toon.maps").curvature(mesh)
    x = np.array([v.co.x for v in mesh.vertices])
    assert curved[np.abs(x) < 0.15].min() > 0 > curved[(np.abs(x) > 0.8) & (np.abs(x) < 0.95)].max()


def test_toon_measures_uvs_of_what_is_being_edited_and_strokes_wait_for_it(scenery, toon_module):
    ball = toon.add_sphere(scenery.add_material("Paint"))
    toon.add_sun()
    toon.show_toon(toon_look="ink", toon_outlines=False)
    node = toon.toon_node(ball.material_slots[0].material)
    measured = node.inputs["UV Span"].default_value
    assert measured != toon_module("pixels").BARE
    bpy.ops.object.mode_set(mode="EDIT")
    toon.show_toon(toon_look="ink", toon_outlines=False)
    assert node.inputs["UV Span"].default_value == pytest.approx(measured)
    with pytest.raises(RuntimeError, match="is being edited; leave Edit Mode first"):
        bpy.ops.stylize.toon_strokes(along="CURVATURE")
    assert node.inputs["Hatch Along"].default_value == 0


@pytest.mark.parametrize("source", ["PAINT", "CURVATURE", "PICTURE"])
@pytest.mark.parametrize("kind", ["THRESHOLD", "SPECULAR"])
def test_maps_come_and_go(scenery, toon_module, kind, source):
    material = scenery.add_material("Paint")
    ball = toon.add_sphere(material)
    scenery.new_image("map", scenery.draw(), is_data=True).pack()
    before = toon.everything()
    bpy.ops.stylize.toon(scope="ALL", toon_outlines=False)
    select(ball)
    assert bpy.ops.stylize.toon_map(kind=kind, source=source, image="map") == {"FINISHED"}
    socket = toon_module("material").toon_node(material).inputs[toon_module("maps").SOCKETS[kind]]
    assert socket.links[0].from_node.type == (
        "TEX_IMAGE" if source == "PICTURE" else "VERTEX_COLOR"
    )
    bpy.ops.stylize.toon(scope="ALL", toon_look="ink", toon_outlines=False)
    assert socket.links, "another look keeps the map"
    bpy.ops.stylize.toon(scope="ALL", back=True)
    assert toon.everything() == before


def test_normals_of_a_proxy_shade_an_object(scenery, toon_module):
    """A cube is shaded as something round, below its outline, and as itself again."""
    material = scenery.add_material("Paint")
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    cube.data.materials.append(material)
    before = toon.everything(), sorted(o.name for o in bpy.data.objects)
    bpy.ops.stylize.toon(scope="ALL")
    select(cube)
    assert bpy.ops.stylize.toon_normals() == {"FINISHED"}
    assert [m.type for m in cube.modifiers] == ["DATA_TRANSFER", "NODES"]
    proxy = toon_module("normals").proxy_of(cube)
    assert proxy.hide_render
    graph = bpy.context.evaluated_depsgraph_get()
    mesh = cube.evaluated_get(graph).data
    faces = [
        p
        for p in mesh.polygons
        if not mesh.materials[p.material_index].name.startswith("Toon Line")
    ]
    turned = [
        np.dot(mesh.corner_normals[i].vector, p.normal) for p in faces for i in p.loop_indices
    ]
    assert max(turned) < 0.9, "no corner is shaded as its own face"
    bpy.ops.stylize.restore(scope="ALL")
    assert (toon.everything(), sorted(o.name for o in bpy.data.objects)) == before


def test_the_active_of_several_is_the_proxy(scenery, toon_module):
    ball = toon.add_sphere(scenery.add_material("Paint"))
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    select(cube, ball)
    bpy.ops.stylize.toon_normals()
    assert toon_module("normals").proxy_of(cube) == ball
    assert not ball.modifiers
    select(cube)
    bpy.ops.stylize.toon_normals(action="OWN")
    assert not cube.modifiers
    assert ball.name in bpy.data.objects


def strokes_of(path, node, **settings):
    """The way that strokes run in the middle of a render, degrees from the picture's rows, counted upward."""
    for name, value in settings.items():
        node.inputs[name].default_value = value
    ink = toon.render(path, samples=16)[30:66, 30:66, 0]
    down, across = np.gradient(ink)
    angle = 0.5 * np.arctan2(2 * (across * down).sum(), (across**2 - down**2).sum())
    return (90 - np.rad2deg(angle)) % 180


@pytest.mark.parametrize("turn", [0, 60])
def test_hatching_follows_what_it_is_asked_to(scenery, tmp_path, turn):
    """Around a tube where it follows bends, along UVs that are turned, and else the object's sides."""
    bpy.ops.mesh.primitive_cylinder_add(vertices=64, radius=3, depth=12)
    tube = bpy.context.object
    bpy.ops.object.transform_apply()
    tube.data.transform(
        Matrix.Rotation(math.radians(turn), 4, "Y")
    )  # its axis is turned from z to x
    bpy.ops.object.shade_smooth()
    tube.data.materials.append(scenery.add_material("Paint"))
    uvs = tube.data.uv_layers.active.data
    for loop, uv in zip(tube.data.loops, uvs, strict=True):
        x, _, z = tube.data.vertices[loop.vertex_index].co
        uv.uv = (0.1 * (x - z), 0.1 * (x + z))  # u rises along 45 degrees downward
    toon.add_sun(turn=(math.pi / 2 - 0.3, 0, 1.2))
    toon.look_at_it()
    before = toon.everything()
    toon.show_toon(toon_look="ink", toon_outlines=False)
    node = toon.toon_node(tube.material_slots[0].material)
    select(tube)
    even = {"Hatch Gap": 90, "Grain": 0, "Hatch Angle": 0}
    for along, wanted in (("CURVATURE", -turn), ("UV", -45), ("OBJECT", 0)):
        assert bpy.ops.stylize.toon_strokes(along=along) == {"FINISHED"}
        away = strokes_of(tmp_path / f"{along}.exr", node, **even) - wanted
        assert abs((away + 90) % 180 - 90) < 18, along
    bpy.ops.stylize.toon(scope="ALL", back=True)
    assert toon.everything() == before


@pytest.mark.parametrize("problem", ["toon", "picture", "selection"])
def test_tools_say_what_is_missing(scenery, problem):
    ball = toon.add_sphere(scenery.add_material("Paint"))
    select(ball)
    if problem == "picture":
        bpy.ops.stylize.toon(scope="ALL")
    if problem == "selection":
        ball.select_set(False)
    call, words = {
        "toon": (lambda: bpy.ops.stylize.toon_map(source="PAINT"), "press Toon first"),
        "picture": (lambda: bpy.ops.stylize.toon_map(source="PICTURE", image="x"), "no picture x"),
        "selection": (bpy.ops.stylize.toon_normals, "No mesh is selected"),
    }[problem]
    with pytest.raises(RuntimeError, match=words):
        call()


def test_looks_are_assets_of_a_library(module, toon_looks, tmp_path):
    """Each is a node group with a preview and its own settings; the open file is as it was."""
    before = toon.everything()
    known = len(bpy.context.preferences.filepaths.asset_libraries)
    for _ in range(2):
        assert bpy.ops.stylize.toon_library() == {"FINISHED"}
    assert toon.everything() == before
    assert len(bpy.context.preferences.filepaths.asset_libraries) == known + 1
    path = module("toon.library").library_folder() / "toon_looks.blend"
    with bpy.data.libraries.load(str(path), assets_only=True) as (offered, wanted):
        assert sorted(offered.node_groups) == sorted(
            f"Toon {p.title}" for p in toon_looks.PRESETS.values()
        )
        wanted.node_groups = offered.node_groups
    for tree in (t for t in wanted.node_groups if t.get("toon_look")):
        pixels = np.empty(len(tree.preview.image_pixels_float), np.float32)
        tree.preview.image_pixels_float.foreach_get(pixels)
        assert np.ptp(pixels) > 0.5
        bands = next(i for i in tree.interface.items_tree if i.name == "Bands")
        assert bands.default_value == toon_looks.PRESETS[tree["toon_look"]].look.bands
        assert {s.name for s in tree.interface.items_tree if s.item_type == "SOCKET"} >= {
            "EEVEE",
            "Cycles",
        }


def test_panels_draw_what_there_is(module, scenery):
    """Every property that is drawn exists, and every operator; the icons are Blender's own."""
    ball = toon.add_sphere(scenery.add_material("Paint"))
    bpy.ops.stylize.toon(scope="ALL")
    select(ball)
    icons = bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys()
    for panel in module("panels.toon").CLASSES:
        assert getattr(panel, "poll", lambda _: True)(bpy.context), panel.__name__
        layout = draw_panel(panel)
        for call in layout.prop.call_args_list:
            assert hasattr(call.args[0], call.args[1]), call
        for call in layout.operator.call_args_list:
            assert call.args[0].removeprefix("stylize.") in dir(bpy.ops.stylize), call
            assert call.kwargs.get("icon", "NONE") in icons


def draw_panel(panel):
    """What a panel has drawn into."""
    layout = MagicMock()
    layout.row.return_value = layout.column.return_value = layout
    drawn = SimpleNamespace(layout=layout)
    drawn.draw_settings = lambda *given: panel.draw_settings(drawn, *given)
    panel.draw(drawn, bpy.context)
    return layout
