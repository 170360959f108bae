"""Objects of every kind shown as toon, outlined, and back; what cannot be is said."""

import bpy
import numpy as np
import pytest


@pytest.fixture
def core(module):
    """The toon module of a name."""
    return lambda name: module(f"toon.{name}")


@pytest.fixture
def paint(scenery):
    """A material with a colour of its own."""
    material = scenery.add_material("Paint")
    scenery.shader_of(material).inputs["Base Color"].default_value = (0.1, 0.6, 0.3, 1)
    return material


def toon(**options):
    return bpy.ops.stylize.toon(**{"scope": "ALL", "toon_look": "comic"} | options)


def shell_of(object_):
    """The faces of an object's outline: their corners' places, and the number of its own faces."""
    graph = bpy.context.evaluated_depsgraph_get()
    meshes = [object_.evaluated_get(graph).data]
    of_object = (
        i for i in graph.object_instances if i.is_instance and i.parent.original == object_
    )
    meshes += [instance.object.data for instance in of_object]  # before 4.5
    places, count = [], 0
    for mesh in meshes:
        names = [m.name if m else "" for m in mesh.materials]
        for face in mesh.polygons:
            if names and names[face.material_index].startswith("Toon Line"):
                places.append(np.array([mesh.vertices[v].co for v in face.vertices]))
            else:
                count += 1
    return places, count


def add_cube(material=None, name="Cube", **options):
    bpy.ops.mesh.primitive_cube_add(**options)
    made = bpy.context.object
    made.name = name
    if material is not None:
        made.data.materials.append(material)
    return made


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


def test_an_outline_is_as_many_pixels_wide_as_asked(core, paint):
    """Twice as far away, twice as wide; in an orthographic picture the same everywhere."""
    cube = add_cube(paint)
    camera = add_camera(type="ORTHO", ortho_scale=10.8)
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 200
    toon(toon_look="ink")
    core("outlines").set_width(cube, 6.0, pixels=True, brush=0)
    pixel = 10.8 / 1080
    side = 1 / np.sqrt(3)  # a corner moves along the mean of its three faces
    assert width_of(cube) == pytest.approx(6 * pixel * side, rel=1e-3)
    camera.data.type = "PANO"
    toon()
    core("outlines").set_width(cube, 6.0, pixels=True, brush=0)
    assert width_of(cube) == pytest.approx(6 * np.pi / 1080 * 10 * side, rel=0.2)
    camera.data.type = "PERSP"
    toon()
    core("outlines").set_width(cube, 6.0, pixels=True, brush=0)
    near = width_of(cube)
    camera.location.y = -20
    bpy.context.view_layer.update()
    assert width_of(cube) == pytest.approx(2 * near, rel=0.15)
    core("control").dial_of("Lines").default_value = 0.5
    bpy.context.view_layer.update()
    assert width_of(cube) == pytest.approx(near, rel=0.15)


@pytest.mark.parametrize("scale", [(1, 1, 1), (3, 3, 3), (-1, 1, 1)])
def test_an_outline_in_metres_knows_the_objects_scale(core, paint, scale):
    cube = add_cube(paint)
    cube.scale = scale
    toon()
    core("outlines").set_width(cube, 0.06, pixels=False, brush=0)
    assert width_of(cube) * abs(scale[0]) == pytest.approx(0.06 / np.sqrt(3), rel=1e-3)


def test_split_meshes_have_whole_outlines(core, paint):
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


def test_width_by_vertex_group(core, paint):
    cube = add_cube(paint)
    group = cube.vertex_groups.new(name="Toon Line")
    group.add([v.index for v in cube.data.vertices if v.co.z > 0], 1.0, "REPLACE")
    toon()
    core("outlines").set_width(cube, 0.1, pixels=False, brush=0)
    places = np.concatenate(shell_of(cube)[0])
    assert places[:, 2].max() > 1.05
    assert places[:, 2].min() == pytest.approx(-1, abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 20])
