"""Colours of a shot: one map into the style's palette for all frames, values kept in each."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.imaging.image import load_image
from core.palette.oklab import to_oklab
from core.picture.tones import Tones
from core.request.picture_job import StyleFile
from core.sequence.run import stylize_sequence

COUNT = 4
GREEN, RED = (0.06, 0.26, 0.2), (0.83, 0.12, 0.06)


@pytest.fixture
def shot(tmp_path):
    """A red square that comes into a green frame, and goes on."""
    folder = tmp_path / "in"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(1, COUNT + 1):
        frame = np.ones((96, 128, 3)) * GREEN
        left = (number - 2) * 40
        frame[24:72, max(0, left) : left + 44] = RED
        frame += rng.normal(0, 0.02, (12, 16, 1)).repeat(8, 0).repeat(8, 1)
        pixels = (frame.clip(0, 1) * 255).round().astype(np.uint8)
        cv2.imwrite(str(folder / f"in_{number:04d}.png"), pixels[..., ::-1])
    return str(folder / "in_####.png")


def frames_of(pattern):
    paths = [pattern.replace("####", f"{n:04d}") for n in range(1, COUNT + 1)]
    return [to_oklab(load_image(path).rgb[0]) for path in paths]


def means_of(pattern, masks):
    return np.array(
        [
            [frame[:, mask].mean(1) for mask in (red, ~red)] if red.any() else [[np.nan] * 3] * 2
            for frame, red in zip(frames_of(pattern), masks, strict=True)
        ]
    )


@pytest.mark.parametrize("motion", ["none", "flow"])
def test_things_have_one_color_in_all_frames(shot, make_sequence, motion):
    sequence = make_sequence(shot, job={"palette": "scene"}, motion=motion)
    stylize_sequence(sequence)
    masks = [frame[1] > 0.1 for frame in frames_of(shot)]
    assert [mask.any() for mask in masks] == [True] * COUNT
    before, after = means_of(shot, masks), means_of(sequence.job.output, masks)
    assert np.linalg.norm(after - after.mean(0), axis=-1).max() < 0.05
    apart = [np.linalg.norm(x[:, 0] - x[:, 1], axis=-1) for x in (before, after)]
    assert (apart[1] > 0.4 * apart[0]).all()


def test_any_chunks_give_the_same_frames(shot, make_sequence):
    look = {"palette": "scene", "keep_values": True}
    whole, parts = (make_sequence(shot, name, job=look) for name in ("whole", "parts"))
    stylize_sequence(whole)
    for frames in ((3, 4), (1, 2)):
        stylize_sequence(replace(parts, frames=frames))
    for one, other in zip(frames_of(whole.job.output), frames_of(parts.job.output), strict=True):
        assert np.array_equal(one, other)


def test_kept_values_follow_the_light_of_every_frame(write_exr, make_sequence, tmp_path):
    content = write_exr(tmp_path / "in", COUNT, fade=0.75)
    wanted = [frame[0].mean() for frame in frames_of(content)]
    away = {}
    for kept in (False, True):
        look = {"keep_values": kept, "styles": (StyleFile("builtin:pastel"),)}
        sequence = make_sequence(content, f"out{kept}", ".exr", job=look)
        stylize_sequence(sequence)
        got = [frame[0].mean() for frame in frames_of(sequence.job.output)]
        away[kept] = np.abs(np.subtract(got, wanted))
    assert wanted[0] - wanted[-1] > 0.1
    assert away[True].max() < 0.03 < 0.06 < away[False].max()


def test_without_being_asked_a_shot_is_painted_as_the_method_does(shot, make_sequence, monkeypatch):
    monkeypatch.setattr("core.picture.tones.hold", lambda *_, **__: pytest.fail("it was held"))
    monkeypatch.setattr(Tones, "surround", lambda *_, **__: pytest.fail("it was mapped"))
    stylize_sequence(make_sequence(shot))
