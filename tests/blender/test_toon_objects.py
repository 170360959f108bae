"""Objects of every kind shown as toon, outlined, and back; what cannot be is said."""

import bpy
import numpy as np
import pytest

from tests.blender.toon_scenery import add_cube, shell_of
from tests.blender.toon_scenery import show_toon as toon


@pytest.mark.parametrize("count", [0, 1, 20])
def test_any_number_of_slots(toon_module, scenery, count):
    cube = add_cube()
    for number in range(count):
        cube.data.materials.append(scenery.add_material(f"Slot {number}"))
    for number, face in enumerate(cube.data.polygons):
        face.material_index = min(number, max(count - 1, 0))
    worn = [face.material_index for face in cube.data.polygons]
    toon()
    assert len(toon_module("material").toon_materials()) == max(count, 1)
    assert len(shell_of(cube)[0]) == 6
    toon(back=True)
    assert len(cube.data.materials) == count
    assert [face.material_index for face in cube.data.polygons] == worn
    assert len(bpy.data.materials) == count
    assert not cube.modifiers


@pytest.mark.parametrize("kind", ["loose", "open", "edge with three faces"])
def test_meshes_that_are_no_solids(paint, kind):
    corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1)]
    faces = {
        "loose": [],
        "open": [(0, 1, 2)],
        "edge with three faces": [(0, 1, 2), (0, 1, 3), (0, 1, 4)],
    }[kind]
    mesh = bpy.data.meshes.new("Mesh")
    mesh.from_pydata(corners, [], faces)
    mesh.materials.append(paint)
    made = bpy.data.objects.new("Odd", mesh)
    bpy.context.scene.collection.objects.link(made)
    assert toon() == {"FINISHED"}
    assert len(shell_of(made)[0]) == len(faces)
    toon(back=True)
    assert not made.modifiers


def shaders():
    """Materials without Principled: what their shaders are, and the colour that their toon gets."""
    return {
        "ShaderNodeBsdfDiffuse": ("Color", (0.2, 0.4, 0.6, 1)),
        "ShaderNodeEmission": ("Color", (0.3, 0.1, 0.9, 1)),
        "ShaderNodeBsdfGlass": ("Color", (0.5, 0.5, 0.1, 1)),
    }


@pytest.mark.parametrize("kind", shaders())
def test_materials_without_principled(toon_module, paint, kind):
    name, color = shaders()[kind]
    tree = paint.node_tree
    tree.nodes.clear()
    shader, output = tree.nodes.new(kind), tree.nodes.new("ShaderNodeOutputMaterial")
    shader.inputs[name].default_value = color
    tree.links.new(output.inputs[0], shader.outputs[0])
    add_cube(paint)
    toon()
    node = toon_module("material").toon_node(paint)
    assert node.inputs["Base Color"].default_value[:] == pytest.approx(color)


def test_mixed_shaders_become_mixed_colors(toon_module, paint, scenery):
    tree, shader = paint.node_tree, scenery.shader_of(paint)
    other, mixed = tree.nodes.new("ShaderNodeBsdfDiffuse"), tree.nodes.new("ShaderNodeMixShader")
    mask = tree.nodes.new("ShaderNodeTexNoise")
    tree.links.new(mixed.inputs[0], mask.outputs[0])
    tree.links.new(mixed.inputs[1], shader.outputs[0])
    tree.links.new(mixed.inputs[2], other.outputs[0])
    tree.links.new(scenery.node_of(paint, "OUTPUT_MATERIAL").inputs[0], mixed.outputs[0])
    add_cube(paint)
    toon()
    mix = toon_module("material").toon_node(paint).inputs["Base Color"].links[0].from_node
    assert scenery.socket(mix.inputs, "Factor_Float").links[0].from_node == mask
    assert scenery.socket(mix.inputs, "A_Color").default_value[:] == pytest.approx(
        (0.1, 0.6, 0.3, 1)
    )