def test_any_number_of_slots(core, scenery, count):
    cube = add_cube()
    for number in range(count):
        cube.data.materials.append(scenery.add_material(f"Slot {number}"))
    for number, face in enumerate(cube.data.polygons):
        face.material_index = min(number, max(count - 1, 0))
    worn = [face.material_index for face in cube.data.polygons]
    toon()
    assert len(core("apply").toon_materials()) == max(count, 1)
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
def test_materials_without_principled(core, paint, kind):
    name, color = shaders()[kind]
    tree = paint.node_tree
    tree.nodes.clear()
    shader, output = tree.nodes.new(kind), tree.nodes.new("ShaderNodeOutputMaterial")
    shader.inputs[name].default_value = color
    tree.links.new(output.inputs[0], shader.outputs[0])
    add_cube(paint)
    toon()
    node = core("material").toon_node(paint)
    assert node.inputs["Base Color"].default_value[:] == pytest.approx(color)


def test_mixed_shaders_become_mixed_colors(core, paint, scenery):
    tree, shader = paint.node_tree, scenery.shader_of(paint)
    other, mixed = tree.nodes.new("ShaderNodeBsdfDiffuse"), tree.nodes.new("ShaderNodeMixShader")
    mask = tree.nodes.new("ShaderNodeTexNoise")
    tree.links.new(mixed.inputs[0], mask.outputs[0])
    tree.links.new(mixed.inputs[1], shader.outputs[0])
    tree.links.new(mixed.inputs[2], other.outputs[0])
    tree.links.new(scenery.node_of(paint, "OUTPUT_MATERIAL").inputs[0], mixed.outputs[0])
    add_cube(paint)
    toon()
    mix = core("material").toon_node(paint).inputs["Base Color"].links[0].from_node
    assert scenery.socket(mix.inputs, "Factor_Float").links[0].from_node == mask
    assert scenery.socket(mix.inputs, "A_Color").default_value[:] == pytest.approx(
        (0.1, 0.6, 0.3, 1)
    )


def test_a_material_without_output_is_left(core, paint, scenery):
    paint.node_tree.nodes.remove(scenery.node_of(paint, "OUTPUT_MATERIAL"))
    add_cube(paint)
    before = scenery.snapshot()
    with pytest.raises(RuntimeError, match="no Material Output"):
        toon()
    assert scenery.snapshot() == before


def test_a_color_that_is_driven_or_keyed_drives_its_toon(core, paint, scenery):
    """Another add-on may move a material's values; its toon follows, and nothing of it stays behind."""
    add_cube(paint)
    shader = scenery.shader_of(paint)
    for frame, value in ((1, 0.0), (11, 1.0)):
        shader.inputs["Base Color"].default_value = (value, 0.5, 0.5, 1)
        shader.inputs["Base Color"].keyframe_insert("default_value", frame=frame)
    bpy.context.scene.frame_set(1)
    toon()
    node = core("material").toon_node(paint)
    bpy.context.scene.frame_set(11)
    graph = bpy.context.evaluated_depsgraph_get()
    tree = paint.evaluated_get(graph).node_tree
    assert tree.nodes[node.name].inputs["Base Color"].default_value[0] == pytest.approx(1)
    toon(back=True)
    assert not paint.node_tree.animation_data.drivers


