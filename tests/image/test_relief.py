"""From height and normal maps to masks: snow on top, rust in creases."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from core.errors import PictureError
from core.imaging.relief import integrate, is_normal_map, lie, read_heights, stand_out

GREEN_UP = ("bark014", "rock058", "ground054", "bricks102", "mossyrock053")
GREEN_DOWN = ("grass_cc0t", "sand_cc0t", "tiles036", "gold_metal007")


def bumps(size=(96, 128), seed=0):
    """A relief that meets itself at its borders, in pixels."""
    noise = np.random.default_rng(seed).normal(0, 1, size)
    heights = gaussian_filter(noise, 5, mode="wrap")
    return (4 * heights / heights.std()).astype(np.float32)


def normals_of(heights, up=1):
    """A normal map (3, H, W) of a relief; ``up`` -1: green points down."""
    across = (np.roll(heights, -1, 1) - np.roll(heights, 1, 1)) / 2
    along = (np.roll(heights, -1, 0) - np.roll(heights, 1, 0)) / 2
    vectors = np.stack([-across, up * along, np.ones_like(heights)])
    return (vectors / np.linalg.norm(vectors, axis=0) / 2 + 0.5).astype(np.float32)


def likeness(first, second):
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


@pytest.mark.parametrize("up", [1, -1])
def test_normals_become_the_heights_that_they_are_of(up):
    heights = bumps()
    found = integrate(normals_of(heights, up))
    assert likeness(found, heights) > 0.995
    assert found.std() == pytest.approx(heights.std(), rel=0.1)


@pytest.mark.parametrize("name", [*GREEN_UP, *GREEN_DOWN])
def test_real_normal_maps_agree_with_their_height_maps(shared, name):
    """At the sizes that decide; measured by whoever made them, green up or down."""
    folder = shared / "data" / "textures" / name
    size = (256, 256)
    normal, height = (
        read_heights(folder / f"{name}_{which}.jpg", size) for which in ("normal", "height")
    )
    near = [plane - gaussian_filter(plane, 20, mode="wrap") for plane in (normal, height)]
    assert likeness(*near) > 0.35
    assert likeness(stand_out(normal), stand_out(height)) > 0.3


def test_a_normal_map_is_told_from_a_height_map():
    assert is_normal_map(normals_of(bumps()))
    grey = np.repeat(bumps()[None], 3, 0)
    assert not is_normal_map((grey - grey.min()) / np.ptp(grey))
    assert not is_normal_map(np.random.default_rng(0).random((3, 40, 40)).astype(np.float32))
    assert not is_normal_map(np.full((3, 20, 20), 0.5, np.float32))


@pytest.mark.parametrize("cover", [0.2, 0.5, 0.8])
def test_top_and_creases_cover_what_was_asked_and_complete_each_other(cover):
    heights = bumps()
    top, creases = lie(heights, "top", cover), lie(heights, "creases", 1 - cover)
    assert top.mean() == pytest.approx(cover, abs=0.06)
    assert np.allclose(top + creases, 1, atol=0.02)
    above = heights > np.quantile(heights, 0.9)
    assert top[above].mean() > creases[above].mean() + 0.3


def test_joints_between_stones_are_creases():
    heights = np.full((128, 128), 5, np.float32)
    heights[::32] = heights[:, ::32] = 0
    creases = lie(gaussian_filter(heights, 1), "creases", 0.1)
    assert creases[64].mean() > 0.8
    assert creases[16, 16] < 0.1


def test_flat_ground_is_covered_all_over():
    flat = np.full((40, 50), 0.5, np.float32)
    for where in ("top", "creases", "everywhere"):
        assert (lie(flat, where, 0.5) == 1).all()
    assert (integrate(normals_of(np.zeros((40, 50), np.float32))) == 0).all()


def test_ends_of_cover():
    assert (lie(bumps(), "top", 1) == 1).all()
    assert (lie(bumps(), "top", 0) == 0).all()
    assert (lie(bumps(), "everywhere", 0.2) == 1).all()


def test_a_mask_of_a_tiling_relief_tiles():
    heights = bumps()
    moved = lie(np.roll(heights, (30, 50), (0, 1)), "top", 0.5)
    assert np.allclose(moved, np.roll(lie(heights, "top", 0.5), (30, 50), (0, 1)), atol=1e-3)


def test_a_map_of_another_size_is_fitted(tmp_path):
    path = tmp_path / "normal.png"
    pixels = np.round(normals_of(bumps()).transpose(1, 2, 0) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    assert likeness(read_heights(path, (96, 128)), bumps()) > 0.98
    assert read_heights(path, (50, 60)).shape == (50, 60)


def test_a_broken_map_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "normal.png"
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"normal\.png"):
        read_heights(path, (10, 10))
