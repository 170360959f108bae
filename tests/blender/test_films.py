"""Frames all the way: rendered, stylized as one sequence, composited; by operator."""

import json
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def frames(style):
    """Stylize frames: (**options) -> what the operator returns."""
    known = {"style": style, "method": "adain"}
    return lambda **options: bpy.ops.stylize.frames(**known | options)


def colors(read_exr, path):
    """(H, W, 3) of an EXR's first picture."""
    channels = read_exr(path)
    names = [next(n for n in channels if n.split(".")[-1] == c) for c in "RGB"]
    return np.stack([channels[name] for name in names], -1)


def test_frames_and_back(module, read_exr, animated, frames, saved):
    scene, folder = animated(), saved()
    assert frames() == {"FINISHED"}
    names = sorted(path.name for path in (folder / "stylized/frames").glob("*.exr"))
    assert names == ["Scene_0001.exr", "Scene_0002.exr", "Scene_0003.exr"]
    rendered = colors(read_exr, folder / "stylized/passes/Scene_0002.exr")
    made = colors(read_exr, folder / "stylized/frames/Scene_0002.exr")
    assert made.shape == rendered.shape == (32, 48, 3)
    assert np.abs(made - rendered).mean() > 0.01
    image = bpy.data.images["Scene.stylized frames"]
    assert image.source == "SEQUENCE"
    assert image.filepath == "//stylized/frames/Scene_0001.exr"
    assert "Stylized 3 frames" in module("session").SESSION.lines[0]
    assert any("Motion Blur" in line for line in module("session").SESSION.lines)
    assert bpy.ops.stylize.restore(scope="FRAMES") == {"FINISHED"}
    assert scene.stylize_frames_amount == 1


def test_blur_is_kept_and_motion_exact(module, read_exr, animated, frames, saved):
    animated()
    folder = saved()
    assert frames() == {"FINISHED"}
    report = module("session").SESSION.lines
    assert module("rendering.run").APART in report
    assert not any("vectors are zero" in line for line in report)
    apart = sorted(path.name for path in (folder / "stylized/passes/motion").iterdir())
    assert apart == ["Scene_0001.exr", "Scene_0002.exr", "Scene_0003.exr"]
    kept = colors(read_exr, folder / "stylized/frames/Scene_0002.exr")
    assert frames(keep_blur=False) == {"FINISHED"}
    assert module("rendering.run").BLUR in module("session").SESSION.lines
    sharp = colors(read_exr, folder / "stylized/frames/Scene_0002.exr")
    assert np.abs(kept - sharp).max() > 0.01


def test_view_layer(module, read_exr, animated, frames, saved, command, style, tmp_path):
    """Each has files of its own, and the compositor's mattes are those of the one that is shown."""
    scene = animated()
    scene.view_layers.new("Front")
    folder = saved()
    assert frames(frame_end=1, layer="Front", parts="object:Box=0", live=True) == {"FINISHED"}
    first = scene.view_layers[0].name
    said = "Of 2 view layers Front was stylized; View Layer chooses another one"
    assert said in module("session").SESSION.lines
    assert [p.name for p in (folder / "stylized/frames").glob("*.exr")] == ["Scene_Front_0001.exr"]
    tree = module("compat").tree_of(scene)
    matte = next(n for n in tree.nodes if n.bl_idname == "CompositorNodeCryptomatteV2")
    assert matte.layer_name == "Front.CryptoObject"
    assert scene.view_layers["Front"].use_pass_cryptomatte_object
    assert not scene.view_layers[first].use_pass_cryptomatte_object
    with pytest.raises(RuntimeError, match="no view layer Sky"):
        frames(layer="Sky")
    bpy.ops.wm.save_mainfile()
    arguments = ("frames", folder / "scene.blend", "--style", style, "--method", "adain", "--json")
    options = ("--frames", "1", "--view-layer", "Front", "--no-keep-motion-blur")
    code, out, err = command(*arguments, *options, "-o", tmp_path / "x_####.exr")
    assert code == 0, err
    assert [p.name for p in (tmp_path / "passes").glob("*.exr")] == ["Scene_Front_0001.exr"]
    assert any("Motion Blur was off" in note for note in json.loads(out)["notes"])


