import numpy as np
import pytest

from core.palette.oklab import fit_gamut, to_oklab, to_srgb


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((1, 1, 1), (1, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 1, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 1), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_known_colors(rgb, lab):
    assert to_oklab(np.array(rgb, float)) == pytest.approx(lab, abs=2e-4)


def test_there_and_back_is_the_same_color():
    rgb = np.random.default_rng(0).random((3, 50, 40)).astype(np.float32)
    assert to_srgb(to_oklab(rgb)) == pytest.approx(rgb, abs=2e-5)
    assert to_oklab(rgb).dtype == to_srgb(to_oklab(rgb)).dtype == np.float32


def test_what_no_screen_shows_gives_up_chroma_alone():
    lab = np.array([[0.6, 0.9, 1.2, 0.5], [0.5, 0.3, 0.1, 0.01], [0.2, -0.3, 0.1, 0.02]])
    fitted = fit_gamut(lab)
    assert fitted[0] == pytest.approx([0.6, 0.9, 1, 0.5])
    assert fitted[1] * lab[2] == pytest.approx(fitted[2] * lab[1], abs=1e-12)  # hue
    assert fitted[:, 3] == pytest.approx(lab[:, 3])
    assert to_oklab(to_srgb(fitted)) == pytest.approx(fitted, abs=2e-3)
    assert np.hypot(*fitted[1:, 0]) > 0.15
