"""Highlights, rims, where the light comes from, and where the camera stands."""

import numpy as np
import pytest

from core.npr.shading import draw_highlight, draw_rim, find_eye, measure_sun
from core.request.toon_look import OUTLINES

from .conftest import BALL, BOX, SUN, WIDE, look

FRONT = np.array([0, -1, 0], np.float32)


@pytest.fixture(scope="module")
def ball():
    y, x = np.mgrid[:120, :160].astype(np.float32)
    _, normal, thing = look(x, y)
    return (normal * (thing == 0)[..., None]).astype(np.float32)


def test_a_round_highlight_is_a_disk_of_its_size(ball):
    for size in (0.2, 0.5):
        shown = draw_highlight(ball, FRONT, FRONT, size=size)
        radius = BALL[2] * np.sin(size * np.pi / 4)
        assert float(shown.sum()) == pytest.approx(np.pi * radius**2, rel=0.03)
        assert float(((shown > 0.02) & (shown < 0.98)).sum()) < 4 * np.pi * radius  # a thin edge
    assert not draw_highlight(ball, FRONT, FRONT, size=0).any()
    assert not draw_highlight(ball, FRONT, -SUN, size=0.3)[ball @ (FRONT - SUN) < 0].any()


def test_shapes_of_highlights(ball):
    sun = np.array([0.3, -0.8, 0.4]) / np.linalg.norm([0.3, -0.8, 0.4])
    shown = {
        s: draw_highlight(ball, FRONT, sun, size=0.4, outline=outline)
        for s, outline in OUTLINES.items()
    }
    areas = {s: float(x.sum()) for s, x in shown.items()}
    assert areas["square"] > areas["round"] > areas["star"] > 0
    rows, columns = np.nonzero(shown["streak"] > 0.5)
    assert np.ptp(columns) > 2 * np.ptp(rows)
    soft = draw_highlight(ball, FRONT, sun, size=0.4, softness=1)
    assert 0.4 < float(soft[shown["round"] > 0.9].mean()) < 0.9


def test_a_highlight_is_moved_as_far_as_said(ball):
    """By the ball's own turn: 45 degrees are its whole radius times the sine."""
    shown = draw_highlight(ball, FRONT, FRONT, size=0.2, moved=(0.4, -0.2))
    y, x = np.mgrid[:120, :160]
    middle = (shown * x).sum() / shown.sum(), (shown * y).sum() / shown.sum()
    turn = np.arctan(np.hypot(0.4, 0.2) * np.pi / 4)
    way = np.array([0.4, 0.2]) / np.hypot(0.4, 0.2)
    assert np.array(middle) - BALL[:2] == pytest.approx(BALL[2] * np.sin(turn) * way, abs=0.7)


def test_a_rim_is_as_wide_as_said_and_on_its_side(ball):
    shown = draw_rim(ball, FRONT, SUN, width=0.7)
    bx, by, r = BALL
    y, x = np.mgrid[:120, :160]
    away = np.where(x < BOX[0] - WIDE - 3, np.hypot(x - bx, y - by), r)
    inner = r * np.sqrt(1 - 0.7**2)
    assert float(shown[(away > inner + 1.5) & (away < r - 2)].mean()) > 0.98
    assert float(shown[away < inner - 1.5].max()) < 0.02
    lit = ball @ SUN.astype(np.float32)
    for side in (1, -1):
        sided = draw_rim(ball, FRONT, SUN, width=0.7, side=side)
        assert not sided[side * lit < -0.3].any()
        assert float(sided[(side * lit > 0.3) & (away > inner + 1.5) & (away < r - 2)].min()) > 0.9


def test_a_plane_seen_aslant_has_no_rim():
    plane = np.broadcast_to(np.array([0, -0.1, 0.995], np.float32), (30, 40, 3)).copy()
    assert not draw_rim(plane, FRONT, SUN, width=1).any()


def test_the_light_is_found_by_what_it_lights(ball):
    light = np.maximum(ball @ SUN, 0).astype(np.float32)
    assert measure_sun(ball, light) @ SUN > np.cos(np.deg2rad(1))
    assert measure_sun(ball, np.zeros_like(light)).tolist() == [0, 0, 1]


def pass_of(place, turn, focal, size=(60, 80), kind="perspective"):
    """Return position, depth and normal of a wavy ground, as a camera at a place sees it."""
    height, width = size
    v, u = np.mgrid[:height, :width]
    if kind == "panorama":
        a, b = (u + 0.5) / width * 2 * np.pi, (0.5 - (v + 0.5) / height) * np.pi
        rays = np.stack([np.sin(a) * np.cos(b), np.cos(a) * np.cos(b), np.sin(b)], -1)
    else:
        x, y = (u - (width - 1) / 2) / focal, -(v - (height - 1) / 2) / focal
        rays = np.stack([x, np.ones_like(x), y], -1)
    rng = np.random.default_rng(9)
    reach = 4 + np.cos(u / 7.0) + np.sin(v / 5.0) + 0.1 * rng.random(size)
    if kind == "orthographic":
        position = np.stack([rays[..., 0], reach, rays[..., 2]], -1) @ turn.T + place
        depth = reach
    else:
        position = (rays * reach[..., None]) @ turn.T + place
        depth = reach  # along the axis; in a panorama rays have length 1
    normal = np.broadcast_to(turn @ np.array([0, -1.0, 0]), (*size, 3))
    return (x.astype(np.float32) for x in (position, depth, normal))


def turned(a):
    return np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])


@pytest.mark.parametrize("kind", ["perspective", "orthographic", "panorama"])
def test_the_camera_is_found_from_positions(kind):
    place, turn = np.array([3.0, -2.0, 1.0]), turned(0.4)
    eye = find_eye(*pass_of(place, turn, 90.0, kind=kind))
    assert eye.kind == kind
    assert eye.sure
    if kind == "orthographic":
        assert np.allclose(eye.place, turn @ [0, -1, 0], atol=1e-3)
        assert eye.pixel == pytest.approx(1 / 90, rel=1e-3)
    else:
        assert np.allclose(eye.place, place, atol=0.02)
        assert eye.pixel == pytest.approx(
            1 / 90 if kind == "perspective" else 2 * np.pi / 80, rel=1e-2
        )


def test_one_plane_or_nothing_does_not_tell_and_says_so():
    y, x = np.mgrid[:30, :40].astype(np.float32)
    position = np.stack([x, np.full_like(x, 7), -y], -1)
    normal = np.broadcast_to(FRONT, position.shape)
    eye = find_eye(position, np.full((30, 40), 7, np.float32), normal)
    assert not eye.sure
    assert eye.pixel == pytest.approx(1)
    assert np.allclose(eye.place, FRONT)
    assert not find_eye(position, np.full((30, 40), 1e10, np.float32), normal).sure
