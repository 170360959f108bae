"""Patterns of frames."""

import os
import sys
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


def test_a_range_is_never_counted_out(tmp_path):
    """Neither what is asked for nor what lies between two names may fill the memory."""
    pattern = Pattern.read(str(tmp_path / "f_####.png"))
    pattern.path(1).touch()
    with pytest.raises(PictureError, match="frames 2-99999999999 are missing"):
        wanted_frames(pattern, (1, 99_999_999_999))
    pattern.path(20231128153000).touch()
    with pytest.raises(PictureError, match="2-20231128152999 are missing"):
        wanted_frames(pattern, None)
    assert wanted_frames(pattern, (1, 1))[1] == [1]
    assert Pattern.read("f_%0999999999d.png").digits < 100


@pytest.mark.parametrize("name", ["f_00001.png", "f_-000.png", "f_٠٠٠٣.png", "f_0002.png.part"])
def test_names_that_the_pattern_would_not_give_are_no_frames(tmp_path, name):
    (tmp_path / name).touch()
    assert Pattern.read(str(tmp_path / "f_####.png")).found() == []


@pytest.mark.skipif(os.name != "posix" or sys.platform == "darwin", reason="names are UTF-8 there")
def test_names_that_are_not_utf8_do_no_harm(tmp_path):
    (tmp_path / "f_0003.png").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/f_\xff\xfe01.png")).touch()
    assert Pattern.read(str(tmp_path / "f_####.png")).found() == [3]


@pytest.mark.skipif(os.name != "posix", reason="links need rights there")
def test_a_folder_that_leads_to_itself(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(PictureError, match=r"cannot look for .*loop.*choose a folder"):
        Pattern.read(str(tmp_path / "loop" / "f_####.png")).found()


def test_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "listdir", refuse)  # to root nothing is closed
    with pytest.raises(PictureError, match="Permission denied"):
        Pattern.read(str(tmp_path / "f_####.png")).found()


def test_spans_are_short():
    assert spans([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"
    assert spans(list(range(0, 40, 2))).endswith("and 12 more")