def test_nothing_is_mixed_that_is_the_same(paint, scenery):
    """Two opaque shaders, mixed: their colors are, their opacity is not."""
    tree, shader = paint.node_tree, scenery.shader_of(paint)
    other, mixed = tree.nodes.new("ShaderNodeBsdfDiffuse"), tree.nodes.new("ShaderNodeMixShader")
    shader.inputs["Alpha"].default_value = 1
    tree.links.new(mixed.inputs[1], other.outputs[0])
    tree.links.new(mixed.inputs[2], other.outputs[0])
    tree.links.new(scenery.node_of(paint, "OUTPUT_MATERIAL").inputs[0], mixed.outputs[0])
    add_cube(paint)
    toon()
    assert [n for n in tree.nodes if n.get("stylize") == "toon_helper"] == []


def test_a_material_without_output_is_left(paint, scenery):
    paint.node_tree.nodes.remove(scenery.node_of(paint, "OUTPUT_MATERIAL"))
    add_cube(paint)
    before = scenery.snapshot()
    with pytest.raises(RuntimeError, match="no Material Output"):
        toon()
    assert scenery.snapshot() == before


def test_a_color_that_is_driven_or_keyed_drives_its_toon(toon_module, paint, scenery):
    """Another add-on may move a material's values; its toon follows, and nothing of it stays behind."""
    add_cube(paint)
    shader = scenery.shader_of(paint)
    for frame, value in ((1, 0.0), (11, 1.0)):
        shader.inputs["Base Color"].default_value = (value, 0.5, 0.5, 1)
        shader.inputs["Base Color"].keyframe_insert("default_value", frame=frame)
    bpy.context.scene.frame_set(1)
    toon()
    node = toon_module("material").toon_node(paint)
    bpy.context.scene.frame_set(11)
    graph = bpy.context.evaluated_depsgraph_get()
    tree = paint.evaluated_get(graph).node_tree
    assert tree.nodes[node.name].inputs["Base Color"].default_value[0] == pytest.approx(1)
    toon(back=True)
    assert not paint.node_tree.animation_data.drivers


