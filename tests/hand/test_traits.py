"""Traits of strokes whose values are known."""

import numpy as np
import pytest

from core.hand.traits import SCALES, differ, find_angle, measure_traits, weigh_flat

ALL = np.ones((160, 160), np.float32)
PLAIN = np.full((160, 160, 3), 0.5, np.float32)


def measure(picture):
    return measure_traits(picture, PLAIN, ALL)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 135.0])
def test_the_direction_of_stripes_is_found(stripes, angle):
    found, share = find_angle(stripes(angle), ALL)
    assert abs((found - angle + 90) % 180 - 90) < 2
    assert share > 0.9


def test_grain_has_no_direction():
    grain = np.random.default_rng(0).normal(0.5, 0.05, (160, 160, 1)).astype(np.float32)
    picture = np.repeat(grain, 3, 2)
    assert find_angle(picture, ALL)[1] < 0.1


def test_stripes_are_long_and_orderly_and_grain_is_neither(stripes):
    grain = np.random.default_rng(0).normal(0.5, 0.05, (160, 160, 1)).astype(np.float32)
    lines, dots = measure(stripes()), measure(np.repeat(grain, 3, 2))
    for kind in ("local", "order"):
        assert lines[kind, 1] > dots[kind, 1] + 0.3


def test_twice_the_contrast_is_log_two_more_light(stripes):
    weak, strong = (measure(stripes(contrast=c)) for c in (0.05, 0.1))
    assert strong["light", 1] - weak["light", 1] == pytest.approx(np.log(2), abs=0.05)
    assert strong["chroma", 1] == pytest.approx(weak["chroma", 1], abs=0.1)


def test_wider_strokes_are_found_at_larger_scales(stripes):
    fine, broad = (measure(stripes(wide=w)) for w in (3, 12))
    loudest = [max(range(len(SCALES)), key=lambda k: t["light", k]) for t in (fine, broad)]
    assert loudest[0] < loudest[1]


def test_dark_lines_and_light_ones_are_told_apart(stripes):
    lines = np.maximum(stripes(contrast=0.2) - 0.6, 0)
    dark, light = measure(PLAIN - lines), measure(PLAIN + lines)
    assert dark["skew", 1] < 0 < light["skew", 1]


def test_a_picture_is_no_distance_from_itself(stripes):
    own = measure(stripes())
    assert differ(own, own) == 0
    assert differ(own, measure(stripes(contrast=0.3))) > 0.1


def test_forms_that_are_not_drawn_are_a_loss_and_those_that_are_none():
    y, x = np.mgrid[:160, :160]
    disc = np.where((x - 80) ** 2 + (y - 80) ** 2 < 40**2, 0.8, 0.3)
    forms = np.repeat(disc[..., None], 3, 2).astype(np.float32)
    weight = weigh_flat(forms)
    kept, lost = (measure_traits(p, forms, weight) for p in (forms, PLAIN))
    assert kept["loss", 0] < 0.05 < 0.9 < lost["loss", 0]
    better = {**lost, ("loss", 0): 0.0}
    assert differ(lost, better) == 0, "to lose less than the style does is no fault"
    assert differ(better, lost) > 0


def test_edges_of_forms_do_not_count_as_strokes():
    forms = np.full((80, 80, 3), 0.2, np.float32)
    forms[:, 40:] = 0.9
    weight = weigh_flat(forms)
    assert weight[:, 38:42].max() < 0.05
    assert weight[:, :20].min() > 0.95
