"""Toon looks: what they declare, and the tones they lay."""

from dataclasses import fields, replace

import pytest

from core.errors import ParamsError
from core.request.toon_look import (
    COLOR,
    PRESETS,
    ToonLook,
    check_look,
    find_preset,
    ramp_stops,
    read_color,
    step_places,
)


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets_are_sound_and_differ(name):
    check_look(PRESETS[name].look)
    assert all(PRESETS[name].look != other.look for key, other in PRESETS.items() if key != name)
    places = [place for place, _ in ramp_stops(PRESETS[name].look)]
    assert places == sorted(places)


def test_every_setting_has_a_help_a_heading_and_limits():
    for declared in fields(ToonLook):
        facts = declared.metadata
        limited = (facts["min"] is not None and facts["max"] is not None) or facts["choices"]
        assert facts["help"]
        assert facts["group"]
        assert limited or facts["unit"] == COLOR


def test_steps_lie_evenly_between_the_edges():
    look = ToonLook(bands=4, shadow_edge=0.2, light_edge=0.8)
    assert step_places(look) == pytest.approx((0.2, 0.5, 0.8))
    assert step_places(replace(look, bands=2)) == (0.2,)
    assert step_places(replace(look, bands=1)) == ()
    assert step_places(replace(look, shadow_edge=0.8, light_edge=0.2)) == step_places(look)


def test_hard_steps_jump_and_soft_ones_meet():
    look = ToonLook(bands=3, shadow_edge=0.2, light_edge=0.6)
    assert ramp_stops(look) == ((0.2, 0), (0.2, 0.5), (pytest.approx(0.6), 0.5), (0.6, 1))
    soft = ramp_stops(replace(look, softness=1))
    assert soft == tuple((pytest.approx(p), v) for p, v in ((0, 0), (0.4, 0.5), (0.4, 0.5), (1, 1)))
    assert ramp_stops(replace(look, bands=1)) == ((0, 1),)


def test_colours_and_names_that_are_none():
    assert read_color("#ff8000") == (1, 128 / 255, 0)
    for text in ("#ff80", "ff800g", "", "#ff 8000", "red"):
        with pytest.raises(ParamsError, match="rrggbb"):
            read_color(text)
    with pytest.raises(ParamsError, match=r"line color.*rrggbb") as raised:
        check_look(ToonLook(line_color="black"))
    assert raised.value.setting == "line_color"
    with pytest.raises(ParamsError, match="tint is 2"):
        check_look(ToonLook(tint=2))
    with pytest.raises(ParamsError, match="cel, comic, anime, ink, gouache, clay"):
        find_preset("cell")
