import numpy as np
import pytest
import torch

from core.color import linear_to_srgb, luma, srgb_to_linear


def pictures(height=13, width=17, seed=0):
    return np.random.default_rng(seed).random((2, 3, height, width), np.float32)


@pytest.mark.parametrize(
    ("encoded", "linear"),
    [
        (0.0, 0.0),
        (1.0, 1.0),
        (0.5, 0.214041),
        (0.04045, 0.0031308),
        (0.02, 0.02 / 12.92),
        (0.735357, 0.5),
    ],
)
def test_known_values_of_the_curve(encoded, linear):
    assert srgb_to_linear(np.array(encoded, np.float32)).item() == pytest.approx(linear, abs=1e-6)
    assert linear_to_srgb(np.array(linear, np.float32)).item() == pytest.approx(encoded, abs=1e-5)


@pytest.mark.parametrize("top", [255, 65535])
def test_every_level_survives_the_curve_and_back(top):
    levels = np.arange(top + 1, dtype=np.float32) / top
    back = linear_to_srgb(srgb_to_linear(levels))
    assert np.array_equal((back * top).round(), np.arange(top + 1))


def test_the_curve_takes_any_shape_and_stays_finite_below_zero():
    x = np.array([[-1.0, -0.01, 0.3]], np.float32)
    assert srgb_to_linear(x).shape == (1, 3)
    assert np.isfinite(srgb_to_linear(x)).all()
    assert np.isfinite(linear_to_srgb(x)).all()
    assert srgb_to_linear(np.array(0.5, np.float32)).shape == ()


def test_luma_of_primaries_and_of_grey():
    primaries = np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1)
    expected = np.array([0.2126, 0.7152, 0.0722], np.float32)
    torch.testing.assert_close(luma(primaries).flatten(), expected)
    grey = np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 1, 16, 16)
    assert np.array_equal(luma(grey.repeat(3, 1)), grey)