def test_eevee(module, read_exr, animated, frames, saved):
    """In the background a Blender of its own draws, so that a missing driver is no crash."""
    scene = animated()
    scene.render.engine = "BLENDER_EEVEE_NEXT" if bpy.app.version < (5, 0, 0) else "BLENDER_EEVEE"
    scene.eevee.taa_render_samples = 1
    folder = saved()
    try:
        done = frames(frame_end=2)
    except RuntimeError as error:
        assert "EEVEE needs OpenGL or Vulkan" in str(error)  # noqa: PT017  # which it is depends on the machine
        pytest.skip("there is no graphics driver here")
    assert done == {"FINISHED"}
    report = module("session").SESSION.lines
    assert module("rendering.run").APART in report
    assert not any("vectors are zero" in line for line in report)
    vectors = read_exr(folder / "stylized/passes/motion/Scene_0002.exr")
    assert max(np.abs(x).max() for name, x in vectors.items() if ".Vector." in name) > 1
    rendered = colors(read_exr, folder / "stylized/passes/Scene_0002.exr")
    made = colors(read_exr, folder / "stylized/frames/Scene_0002.exr")
    assert np.abs(made - rendered).mean() > 0.01


def test_eevee_without_a_driver_is_a_sentence(animated, frames, saved, monkeypatch):
    scene = animated()
    scene.render.engine = "BLENDER_EEVEE_NEXT" if bpy.app.version < (5, 0, 0) else "BLENDER_EEVEE"
    folder = saved()
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", str(folder / "none.json"))
    if sys.platform != "linux":
        pytest.skip("drivers can be hidden on Linux alone")
    with pytest.raises(RuntimeError, match="EEVEE needs OpenGL or Vulkan"):
        frames(frame_end=1)
    assert not list((folder / "stylized").rglob("*.exr"))


def test_what_is_finished_is_not_made_again(module, animated, frames, saved):
    animated()
    folder = saved()
    assert frames(frame_start=1, frame_end=2) == {"FINISHED"}
    times = {str(p): p.stat().st_mtime_ns for p in folder.rglob("*.exr")}
    assert frames() == {"FINISHED"}
    report = module("session").SESSION.lines
    assert report[0].startswith("Stylized 1 frame in")
    assert "2 frames finished before" in report
    assert times == {path: Path(path).stat().st_mtime_ns for path in times}


def test_any_range_makes_the_same_frames(read_exr, animated, frames, saved, tmp_path):
    """A range renders the frames before it that its paint comes from."""
    animated()
    folder = saved()
    assert frames() == {"FINISHED"}
    apart = tmp_path / "apart/shot_####.exr"
    assert frames(frame_start=3, frame_end=3, output=str(apart)) == {"FINISHED"}
    assert [path.name for path in apart.parent.glob("*.exr")] == ["shot_0003.exr"]
    assert len(list((apart.parent / "passes").glob("*.exr"))) == 3
    one = colors(read_exr, apart.with_name("shot_0003.exr"))
    np.testing.assert_array_equal(one, colors(read_exr, folder / "stylized/frames/Scene_0003.exr"))
    alone = tmp_path / "alone/shot_####.exr"
    frames(frame_start=3, frame_end=3, output=str(alone), motion="none")
    assert len(list((alone.parent / "passes").glob("*.exr"))) == 1


def test_live_mattes(read_exr, animated, frames, saved):
    """The frames are stylized all over; where the part is, the compositor shows the render."""
    scene, folder = animated(), saved()
    assert frames(parts="object:Box=0", live=True) == {"FINISHED"}
    rendered = colors(read_exr, folder / "stylized/passes/Scene_0001.exr")
    made = colors(read_exr, folder / "stylized/frames/Scene_0001.exr")
    assert np.abs(made - rendered)[14:18, 22:28].max() > 0
    assert scene.view_layers[0].use_pass_cryptomatte_object
    assert bpy.ops.stylize.restore(scope="FILE") == {"FINISHED"}
    assert not scene.view_layers[0].use_pass_cryptomatte_object


def test_parts_and_strength_zero(read_exr, animated, frames, saved):
    """A part of strength 0 stays as it was rendered, the rest does not."""
    animated()
    folder = saved()
    bpy.data.collections.new("Things").objects.link(bpy.data.objects["Box"])
    assert frames(parts="collection:Things=0", frame_end=1) == {"FINISHED"}
    rendered = colors(read_exr, folder / "stylized/passes/Scene_0001.exr")
    made = colors(read_exr, folder / "stylized/frames/Scene_0001.exr")
    change = np.abs(made - rendered).max(-1)
    middle = change[14:18, 22:28]
    assert middle.max() == 0, "the box is in the middle"
    assert change[:4].mean() > 0.01


def test_parts_get_finer_brushes_from_painters_alone(module, animated, frames, saved, monkeypatch):
    """A part is fine, or has another strength, or both; methods without such brushes take no notice."""
    animated()
    saved()
    sent = []
    run = module("rendering.run")
    make = run.sequence_job_of
    monkeypatch.setattr(
        run, "sequence_job_of", lambda *a, **k: sent.append(make(*a, **k)) or sent[-1]
    )
    asked = {"parts": "fine object:Box\nfine material:Skin=0.5\nobject:Box=0.5", "frame_end": 1}
    for method in ("oil", "transport"):
        assert frames(method=method, style_scale=2.0, **asked) == {"FINISHED"}
    found = {job.job.method: job.job.detail_mask for job in sent}
    assert found == {"oil": "object:Box;material:Skin", "transport": None}
    assert [region.strength for region in sent[0].regions] == [1, 0.5, 0.5]


