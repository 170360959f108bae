"""What every test may use: pictures of its own, small weights, and the shared data where it is there."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from core.threads import wait_passively

wait_passively()
ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("STYLIZE_SHARED") or ROOT.parent / "shared")


def draw(height: int = 64, width: int = 80, seed: int = 0) -> np.ndarray:
    """A small picture with slopes, edges and a little noise: uint8 (H, W, 3)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    slopes = np.stack([rows, columns, 1 - rows], -1) * rng.uniform(0.5, 1, 3)
    stripes = 0.2 * np.sin(40 * (rows + rng.uniform(-1, 1) * columns))[..., None]
    noise = rng.normal(0, 0.03, (height, width, 3))
    return (np.clip(slopes + stripes + noise, 0, 1) * 255).astype(np.uint8)


@pytest.fixture
def photo():
    """Draw a small picture: (height, width, seed) -> uint8 (H, W, 3)."""
    return draw


@pytest.fixture
def content(tmp_path):
    from PIL import Image  # not everywhere: inside Blender there is none

    path = tmp_path / "content.png"
    Image.fromarray(draw(64, 80, 1)).save(path)
    return path


@pytest.fixture
def style(tmp_path):
    from PIL import Image

    path = tmp_path / "style.png"
    Image.fromarray(draw(72, 64, 2)[..., ::-1]).save(path)
    return path


@pytest.fixture(scope="session")
def shared():
    """The folder of measuring data and published networks; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip(f"there is no shared data in {SHARED}; name its place in STYLIZE_SHARED")
    return SHARED


@pytest.fixture
def python():
    """Run Python in a process of its own, in the project's folder: (arguments) -> CompletedProcess."""
    import subprocess

    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}

    def start(*arguments, **more):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300, **more,
        )  # fmt: skip  # one call

    return start