def test_instances_are_toon_with_what_they_instance(core, paint):
    cube = add_cube(paint)
    collection = bpy.data.collections.new("Group")
    collection.objects.link(cube)
    bpy.context.scene.collection.objects.unlink(cube)
    empty = bpy.data.objects.new("Instance", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", collection
    bpy.context.scene.collection.objects.link(empty)
    empty.select_set(True)
    assert toon(scope="SELECTED") == {"FINISHED"}
    assert core("material").toon_node(paint) is not None
    assert core("outlines").outline_of(cube) is not None


@pytest.mark.parametrize("kind", ["override", "linked"])
def test_linked_objects(core, paint, tmp_path, kind, scenery):
    """An override gets a local copy of its material, and its own back; what is only linked is said."""
    cube = add_cube(paint)
    collection = bpy.data.collections.new("Group")
    collection.objects.link(cube)
    path = str(tmp_path / "library.blend")
    bpy.data.libraries.write(path, {collection}, fake_user=True)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.collections = ["Group"]
    linked, scene = bpy.data.collections["Group"], bpy.context.scene
    scene.collection.children.link(linked)
    if kind == "linked":
        with pytest.raises(RuntimeError, match=r"linked from library\.blend"):
            toon()
        return
    linked.override_hierarchy_create(scene, bpy.context.view_layer)
    ours = next(o for o in bpy.data.objects if o.override_library is not None)
    toon(scope="FILE")
    worn = ours.material_slots[0].material
    assert worn.library is None
    assert core("material").toon_node(worn) is not None
    assert len(shell_of(ours)[0]) == 6
    toon(scope="FILE", back=True)
    assert ours.material_slots[0].material.library is not None
    assert ours.material_slots[0].link == "DATA"
    assert [m.library is None for m in bpy.data.materials] == [False]


def test_a_rigged_object_keeps_its_outline_when_it_moves(core, paint):
    cube = add_cube(paint)
    bpy.ops.object.armature_add()
    rig = bpy.context.object
    cube.modifiers.new("Armature", "ARMATURE").object = rig
    group = cube.vertex_groups.new(name=rig.data.bones[0].name)
    group.add(range(len(cube.data.vertices)), 1, "REPLACE")
    toon()
    core("outlines").set_width(cube, 0.1, pixels=False, brush=0)
    rig.pose.bones[0].location = (0, 3, 0)
    bpy.context.view_layer.update()
    places = np.concatenate(shell_of(cube)[0])
    assert np.abs(places.mean(0)).max() == pytest.approx(3, abs=1e-4)


@pytest.mark.parametrize(
    ("lamps", "world"), [(0, None), (0, "plain"), (0, "panorama"), (10, "plain")]
)
def test_any_light(core, paint, scenery, lamps, world):
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
    key = core("control").dial_of("Key Light").default_value
    expected = {None: 1, "plain": 0.0509, "panorama": 0.5}[world] if not lamps else 10
    assert key == pytest.approx(expected, rel=0.03)
    said = bpy.ops.stylize.toon_light() and core("lights").lamps_of(bpy.context.scene)
    assert said == lamps


def test_the_light_that_a_user_has_set_stays(core, paint):
    add_cube(paint)
    toon()
    dial = core("control").dial_of("Key Light")
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


def test_every_setting_can_be_keyed(core, paint):
    add_cube(paint)
    toon()
    node = core("material").toon_node(paint)
    for socket in [s for s in node.inputs if hasattr(s, "default_value") and not s.is_linked]:
        assert socket.keyframe_insert("default_value", frame=1), socket.name
    for dial in core("control").DIALS:
        assert core("control").dial_of(dial.name).keyframe_insert("default_value", frame=1)


def test_undo_brings_everything_back(core, paint, scenery):
    add_cube(paint)
    bpy.ops.ed.undo_push(message="before")
    before = scenery.snapshot()
    assert bpy.ops.stylize.toon("EXEC_DEFAULT", True, scope="ALL") == {"FINISHED"}
    assert scenery.snapshot() != before
    bpy.ops.ed.undo()
    assert scenery.snapshot() == before
    assert not bpy.data.objects["Cube"].modifiers
    bpy.ops.ed.redo()
    assert core("material").toon_node(bpy.data.materials["Paint"]) is not None


def test_hatching_is_as_dense_as_the_object_is_large_in_the_picture(core, paint):
    """By the object's own sides, whatever its outline or other modifiers add; half as far, twice as many."""
    cube = add_cube(paint)
    cube.scale = (1, 2, -0.5)
    add_camera(type="ORTHO", ortho_scale=10.8)
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 200
    bpy.context.view_layer.update()
    for look in ("comic", "ink"):
        toon(toon_look=look)
        span = core("material").toon_node(paint).inputs["Span"].default_value
        assert span[:] == pytest.approx((200, 400, 100))
    bpy.context.scene.camera.data.ortho_scale = 5.4
    toon()
    assert span[:] == pytest.approx((400, 800, 200))
