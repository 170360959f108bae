"""``--command stylize frames`` without a style: the scene's own settings, as a farm renders a file."""

import json

import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def chosen(animated, saved, style):
    """A saved scene whose panel says how its frames are to look."""
    scene = animated()
    panel = scene.stylize
    panel.look, panel.style, panel.method = "PICTURE", str(style), "adain"
    panel.strength, panel.anchor, panel.keep_blur = 0.5, 2, False
    return scene, saved()


def test_the_panel_says_how(chosen, command):
    _, folder = chosen
    code, out, err = command("frames", folder / "scene.blend", "--frames", "1-2", "--json")
    assert code == 0, err
    facts = json.loads(out)
    assert facts["frames"] == 2
    made = sorted((folder / "stylized/frames").glob("*.exr"))
    assert [path.name for path in made] == ["Scene_0001.exr", "Scene_0002.exr"]
    code, out, err = command("frames", folder / "scene.blend", "--frames", "1-2", "--json")
    facts = json.loads(out)
    assert (facts["frames"], facts["skipped"]) == (0, 2), "the same settings"


def test_what_is_typed_counts_for_more(chosen, command):
    _, folder = chosen
    options = ("frames", folder / "scene.blend", "--frames", "1", "--json")
    outputs = []
    for more in ((), ("--strength", "0")):
        code, _, err = command(*options, *more)
        assert code == 0, err
        outputs.append((folder / "stylized/frames/Scene_0001.exr").read_bytes())
    assert outputs[0] != outputs[1]


@pytest.mark.usefixtures("chosen")
def test_a_style_that_is_typed_leaves_the_panel_out(module, style):
    parser = module("command.arguments").build_parser(
        dict.fromkeys(module("command.arguments").COMMANDS, print)
    )
    found = parser.parse_args(["frames", "--style", str(style), "-o", "x_####.exr"])
    settings = module("command.frames")._sequence_settings(found, frames=(1, 2))
    assert settings.look.job.strength == 1
    assert settings.asked.anchor == 12
    assert settings.keep_blur


def test_a_panel_without_a_style_is_a_sentence(chosen, command, saved):
    scene, _ = chosen
    scene.stylize.style = ""
    folder = saved()
    code, _, err = command("frames", folder / "scene.blend", "--frames", "1")
    assert code == 2
    assert "No style was chosen" in err
