import inspect

import numpy as np
import pytest

from core import npr

PAINTERS = [getattr(npr, name) for name in npr.__all__]
SIZES = ((1, 1), (1, 9), (7, 2), (37, 52), (64, 48))


def picture(height, width, seed=0):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / max(height, width)
    forms = [np.sin(9 * x + 4 * y), np.cos(7 * y), np.where(x > y, 0.9, -0.9)]
    return np.clip(
        0.5 + 0.4 * np.stack(forms, -1) + rng.normal(0, 0.02, (height, width, 3)), 0, 1
    ).astype(np.float32)


@pytest.mark.parametrize("painter", PAINTERS, ids=npr.__all__)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_any_size_gives_a_picture_of_that_size(painter, size):
    painted = painter(picture(*size), seed=3)
    assert painted.shape == (*size, 3)
    assert painted.dtype == np.float32
    assert np.isfinite(painted).all()
    assert painted.min() >= 0
    assert painted.max() <= 1


@pytest.mark.parametrize("painter", PAINTERS, ids=npr.__all__)
def test_a_seed_decides_all(painter):
    content = picture(40, 48)
    before = content.copy()
    first = painter(content, seed=5)
    assert np.array_equal(first, painter(content, seed=5))
    assert not np.array_equal(first, painter(content, seed=6))
    assert np.array_equal(content, before), "the painter changed the picture it was given"


@pytest.mark.parametrize("painter", PAINTERS, ids=npr.__all__)
def test_a_painting_resembles_its_picture(painter):
    """Blurred, dark stays darker than light, and red redder than blue."""
    content = np.zeros((80, 96, 3), np.float32)
    content[:, :48] = (0.75, 0.12, 0.10)
    content[:, 48:] = (0.35, 0.62, 0.90)
    painted = painter(content, seed=1)
    left, right = painted[20:60, 8:40].mean((0, 1)), painted[20:60, 56:88].mean((0, 1))
    assert left[0] - left[2] > 0.1
    assert right[2] - right[0] > 0.1
    assert right.mean() > left.mean() + 0.05


@pytest.mark.parametrize("painter", PAINTERS, ids=npr.__all__)
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_black_and_white_are_pictures_too(painter, level):
    painted = painter(np.full((24, 24, 3), level, np.float32), seed=1)
    assert np.isfinite(painted).all()
    assert abs(float(painted.mean()) - level) < 0.5


@pytest.mark.parametrize("painter", PAINTERS, ids=npr.__all__)
def test_every_painter_can_be_called_alike(painter):
    parameters = list(inspect.signature(painter).parameters.values())
    assert parameters[0].name == "picture"
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[1:])
    assert inspect.signature(painter).parameters["seed"].default == 0
