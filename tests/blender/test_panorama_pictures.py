"""360° pictures by name, what a panoramic camera has rendered, and the command for them."""

import json

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


def test_picture_by_name(scenery, panorama, saved):
    folder = saved()
    path = scenery.write_picture(folder / "tour.png", scenery.draw(32, 64))
    original = bpy.data.images.load(str(path))
    assert panorama(image="tour.png") == {"FINISHED"}
    made = bpy.data.images["tour.style"]
    assert made.filepath == "//stylized/tour.style.png"
    assert scenery.differs(made, original)
    assert made.use_fake_user, "it stays in the file though nothing shows it"


def test_picture_again_replaces_and_is_shown(scenery, panorama, sky):
    image = sky("tour")
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = image
    panorama(image="tour", strength=0)
    user = scenery.add_world(bpy.data.images["tour.style"])
    first = scenery.pixels_of(bpy.data.images["tour.style"]).copy()
    panorama(source="IMAGE", image="tour")
    assert sorted(i.name for i in bpy.data.images) == ["tour", "tour.style"]
    made = bpy.data.images["tour.style"]
    assert not np.array_equal(scenery.pixels_of(made), first)
    assert area.spaces.active.image == made
    assert scenery.node_of(user, "TEX_ENVIRONMENT").image == made


def test_picture_and_world_of_one_original(scenery, panorama, sky):
    """Each keeps a result of its own."""
    world = scenery.add_world(sky())
    panorama()
    for _ in range(2):
        panorama(image="sky")
        assert sum(".style" in image.name for image in bpy.data.images) == 2
    bpy.ops.stylize.restore(scope="WORLD")
    (kept,) = (image for image in bpy.data.images if ".style" in image.name)
    assert kept.use_fake_user
    assert not scenery.mixes_of(world.node_tree)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "No picture was chosen"),
        ("nobody", "There is no picture nobody; the pictures here are: square"),
        ("square", "square: has 48 x 48 pixels, and a panorama is twice as wide as high"),
        ("Render Result", "There is no Render Result; render with a panoramic camera"),
    ],
)
def test_picture_that_is_none(scenery, panorama, name, words):
    scenery.new_image("square", scenery.draw(48, 48))
    with pytest.raises(RuntimeError, match=words):
        panorama(source="IMAGE", image=name)
    assert [image.name for image in bpy.data.images] == ["square"]


@pytest.fixture
def rendered(scenery, sky):
    """A World in a tiny render of a panoramic camera; its scene."""
    scene = bpy.context.scene
    scenery.add_world(sky())
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.panorama_type = "PANO", "EQUIRECTANGULAR"
    camera.rotation_euler = (np.pi / 2, 0, -np.pi / 2)  # toward the middle of the World's picture
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y = 64, 32
    scene.render.image_settings.file_format = "JPEG"
    bpy.ops.render.render()
    return scene


