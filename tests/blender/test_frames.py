"""A scene's frames: rendered with their passes, stylized as one sequence, and shown by the compositor."""

import json
import re
from dataclasses import replace

import bpy
import numpy as np
import pytest

SIZE = (48, 32)


def frame_files(module, folder, frames=(1, 2), *, exact=True, **more):
    made = module("rendering.frames").frame_files_of(bpy.context.scene, folder, frames, **more)
    return replace(made, exact=exact)


def part_of(channels, name):
    """The channels of a pass, by their last letters."""
    return {key.split(".")[-1]: x for key, x in channels.items() if f".{name}." in key}


def state(scene):
    """Everything about how a scene renders that a user could have chosen."""
    owners = [scene.render, scene.render.image_settings, scene.cycles, *scene.view_layers]
    found = {"frame": scene.frame_current}
    for owner in owners:
        for prop in owner.bl_rna.properties:
            if prop.type not in ("POINTER", "COLLECTION"):
                value = getattr(owner, prop.identifier)
                value = tuple(value) if getattr(prop, "is_array", False) else value
                found[str(owner), prop.identifier] = value
    return found


def test_frames_are_rendered_with_passes(module, read_exr, animated, tmp_path):
    scene = animated()
    before, made = state(scene), frame_files(module, tmp_path)
    assert module("rendering.frames").find_missing(made) == [1, 2]
    assert list(module("rendering.frame_render").render(made, [1, 2])) == [1, 2]
    assert module("rendering.frames").find_missing(made) == []
    assert state(scene) == before
    names = sorted(path.name for path in (tmp_path / "passes").iterdir())
    assert names == ["Scene_0001.exr", "Scene_0001.json", "Scene_0002.exr", "Scene_0002.json"]
    channels = read_exr(made.path(2))
    found = {re.sub(r"\d\d$", "", name.split(".")[-2]) for name in channels if "." in name}
    assert {"Combined", "Vector", "Position", "Normal", "CryptoObject", "CryptoMaterial"} <= found
    assert "Depth" in found
    assert {pixels.shape for pixels in channels.values()} == {(32, 48)}
    vectors = [pixels for name, pixels in channels.items() if ".Vector." in name]
    assert len(vectors) == 4
    assert np.abs(vectors).max() > 1, "motion blur is on in the scene, and off in its frames"


def test_settings_come_back_after_a_fault(module, animated, tmp_path):
    scene = animated()
    before, made = state(scene), frame_files(module, tmp_path)
    steps = module("rendering.frame_render").render(made, [1, 2])
    next(steps)
    steps.close()
    assert state(scene) == before
    (tmp_path / "passes").rename(tmp_path / "gone")
    (tmp_path / "passes").write_text("in the way")
    with pytest.raises((OSError, module("rendering.frames").StylizeError)):
        list(module("rendering.frame_render").render(made, [1]))
    assert state(scene) == before


def test_other_settings_make_frames_anew(module, animated, tmp_path):
    scene, frames = animated(), module("rendering.frames")
    made = frame_files(module, tmp_path, (1, 1))
    list(module("rendering.frame_render").render(made, [1]))
    assert frames.find_missing(made) == []
    assert frames.find_missing(made, again=True) == [1]
    assert frames.find_missing(frame_files(module, tmp_path, (1, 1), diffuse=True)) == [1]
    scene.render.resolution_x = 64
    assert frames.find_missing(made) == [1]
    scene.render.resolution_x = SIZE[0]
    made.path(1).unlink()
    assert frames.find_missing(made) == [1]


def test_blur_stays_where_motion_is_not_exact(module, read_exr, animated, tmp_path):
    scene, frames = animated(), module("rendering.frames")
    list(module("rendering.frame_render").render(frame_files(module, tmp_path, (2, 2)), [2]))
    blurred = frame_files(module, tmp_path, (2, 2), keep_blur=True, exact=False)
    assert frames.find_missing(blurred) == [2]
    list(module("rendering.frame_render").render(blurred, [2]))
    vectors = part_of(read_exr(blurred.path(2)), "Vector")
    assert not np.any(list(vectors.values())), "Cycles writes no vectors with blur"
    assert frames.find_missing(blurred) == []
    assert not (tmp_path / "passes/motion").exists()
    scene.render.use_motion_blur = False
    assert frames.find_missing(
        frame_files(module, tmp_path, (2, 2), keep_blur=True, exact=False)
    ) == [2]