def test_paint_layers_are_laid_over_each_other_in_the_compositor(
    module, scenery, read_exr, animated, frames, saved, composited
):
    """They are the frames; one with less of it shows less; taking them out leaves no trace."""
    scene = animated()
    graphs = scenery.snapshot()
    folder = saved()
    asked = {"look": "OWN", "method": "oil", "paint_layers": True, "frame_end": 2, "style": ""}
    assert frames(**asked) == {"FINISHED"}
    layered = read_exr(folder / "stylized/frames/layers_Scene_0001.exr")
    frame = colors(read_exr, folder / "stylized/frames/Scene_0001.exr")
    whole = np.dstack([layered[f"Paint.Combined.{c}"] for c in "RGB"])
    assert np.abs(whole - frame).max() < 0.01
    tree = module("compat").tree_of(scene)
    over = {n.label: n for n in tree.nodes if n.get("stylize") == "layer"}
    assert list(over) == ["Paint", "Linen"]
    mix = next(n for n in tree.nodes if n.get("stylize") == "mix")
    graph = module("materials.graph")
    assert graph.picture_of(mix).image.filepath.endswith("layers_Scene_0001.exr")
    assert np.abs(composited(scene, 1) - whole).max() < 0.01
    for node in over.values():
        next(s for s in node.inputs if s.identifier == "Fac").default_value = 0.0
    ground = np.dstack([layered[f"Paint.Ground.{c}"] for c in "RGB"])
    assert np.abs(composited(scene, 1) - ground).max() < 0.01
    assert frames(**{**asked, "paint_layers": False}) == {"FINISHED"}
    tree = module("compat").tree_of(scene)
    assert not any(n.get("stylize") == "layer" for n in tree.nodes), "the frames as they are"
    assert frames(**asked) == {"FINISHED"}
    assert bpy.ops.stylize.restore(scope="FILE") == {"FINISHED"}
    assert scenery.snapshot() == graphs


def test_layers_of_other_methods_are_said_not_to_be(module, animated, frames, saved):
    animated()
    saved()
    assert frames(paint_layers=True, frame_end=1) == {"FINISHED"}
    assert any("no paint layers" in line for line in module("session").SESSION.skipped)


def test_surface_colors_alone(read_exr, animated, frames, saved):
    animated()
    folder = saved()
    assert frames(shown="DIFFUSE", frame_end=1) == {"FINISHED"}
    passes = read_exr(folder / "stylized/passes/Scene_0001.exr")
    assert any("Diff" in name for name in passes)


@pytest.mark.parametrize("asked", [{"drawn": "TOON"}, {"method": "toon"}])
def test_toon_frames_need_no_style(module, read_exr, animated, saved, asked):
    animated()
    folder = saved()
    done = bpy.ops.stylize.frames(**asked, ink_look="cel", style="", frame_end=2)
    assert done == {"FINISHED"}
    passes = read_exr(folder / "stylized/passes/Scene_0002.exr")
    assert any("Diff" in name for name in passes)
    made = colors(read_exr, folder / "stylized/frames/Scene_0002.exr")
    assert made.shape == (32, 48, 3)
    tones = np.unique(made.reshape(-1, 3).round(2), axis=0, return_counts=True)[1]
    assert np.sort(tones)[-3:].sum() > 0.5 * 32 * 48, "a picture of few tones"
    assert not (folder / "stylized/frames/styled").exists()
    assert "Stylized 2 frames" in module("session").SESSION.lines[0]


def test_frames_in_a_style_are_inked(read_exr, animated, frames, saved):
    animated()
    folder = saved()
    assert frames(drawn="INKED", ink_look="comic", frame_end=1) == {"FINISHED"}
    styled = colors(read_exr, folder / "stylized/frames/styled/Scene_0001.exr")
    inked = colors(read_exr, folder / "stylized/frames/Scene_0001.exr")
    drawn = (inked < styled - 0.02).any(-1)
    assert 0 < drawn.mean() < 0.5
    assert np.allclose(inked[~drawn], styled[~drawn], atol=0.03)
    assert not bpy.context.scene.view_layers[0].use_pass_position


def test_the_last_render_has_no_passes_for_toon(animated):
    animated()
    bpy.ops.render.render()
    assert bpy.ops.stylize.render(method="toon", ink_look="ink", style="") == {"FINISHED"}
    assert tuple(bpy.data.images["Render Result.ink"].size) == (48, 32)


