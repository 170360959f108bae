"""Quads drawn as numbers: the samples in them, the highest number on top, wherever a window is cut."""

import cv2
import numpy as np
import pytest

from core.npr.quads import SMALL, SUBPIXELS, draw_quads

SIZE = (90, 70)


def quads(count: int, extent: float) -> np.ndarray:
    """Return convex quads (Q, 4, 2) of some extent, some of them partly outside."""
    rng = np.random.default_rng(3)
    angle = np.sort(rng.random((count, 4)), 1) * 2 * np.pi
    around = np.stack([np.cos(angle), np.sin(angle)], -1) * extent / 2
    middle = rng.random((count, 1, 2)) * (SIZE[1], SIZE[0])
    return np.rint((middle + around) * (1 << SUBPIXELS)).astype(np.int32)


def inside(corners: np.ndarray) -> np.ndarray:
    """Return how deep each sample is in a quad, in samples; below 0 outside."""
    points = (corners / (1 << SUBPIXELS)).astype(np.float32).reshape(-1, 1, 2)
    places = np.mgrid[: SIZE[0], : SIZE[1]].reshape(2, -1).T[:, ::-1].tolist()
    return np.reshape([cv2.pointPolygonTest(points, p, True) for p in places], SIZE)


@pytest.mark.parametrize("extent", [2.0, 5.0, 11.0, 20.0, 50.0])
def test_a_quad_has_the_samples_in_it_and_none_farther_than_its_outline(extent):
    for one in quads(12, extent):
        drawn, depth = draw_quads(one[None], np.array([7]), SIZE), inside(one)
        assert (drawn[depth > 0] == 7).all()
        assert not drawn[depth < -1].any()


def test_the_highest_number_is_on_top_whatever_its_size():
    corners = np.concatenate([quads(9, extent) for extent in (40.0, 4.0, 15.0, 9.0)])
    numbers = np.arange(len(corners)) * 3 + 1
    drawn = draw_quads(corners, numbers, SIZE)
    alone = [draw_quads(corners[k : k + 1], numbers[k : k + 1], SIZE) for k in range(len(corners))]
    np.testing.assert_array_equal(drawn, np.max(alone, 0))


def test_a_part_shows_what_the_whole_shows_there():
    corners = quads(300, SMALL[-1] - 2.0)
    numbers = np.arange(len(corners)) + 1
    whole = draw_quads(corners, numbers, SIZE)
    origin = np.array((13, 40), np.int32)
    part = draw_quads(corners - (origin << SUBPIXELS), numbers, (30, 25))
    np.testing.assert_array_equal(part, whole[40:70, 13:38])


def test_nothing_is_drawn_without_quads():
    assert not draw_quads(np.zeros((0, 4, 2), np.int32), np.zeros(0, int), SIZE).any()