def test_blur_stays_and_motion_is_rendered_apart(module, read_exr, animated, tmp_path):
    scene = animated()
    scene.cycles.samples, scene.cycles.max_bounces = 4, 3
    scene.camera.data.dof.use_dof = True
    scene.view_layers[0].samples = 3
    before = state(scene)
    blurred = frame_files(module, tmp_path, (2, 2), keep_blur=True)
    list(module("rendering.frame_render").render(blurred, [2]))
    assert state(scene) == before
    assert scene.camera.data.dof.use_dof
    names = sorted(p.name for p in (tmp_path / "passes").rglob("*") if p.is_file())
    assert names == ["Scene_0002.exr", "Scene_0002.exr", "Scene_0002.json"]
    scene.camera.data.dof.use_dof = False
    sharp = frame_files(module, tmp_path / "sharp", (2, 2))
    scene.cycles.samples, scene.view_layers[0].samples = 1, 0
    list(module("rendering.frame_render").render(sharp, [2]))
    still, picture = read_exr(sharp.path(2)), read_exr(blurred.path(2))
    moving = read_exr(blurred.motion_path(2))
    for name in ("Vector", "Depth", "Position"):
        wanted, found = part_of(still, name), part_of(moving, name)
        assert wanted.keys() == found.keys()
        assert all(np.array_equal(wanted[key], found[key]) for key in wanted), name
    assert np.abs(list(part_of(moving, "Vector").values())).max() > 1
    assert part_of(moving, "CryptoObject00")
    assert not part_of(picture, "Vector")
    mattes = [part_of(read, "CryptoMaterial00") for read in (still, picture)]
    shares = [next(x for key, x in matte.items() if key in "gG") for matte in mattes]
    assert np.mean(shares[1] < 0.99) > np.mean(shares[0] < 0.99) + 0.02, "its edges are blurred"


def test_neither_frame_nor_motion_counts_without_the_other(module, animated, tmp_path):
    animated()
    frames = module("rendering.frames")
    plain = frame_files(module, tmp_path, (1, 1), keep_blur=True, exact=False)
    list(module("rendering.frame_render").render(plain, [1]))
    made = frame_files(module, tmp_path, (1, 1), keep_blur=True)
    assert frames.find_missing(made) == [1]
    list(module("rendering.frame_render").render(made, [1]))
    assert frames.find_missing(made) == frames.find_missing(plain) == []
    made.motion_path(1).rename(tmp_path / "gone.exr")
    assert frames.find_missing(made) == [1]
    assert frames.find_missing(plain) == []
    (tmp_path / "gone.exr").rename(made.motion_path(1))
    assert frames.find_missing(made) == []
    assert frames.find_missing(frame_files(module, tmp_path, (1, 1))) == [1], "now without blur"
    list(module("rendering.frame_render").render(plain, [1]))
    assert frames.find_missing(made) == [1], "that motion belonged to another render"


def test_view_layers(module, read_exr, animated, tmp_path):
    scene, frames = animated(), module("rendering.frames")
    scene.view_layers.new("Front")
    back = scene.view_layers[0]
    back.layer_collection.exclude = False
    things = bpy.data.collections.new("Things")
    scene.collection.children.link(things)
    things.objects.link(bpy.data.objects["Floor"])
    scene.collection.objects.unlink(bpy.data.objects["Floor"])
    scene.view_layers["Front"].layer_collection.children["Things"].exclude = True
    scene.render.film_transparent = True
    first, front = frame_files(module, tmp_path), frame_files(module, tmp_path, layer="Front")
    assert (first.layer, front.layer) == (bpy.context.view_layer.name, "Front")
    assert first.path(1) != front.path(1)
    for made in (first, front):
        list(module("rendering.frame_render").render(made, [1]))
        assert frames.find_missing(made) == [2]
    alphas = [part_of(read_exr(made.path(1)), "Combined")["A"] for made in (first, front)]
    assert alphas[0].min() == 1
    assert alphas[1].min() == 0 < alphas[1].max()
    bpy.context.window.view_layer = scene.view_layers["Front"]
    assert frame_files(module, tmp_path).layer == "Front"
    scene.view_layers["Front"].use = False
    assert frame_files(module, tmp_path).layer == back.name
    assert frame_files(module, tmp_path).name == "Scene"
    with pytest.raises(frames.StylizeError, match="not used for rendering"):
        frame_files(module, tmp_path, layer="Front")
    with pytest.raises(frames.StylizeError, match="no view layer Sky; it has"):
        frame_files(module, tmp_path, layer="Sky")