def test_a_toon_still(animated, style):
    animated()
    assert bpy.ops.stylize.render(drawn="TOON", ink_look="ink", style="") == {"FINISHED"}
    assert tuple(bpy.data.images["Render Result.ink"].size) == (48, 32)


def test_last_render(scenery, animated, style, tmp_path):
    scene = animated()
    bpy.ops.render.render()
    assert bpy.ops.stylize.render(style=style, method="adain") == {"FINISHED"}
    image = bpy.data.images["Render Result.style"]
    assert tuple(image.size) == (48, 32)
    assert image.packed_file is not None, "an unsaved .blend keeps its results packed"
    assert bpy.ops.stylize.render(style=style, method="adain", again=True) == {"FINISHED"}
    assert [i.name for i in bpy.data.images if ".style" in i.name] == ["Render Result.style"]
    assert scene.frame_current == 1


def test_each_frame_as_it_is_rendered(scenery, animated, style, tmp_path, capfd):
    scene = animated()
    scene.view_settings.view_transform = "AgX"
    scene.stylize.style, scene.stylize.method, scene.stylize.each_frame = style, "adain", True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGB"
    scene.render.use_file_extension = True
    scene.render.filepath = str(tmp_path / "shot5_##_a")
    bpy.ops.render.render(animation=True)
    made = sorted(path.name for path in (tmp_path / "stylized").glob("*.png"))
    assert made == ["shot5_01_a.png", "shot5_02_a.png", "shot5_03_a.png"]
    one, other = (
        bpy.data.images.load(str(folder / "shot5_02_a.png"))
        for folder in (tmp_path, tmp_path / "stylized")
    )
    assert scenery.differs(one, other)
    scene.stylize.each_frame = False
    scene.render.filepath = str(tmp_path / "plain_")
    bpy.ops.render.render(animation=True)
    assert len(list((tmp_path / "stylized").glob("*.png"))) == 3
    scene.stylize.each_frame = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.filepath = str(tmp_path / "light_")
    bpy.ops.render.render(animation=True)
    assert len(list((tmp_path / "stylized").glob("*.exr"))) == 3
    scene.render.filepath = str(tmp_path / "still.png")
    capfd.readouterr()
    bpy.ops.render.render(write_still=True)
    assert "has no frame's number" in capfd.readouterr().out


def test_each_frame_of_the_chosen_view_layer(module, read_exr, animated, style, tmp_path):
    scene = animated()
    front = scene.view_layers.new("Front")
    front.material_override = bpy.data.materials["Paint"]
    scene.stylize.style, scene.stylize.method, scene.stylize.each_frame = style, "adain", True
    scene.stylize.strength = 0
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.use_file_extension, scene.frame_end = True, 1
    made = []
    for layer in ("Front", scene.view_layers[0].name):
        scene.stylize.layer, scene.render.filepath = layer, str(tmp_path / f"{len(made)}_#")
        bpy.ops.render.render(animation=True)
        rendered = read_exr(next(tmp_path.glob(f"{len(made)}_*.exr")))
        wanted = [rendered[f"{layer}.Combined.{letter}"] for letter in "RGB"]
        path = next((tmp_path / "stylized").glob(f"{len(made)}_*.exr"))
        np.testing.assert_array_equal(colors(read_exr, path), np.stack(wanted, -1))
        made.append(wanted)
    assert not np.array_equal(*made)


def test_view_of_the_scene(module, animated):
    scene, sequences = animated(), module("rendering.settings")
    assert sequences.view_of(scene, "STANDARD") == sequences.ViewTransform()
    scene.view_settings.view_transform, scene.view_settings.look = "AgX", "AgX - Punchy"
    scene.view_settings.exposure = 0.5
    found = sequences.view_of(scene, "SCENE")
    assert (found.name, found.look, found.display) == ("AgX", "AgX - Punchy", "sRGB")
    assert (found.exposure, found.gamma) == (0.5, 1)
    assert Path(found.config).is_file()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("object:Nobody", "There is no object 'Nobody'"),
        ("collection:Nothing", "There is no collection 'Nothing'"),
        ("material:Skin=2", "is no part of a picture"),
        ("Box", "is no part of a picture"),
    ],
)
def test_parts_that_are_none(animated, frames, saved, part, said):
    animated()
    folder = saved()
    with pytest.raises(RuntimeError, match=said):
        frames(parts=part)
    assert not (folder / "stylized").exists()


def test_unsaved_file(module, animated, frames):
    animated()
    with pytest.raises(RuntimeError, match="has not been saved yet"):
        frames()
