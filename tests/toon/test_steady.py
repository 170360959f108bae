"""What stays on things from frame to frame: strokes, and how certain lines are."""

from dataclasses import fields, replace

import numpy as np
import OpenImageIO as oiio
import pytest

from core.npr.shading import CREASE, SILHOUETTE, Crossings, fit_lines
from core.request.toon_job import ToonJob, make_look
from core.toon.frame import read_frame
from core.toon.run import run_toon
from core.toon.steady import hold, remember, settle

from .conftest import SIZE, passes_of, write_exr
from .test_around import panorama

SHIFT = np.array([3.0, 2.0])
"""Pixels by which all things move to the right and down, from frame to frame."""


@pytest.fixture
def frame(exr):
    asked = ToonJob(content="", output="")
    return read_frame(exr, asked, make_look(asked))


def moved(frame, turn, shift):
    """Return a frame whose things stood elsewhere one frame ago, and the frame of then."""
    there = np.where(
        (frame.scene.depth < 1e9)[..., None], frame.position @ turn.T + shift, 0
    ).astype(np.float32)
    before = replace(frame, position=there, normal=(frame.normal @ turn.T).astype(np.float32))
    return before, frame


def test_strokes_stay_on_things_that_turn_and_shift(frame):
    """Positions and normals now, undone by the motion that the pixels tell, are those of the first frame."""
    a = 0.1
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    before, now = moved(frame, turn, np.array([2.0, -1.0, 3.0]))
    first, poses = hold(before, None)
    assert np.array_equal(first.position, before.position)
    anchor, _ = hold(now, poses)
    inner = (now.cover > 0.999) & (now.scene.depth < 1e9)
    assert np.abs(anchor.position - first.position)[inner].max() < 0.05
    assert np.abs(anchor.normal - first.normal)[inner].max() < 0.01
    assert np.abs(now.position - first.position)[inner].max() > 3


def move_right(rendered, number):
    """Return the passes of a frame in which all things have moved, two pixels a frame."""
    parts = {f.name: np.roll(getattr(rendered, f.name), 2 * number, 1) for f in fields(rendered)}
    moved = replace(rendered, **parts)
    moved.position[..., 0] += np.where(moved.depth < 1e9, 2.0 * number, 0)
    return passes_of(moved, np.tile(np.float32([-2, 0, -2, 0]), (*SIZE, 1)))


@pytest.mark.parametrize("kind", ["straight", "panorama"])
def test_a_frame_is_the_same_in_whatever_range_it_is_made(rendered, tmp_path, kind):
    """Its strokes lie where they lay in the first frame; a panorama's across its border, too."""
    for number in range(1, 7):
        passes = passes_of(panorama(0)) if kind == "panorama" else move_right(rendered, number)
        write_exr(tmp_path / f"r_{number}.exr", passes)
    pictures = []
    for name, frames in (("all", None), ("one", (6, 6))):
        output = tmp_path / name / "o_#.exr"
        output.parent.mkdir()
        look = {"line_width": 18.0, "brush": 1.0}
        asked = {"content": str(tmp_path / "r_#.exr"), "preset": "ink", "look": look}
        run_toon(ToonJob(**asked, output=str(output), frames=frames))
        pictures.append(oiio.ImageBuf(str(output.with_name("o_6.exr"))).get_pixels(oiio.FLOAT))
    np.testing.assert_allclose(*pictures, atol=1e-4)


def test_what_stands_still_keeps_its_places_bit_for_bit(frame):
    _, poses = hold(frame, None)
    anchor, _ = hold(frame, poses)
    assert np.array_equal(anchor.position, frame.position)
    nowhere = replace(frame, backward=None)
    assert np.array_equal(hold(nowhere, poses)[0].position, frame.position)


def lines_at(places, strength, kind=CREASE):
    places = np.array(places, np.float32).reshape(-1, 2)
    column, row = np.rint(places).astype(np.int64).T
    kinds = np.full(len(places), kind, np.uint8)
    strengths = np.full(len(places), strength, np.float32)
    return Crossings(places, kinds, strengths, row * SIZE[1] + column)


def flowing(frame):
    still = np.zeros((*SIZE, 2), np.float32)
    return replace(
        frame,
        backward=(still - SHIFT).astype(np.float32),
        forward=(still + SHIFT).astype(np.float32),
    )


def test_a_line_becomes_certain_step_by_step_and_follows_its_thing(frame):
    frame = flowing(frame)
    before = remember(lines_at([(50, 50)], 1.0), frame)
    weak = settle(lines_at([(53, 52)], 0.2), frame, before)
    assert weak.strength.tolist() == pytest.approx([0.2 + 0.7 * 0.8])
    elsewhere = settle(lines_at([(40, 70)], 0.5), frame, before)
    assert elsewhere.strength[0] == pytest.approx(0.15)


def test_a_line_that_is_lost_stays_a_moment_where_its_thing_went(frame):
    frame = flowing(frame)
    past, seen = remember(lines_at([(50, 50)], 1.0), frame), []
    for _ in range(7):
        found = settle(lines_at([], 1.0), frame, past)
        past = remember(found, frame)
        seen.append((found.place.tolist(), found.strength.astype(float).round(3).tolist()))
    assert seen[0] == ([[53, 52]], [0.7])
    assert seen[1] == ([[56, 54]], [0.49])
    assert seen[-1] == ([], [])


def test_a_line_that_jumps_goes_over_to_its_new_place(frame):
    """It was on one row of pixels, and is a pixel lower now: it is fitted to both."""
    frame = flowing(frame)
    row = [(40 + column, 50.0) for column in range(20)]
    lower = np.array(row) + SHIFT + (0, 1)
    found = settle(lines_at(lower, 1.0), frame, remember(lines_at(row, 1.0), frame))
    fitted, _ = fit_lines(found, SIZE)
    assert len(fitted) == 40
    x, y = fitted.place.T
    inner = y[(x > 46) & (x < 59)]
    assert len(inner) > 20
    assert np.ptp(inner) < 0.6
    assert 52.3 < inner.mean() < 52.8


@pytest.mark.parametrize(("beside", "stays"), [([], 0), ([(53, 53)], 2)])
def test_a_silhouette_slides_over_its_thing_and_is_kept_beside_lines_alone(frame, beside, stays):
    frame = flowing(frame)
    before = remember(lines_at([(50, 50)], 1.0, SILHOUETTE), frame)
    assert len(settle(lines_at(beside, 1.0, SILHOUETTE), frame, before)) == stays


def test_a_lost_line_does_not_jump_to_another_thing_or_to_nothing(frame):
    frame = flowing(frame)
    past = remember(lines_at([(95, 75)], 1.0), frame)  # on the box
    assert len(settle(lines_at([], 1.0), frame, past))
    other = replace(past, things=past.things + 1)
    assert not len(settle(lines_at([], 1.0), frame, other))
    outside = remember(lines_at([(2, 2)], 1.0), frame)
    assert outside.things.tolist() == [0]
    assert not len(settle(lines_at([], 1.0), frame, outside))


def test_without_vectors_nothing_is_kept(frame):
    bare = replace(frame, backward=None, forward=None)
    line = lines_at([(50, 50)], 0.3)
    assert remember(line, bare) is None
    assert settle(line, bare, remember(line, flowing(frame))) is line