def test_instances_are_toon_with_what_they_instance(toon_module, paint):
    cube = add_cube(paint)
    collection = bpy.data.collections.new("Group")
    collection.objects.link(cube)
    bpy.context.scene.collection.objects.unlink(cube)
    empty = bpy.data.objects.new("Instance", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", collection
    bpy.context.scene.collection.objects.link(empty)
    empty.select_set(True)
    assert toon(scope="SELECTED") == {"FINISHED"}
    assert toon_module("material").toon_node(paint) is not None
    assert toon_module("outlines").outline_of(cube) is not None


def link_cube(paint, path):
    """Write a cube in a collection to a file, and link it into an empty one; return the collection."""
    collection = bpy.data.collections.new("Group")
    collection.objects.link(add_cube(paint))
    bpy.data.libraries.write(str(path), {collection}, fake_user=True)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        wanted.collections = ["Group"]
    linked = bpy.data.collections["Group"]
    bpy.context.scene.collection.children.link(linked)
    return linked


def override(linked):
    """Return the local override of a linked object."""
    linked.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    return next(o for o in bpy.data.objects if o.override_library is not None)


def test_linked_objects_are_left(paint, tmp_path):
    link_cube(paint, tmp_path / "library.blend")
    with pytest.raises(RuntimeError, match=r"linked from library\.blend"):
        toon()


def check_linked(object_):
    """An override is as it was linked, and nothing local is left of its material."""
    assert object_.material_slots[0].material.library is not None
    assert object_.material_slots[0].link == "DATA"
    assert [m.library is None for m in bpy.data.materials] == [False]


def test_overrides_get_local_copies_of_their_materials(toon_module, paint, tmp_path):
    ours = override(link_cube(paint, tmp_path / "library.blend"))
    toon(scope="FILE")
    worn = ours.material_slots[0].material
    assert worn.library is None
    assert toon_module("material").toon_node(worn) is not None
    assert len(shell_of(ours)[0]) == 6
    toon(scope="FILE", back=True)
    check_linked(ours)


def test_overrides_that_cannot_be_toon_keep_their_materials(paint, scenery, tmp_path):
    paint.node_tree.nodes.remove(scenery.node_of(paint, "OUTPUT_MATERIAL"))
    ours = override(link_cube(paint, tmp_path / "library.blend"))
    with pytest.raises(RuntimeError, match="no Material Output"):
        toon(scope="FILE")
    check_linked(ours)


@pytest.mark.parametrize(
    ("lamps", "world"), [(0, None), (0, "plain"), (0, "panorama"), (10, "plain")]
)
def test_any_light(toon_module, paint, scenery, lamps, world, module):
    """There is always some light to measure by; without a lamp it is said."""
    add_cube(paint)
    if world == "plain":
        scenery.add_world()
    elif world:
        scenery.add_world(
            scenery.new_image("sky", np.full((32, 64, 3), 0.5, np.float32), is_float=True)
        )
    for number in range(lamps):
        lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
        lamp.data.energy = np.pi * (number + 1)
        bpy.context.scene.collection.objects.link(lamp)
    toon()
    key = toon_module("control").dial_of("Key Light").default_value
    expected = {None: 1, "plain": 0.0509, "panorama": 0.5}[world] if not lamps else 10
    assert key == pytest.approx(expected, rel=0.03)
    fill = {None: 0, "plain": 0.0509, "panorama": 0.5}[world] if lamps else 0
    shown = toon_module("control").dial_of("World Light").default_value
    assert shown == pytest.approx(fill, rel=0.03)
    said = " ".join(module("session").SESSION.skipped)
    assert ("There is no lamp" in said) == (not lamps)


def test_the_light_that_a_user_has_set_stays(toon_module, paint):
    add_cube(paint)
    toon()
    dial = toon_module("control").dial_of("Key Light")
    dial.default_value = 7
    toon(toon_look="cel")
    assert dial.default_value == 7
    bpy.ops.stylize.toon_light()
    assert dial.default_value != 7


@pytest.mark.parametrize("problem", ["selection", "materials", "back"])
def test_one_sentence_if_there_is_nothing_to_do(paint, problem):
    if problem == "back":
        add_cube(paint)
        assert toon(back=True) == {"CANCELLED"}
        return
    options, words = {
        "selection": ({"scope": "SELECTED"}, "No object with a surface is selected"),
        "materials": ({"scope": "NAMED", "materials": "Nobody"}, "There is no material Nobody"),
    }[problem]
    with pytest.raises(RuntimeError, match=words) as caught:
        toon(**options)
    assert "Traceback" not in str(caught.value)


def test_every_setting_can_be_keyed(toon_module, paint):
    add_cube(paint)
    toon()
    node = toon_module("material").toon_node(paint)
    for socket in [s for s in node.inputs if hasattr(s, "default_value") and not s.is_linked]:
        assert socket.keyframe_insert("default_value", frame=1), socket.name
    for dial in toon_module("control").DIALS:
        assert toon_module("control").dial_of(dial.name).keyframe_insert("default_value", frame=1)


def test_undo_brings_everything_back(toon_module, paint, scenery):
    add_cube(paint)
    bpy.ops.ed.undo_push(message="before")
    before = scenery.snapshot()
    assert bpy.ops.stylize.toon("EXEC_DEFAULT", True, scope="ALL") == {"FINISHED"}
    assert scenery.snapshot() != before
    bpy.ops.ed.undo()
    assert scenery.snapshot() == before
    assert not bpy.data.objects["Cube"].modifiers
    bpy.ops.ed.redo()
    assert toon_module("material").toon_node(bpy.data.materials["Paint"]) is not None
