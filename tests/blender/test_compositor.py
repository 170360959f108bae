"""Stylized frames in the compositor: they show what they hold, and taking them out leaves no trace."""

import bpy
import numpy as np
import pytest

GROUPS = bpy.app.version >= (5, 0, 0)
SIZE = (48, 32)


@pytest.fixture
def sequence(scenery, tmp_path):
    """EXR frames of plain noise, scene-linear: () -> first file, pixels by frame, (H, W, 3)."""

    def make(frames=(1, 2, 3), folder="frames"):
        found = {}
        scene = bpy.data.scenes.new("writer")
        scene.render.image_settings.file_format = "OPEN_EXR"
        scene.render.image_settings.color_depth = "32"
        for frame in frames:
            pixels = np.random.default_rng(frame).uniform(0, 2, (SIZE[1], SIZE[0], 4))
            pixels[..., 3] = 1
            found[frame] = pixels[..., :3].astype(np.float32)
            image = scenery.new_image("noise", pixels.astype(np.float32), is_float=True)
            image.save_render(str(tmp_path / folder / f"made_{frame:04d}.exr"), scene=scene)
            bpy.data.images.remove(image)
        bpy.data.scenes.remove(scene)
        return tmp_path / folder / f"made_{frames[0]:04d}.exr", found

    return make


def tree_of(scene):
    return scene.compositing_node_group if GROUPS else scene.node_tree


