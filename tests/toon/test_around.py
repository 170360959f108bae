"""Panoramas: what lies across their borders is drawn as it is in their middle."""

from dataclasses import replace

import numpy as np
import pytest

from core.npr.shading import draw_dots
from core.request.toon_job import ToonJob, make_look
from core.toon.around import closing_screen, narrow, widen
from core.toon.compose import compose, flatten
from core.toon.frame import read_frame
from core.toon.measures import measure

from .conftest import SIZE, SUN, Render, passes_of, write_exr

HALF = SIZE[1] // 2
LINES = {"line_width": 18.0, "grain": 0.0, "highlight": 0.0, "rim": 0.0}


def panorama(middle):
    """Return the passes of a ball that stands before a wavy wall, around a column of a whole panorama."""
    height, width = SIZE
    v, u = np.mgrid[:height, :width]
    a, b = (u - middle) / width * 2 * np.pi, (0.5 - (v + 0.5) / height) * np.pi
    rays = np.stack([np.sin(a) * np.cos(b), np.cos(a) * np.cos(b), np.sin(b)], -1)
    ball = rays @ np.array([0, 1, 0]) > np.cos(0.5)
    depth = np.where(ball, 4.0, 7 + 0.3 * np.cos(3 * a) * np.cos(b))
    shares = np.stack([ball, ~ball], -1).astype(float)
    light = np.clip(0.5 + 0.5 * np.sin(4 * a) * np.cos(b), 0, 1)
    color = np.where(ball[..., None], (0.7, 0.2, 0.1), (0.2, 0.3, 0.6))
    parts = (depth, rays * depth[..., None], -rays, light, color, shares)
    return Render(*(part.astype(np.float32) for part in parts))


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """The same panorama with the ball in the middle, and on the border."""
    folder = tmp_path_factory.mktemp("panorama")
    return [
        write_exr(folder / f"{middle}.exr", passes_of(panorama(middle))) for middle in (HALF, 0)
    ]


def made(path, preset, look):
    job = ToonJob(
        content=str(path), output="out.png", preset=preset, sun=tuple(SUN), look=LINES | look
    )
    settings = make_look(job)
    frame = read_frame(path, job, settings)
    layers, _ = compose(frame, job, settings, measure([frame], job))
    return frame, layers, flatten(layers)


@pytest.mark.parametrize(
    ("preset", "look"), [("cel", {}), ("comic", {"halftone": 0.0, "taper": 0.7}), ("gouache", {})]
)
def test_a_panorama_that_is_turned_gives_the_same_picture_turned(turned, preset, look):
    """Silhouettes, tones and daubs; ink lies on the border as it does in the middle."""
    frame, layers, middle = made(turned[0], preset, look)
    _, _, border = made(turned[1], preset, look)
    assert frame.eye.around
    assert middle.shape[:2] == SIZE
    away = np.abs(np.roll(border, HALF, 1) - middle).max(-1)
    beside = np.s_[:, HALF - 30 : HALF + 30]
    assert layers.lines[beside][..., 3].max() > 0.5
    assert away[beside].max() < 0.02


def test_what_does_not_go_round_is_left_as_it_is(turned, exr):
    settings = make_look(ToonJob(content=str(exr), output="out.png"))
    straight = read_frame(exr, ToonJob(content=str(exr), output="out.png"), settings)
    assert not straight.eye.around
    assert widen(straight) is straight
    part = panorama(0)
    half = replace(part, **{
        name: np.repeat(getattr(part, name)[:, : HALF], 2, 1)
        for name in ("depth", "position", "normal", "light", "color", "shares")
    })  # fmt: skip  # half of what is around, each column twice
    path = write_exr(turned[0].with_name("half.exr"), passes_of(half))
    assert not read_frame(path, ToonJob(content=str(path), output="out.png"), settings).eye.around


def test_columns_of_the_other_side_are_put_on_and_taken_off(turned):
    frame = read_frame(
        turned[0], ToonJob(content="a", output="b"), make_look(ToonJob(content="a", output="b"))
    )
    wide = widen(frame)
    assert wide.size[1] == SIZE[1] + 2 * wide.pad > SIZE[1]
    assert np.array_equal(wide.position[:, : wide.pad], frame.position[:, -wide.pad :])
    assert np.array_equal(wide.scene.depth[:, -wide.pad :], frame.scene.depth[:, : wide.pad])
    assert np.array_equal(narrow(wide.base, wide), frame.base)


@pytest.mark.parametrize("degrees", [0, 37, 45, -80])
def test_dots_meet_themselves_across_the_border(degrees):
    cell, turn = closing_screen(157, 9.0, degrees)
    assert cell == pytest.approx(9, rel=0.06)
    dots = draw_dots(np.full((40, 2 * 157), 0.4, np.float32), cell, turn)
    assert np.abs(dots[:, :157] - dots[:, 157:]).max() < 0.02
