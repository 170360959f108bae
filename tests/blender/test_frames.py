"""A scene's frames: rendered with their passes, stylized as one film, and shown by the compositor."""

import json
import re

import bpy
import numpy as np
import pytest

SIZE = (48, 32)


def shot(module, folder, frames=(1, 2), **more):
    return module("frames").shot_of(bpy.context.scene, folder, frames, **{"diffuse": False} | more)


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


def test_frames_are_rendered_with_passes(module, read_exr, filmed, tmp_path):
    scene = filmed()
    before, made = state(scene), shot(module, tmp_path)
    assert module("frames").missing(made) == [1, 2]
    assert list(module("frames").render(made, [1, 2])) == [1, 2]
    assert module("frames").missing(made) == []
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


def test_settings_come_back_after_a_fault(module, filmed, tmp_path):
    scene = filmed()
    before, made = state(scene), shot(module, tmp_path)
    steps = module("frames").render(made, [1, 2])
    next(steps)
    steps.close()
    assert state(scene) == before
    (tmp_path / "passes").rename(tmp_path / "gone")
    (tmp_path / "passes").write_text("in the way")
    with pytest.raises((OSError, module("frames").StylizeError)):
        list(module("frames").render(made, [1]))
    assert state(scene) == before


def test_other_settings_make_frames_anew(module, filmed, tmp_path):
    scene, frames = filmed(), module("frames")
    made = shot(module, tmp_path, (1, 1))
    list(frames.render(made, [1]))
    assert frames.missing(made) == []
    assert frames.missing(made, again=True) == [1]
    assert frames.missing(shot(module, tmp_path, (1, 1), diffuse=True)) == [1]
    scene.render.resolution_x = 64
    assert frames.missing(made) == [1]
    scene.render.resolution_x = SIZE[0]
    made.path(1).unlink()
    assert frames.missing(made) == [1]


def test_blur_stays_where_motion_is_not_exact(module, read_exr, filmed, tmp_path):
    scene, frames = filmed(), module("frames")
    list(frames.render(shot(module, tmp_path, (2, 2)), [2]))
    blurred = shot(module, tmp_path, (2, 2), blur=True)
    assert frames.missing(blurred) == [2]
    list(frames.render(blurred, [2]))
    vectors = [pixels for name, pixels in read_exr(blurred.path(2)).items() if ".Vector." in name]
    assert not np.any(vectors), "Cycles writes no vectors with blur"
    assert frames.missing(blurred) == []
    scene.render.use_motion_blur = False
    assert frames.missing(blurred) == [2]


def test_cameras(module, filmed, tmp_path):
    scene, frames = filmed(), module("frames")
    made = shot(module, tmp_path)
    list(frames.render(made, [1, 2]))
    cameras = json.loads(frames.write_cameras(made).read_text())["frames"]
    assert sorted(cameras) == ["1", "2"]
    scene.frame_set(2)
    world = np.array(scene.camera.matrix_world.normalized())
    np.testing.assert_allclose(cameras["2"]["world"], world, atol=1e-6)
    assert cameras["1"]["world"] != cameras["2"]["world"]
    graph = bpy.context.evaluated_depsgraph_get()
    wanted = scene.camera.calc_matrix_camera(graph, x=SIZE[0], y=SIZE[1])
    np.testing.assert_allclose(cameras["2"]["projection"], np.array(wanted), atol=1e-6)


def test_cameras_of_panoramas(module, filmed, tmp_path):
    scene, frames = filmed(panorama=True), module("frames")
    made = shot(module, tmp_path, (1, 1))
    list(frames.render(made, [1]))
    cameras = json.loads(frames.write_cameras(made).read_text())["frames"]
    assert cameras["1"]["projection"] is None
    scene.camera.data.latitude_max = 0.5
    list(frames.render(made, [1]))
    assert frames.write_cameras(made) is None


def test_a_process_of_its_own_renders_the_same(module, read_exr, filmed, tmp_path):
    filmed()
    frames = module("frames")
    here, there = shot(module, tmp_path / "here"), shot(module, tmp_path / "there")
    list(frames.render(here, [1, 2]))
    steps = module("render_process").in_a_process(there, [1, 2])
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


def test_a_process_of_its_own_is_cancelled(module, filmed, tmp_path):
    filmed()
    steps = module("render_process").in_a_process(shot(module, tmp_path), range(1, 400))
    assert next(step for step in steps if step) > 0
    steps.close()
    names = {path.suffix for path in (tmp_path / "passes").iterdir()}
    assert len(list((tmp_path / "passes").glob("*.exr"))) < 50
    assert names <= {".exr", ".json"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda scene: setattr(scene, "camera", None), "has no camera"),
        (lambda scene: setattr(scene.render, "engine", "BLENDER_WORKBENCH"), "no passes"),
        (lambda scene: setattr(scene.view_layers[0], "use", False), "No view layer"),
    ],
)
def test_what_cannot_be_rendered(module, filmed, tmp_path, change, said):
    change(filmed())
    with pytest.raises(module("frames").StylizeError, match=said):
        shot(module, tmp_path)
