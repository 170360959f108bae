"""Sequences in motion: paint goes with things, from passes or by a guess; what passes may lack."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from core.errors import PictureError
from core.imaging.image import load_image
from core.sequence.run import stylize_sequence
from core.video.metrics import clip_warping_error

from .conftest import COUNT, files


@pytest.mark.parametrize("both_ways", [False, True])
def test_paint_moves_with_the_picture(write_exr, make_sequence, made, both_ways, tmp_path):
    content = write_exr(tmp_path / "in", COUNT)
    numbers = range(1, COUNT + 1)
    result, steady = made(make_sequence(content, "steady", both_ways=both_ways), numbers)
    assert result.motion == "passes"
    _, single = made(make_sequence(content, "single", motion="none"), numbers)
    forward = torch.tensor([-3.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, *steady[0].shape[-2:])
    hidden = torch.zeros_like(steady[0][:, :1])
    hidden[..., :2, :], hidden[..., :4] = 1, 1
    errors = [
        clip_warping_error(x, [forward] * (COUNT - 1), [hidden] * (COUNT - 1))
        for x in (steady, single)
    ]
    assert errors[0] < 0.35 * errors[1]
    contrast = [float(torch.stack([x.std() for x in frames]).mean()) for frames in (steady, single)]
    assert contrast[0] > 0.93 * contrast[1]


def test_a_guess_of_motion_helps_as_well(shots, make_sequence, made):
    numbers = range(1, COUNT + 1)
    result, steady = made(make_sequence(shots, "steady"), numbers)
    assert result.motion == "dis"
    _, single = made(make_sequence(shots, "single", motion="none"), numbers)
    inner = (..., slice(12, -12), slice(12, -12))

    def unrest(frames):
        pairs = [(b[..., :-1, :-3] - a[..., 1:, 3:])[inner] for a, b in pairwise(frames)]
        return float(torch.stack(pairs).square().mean())

    assert unrest(steady) < 0.6 * unrest(single)


def test_light_that_fades_where_nothing_moves_is_followed(write_exr, make_sequence, made, tmp_path):
    content, numbers = write_exr(tmp_path / "in", 8, fade=0.93), range(1, 9)
    _, steady = made(make_sequence(content, "steady", anchor=12, motion="passes"), numbers)
    _, single = made(make_sequence(content, "single", motion="none"), numbers)
    behind = [float((a.mean() - b.mean()).abs()) for a, b in zip(steady, single, strict=True)]
    assert max(behind) < 0.25 * float((single[0].mean() - single[-1].mean()).abs())


def test_another_shot_begins_anew(write_png, make_sequence, pictures, tmp_path):
    content = write_png(tmp_path / "in", 5)
    picture = 1 - np.stack(
        [load_image(content.replace("####", f"{n:04d}")).rgb for n in range(1, 6)]
    )
    import cv2

    for number, x in enumerate(picture, 6):
        pixels = (x[0].transpose(1, 2, 0) * 255).round().astype(np.uint8)
        cv2.imwrite(content.replace("####", f"{number:04d}"), pixels)
    sequence = make_sequence(content)
    assert stylize_sequence(sequence).cuts == (6,)
    whole = pictures(sequence, [6])[0]
    alone = make_sequence(content, "alone", motion="none")
    stylize_sequence(alone)
    assert torch.equal(whole, pictures(alone, [6])[0])


def test_zero_vectors_are_told(write_exr, make_sequence, tmp_path):
    result = stylize_sequence(make_sequence(write_exr(tmp_path / "in", 3, still=True)))
    assert "Motion Blur" in " ".join(result.notes)


def test_no_vectors_are_refused_where_they_are_wanted(write_exr, make_sequence, tmp_path):
    sequence = make_sequence(write_exr(tmp_path / "in", 2, vectors=False), motion="passes")
    with pytest.raises(PictureError, match="Vector"):
        stylize_sequence(sequence)
    assert not files(sequence)
    assert stylize_sequence(replace(sequence, motion="auto")).motion == "dis"


def test_vectors_may_have_files_of_their_own(write_exr, make_sequence, pictures, tmp_path):
    """As where the frames have Motion Blur: every bit is as if they told themselves how they move."""
    own = make_sequence(write_exr(tmp_path / "own", 4), "whole", ".exr")
    bare = write_exr(tmp_path / "bare", 4, vectors=False)
    apart = make_sequence(bare, "apart", ".exr", vectors=own.job.content)
    assert stylize_sequence(own).motion == stylize_sequence(apart).motion == "passes"
    assert files(own) == files(apart)
    assert stylize_sequence(apart).skipped == 4
    write_exr(tmp_path / "own", 4, still=True)
    assert stylize_sequence(apart).skipped == 0


def test_vectors_that_are_missing_or_of_another_size(write_exr, write_png, make_sequence, tmp_path):
    content = write_exr(tmp_path / "in", 3, vectors=False)
    few = make_sequence(content, suffix=".exr", vectors=write_exr(tmp_path / "few", 2))
    with pytest.raises(PictureError, match="the frames 3 are missing"):
        stylize_sequence(few)
    none = make_sequence(content, suffix=".exr", vectors=content)
    with pytest.raises(PictureError, match="no pass vector"):
        stylize_sequence(none)
    plain = make_sequence(content, suffix=".exr", vectors=write_png(tmp_path / "png", 3))
    with pytest.raises(PictureError, match="has no passes"):
        stylize_sequence(plain)
    assert not list((tmp_path / "out").glob("*.exr"))
