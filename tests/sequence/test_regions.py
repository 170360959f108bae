"""Parts of a frame by name."""

import cv2
import numpy as np
import pytest
import torch

from core.errors import ParamsError, PictureError
from core.passes import open_passes
from core.request.sequence_job import check_where, parse_where
from core.sequence.masks import combine_strengths, read_region


@pytest.fixture
def passes(write_exr, tmp_path):
    return open_passes(write_exr(tmp_path / "in", 1).replace("####", "0001"))


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("object:Fox, Hen", "object"),
        ("not material:Skin", "material"),
        ("depth:2..10", "depth"),
        ("object_index:1,4", "object_index"),
        ("masks/mask_####.png", None),
        ("C:/masks/mask.png", None),
    ],
)
def test_parts_are_understood(where, kind):
    check_where(where)
    assert parse_where(where)[0] == kind


@pytest.mark.parametrize("where", ["", "object:", "depth:9..2", "depth:near", "object_index:Fox"])
def test_nonsense_is_a_sentence(where):
    with pytest.raises(ParamsError):
        check_where(where)


def test_objects_and_all_the_rest(passes):
    size = passes.size
    fox = read_region("object:Fox", 1, size, passes)
    assert fox[..., : size[1] // 2].min() == 1
    assert fox[..., size[1] // 2 :].max() == 0
    assert torch.equal(read_region("not object:Fox", 1, size, passes), 1 - fox)
    assert read_region("depth:4..6", 1, size, passes).min() > 0.99
    assert read_region("depth:6..", 1, size, passes).max() < 0.01


def test_masks_have_a_file_for_each_frame_or_one_for_all(tmp_path):
    mask = np.zeros((6, 8), np.uint8)
    mask[:, :4] = 255
    cv2.imwrite(str(tmp_path / "m_02.png"), mask)
    assert read_region(str(tmp_path / "m_##.png"), 2, (6, 8)).mean() == 0.5
    assert read_region(f"not {tmp_path / 'm_02.png'}", 5, (6, 8))[..., 0].max() == 0
    with pytest.raises(PictureError):
        read_region(str(tmp_path / "m_##.png"), 3, (6, 8))


def test_names_need_passes():
    with pytest.raises(PictureError, match="MultiLayer"):
        read_region("object:Fox", 1, (4, 4))


def test_the_last_part_counts():
    left, all_ = torch.zeros(1, 1, 2, 4), torch.ones(1, 1, 2, 4)
    left[..., :2] = 1
    found = combine_strengths([(all_, 0.5), (left, 0.0)], (2, 4))
    assert found[..., :2].max() == 0
    assert found[..., 2:].min() == 0.5
    assert combine_strengths([], (2, 4)) is None
