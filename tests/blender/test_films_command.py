"""Frames and stills by ``blender --command``: what is written, what is said, what is refused."""

import json

import bpy
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.mark.parametrize("asked", ["--drawn", "--method"])
def test_toon(read_exr, animated, saved, command, tmp_path, asked):
    animated()
    folder = saved()
    output = tmp_path / "o_####.exr"
    typed = (asked, "toon", "--ink-look", "comic", "--frames", "1-1", "--json")
    code, out, err = command("frames", folder / "scene.blend", *typed, "-o", output)
    assert code == 0, err
    assert json.loads(out)["frames"] == 1
    channels = read_exr(tmp_path / "o_0001.exr")
    assert {name.split(".")[-1] for name in channels} >= set("RGB")
    assert {channel.shape for channel in channels.values()} == {(32, 48)}


def test_frames(animated, saved, command, style, tmp_path):
    animated()
    blend = saved() / "scene.blend"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_empty=True)
    pattern = tmp_path / "out" / "shot_####.exr"
    arguments = ("frames", blend, "-o", pattern, "--style", style, "--method", "adain", "--json")
    code, out, err = command(*arguments)
    assert code == 1, "there is no folder yet"
    pattern.parent.mkdir()
    code, out, err = command(*arguments, "--frames", "1-2", "--blend", tmp_path / "made.blend")
    assert code == 0, err
    facts = json.loads(out)
    assert facts["output"] == str(pattern)
    assert (facts["frames"], facts["skipped"], facts["rendered"]) == (2, 0, 2)
    assert facts["motion"] == "passes"
    assert (facts["width"], facts["height"]) == (48, 32)
    assert sorted(p.name for p in pattern.parent.glob("*.exr")) == [
        "shot_0001.exr",
        "shot_0002.exr",
    ]
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "made.blend"))
    assert bpy.data.images["Scene.stylized frames"].source == "SEQUENCE"
    code, out, err = command(*arguments)
    assert code == 0, err
    facts = json.loads(out)
    assert (facts["frames"], facts["skipped"], facts["rendered"]) == (1, 2, 1)


def test_a_still(animated, saved, command, style, tmp_path):
    animated()
    blend = saved() / "scene.blend"
    out_path = tmp_path / "still.png"
    code, out, err = command(
        "render",
        blend,
        "-o",
        out_path,
        "--style",
        style,
        "--method",
        "adain",
        "--frame",
        2,
        "--json",
    )
    assert code == 0, err
    facts = json.loads(out)
    assert facts["output"] == str(out_path)
    image = bpy.data.images.load(str(out_path))
    assert tuple(image.size) == (48, 32)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "no_number.exr"), "no place for frames' numbers"),
        (("-o", "x_####.exr", "--frames", "9-2"), "runs backward"),
        (("-o", "x_####.exr", "--frames", "a-b"), "is no range"),
        (("-o", "x_####.blend"), "cannot be written"),
        (("-o", "x_####.exr", "--part", "object:Box=2"), "is no part"),
        (("-o", "x_####.exr", "--anchor", "0"), "anchor is 0"),
    ],
)
def test_wrong_usage(animated, saved, command, style, monkeypatch, options, said):
    animated()
    folder = saved()
    monkeypatch.chdir(folder)
    code, _, err = command("frames", folder / "scene.blend", "--style", style, *options)
    assert code in (1, 2)
    assert said in err
    assert not (folder / "passes").exists()