def test_cameras(module, animated, tmp_path):
    scene, frames = animated(), module("rendering.frames")
    made = frame_files(module, tmp_path)
    list(module("rendering.frame_render").render(made, [1, 2]))
    cameras = json.loads(frames.write_cameras(made).read_text())["frames"]
    assert sorted(cameras) == ["1", "2"]
    scene.frame_set(2)
    world = np.array(scene.camera.matrix_world.normalized())
    np.testing.assert_allclose(cameras["2"]["world"], world, atol=1e-6)
    assert cameras["1"]["world"] != cameras["2"]["world"]
    graph = bpy.context.evaluated_depsgraph_get()
    wanted = scene.camera.calc_matrix_camera(graph, x=SIZE[0], y=SIZE[1])
    np.testing.assert_allclose(cameras["2"]["projection"], np.array(wanted), atol=1e-6)


def test_cameras_of_panoramas(module, animated, tmp_path):
    scene, frames = animated(panorama=True), module("rendering.frames")
    made = frame_files(module, tmp_path, (1, 1))
    list(module("rendering.frame_render").render(made, [1]))
    cameras = json.loads(frames.write_cameras(made).read_text())["frames"]
    assert cameras["1"]["projection"] is None
    scene.camera.data.latitude_max = 0.5
    list(module("rendering.frame_render").render(made, [1]))
    assert frames.write_cameras(made) is None


def test_a_process_of_its_own_renders_the_same(module, read_exr, animated, tmp_path):
    animated()
    here, there = frame_files(module, tmp_path / "here"), frame_files(module, tmp_path / "there")
    list(module("rendering.frame_render").render(here, [1, 2]))
    steps = module("rendering.process").render_in_process(there, [1, 2])
    assert max(steps) <= 2
    assert sorted(p.name for p in (tmp_path / "there/passes").glob("*.exr")) == [
        "Scene_0001.exr",
        "Scene_0002.exr",
    ]
    one, other = read_exr(here.path(2)), read_exr(there.path(2))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert json.loads(here.path(2).with_suffix(".json").read_text()) == json.loads(
        there.path(2).with_suffix(".json").read_text()
    )


def in_a_process(module, made, frames):
    """Render frames in a second Blender, as a window does."""
    list(module("rendering.process").render_in_process(made, frames))


def ground(read_exr, path):
    """What a frame shows of the ground it looks at, its mean as (R, G, B)."""
    channels = read_exr(path)
    names = [next(n for n in channels if n.endswith(f"Combined.{c}")) for c in "RGB"]
    return [float(np.median(channels[name])) for name in names]


def glow(scenery, image):
    """Have the ground of a scene glow with a picture's colours, and hide the rest."""
    tree = bpy.data.materials["Paint"].node_tree
    texture, light = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeEmission")
    texture.image = image
    tree.links.new(texture.outputs["Color"], light.inputs["Color"])
    output = next(n for n in tree.nodes if n.type == "OUTPUT_MATERIAL")
    tree.links.new(light.outputs[0], output.inputs["Surface"])
    bpy.data.objects["Box"].hide_render = True


def test_a_process_of_its_own_sees_what_was_painted(module, scenery, read_exr, animated, saved):
    """The picture's file is black; since it was loaded it has been painted green."""
    animated()
    folder = saved()
    scenery.write_picture(folder / "ground.png", np.zeros((8, 8, 3), np.float32))
    image = bpy.data.images.load("//ground.png")
    glow(scenery, image)
    image.pixels.foreach_set(np.tile(np.float32([0, 1, 0, 1]), 64))
    made = frame_files(module, folder, (1, 1))
    in_a_process(module, made, [1])
    assert ground(read_exr, made.path(1)) == pytest.approx([0, 1, 0], abs=0.01)
    assert image.is_dirty
    assert [i.name for i in bpy.data.images if i.name.startswith("Stylize")] == []


