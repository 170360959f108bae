"""Tones: steps where they were asked for, and colours that turn as said."""

import numpy as np
import pytest

from core.npr.flow import streaks, structure
from core.npr.noise import blur
from core.npr.shading import (
    daub,
    draw_dots,
    find_level,
    flow_lines,
    ink_lines,
    kuwahara,
    lay_tones,
    posterize,
)
from core.npr.shading.dog import _sharpen, _threshold, edge_tangents
from core.npr.shading.tones import from_lab, to_lab
from core.request.toon_look import ToonLook, ramp_stops, step_places

from .conftest import BALL, SUN, look


def test_steps_on_a_lit_ball_are_as_many_as_asked_and_within_a_pixel():
    """Along rows of the ball the level crosses each half way where Lambert's cosine is the step's."""
    look_of = ToonLook(bands=5, shadow_edge=0.15, light_edge=0.85)
    y, x = np.mgrid[:120, :160].astype(np.float32)
    _, normal, thing = look(x, y)
    light = (np.maximum(normal @ SUN, 0) * (thing == 0)).astype(np.float32)
    level = find_level(light, ramp_stops(look_of))
    bx, by, r = BALL
    for row in (50, 61, 70):
        reach = np.sqrt(r * r - (row - by) ** 2)
        fine = np.linspace(bx - reach, bx + reach - 1, 20000)
        truth = look(fine, np.full_like(fine, row))[1] @ SUN
        inner = level[row, int(bx - reach) + 2 : int(bx + reach) - 2]
        at = np.arange(int(bx - reach) + 2, int(bx + reach) - 2)
        for index, place in enumerate(step_places(look_of)):
            wanted = fine[:-1][np.diff(np.sign(truth - place)) != 0]
            half = (index + 0.5) / 4
            found = np.flatnonzero(np.diff(np.sign(inner - half)) != 0)
            shares = (half - inner[found]) / (inner[found + 1] - inner[found])
            wanted = wanted[(wanted > at[0] + 1) & (wanted < at[-1] - 1)]
            found = (at[found] + shares)[: len(at)]
            for one in wanted:
                assert np.abs(found - one).min() < 1


@pytest.mark.parametrize("bands", [1, 2, 3, 8])
def test_hard_bands_are_flat(bands):
    light = np.tile(np.linspace(-0.2, 1.2, 1401, dtype=np.float32), (3, 1))
    level = find_level(light, ramp_stops(ToonLook(bands=bands)))
    flat = level[:, np.abs(np.gradient(level[1])) < 1e-6]
    assert len(np.unique(flat.round(5))) == bands
    assert float(level.max()) == pytest.approx(1)


def test_the_softest_ramp_is_one_slope():
    light = np.tile(np.linspace(0, 1, 1001, dtype=np.float32), (3, 1))
    level = find_level(
        light, ramp_stops(ToonLook(bands=3, softness=1, shadow_edge=0.25, light_edge=0.75))
    )
    assert np.allclose(level[1], light[1], atol=0.01)


COLORS = np.random.default_rng(3).random((5, 7, 3)).astype(np.float32)


def test_tones_that_change_nothing_give_the_colour_even_beyond_white():
    level = np.random.default_rng(4).random((5, 7)).astype(np.float32)
    for base in (COLORS, COLORS * 40):
        assert np.allclose(lay_tones(base, level, dark=1), base, rtol=2e-3, atol=2e-4)
    assert np.allclose(
        lay_tones(COLORS, np.ones((5, 7), np.float32), dark=0.2, hue=50), COLORS, atol=2e-4
    )


def test_shadows_are_darker_turned_and_stronger_as_said():
    base = COLORS * 0.2 + 0.3
    night = np.zeros((5, 7), np.float32)
    was, now = to_lab(base), to_lab(lay_tones(base, night, dark=0.8, hue=90, chroma=1.2))
    assert np.allclose(now[..., 0], 0.8 * was[..., 0], atol=2e-3)
    assert np.allclose(now[..., 1:], 1.2 * np.stack([-was[..., 2], was[..., 1]], -1), atol=2e-3)
    assert np.allclose(
        lay_tones(base, night, dark=0.8, hue=360), lay_tones(base, night, dark=0.8), atol=1e-3
    )


def test_tints_lie_on_their_bands_and_grey_is_none():
    base = np.full((1, 3, 3), 0.4, np.float32)
    level = np.array([[0, 0.5, 1]], np.float32)
    grey = [0.5, 0.5, 0.5]
    blue = to_lab(np.array([[[0.1, 0.1, 0.8]]], np.float32))[0, 0]
    made = to_lab(lay_tones(base, level, dark=1, tints=[[0.1, 0.1, 0.8], grey, grey], tint=0.2))
    plain = to_lab(base)
    assert np.allclose(made[0, 0, 1:], plain[0, 0, 1:] + 0.2 * blue[1:], atol=1e-3)
    assert np.allclose(made[0, 1:], plain[0, 1:], atol=1e-3)


