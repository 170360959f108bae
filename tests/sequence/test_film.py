"""Sequences of methods whose strokes stick to things: calm, however they are cut up, and no frame in vain."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.methods.paint.stylize import Prepared
from core.request.picture_job import StyleFile
from core.sequence.run import stylize_sequence
from core.video.metrics import clip_warping_error

PAINTERS = ["oil", "gouache", "pastel", "pointillism"]
COUNT = 9


@pytest.fixture
def painted(make_sequence):
    """A sequence of a painter without a style, whose strokes live for eight frames."""

    def make(content, method="oil", name="out", **more):
        job = {"method": method, "styles": (), **more.pop("job", {})}
        return make_sequence(content, name, job=job, **{"anchor": 2, **more})

    return make


def files(sequence):
    return {p.name: p.read_bytes() for p in sorted(Path(sequence.job.output).parent.glob("o_*"))}


def flows(count, size=(72, 96)):
    """The motion of the moving window of ``write_exr``."""
    forward = torch.tensor([-3.0, -1.0]).reshape(1, 2, 1, 1).expand(1, 2, *size)
    hidden = torch.zeros(1, 1, *size)
    hidden[..., :1, :] = hidden[..., :3] = 1
    return [forward] * (count - 1), [hidden] * (count - 1)


@pytest.mark.parametrize("method", PAINTERS)
def test_strokes_stay_on_what_they_lie_on(write_exr, painted, made, tmp_path, method):
    content = write_exr(tmp_path / "in", 6)
    numbers = range(1, 7)
    _, calm = made(painted(content, method, "calm", anchor=12), numbers)
    _, alone = made(painted(content, method, "alone", motion="none"), numbers)
    errors = [clip_warping_error(clip, *flows(6)) for clip in (calm, alone)]
    assert errors[0] < 0.5 * errors[1]


def test_any_chunks_give_the_same_frames(write_exr, painted, tmp_path):
    content = write_exr(tmp_path / "in", COUNT + 12)
    whole, parts = (painted(content, name=name) for name in ("whole", "parts"))
    stylize_sequence(whole)
    for frames in ((COUNT + 10, COUNT + 12), (1, 3), (4, COUNT + 9)):
        stylize_sequence(replace(parts, frames=frames))
    assert files(whole) == files(parts)


def test_frames_that_nobody_wants_are_not_painted(write_exr, painted, tmp_path, monkeypatch):
    content, painted_frames = write_exr(tmp_path / "in", COUNT), []
    paint = Prepared.paint
    monkeypatch.setattr(
        Prepared, "paint", lambda self, x: painted_frames.append(1) or paint(self, x)
    )
    result = stylize_sequence(painted(content, frames=(COUNT, COUNT)))
    assert result.frames == 1
    assert len(painted_frames) == 1


def test_a_world_that_stands_still_has_one_picture(write_exr, painted, tmp_path):
    content = write_exr(tmp_path / "in", 3)
    first = (tmp_path / "in" / "in_0001.exr").read_bytes()
    frames = write_exr(tmp_path / "still", 19, still=True)
    for number in range(1, 20):
        (tmp_path / "still" / f"in_{number:04d}.exr").write_bytes(first)
    assert content != frames
    still = painted(frames, "oil", "stills", motion="dis")
    stylize_sequence(still)
    assert len(set(files(still).values())) == 1


def test_styles_with_masks_are_carried_each(write_exr, painted, tmp_path):
    content = write_exr(tmp_path / "in", 3)
    styles = (
        StyleFile("builtin:oil", mask="object:Fox"),
        StyleFile("builtin:engraving", mask="not object:Fox"),
    )
    sequence = painted(content, job={"method": "pointillism", "styles": styles})
    assert stylize_sequence(sequence).frames == 3