def test_a_process_of_its_own_sees_painted_tiles(module, scenery, read_exr, animated, saved):
    """Of both UDIM tiles, whose files are black; or it is said why not."""
    animated()
    folder = saved()
    for number in (1001, 1002):
        path = folder / f"ground.{number}.png"
        scenery.write_picture(path, np.zeros((8, 8, 3), np.float32))
    image = bpy.data.images.load(str(folder / "ground.1001.png"))
    image.source, image.filepath = "TILED", str(folder / "ground.<UDIM>.png")
    image.reload()
    glow(scenery, image)
    image.pixels.foreach_set(np.tile(np.float32([0, 0, 1, 1]), 64))
    made = frame_files(module, folder, (1, 1))
    if bpy.app.version < (4, 5, 0):
        with pytest.raises(
            module("rendering.frames").StylizeError, match="has unsaved tiles; save"
        ):
            in_a_process(module, made, [1])
        return
    in_a_process(module, made, [1])
    assert ground(read_exr, made.path(1)) == pytest.approx([0, 0, 1], abs=0.01)


def test_the_copy_has_what_nothing_refers_to(module, scenery, read_exr, animated, saved, tmp_path):
    """A driver, allowed here alone, finds by name an object that the scene does not know."""
    bpy.context.preferences.filepaths.use_scripts_auto_execute = True
    animated()
    saved()
    image = scenery.new_image("white", np.ones((8, 8, 3), np.float32))
    image.pack()
    glow(scenery, image)
    dial = bpy.data.objects.new("Dial", None)
    dial.use_fake_user, dial.location.x = True, 0.25
    light = next(n for n in bpy.data.materials["Paint"].node_tree.nodes if n.type == "EMISSION")
    light.inputs["Strength"].default_value = 1
    driver = light.inputs["Strength"].driver_add("default_value").driver
    driver.expression = 'bpy.data.objects["Dial"].location.x'
    made = frame_files(module, tmp_path, (1, 1))
    try:
        in_a_process(module, made, [1])
    finally:
        bpy.context.preferences.filepaths.use_scripts_auto_execute = False
    assert ground(read_exr, made.path(1)) == pytest.approx([0.25] * 3, abs=0.01)


def test_the_copy_is_not_compressed(module, saved, tmp_path):
    """That took ten times as long as all the rest, and the window waits for it."""
    saved()
    before, path = bpy.data.filepath, tmp_path / "copy.blend"
    module("rendering.process").write_copy(path)
    assert path.read_bytes()[:7] == b"BLENDER"
    assert bpy.data.filepath == before


def test_the_copy_has_no_preview(module, saved, tmp_path, monkeypatch):
    """A window would draw the whole scene for it; and what the user prefers is as it was."""
    saved()
    preferences, kinds = bpy.context.preferences, []
    preferences.filepaths.file_preview_type, preferences.is_dirty = "CAMERA", False
    told = bpy.app.handlers.save_pre
    told.append(lambda *_: kinds.append(preferences.filepaths.file_preview_type))
    try:
        module("rendering.process").write_copy(tmp_path / "copy.blend")
    finally:
        told.pop()
    assert kinds == ["NONE"]
    assert preferences.filepaths.file_preview_type == "CAMERA"
    assert not preferences.is_dirty


def test_a_copy_that_cannot_be_written_is_a_sentence(module, tmp_path):
    with pytest.raises(module("rendering.frames").StylizeError, match="make room there"):
        module("rendering.process").write_copy(tmp_path / "nowhere" / "copy.blend")


def test_a_process_of_its_own_is_cancelled(module, animated, tmp_path):
    animated()
    steps = module("rendering.process").render_in_process(
        frame_files(module, tmp_path), range(1, 400)
    )
    assert next(step for step in steps if step) > 0
    steps.close()
    names = [path.name for path in (tmp_path / "passes").iterdir()]
    assert len(names) < 100
    assert all(re.fullmatch(r"Scene_\d{4}\.(exr|json)", name) for name in names)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda scene: setattr(scene, "camera", None), "has no camera"),
        (lambda scene: setattr(scene.render, "engine", "BLENDER_WORKBENCH"), "no passes"),
        (lambda scene: setattr(scene.view_layers[0], "use", False), "No view layer"),
    ],
)
def test_what_cannot_be_rendered(module, animated, tmp_path, change, said):
    change(animated())
    with pytest.raises(module("rendering.frames").StylizeError, match=said):
        frame_files(module, tmp_path)
