"""Finer brushes in parts of frames: each frame has its own, by masks or by name, carried or painted alone."""

import cv2
import numpy as np
import pytest

from core.errors import ParamsError, PictureError
from core.imaging.image import load_image
from core.request.check import check_sequence
from core.sequence.run import stylize_sequence

HALF = 48


@pytest.fixture
def painted(make_sequence):
    """A sequence of a painter with a broad brush."""

    def make(content, name, method="oil", motion="none", **job):
        job = {"method": method, "styles": (), "style_scale": 3.0, "lit": "never", **job}
        return make_sequence(content, name, job=job, motion=motion)

    return make


def off(sequence, content, number):
    """How far a frame's halves are from what they show, on average."""
    painting, picture = (
        load_image(str(pattern).replace("####", f"{number:04d}")).rgb[0]
        for pattern in (sequence.job.output, content)
    )
    apart = np.abs(painting - picture).mean(0)
    return float(apart[:, : HALF - 6].mean()), float(apart[:, HALF + 6 :].mean())


@pytest.mark.parametrize("motion", ["none", "dis"])
def test_each_frame_has_its_own_mask(write_png, painted, tmp_path, motion):
    content = write_png(tmp_path / "in", 2)
    for number, columns in ((1, slice(0, HALF)), (2, slice(HALF, None))):
        mask = np.zeros((72, 96), np.uint8)
        mask[:, columns] = 255
        cv2.imwrite(str(tmp_path / f"m_{number:04d}.png"), mask)
    plain = painted(content, "plain", motion=motion)
    fine = painted(content, "fine", motion=motion, detail_mask=str(tmp_path / "m_####.png"))
    for sequence in (plain, fine):
        stylize_sequence(sequence)
    for number, finer in ((1, 0), (2, 1)):
        without, with_it = (off(s, content, number) for s in (plain, fine))
        assert with_it[finer] < 0.9 * without[finer]
        if motion == "none" or number == 1:  # strokes that are carried go one after another
            assert with_it[1 - finer] == pytest.approx(without[1 - finer], rel=0.15)


def test_parts_have_names_and_several_are_meant_together(write_exr, painted, tmp_path):
    content = write_exr(tmp_path / "in", 1)
    frames = {}
    for name, where in (("fox", "object:Fox"), ("all", "object:Fox;not object:Fox")):
        sequence = painted(content, name, detail_mask=where)
        stylize_sequence(sequence)
        path = sequence.job.output.replace("####", "0001")
        frames[name] = load_image(path).rgb[0]
    apart = np.abs(frames["fox"] - frames["all"]).mean(0)
    assert apart[:, : HALF - 6].mean() < 0.2 * apart[:, HALF + 6 :].mean()


def test_what_is_no_part_is_said(write_png, painted, tmp_path):
    content = write_png(tmp_path / "in", 1)
    with pytest.raises(ParamsError, match="names no part"):
        check_sequence(painted(content, "a", detail_mask="object:Fox;object:"))
    with pytest.raises(PictureError, match="MultiLayer"):
        stylize_sequence(painted(content, "b", detail_mask="object:Fox"))
    with pytest.raises(ParamsError, match="no finer brushes"):
        check_sequence(painted(content, "c", method="watercolor", detail_mask="object:Fox"))