def add_tree(scene):
    """A compositing tree of a user's own: the render, darkened and tinted, is the output."""
    if GROUPS:
        tree = scene.compositing_node_group = bpy.data.node_groups.new("Mine", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        output = tree.nodes.new("NodeGroupOutput")
    else:
        scene.use_nodes = True
        tree = scene.node_tree
        tree.nodes.clear()
        output = tree.nodes.new("CompositorNodeComposite")
    render, gamma = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new(GAMMA)
    gamma.inputs[1].default_value = 2
    gamma.location, output.location = (300, 0), (600, 50)
    tree.links.new(gamma.inputs[0], render.outputs["Image"])
    tree.links.new(output.inputs[0], gamma.outputs[0])
    tree.nodes.active = gamma
    return tree


GAMMA = "ShaderNodeGamma" if GROUPS else "CompositorNodeGamma"


def seen(scenery, scene):
    """All that a user could see of a scene's compositor."""
    tree = None if not GROUPS and not scene.use_nodes else tree_of(scene)
    graph = tree and (scenery._nodes(tree), scenery._links(tree), scenery._active(tree))
    selected = tree and [node.name for node in tree.nodes if node.select]
    switches = scene.render.use_compositing, None if GROUPS else scene.use_nodes
    groups = [group.name for group in bpy.data.node_groups]
    images = [image.name for image in bpy.data.images if image.source != "VIEWER"]
    return graph, selected, switches, groups, images


def show(module, scene, first, frames=(1, 3), **more):
    return module("rendering.compositor").show_frames(scene, first, frames, **more)


def test_output_is_the_sequence(module, animated, sequence, composited):
    scene = animated()
    first, pixels = sequence()
    show(module, scene, first)
    for frame in (1, 3, 2):
        np.testing.assert_allclose(composited(scene, frame), pixels[frame], atol=1e-6)


def test_frames_have_their_own_numbers(module, animated, sequence, composited):
    scene = animated()
    first, pixels = sequence(frames=(11, 12, 13))
    show(module, scene, first, (11, 13))
    for frame in (11, 13):
        np.testing.assert_allclose(composited(scene, frame), pixels[frame], atol=1e-6)


def test_amount(module, animated, sequence, composited):
    scene = animated()
    plain = composited(scene, 2)
    first, pixels = sequence()
    show(module, scene, first)
    assert scene.stylize_frames_amount == 1
    scene.stylize_frames_amount = 0.25
    wanted = plain + 0.25 * (pixels[2] - plain)
    np.testing.assert_allclose(composited(scene, 2), wanted, atol=2e-3)
    scene.stylize_frames_amount = 0
    np.testing.assert_allclose(composited(scene, 2), plain, atol=1e-6)


@pytest.mark.parametrize("under", [False, True])
def test_users_tree(module, scenery, animated, sequence, composited, under):
    scene = animated()
    add_tree(scene)
    before, plain = seen(scenery, scene), composited(scene, 2)
    first, pixels = sequence()
    show(module, scene, first, under=under)
    wanted = pixels[2] ** 2 if under else pixels[2]
    np.testing.assert_allclose(composited(scene, 2), wanted, rtol=1e-3, atol=1e-5)
    assert bpy.ops.stylize.restore(scope="FRAMES") == {"FINISHED"}
    assert seen(scenery, scene) == before
    np.testing.assert_array_equal(composited(scene, 2), plain)


def test_scene_without_compositing(module, scenery, animated, sequence, composited):
    scene = animated()
    scene.render.use_compositing = False
    before, plain = seen(scenery, scene), composited(scene, 2)
    first, pixels = sequence()
    show(module, scene, first)
    np.testing.assert_allclose(composited(scene, 2), pixels[2], atol=1e-6)
    assert bpy.ops.stylize.restore(scope="FRAMES") == {"FINISHED"}
    assert seen(scenery, scene) == before
    if GROUPS:
        assert scene.compositing_node_group is None
    np.testing.assert_array_equal(composited(scene, 2), plain)


def test_shown_again(module, scenery, animated, sequence, composited):
    """Another sequence takes the place of the first; there is one mix, and one image."""
    scene = animated()
    add_tree(scene)
    before = seen(scenery, scene)
    show(module, scene, sequence()[0])
    count = len(tree_of(scene).nodes)
    first, pixels = sequence(frames=(2, 3), folder="other")
    show(module, scene, first, (2, 3))
    assert len(tree_of(scene).nodes) == count
    np.testing.assert_allclose(composited(scene, 3), pixels[3], atol=1e-6)
    assert bpy.ops.stylize.restore(scope="FILE") == {"FINISHED"}
    assert seen(scenery, scene) == before


def test_nodes_of_the_user_stay(module, scenery, animated, sequence, composited):
    """What was put into a tree that Stylize had made goes on working without Stylize."""
    scene = animated()
    plain = composited(scene, 2)
    show(module, scene, sequence()[0])
    tree = tree_of(scene)
    mix = next(node for node in tree.nodes if node.label == "Stylize")
    gamma = tree.nodes.new(GAMMA)
    gamma.inputs[1].default_value = 2
    output = next(
        n for n in tree.nodes if n.bl_idname in ("NodeGroupOutput", "CompositorNodeComposite")
    )
    result = next(s for s in mix.outputs if s.is_linked)
    tree.links.new(gamma.inputs[0], result)
    tree.links.new(output.inputs[0], gamma.outputs[0])
    assert bpy.ops.stylize.restore(scope="FRAMES") == {"FINISHED"}
    if not GROUPS:
        scene.use_nodes = True
    np.testing.assert_allclose(composited(scene, 2), plain**2, rtol=1e-3, atol=1e-5)


def test_saved_and_opened(module, animated, sequence, composited, saved):
    scene = animated()
    folder = saved()
    first, pixels = sequence()
    show(module, scene, first)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    assert bpy.data.images["Scene.stylized frames"].filepath.startswith("//")
    np.testing.assert_allclose(composited(scene, 2), pixels[2], atol=1e-6)
    assert bpy.ops.stylize.restore(scope="FRAMES") == {"FINISHED"}


def test_mattes(module, scenery, animated, sequence, composited):
    """Parts get their strength where they are, times the amount; passes are on for it, and off again."""
    scene = animated()
    add_tree(scene)
    layer = scene.view_layers[0]
    before, plain = seen(scenery, scene), composited(scene, 1)
    part = module("rendering.settings").Part
    first, pixels = sequence()
    parts = (part("OBJECT", "Floor", 0.5), part("MATERIAL", "Skin", 0))
    show(module, scene, first, parts=parts)
    assert layer.use_pass_cryptomatte_object
    assert layer.use_pass_cryptomatte_material
    made = composited(scene, 1)
    np.testing.assert_allclose(made[14:18, 20:26], plain[14:18, 20:26], atol=1e-5)
    half = (plain + pixels[1]) / 2
    np.testing.assert_allclose(made[:3], half[:3], atol=2e-3)
    scene.stylize_frames_amount = 0.5
    quarter = plain + (pixels[1] - plain) / 4
    np.testing.assert_allclose(composited(scene, 1)[:3], quarter[:3], atol=2e-3)
    assert bpy.ops.stylize.restore(scope="FRAMES") == {"FINISHED"}
    assert seen(scenery, scene) == before
    assert not layer.use_pass_cryptomatte_object
    assert not layer.use_pass_cryptomatte_material


def test_nothing_to_restore(animated):
    animated()
    assert bpy.ops.stylize.restore(scope="FRAMES") == {"CANCELLED"}


@pytest.mark.skipif(not GROUPS, reason="before 5.0 every scene has a tree of its own")
def test_group_of_several_scenes(module, animated, sequence):
    scene = animated()
    add_tree(scene)
    bpy.data.scenes.new("Other").compositing_node_group = scene.compositing_node_group
    with pytest.raises(
        module("rendering.frames").StylizeError, match="share the compositing group Mine"
    ):
        show(module, scene, sequence()[0])
