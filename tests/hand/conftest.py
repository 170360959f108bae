"""Pictures with known strokes."""

import numpy as np
import pytest
from PIL import Image


def stripe(angle=30.0, size=160, wide=4.0, contrast=0.1):
    """Grey stripes that go at an angle (degrees, 90 is upright), (H, W, 3) in [0, 1]."""
    y, x = np.mgrid[:size, :size]
    turn = np.deg2rad(angle)
    across = x * np.sin(turn) + y * np.cos(turn)
    grey = 0.5 + contrast * np.sin(across * np.pi / wide)
    return np.repeat(grey[..., None], 3, 2).astype(np.float32)


@pytest.fixture
def stripes():
    return stripe


@pytest.fixture
def keep(tmp_path):
    """Write a picture (H, W, 3) in [0, 1]: (name, picture) -> its path as a text."""

    def write(name, picture):
        path = tmp_path / name
        Image.fromarray(np.rint(np.asarray(picture) * 255).astype(np.uint8)).save(path)
        return str(path)

    return write
