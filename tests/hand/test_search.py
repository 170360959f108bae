"""The search for a painter: what is tried, and that the painter of a painted picture is found again."""

from itertools import product

import cv2
import numpy as np
import pytest

from core import styles
from core.card import make_params
from core.catalog import PAINTER_IDS, find_card
from core.hand import search as searching
from core.hand.find import look_at
from core.hand.search import (
    BRUSH,
    CALM,
    PART,
    PARTS,
    SPACES,
    STROKES,
    Sitter,
    Trial,
    search,
    take_parts,
    take_strokes_off,
)


def seat(name):
    return Sitter.seat(look_at(styles.path(name)).astype(np.float32) / 255)


def test_every_painter_is_tried():
    assert set(SPACES) == set(CALM) == set(PAINTER_IDS)


@pytest.mark.parametrize("method", PAINTER_IDS)
def test_all_that_is_tried_is_a_setting_and_allowed(method):
    card = find_card(method)
    make_params(card, {n: value for n, value in CALM[method].items() if n != BRUSH})
    for name, values in SPACES[method]:
        for value in values:
            if name != BRUSH:
                make_params(card, {name: value})


def test_parts_come_from_all_over_a_picture():
    y, x = np.mgrid[:400, :600].astype(np.float32)
    parts = take_parts(np.stack([y, x, x], -1))
    assert parts.shape == (PART * PARTS, PART * PARTS, 3)
    assert parts[..., 0].min() < 100 < 300 < parts[..., 0].max()
    assert parts[..., 1].min() < 150 < 450 < parts[..., 1].max()


def test_a_small_picture_is_one_part():
    picture = np.zeros((70, 90, 3), np.float32)
    assert take_parts(picture).shape == picture.shape


def test_strokes_are_taken_off_and_edges_stay():
    forms = np.full((96, 96, 3), 0.2, np.float32)
    forms[:, 48:] = 0.8
    struck = forms.copy()
    struck[:, 4 :: 3 * STROKES] = 1.0
    assert abs(take_strokes_off(struck) - forms).max() < 0.01


def test_along_a_setting_the_best_is_found(monkeypatch):
    """As long as it gets better, with a start between the values, and at either end."""
    tried = []

    class Bowl:
        def __init__(self, least):
            self.least = least

        def judge(self, method, settings):
            tried.append(settings["impasto"])
            return abs(settings["impasto"] - self.least)

    values = (0.0, 0.2, 0.5, 1.0, 1.6)
    for start, least in product((0.0, 0.4, 1.6), values):
        begun = Trial("oil", {"impasto": start, BRUSH: 1.0}, abs(start - least))
        found = searching._go_along(begun, "impasto", values, Bowl(least))
        assert found.distance <= begun.distance
        assert abs(found.settings["impasto"] - least) < 0.11
    assert set(tried) <= set(values)


@pytest.mark.parametrize(
    ("name", "painter"),
    [("watercolor", "watercolor"), ("pastel", "pastel"), ("stained_glass", "glass")],
)
def test_who_has_painted_a_picture_is_found_again(name, painter):
    """The style pictures that come with Stylize were painted by these painters, at another size."""
    told = []
    found = search(seat(name), lambda done, total: told.append((done, total)))
    assert found[0].method == painter
    assert found[0].distance == min(trial.distance for trial in found)
    assert told == sorted(set(told)), "no step is told twice"
    assert told[-1][0] == told[-1][1]


def test_how_many_paint_at_once_changes_nothing(monkeypatch, stripes):
    picture = np.clip(
        stripes() + cv2.resize(np.eye(4, dtype=np.float32), (160, 160))[..., None] * 0.3, 0, 1
    )
    found = []
    for hands in (1, 2):
        monkeypatch.setattr(searching, "AT_ONCE", hands)
        monkeypatch.setattr(searching, "PAINTER_IDS", ("gouache", "watercolor"))
        found.append(search(Sitter.seat(picture), lambda *_: None))
    assert found[0] == found[1]
