"""Masks: one number a pixel, of the picture's size."""

import numpy as np
import pytest
import torch

from core.imaging.image import load_mask


def test_a_mask_is_luma_times_alpha(tmp_path, put):
    x = np.zeros((4, 4, 4), np.uint8)
    x[:2] = (255, 255, 255, 255)
    x[:, :2, 3] = 51
    mask = load_mask(put(tmp_path / "mask.png", x), (4, 4))
    assert mask.shape == (1, 1, 4, 4)
    torch.testing.assert_close(mask[0, 0, 0], np.array([0.2, 0.2, 1, 1], np.float32))
    assert (mask[..., 2:, :] == 0).all()
    assert (mask[0, 0, :2, 2:] == 1).all()


def test_a_mask_is_resized(tmp_path, put):
    x = np.zeros((8, 8, 1), np.uint8)
    x[:, 4:] = 255
    path = put(tmp_path / "mask.png", x)
    small = load_mask(path, (2, 4))
    assert small.shape == (1, 1, 2, 4)
    assert small.mean() == pytest.approx(0.5, abs=1e-6)
    large = load_mask(path, (30, 50))
    assert large.shape == (1, 1, 30, 50)
    assert large.min() == 0
    assert large.max() <= 1


def test_a_mask_of_floats_is_taken_as_it_is(tmp_path, put):
    path = put(tmp_path / "mask.exr", np.full((4, 4, 1), 0.5, np.float32))
    torch.testing.assert_close(load_mask(path, (4, 4)), np.full((1, 1, 4, 4), 0.5, np.float32))
