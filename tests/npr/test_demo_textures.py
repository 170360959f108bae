import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import demo_textures


@pytest.mark.parametrize("make", demo_textures.PAINTED, ids=lambda make: make.__name__)
def test_base_colour_has_texture_and_is_the_same_twice(make):
    first, second = (make(np.random.default_rng(4), 96) for _ in range(2))
    assert first.shape == (96, 96, 3)
    assert first.min() > -0.05
    assert first.max() < 1.05
    assert first.std() > 0.04
    assert np.array_equal(first, second)


def test_glaze_meets_itself_around_the_vase():
    picture = demo_textures.glaze(np.random.default_rng(0), 256)
    seam = np.abs(picture[:, 0] - picture[:, -1]).mean()
    inside = np.abs(np.diff(picture, axis=1)).mean()
    assert seam < 2.5 * inside


def test_pictures_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_textures, "PAINTED", (lambda rng: demo_textures.clay(rng, 32),))
    demo_textures.paint(tmp_path / "made")
    assert [p.suffix for p in (tmp_path / "made").iterdir()] == [".png"]
