"""Patterns of frames."""

from pathlib import Path

import pytest

from core.errors import ParamsError, PictureError
from core.video.frames import Pattern, spans, wanted_frames


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/shot_####.exr", "shot_0007.exr"),
        ("a/shot_%04d.exr", "shot_0007.exr"),
        ("a/shot_0001.exr", "shot_0007.exr"),
        ("a/#.png", "7.png"),
        ("a/v2_shot.##.png", "v2_shot.07.png"),
    ],
)
def test_a_pattern_names_files(text, name):
    assert Pattern.read(text).path(7) == Path("a") / name


@pytest.mark.parametrize("text", ["a/shot.exr", "a/##_##.png"])
def test_no_pattern_is_a_sentence(text):
    with pytest.raises(ParamsError, match="no pattern"):
        Pattern.read(text)


def test_numbers_may_be_negative_or_long(tmp_path):
    pattern = Pattern.read(str(tmp_path / "f_##.png"))
    for number in (-2, -1, 0, 99, 100):
        pattern.path(number).touch()
    (tmp_path / "f_7.png").touch()  # too short to be of this pattern
    assert pattern.found() == [-2, -1, 0, 99, 100]


def test_ranges_must_be_there(tmp_path):
    pattern = Pattern.read(str(tmp_path / "f_##.png"))
    with pytest.raises(PictureError, match="no frames"):
        wanted_frames(pattern, None)
    for number in (1, 2, 5):
        pattern.path(number).touch()
    assert wanted_frames(pattern, (1, 2)) == ([1, 2, 5], [1, 2])
    with pytest.raises(PictureError, match="3-4, 6 are missing"):
        wanted_frames(pattern, (1, 6))
    with pytest.raises(ParamsError, match="backward"):
        wanted_frames(pattern, (5, 1))


def test_spans_are_short():
    assert spans([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"
    assert spans(list(range(0, 40, 2))).endswith("and 12 more")
