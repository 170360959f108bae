from itertools import combinations

import numpy as np
import pytest

from core.palette.lut import Lut, tabulate
from core.palette.measure import MOST, Palette, join, measure_palette, shrink
from core.palette.oklab import to_oklab
from core.palette.solve import GRID, fit_curve, solve

GREEN, GREY, RED = (0.06, 0.26, 0.20), (0.29, 0.29, 0.29), (0.83, 0.12, 0.06)


def plain(color, size=(24, 24)):
    return np.ones((1, 3, *size), np.float32) * np.array(color, np.float32)[:, None, None]


def noise(seed=0, size=(40, 50)):
    return np.random.default_rng(seed).random((1, 3, *size), np.float32)


def lab_of(color):
    return to_oklab(np.array(color, float))


def palette(*colors, weights=None):
    weights = np.ones(len(colors)) if weights is None else np.array(weights, float)
    return Palette(np.stack([lab_of(c) for c in colors]), weights)


def mapped(lut, color):
    return to_oklab(lut.apply(plain(color, (1, 1)))[0, :, 0, 0].astype(float))


def painting(name):
    rng = np.random.default_rng(5)
    light = rng.beta(2, 3, (1, 1, 40, 40))
    return {
        "blue_and_gold": np.where(
            light > 0.5, light * plain((1, 0.8, 0.3), (1, 1)), light * plain((0.3, 0.5, 1), (1, 1))
        ),
        "dark": light * plain((0.4, 0.3, 0.2), (1, 1)),
        "pale": 0.8 + 0.2 * light * plain((1, 0.9, 0.8), (1, 1)),
        "one_color": plain((0.2, 0.4, 0.7)),
        "white": plain((1, 1, 1)),
        "black": plain((0, 0, 0)),
        "black_and_white": np.where(light > 0.4, 1, 0) * plain((1, 1, 1), (1, 1)),
        "noise": noise(9),
    }[name].astype(np.float32)


PAINTINGS = (
    "blue_and_gold", "dark", "pale", "one_color", "white", "black", "black_and_white", "noise",
)  # fmt: skip


# Measuring


def test_a_palette_has_the_colors_by_their_areas():
    picture = plain(GREEN, (30, 40))
    picture[..., :10] = np.array(RED, np.float32)[:, None, None]
    found = measure_palette(picture)
    assert sorted(found.weight) == pytest.approx([0.25, 0.75])
    assert found.lab[found.weight.argmax()] == pytest.approx(lab_of(GREEN), abs=1e-4)
    assert found.lab[found.weight.argmin()] == pytest.approx(lab_of(RED), abs=1e-4)


def test_what_is_not_covered_has_no_color():
    picture = plain(GREEN, (30, 40))
    picture[..., :11] = np.array(RED, np.float32)[:, None, None]
    coverage = np.ones((1, 1, 30, 40), np.float32)
    coverage[..., :11] = 0
    found = measure_palette(picture, coverage)
    assert found.lab == pytest.approx(lab_of(GREEN)[None], abs=1e-4)
    nothing = measure_palette(picture, np.zeros_like(coverage))
    assert len(nothing.lab) > 1


def test_a_small_copy_has_means_of_areas():
    picture = noise(size=(70, 190))
    small, weight = shrink(picture, None, 19)
    assert small.shape == (1, 3, 7, 19)
    assert small == pytest.approx(picture.reshape(1, 3, 7, 10, 19, 10).mean((3, 5)), abs=1e-5)
    assert weight == pytest.approx(1)


def test_a_palette_is_small_and_keeps_the_mean_and_small_materials():
    one, other = measure_palette(noise(size=(300, 300))), measure_palette(plain(RED))
    both = join([one.scaled(0.999), other.scaled(0.001)])
    assert len(both.lab) <= MOST
    assert both.mean == pytest.approx(0.999 * one.mean + 0.001 * other.mean, abs=1e-9)
    least = join([one.scaled(1), other.scaled(1e-7)])
    assert np.linalg.norm(least.lab - lab_of(RED), axis=-1).min() < 1e-3
    many = [plain((k / 40, 0.3, 1 - k / 40)) for k in range(40)]
    areas = [0.9] + [0.1 / 39] * 39
    scene = join([measure_palette(p).scaled(a) for p, a in zip(many, areas, strict=True)])
    away = np.linalg.norm(scene.lab[:, None] - [lab_of(p[0, :, 0, 0]) for p in many], axis=-1)
    assert away.min(0).max() < 0.03


# The table


def test_a_table_of_no_change_changes_nothing():
    same = tabulate(lambda lab: lab)
    picture = noise()
    assert same.apply(picture) == pytest.approx(picture, abs=1e-5)
    assert isinstance(same, Lut)
    assert same.apply(picture).dtype == np.float32


