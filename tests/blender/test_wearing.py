"""Which materials are found: in slots, set by Geometry Nodes, in this scene; and of Grease Pencil none."""

import bpy
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def painted(scenery):
    """A material with a picture of its own."""
    return scenery.add_material("Painted", scenery.new_image("paint", scenery.draw()))


@pytest.mark.parametrize("by_modifier", [False, True])
def test_set_by_geometry_nodes(scenery, stylize, module, painted, by_modifier):
    """It is stylized on the islands that it is shown on, though no slot holds it."""
    made = scenery.add_object(scenery.add_material("Worn"))
    scenery.set_material(made, painted, by_modifier=by_modifier)
    assert [slot.material.name for slot in made.material_slots] == ["Worn"]
    islands = module("materials.uv_islands")
    assert len(islands.gather([(painted, islands.ACTIVE)])) == 2
    before = scenery.snapshot()
    stylize(bake=False)
    assert scenery.differs(scenery.stylized_of(painted), bpy.data.images["paint"])
    bpy.ops.stylize.restore(scope="ALL")
    assert scenery.snapshot() == before


def test_within_a_group_of_nodes(scenery, module, painted):
    made = scenery.add_object(scenery.add_material("Worn"))
    inner = scenery.set_material(made, painted)
    outer = scenery.set_material(made, bpy.data.materials["Worn"])
    made.modifiers.remove(made.modifiers[0])
    node = outer.nodes.new("GeometryNodeGroup")
    node.node_tree = inner
    found = lambda made: module("wearing").materials_on([made])  # noqa: E731
    assert painted not in found(made), "nothing leads from there to the output"
    leave = next(n for n in outer.nodes if n.type == "GROUP_OUTPUT")
    outer.links.new(leave.inputs["Geometry"], node.outputs["Geometry"])
    assert painted in found(made)
    made.modifiers[0].show_viewport = made.modifiers[0].show_render = False
    assert painted not in found(made)


def test_a_selection_by_material_gives_none(scenery, module, painted):
    made = scenery.add_object(scenery.add_material("Worn"))
    tree = scenery.set_material(made, bpy.data.materials["Worn"])
    asks = tree.nodes.new("GeometryNodeMaterialSelection")
    asks.inputs["Material"].default_value = painted
    paint = next(node for node in tree.nodes if node.bl_idname == "GeometryNodeSetMaterial")
    tree.links.new(paint.inputs["Selection"], asks.outputs["Selection"])
    assert module("wearing").materials_on([made]) == [bpy.data.materials["Worn"]]


def test_all_objects_are_those_of_this_scene(scenery, stylize, painted):
    """Another scene's object, and one that is in no scene, are left."""
    scenery.add_object(painted, name="Here")
    elsewhere = scenery.add_material("Elsewhere", scenery.new_image("other", scenery.draw(seed=2)))
    made = scenery.add_object(elsewhere, name="There")
    bpy.context.scene.collection.objects.unlink(made)
    bpy.data.scenes.new("Other").collection.objects.link(made)
    before = scenery.snapshot()
    stylize()
    assert scenery.mixes_of(painted.node_tree)
    assert not scenery.mixes_of(elsewhere.node_tree)
    stylize(scope="FILE")
    assert scenery.mixes_of(elsewhere.node_tree)
    bpy.ops.stylize.restore(scope="FILE")
    assert scenery.snapshot() == before


def add_strokes(scenery):
    """A Grease Pencil object with a material of its kind."""
    material = bpy.data.materials.new("Ink")
    bpy.data.materials.create_gpencil_data(material)
    older = hasattr(
        bpy.data, "grease_pencils_v3"
    )  # 4.3 to 4.5, beside what annotations are made of
    kinds = bpy.data.grease_pencils_v3 if older else bpy.data.grease_pencils
    made = bpy.data.objects.new("Sketch", kinds.new("Sketch"))
    made.data.materials.append(material)
    bpy.context.scene.collection.objects.link(made)


def test_restoring_all_objects_leaves_other_scenes(scenery, stylize, module, painted):
    """What only another scene shows keeps its look; what both show is restored; the file is all of it."""
    here = bpy.context.scene
    shared = scenery.add_material("Shared", scenery.new_image("shared", scenery.draw()))
    scenery.add_object(painted, name="Here")
    scenery.add_object(shared, name="Both")
    elsewhere = scenery.add_material("Elsewhere", scenery.new_image("there", scenery.draw()))
    made = scenery.add_object(elsewhere, name="There")
    other = bpy.data.scenes.new("Other")
    for object_, from_here in ((made, True), (bpy.data.objects["Both"], False)):
        other.collection.objects.link(object_)
        if from_here:
            here.collection.objects.unlink(object_)
    stylize(scope="FILE")
    everywhere = (painted, shared, elsewhere)
    assert all(scenery.mixes_of(m.node_tree) for m in everywhere)
    assert bpy.ops.stylize.restore(scope="ALL") == {"FINISHED"}
    assert [bool(scenery.mixes_of(m.node_tree)) for m in everywhere] == [False, False, True]
    assert scenery.stylized_of(elsewhere)
    assert bpy.ops.stylize.restore(scope="ALL") == {"CANCELLED"}, "nothing is left in this scene"
    assert bpy.ops.stylize.restore(scope="FILE") == {"FINISHED"}
    assert not scenery.mixes_of(elsewhere.node_tree)


def test_grease_pencil_is_named(scenery, stylize, module, painted):
    scenery.add_object(painted)
    add_strokes(scenery)
    stylize()
    (said,) = [line for line in module("session").SESSION.lines if "Sketch" in line]
    assert said.startswith("Sketch: is Grease Pencil, which is drawn without textures")


def test_grease_pencil_alone(scenery, stylize):
    add_strokes(scenery)
    with pytest.raises(RuntimeError, match="nothing to stylize: Sketch is Grease Pencil"):
        stylize()
    with pytest.raises(RuntimeError, match="Ink: is Grease Pencil"):
        stylize(scope="NAMED", materials="Ink")