def test_light_from_around_fills_shadows_alone():
    level = np.array([[0, 1]], np.float32)
    base = np.full((1, 2, 3), 0.5, np.float32)
    plain, filled = (lay_tones(base, level, ambient=a, ambient_tint=(1, 0.5, 0)) for a in (0, 0.4))
    assert np.allclose(filled - plain, [[[0.2, 0.1, 0], [0, 0, 0]]], atol=1e-5)


def test_lab_there_and_back():
    assert np.allclose(from_lab(to_lab(COLORS)), COLORS, atol=2e-4)


@pytest.mark.parametrize("degrees", [0, 45, 17])
def test_dots_cover_what_the_tone_says(degrees):
    for tone in (0.1, 0.3, 0.5, 0.8, 0.95):
        inked = draw_dots(np.full((160, 160), tone, np.float32), 8.0, degrees)
        assert abs(float(inked.mean()) - tone) < 0.02
    ends = draw_dots(np.array([[0, 1]], np.float32), 8.0)
    assert ends.tolist() == [[0, 1]]


def test_few_lightnesses_are_left_and_both_ends_stay():
    grey = np.repeat(np.linspace(0, 1, 512, dtype=np.float32)[None, :, None] ** 3, 3, -1).repeat(
        8, 0
    )
    made = to_lab(posterize(grey, 4))[4, :, 0]
    assert made[0] == pytest.approx(0, abs=1e-3)
    assert made[-1] == pytest.approx(1, abs=1e-3)
    middle = made[int(512 * 1.5 / 4)]
    assert middle == pytest.approx(1 / 3, abs=0.01)
    near = np.abs(made[:, None] - np.arange(4) / 3).min(1) < 0.06
    assert near.mean() > 0.7


def test_daubs_leave_flats_clean_edges_and_smooth_grain():
    flat = np.full((40, 50, 3), (0.2, 0.5, 0.7), np.float32)
    assert np.allclose(daub(flat, 5), flat, atol=1e-5)
    edge = flat.copy()
    edge[:, 25:] = (0.9, 0.3, 0.1)
    grainy = edge + np.random.default_rng(5).normal(0, 0.05, edge.shape).astype(np.float32)
    made = daub(grainy, 5)
    inner = np.r_[8:21, 30:42]
    assert np.std((made - edge)[8:-8, inner]) < 0.4 * np.std((grainy - edge)[8:-8, inner])
    assert np.abs(made - edge)[8:-8, [22, 27]].mean() < 0.06
    assert np.array_equal(daub(grainy, 0.5), grainy)


def test_dark_detail_is_inked_and_even_light_is_not():
    paper = np.full((40, 60), 0.9, np.float32)
    assert float(ink_lines(paper).max()) == 0
    assert float(ink_lines(np.full_like(paper, 0.1)).min()) > 0.99
    drawn = paper.copy()
    drawn[20, ::2] = 0.3
    assert float(ink_lines(drawn)[20, 10:50].max()) > 0.3
    joined, apart = flow_lines(drawn)[20, 10:50], ink_lines(drawn)[20, 10:50]
    assert float(joined.std()) <= float(apart.std()) + 1e-3


def test_even_places_are_daubed_as_by_all_sectors():
    """Where a picture is even a blur stands for the sectors: no border shows where it begins."""
    y, x = np.mgrid[:120, :160].astype(np.float32)
    ground = 0.5 + 0.0005 * x + 0.01 * np.sin(y / 9)
    picture = np.stack([ground, 0.9 * ground, 0.4 + 0 * x], -1)
    picture[40:80, 60:100] = (0.9, 0.2, 0.1)
    wanted = daub_all(picture, 6.0)
    made = daub(picture, 6.0, forms=3.0)
    assert np.abs(made - wanted).max() < 3 / 255
    assert 0.05 < (kuwahara._busy(picture, 6.0) > 0).mean() < 0.5, "some places are even, some not"


def daub_all(picture, radius):
    """The daubs of a picture, each pixel's by its sectors."""
    tensor = structure(picture, radius / 2)
    pixels = np.arange(picture.shape[0] * picture.shape[1])
    found = kuwahara._daub_at(blur(picture, radius / 6), tensor, radius, pixels)
    return found.reshape(picture.shape)


def test_lines_of_a_picture_are_the_same_where_only_ink_is_looked_at():
    """Where no streak reaches ink, nothing is averaged; elsewhere all is as if it were."""
    y, x = np.mgrid[:90, :120].astype(np.float32)
    grey = (0.8 - 0.7 * (np.abs(y - 30 - 6 * np.sin(x / 9)) < 1.5)).astype(np.float32)
    tangents = edge_tangents(grey, 2.0)
    whole = streaks(_sharpen(grey, 1.0, 18.0), tangents, 8.0)
    np.testing.assert_allclose(flow_lines(grey, edge=0.3), _threshold(whole, 0.3, 25.0), atol=1e-5)
    assert flow_lines(grey, edge=0.3).max() > 0.9
    assert not flow_lines(np.full_like(grey, 0.8), edge=0.3).any()
