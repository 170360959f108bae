"""Baking in a second Blender: it sees what is open as it is, and costs no more than a sentence."""

import time

import bmesh
import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")
RED, BLUE = (188, 0, 0), (0, 0, 255)


@pytest.fixture
def bakes(module):
    """Start the second Blender for what is to be baked in the scene: () -> it."""
    started = []

    def start():
        asked = module("settings").ask(styles=())
        settings = module("settings").Settings(job=asked, scope="ALL", bake_size=64)
        found = module("materials.survey").survey(settings)
        assert not found.notes
        baking = module("materials.bake_process").Baking(found.bakes, settings)
        started.append(baking)
        for _ in baking.start():
            pass
        return baking

    yield start
    for baking in started:
        baking.close()


def pixels_of(baking):
    """Wait for the only bake."""
    (name,) = baking.names
    while not baking.is_baked(name):
        time.sleep(0.02)
    return np.load(baking.file(name)).astype(int)


def mixed(scenery, factor):
    """A material that is red where a factor is 0 and blue where it is 1: (tree -> output)."""
    material = scenery.add_material()
    tree = material.node_tree
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    scenery.socket(mix.inputs, "A_Color").default_value = (0.5, 0, 0, 1)
    scenery.socket(mix.inputs, "B_Color").default_value = (0, 0, 1, 1)
    tree.links.new(scenery.socket(mix.inputs, "Factor_Float"), factor(tree))
    color = scenery.shader_of(material).inputs["Base Color"]
    tree.links.new(color, scenery.socket(mix.outputs, "Result_Color"))
    return material


def test_painted_and_not_saved(scenery, bakes, saved):
    """The file's mask is black; what is open has been painted white on its right."""
    scenery.write_picture(saved() / "mask.png", np.zeros((32, 32, 3), np.float32))
    image = bpy.data.images.load("//mask.png")
    image.colorspace_settings.name = "Non-Color"
    painted = scenery.pixels_of(image).copy()
    painted[:, 16:] = 1
    image.pixels.foreach_set(painted.ravel())

    def show(tree):
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        return node.outputs["Color"]

    scenery.add_object(mixed(scenery, show))
    pixels = pixels_of(bakes())
    assert np.abs(pixels[2:-2, 2:30] - RED).max() <= 1
    assert np.abs(pixels[2:-2, 34:-2] - BLUE).max() <= 1


def test_at_the_current_frame(scenery, bakes):
    def animate(tree):
        value = tree.nodes.new("ShaderNodeValue").outputs[0]
        for frame, number in ((1, 0.0), (5, 1.0)):
            value.default_value = number
            value.keyframe_insert("default_value", frame=frame)
        return value

    scenery.add_object(mixed(scenery, animate))
    bpy.context.scene.frame_set(5)
    assert np.abs(pixels_of(bakes()) - BLUE).max() <= 1


def test_edits_that_are_not_left_yet(scenery, bakes):
    """UVs that were shrunk in Edit Mode, which is still on, are those that are baked on."""
    made = scenery.add_object(scenery.add_checker())
    bpy.context.view_layer.objects.active = made
    with bpy.context.temp_override(object=made, active_object=made):
        bpy.ops.object.mode_set(mode="EDIT")
        mesh = bmesh.from_edit_mesh(made.data)
        layer = mesh.loops.layers.uv.active
        for corner in next(iter(mesh.faces)).loops:
            corner[layer].uv *= 0.5
        pixels = pixels_of(bakes())
        bpy.ops.object.mode_set(mode="OBJECT")
    assert pixels[40:, :24].sum(-1).min() > 0
    assert not pixels[:24].any()
    assert not pixels[:, 40:].any()


def test_an_object_of_a_library(scenery, bakes, tmp_path):
    """The mesh is linked, its material was made here."""
    library = str(tmp_path / "library.blend")
    bpy.data.libraries.write(library, {scenery.add_object(scenery.add_material("There"))})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (_, wanted):
        wanted.meshes = ["Plane"]
    made = bpy.data.objects.new("Plane", bpy.data.meshes[0])
    bpy.context.scene.collection.objects.link(made)
    made.material_slots[0].link = "OBJECT"
    made.material_slots[0].material = scenery.add_checker()
    pixels = pixels_of(bakes())
    assert {tuple(c) for c in pixels[8::16, 8::16].reshape(-1, 3)} == {RED, BLUE}


def test_names_that_are_taken(scenery, bakes):
    """A collection called as the copy's own holds what is not baked."""
    taken = bpy.data.collections.new("Stylize bake")
    made = scenery.add_object(scenery.add_checker())
    taken.objects.link(made)
    pixels = pixels_of(bakes())
    assert {tuple(c) for c in pixels[8::16, 8::16].reshape(-1, 3)} == {RED, BLUE}
    assert bpy.data.collections[:] == [taken]


def test_what_geometry_nodes_set(scenery, bakes):
    made = scenery.add_object(scenery.add_material("Worn", scenery.new_image("i", scenery.draw())))
    scenery.set_material(made, scenery.add_checker())
    pixels = pixels_of(bakes())
    assert {tuple(c) for c in pixels[8::16, 8::16].reshape(-1, 3)} == {RED, BLUE}


def test_nothing_here_changes(scenery, bakes):
    made = scenery.add_object(scenery.add_checker())
    made.hide_render = True

    def state():
        kinds = ("objects", "materials", "images", "scenes", "meshes", "collections", "libraries")
        return {kind: sorted(i.name for i in getattr(bpy.data, kind)) for kind in kinds}

    graphs, before = scenery.snapshot(), state()
    pixels_of(bakes())
    assert state() == before
    assert scenery.snapshot() == graphs
    assert [c.name for c in made.users_collection] == [bpy.context.scene.collection.name]


def test_closing_ends_it(scenery, bakes):
    scenery.add_object(scenery.add_checker())
    baking = bakes()
    process, work = baking._blender._process, baking._work
    assert process.poll() is None
    baking.close()
    assert process.poll() is not None
    assert not work.exists()


def test_a_crash_costs_a_sentence(scenery, bakes, module, stylize, monkeypatch):
    """What can be stylized without it is stylized."""
    scenery.add_object(scenery.add_material("Wood", scenery.new_image("wood", scenery.draw())))
    scenery.add_object(scenery.add_checker("Squares"))
    start = module("materials.bake_process").SecondBlender

    def crash(*arguments):
        blender = start(*arguments)
        blender._process.kill()
        return blender

    monkeypatch.setattr(module("materials.bake_process"), "SecondBlender", crash)
    stylize()
    said = "; ".join(module("session").SESSION.lines)
    assert "Squares Principled BSDF: its color could not be baked. The Blender that bakes" in said
    assert "stopped unexpectedly" in said
    assert scenery.stylized_of(bpy.data.materials["Wood"])
