"""The hand of a style picture, put into the painter's settings."""

from dataclasses import fields
from pathlib import Path

import bpy
import pytest

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def panel():
    return bpy.context.scene.stylize


def test_a_painter_with_all_its_settings_is_put_into_the_panel(module, panel):
    """As the engine found it."""
    panel.look, panel.method = "pointillism", "auto"
    assert bpy.ops.stylize.take_hand() == {"FINISHED"}
    methods = module("method_list")
    assert panel.method in methods.PAINTER_IDS
    said = module("session").SESSION.report[0]
    assert methods.find_card(panel.method).look in said
    assert f"{panel.style_scale:g}" in said


def test_the_button_is_one_step_to_undo(module):
    """The search itself is none; what it found is put into the panel by an operator that undo takes back."""
    operators = module("operators.take_hand")
    assert "UNDO" in operators.STYLIZE_OT_apply_hand.bl_options
    assert "UNDO" not in operators.STYLIZE_OT_take_hand.bl_options


def test_what_was_found_is_what_a_run_asks_for(module, panel):
    facts = {
        "method": "oil",
        "style_scale": 0.5,
        "params": {"variety": 0.25, "length": 2.0, "ground": "grey", "layers": 2},
        "distance": 0.3,
        "notes": (),
    }
    module("operators.take_hand")._take(module("hand").Hand(facts))
    panel.look = "oil"
    job = module("properties").texture_settings(panel, bpy.context).job
    assert (job.method, job.style_scale) == ("oil", 0.5)
    assert {name: job.params[name] for name in facts["params"]} == facts["params"]


@pytest.mark.parametrize("look", ["OWN", "PICTURE"])
def test_without_a_style_picture_there_is_no_hand(panel, look):
    panel.look, panel.style = look, ""
    with pytest.raises(RuntimeError, match="Choose a style picture first"):
        bpy.ops.stylize.take_hand()


def test_a_picture_too_small_for_strokes_changes_nothing(panel, scenery, tmp_path):
    small = scenery.write_picture(tmp_path / "small.png", scenery.draw(16, 16))
    panel.look, panel.style, panel.method = "PICTURE", str(small), "auto"
    with pytest.raises(RuntimeError, match=r"small\.png has 16 x 16 pixels, too few"):
        bpy.ops.stylize.take_hand()
    assert panel.method == "auto"


def test_a_painter_is_kept_as_a_preset(panel, module):
    """The painter, its brush and its own settings alone; another painter's are as they were."""
    panel.method, panel.style_scale = "oil", 0.5
    panel.params_oil.variety, panel.params_oil.ground = 0.25, "black"
    assert bpy.ops.stylize.add_painter_preset(name="Fine Oil") == {"FINISHED"}
    (folder,) = bpy.utils.preset_paths("stylize/painter")
    kept = f"{folder}/Fine_Oil.py"
    panel.method, panel.style_scale = "mosaic", 2.0
    panel.params_oil.variety, panel.params_oil.ground = 3.0, "umber"
    panel.params_mosaic.joints = 2.0
    bpy.ops.script.execute_preset(filepath=kept, menu_idname="STYLIZE_MT_painter_presets")
    assert (panel.method, panel.style_scale) == ("oil", 0.5)
    assert (panel.params_oil.variety, panel.params_oil.ground) == (0.25, "black")
    assert panel.params_mosaic.joints == 2.0
    names = [f.name for f in fields(module("method_list").find_card("oil").params)]
    text = Path(kept).read_text(encoding="utf-8")
    assert all(f"params_oil.{name} =" in text for name in names)


def test_what_is_no_painter_is_not_kept(panel):
    panel.method = "auto"
    with pytest.raises(RuntimeError, match="Choose a painter first"):
        bpy.ops.stylize.add_painter_preset(name="None")