# The map


@pytest.mark.parametrize("name", PAINTINGS)
def test_materials_stay_apart_and_in_order_in_every_painting(name):
    scene = palette(GREEN, GREY, RED, (0.9, 0.9, 0.85), (0.03, 0.03, 0.03))
    lut = solve(scene, measure_palette(painting(name)))
    colors = (GREEN, GREY, RED, (0.9, 0.9, 0.85), (0.03, 0.03, 0.03))
    for one, other in combinations(colors, 2):
        before, after = lab_of(one) - lab_of(other), mapped(lut, one) - mapped(lut, other)
        assert np.linalg.norm(after) > 0.4 * np.linalg.norm(before)
        if abs(before[0]) > 0.02:
            assert after[0] * before[0] > 0.3 * before[0] ** 2


def test_the_scene_goes_to_the_paintings_palette():
    style = measure_palette(painting("blue_and_gold"))
    scene = measure_palette(noise(3) * 0.3 + 0.2)
    lut = solve(scene, style)
    before = np.linalg.norm(scene.mean - style.mean)
    moved = measure_palette(lut.apply(noise(3) * 0.3 + 0.2))
    assert np.linalg.norm(moved.mean - style.mean) < 0.6 * before
    assert mapped(lut, (0.6, 0.5, 0.3))[2] > 0  # warm stays warm
    assert mapped(lut, (0.2, 0.3, 0.45))[2] < 0


def test_no_color_of_the_painting_is_left_out_because_another_is_nearer():
    """All of these greys are nearer to the painting's ochre than to its blue."""
    greys = ((0.5, 0.5, 0.45), (0.55, 0.47, 0.4), (0.45, 0.46, 0.46), (0.5, 0.53, 0.45))
    lut = solve(palette(*greys), palette((0.75, 0.45, 0.15), (0.15, 0.35, 0.75)))
    blueness = [mapped(lut, grey)[2] for grey in greys]
    assert min(blueness) < -0.05 < 0.05 < max(blueness)


def test_a_scene_becomes_nearly_as_vivid_as_the_painting():
    greys = ((0.5, 0.45, 0.42), (0.45, 0.5, 0.45), (0.42, 0.45, 0.5), (0.5, 0.5, 0.42))
    style = palette((0.8, 0.2, 0.2), (0.2, 0.6, 0.2), (0.2, 0.3, 0.8), (0.8, 0.7, 0.2))
    lut = solve(palette(*greys), style)
    after, goal = (
        np.sqrt((lab[:, 1:] ** 2).sum(1).mean())
        for lab in (np.stack([mapped(lut, grey) for grey in greys]), style.lab)
    )
    assert 0.72 * goal < after < 1.05 * goal


def test_small_materials_stay_themselves_too():
    colors = [tuple(np.random.default_rng(k).random(3)) for k in range(40)]
    scene = palette(*colors, weights=[0.9] + [0.1 / 39] * 39)
    lut = solve(scene, measure_palette(painting("dark")))
    for one, other in combinations(colors, 2):
        before = np.linalg.norm(lab_of(one) - lab_of(other))
        if before > 0.1:
            assert np.linalg.norm(mapped(lut, one) - mapped(lut, other)) > 0.35 * before


def test_a_scene_of_one_color_gets_the_paintings_mean():
    lut = solve(palette(GREY), palette((0.2, 0.3, 0.6), (0.3, 0.4, 0.7)))
    assert mapped(lut, GREY)[2] < -0.05


def test_values_may_stay_as_they_are():
    lut = solve(palette(GREEN, GREY, RED), measure_palette(painting("pale")), values=True)
    for color in (GREEN, GREY, RED):
        assert mapped(lut, color)[0] == pytest.approx(lab_of(color)[0], abs=0.02)


def test_values_stay_in_a_color_that_no_screen_shows_so_bright():
    colors = (GREEN, GREY, RED, (0.9, 0.9, 0.85))
    lut = solve(palette(*colors), palette((0, 0, 1), (0.1, 0, 0.9)), values=True)
    for color in colors:
        assert mapped(lut, color)[0] == pytest.approx(lab_of(color)[0], abs=0.005)


def test_lightness_rises_steadily_into_the_paintings_range():
    style = measure_palette(painting("pale"))
    curve = fit_curve(palette((0.02, 0.02, 0.02), GREY, (0.8, 0.8, 0.8)), style)
    assert np.diff(curve).min() >= 0.4 * GRID[1]
    assert 0 <= curve[0] <= curve[-1] <= 1
    assert curve[0] > 0.3  # the darkest of a pale painting is not dark


def test_the_same_palettes_give_the_same_map():
    scene, style = palette(GREEN, RED), measure_palette(noise())
    assert np.array_equal(solve(scene, style).table, solve(scene, style).table)
