import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import styles
from core.errors import ParamsError
from core.styles.recipes import RECIPES, SIZE, compose, make

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", styles.names())
def test_picture_is_there_and_full_of_colour_and_texture(name):
    pixels = np.asarray(Image.open(styles.path(name)).convert("RGB"), np.float32) / 255
    assert pixels.shape == (SIZE, SIZE, 3)
    assert pixels.std() > 0.12
    assert (pixels.max(-1) - pixels.min(-1)).mean() > 0.1
    quarters = pixels[: SIZE // 4 * 4, : SIZE // 4 * 4].reshape(4, SIZE // 4, 4, SIZE // 4, 3)
    assert quarters.std((1, 3)).min() > 0.02, "a part of the picture is empty"


def test_there_are_enough_and_they_are_small():
    assert len(styles.names()) >= 8
    assert set(styles.names()) == set(RECIPES)
    assert sum(styles.path(name).stat().st_size for name in styles.names()) < 1_600_000


def test_resolve():
    assert styles.resolve("builtin:oil") == styles.path("oil")
    assert styles.resolve("some/oil.png") == Path("some/oil.png")
    assert styles.title("oil")


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ParamsError, match=r"no built-in style 'oyl'.*oil, .*mosaic"):
        styles.resolve("builtin:oyl")


@pytest.mark.parametrize("name", styles.names())
@pytest.mark.parametrize("size", [(1, 1), (33, 50)], ids=str)
def test_scene_of_any_size(name, size):
    scene = compose(name, *size)
    assert scene.color.shape == (*size, 3)
    assert np.isfinite(scene.color).all()
    assert 0 <= scene.color.min() <= scene.color.max() <= 1
    assert np.allclose(np.linalg.norm(scene.flow, axis=-1), 1, atol=1e-4)


@pytest.mark.parametrize("name", styles.names())
def test_painted_twice_the_same(name):
    first = make(name, 40, 44)
    assert first.shape == (40, 44, 3)
    assert np.array_equal(first, make(name, 40, 44))
    assert not np.array_equal(first, make(name, 40, 44, seed=77))


@pytest.mark.slow
def test_shipped_picture_is_what_the_recipe_paints():
    """But for where chance has put each grain of the wood."""
    shipped = np.asarray(Image.open(styles.path("woodblock")).convert("RGB"), np.float32) / 255
    shipped, painted = (
        x.reshape(SIZE // 16, 16, SIZE // 16, 16, 3).mean((1, 3))
        for x in (shipped, make("woodblock"))
    )
    assert np.abs(shipped - painted).mean() < 0.06
    assert np.abs(shipped.mean((0, 1)) - painted.mean((0, 1))).max() < 0.02


def test_names_need_neither_torch_nor_numpy():
    code = "import sys, core.styles; assert not {'torch', 'numpy', 'cv2'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
