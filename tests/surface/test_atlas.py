import numpy as np
import pytest
import torch

from core.errors import PictureError
from core.surface.atlas import coverage_of, fill_outward, load_triangles, rasterize

LOWER_LEFT = np.array([[[0, 0], [0.5, 0], [0, 0.5]]], np.float32)


def test_triangle_lies_where_v_points_up():
    mask = rasterize(LOWER_LEFT, (16, 16))[0, 0]
    assert mask[15, 0] == 1
    assert mask[0].sum() == 0
    assert mask[:, 12:].sum() == 0
    assert 30 <= mask.sum() <= 48


def test_fill_keeps_covered_texels_and_continues_them():
    x = torch.zeros(1, 3, 32, 48)
    x[:, 0, :, :10] = 1
    coverage = torch.zeros(1, 1, 32, 48)
    coverage[..., :10] = 1
    filled = fill_outward(x, coverage)
    assert torch.equal(filled[..., :10], x[..., :10])
    assert torch.allclose(filled[:, 0], torch.ones(1, 32, 48), atol=1e-5)
    assert float(filled[:, 1:].abs().max()) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (33, 17)])
def test_fill_works_at_any_size(size):
    x, coverage = torch.rand(1, 3, *size), torch.zeros(1, 1, *size)
    coverage[..., 0, 0] = 1
    filled = fill_outward(x, coverage)
    assert torch.allclose(filled, x[..., :1, :1].expand_as(x), atol=1e-5)


def test_full_coverage_is_none(tmp_path):
    np.save(tmp_path / "uv.npy", np.array([[[0, 0], [2, 0], [0, 2]]], np.float32))
    assert coverage_of(None, str(tmp_path / "uv.npy"), (8, 8)) == (None, ())
    assert coverage_of(torch.ones(1, 1, 8, 8), None, (8, 8)) == (None, ())


def test_transparent_everywhere_counts_all_and_says_so():
    coverage, notes = coverage_of(torch.zeros(1, 1, 8, 8), None, (8, 8))
    assert coverage is None
    assert len(notes) == 1


def test_wrong_triangles_are_refused(tmp_path):
    np.save(tmp_path / "uv.npy", np.zeros((4, 2)))
    with pytest.raises(PictureError, match="shape"):
        load_triangles(tmp_path / "uv.npy")


def test_triangles_that_are_not_numbers_are_dropped(tmp_path):
    np.save(tmp_path / "uv.npy", np.full((2, 3, 2), np.nan))
    assert len(load_triangles(tmp_path / "uv.npy")) == 0