def test_render_of_a_panoramic_camera(scenery, panorama, rendered):
    """Strength 0 gives the render back, scene-linear: it shows the World's picture as it is."""
    assert panorama(source="IMAGE", strength=0) == {"FINISHED"}
    made = bpy.data.images["Render Result.style"]
    assert made.is_float
    assert tuple(made.size) == (64, 32)
    assert rendered.render.image_settings.file_format == "JPEG"
    encoded = scenery.pixels_of(bpy.data.images["sky"])[..., :3]
    linear = np.where(encoded < 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    assert np.abs(scenery.pixels_of(made)[..., :3] - linear).mean() < 0.05
    panorama(source="IMAGE")
    made = bpy.data.images["Render Result.style"]
    assert np.abs(scenery.pixels_of(made)[..., :3] - linear).mean() > 0.02


def change(owner, name, value):
    return lambda scene: setattr(owner(scene), name, value)


RENDERS = {
    "perspective": (change(lambda s: s.camera.data, "type", "PERSP"), "camera is not panoramic"),
    "fisheye": (
        change(lambda s: s.camera.data, "panorama_type", "FISHEYE_EQUIDISTANT"),
        "Result: is a Fisheye Equidistant panorama; set the camera's Panorama Type to Equirect",
    ),
    "half": (change(lambda s: s.camera.data, "longitude_min", 0), "does not look all around"),
    "no camera": (change(lambda s: s, "camera", None), "camera is not panoramic"),
    "engine": (
        change(lambda s: s.render, "engine", "BLENDER_WORKBENCH"),
        "Workbench renders none; choose Cycles",
    ),
}


@pytest.mark.parametrize("problem", RENDERS)
def test_render_that_is_no_panorama(panorama, rendered, problem):
    alter, words = RENDERS[problem]
    alter(rendered)
    with pytest.raises(RuntimeError, match=words):
        panorama(source="IMAGE")


def test_render_of_another_shape(panorama, rendered):
    rendered.render.resolution_y = 64
    bpy.ops.render.render()
    with pytest.raises(RuntimeError, match="has 64 x 64 pixels, and a panorama is twice as wide"):
        panorama(source="IMAGE")
    assert not [image for image in bpy.data.images if image.name.endswith(".exr")]


@pytest.fixture
def surrounded(scenery, tmp_path):
    """A .blend whose World has a panorama, saved; its path."""
    path = scenery.write_picture(tmp_path / "sky.png", scenery.draw(32, 64))
    scenery.add_world(bpy.data.images.load(str(path)))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"), check_existing=False)
    return tmp_path / "scene.blend"


def test_command(scenery, command, surrounded, style, tmp_path):
    before, graphs = surrounded.read_bytes(), scenery.snapshot()
    output = tmp_path / "out.blend"
    options = ("--style", style, "--method", "transport", "-o", output, "--json")
    code, out, err = command("panorama", surrounded, *options)
    assert code == 0, err
    facts = json.loads(out)
    assert facts["pictures"] == ["sky.style"]
    assert (facts["width"], facts["height"]) == (64, 32)
    assert surrounded.read_bytes() == before
    bpy.ops.wm.open_mainfile(filepath=str(output))
    made = scenery.surroundings(bpy.context.scene.world)
    assert made.filepath == "//stylized/sky.style.png"
    assert tuple(made.size) == (64, 32)
    code, _, err = command("restore", output, "-o", tmp_path / "back.blend")
    assert code == 0, err
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "back.blend"))
    assert scenery.snapshot() == graphs


def test_command_with_a_picture(command, surrounded, style, tmp_path):
    output = tmp_path / "out.blend"
    options = ("--image", "sky.png", "--style", style, "-o", output, "--pack", "--quiet")
    code, out, err = command("panorama", surrounded, "--method", "transport", *options)
    assert (code, out) == (0, ""), err
    bpy.ops.wm.open_mainfile(filepath=str(output))
    assert bpy.data.images["sky.style"].packed_file is not None
    assert not (tmp_path / "stylized").exists()


@pytest.mark.parametrize(
    ("options", "expected", "words"),
    [
        (["{file}", "-o", "{out}"], 2, "--style"),
        (["{file}", "-o", "{out}", "--style", "{style}", "--bake"], 2, "--bake"),
        (["model.glb", "-o", "{out}", "--style", "{style}"], 2, "model.glb is none of .blend"),
        (["{file}", "-o", "out.glb", "--style", "{style}"], 2, "out.glb cannot be written"),
        (["{file}", "-o", "{out}", "--style", "{style}", "--image", "x"], 1, "no picture x"),
        (["{empty}", "-o", "{out}", "--style", "{style}"], 1, "has no World"),
    ],
)
def test_command_used_wrongly(command, surrounded, style, tmp_path, options, expected, words):
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "empty.blend"), copy=True)
    names = {"file": surrounded, "out": tmp_path / "out.blend", "style": style}
    names["empty"] = tmp_path / "empty.blend"
    code, _, err = command("panorama", *(option.format(**names) for option in options))
    assert code == expected
    assert words in err.strip().splitlines()[-1]
    assert not names["out"].exists()
