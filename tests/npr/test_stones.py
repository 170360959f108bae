"""Whose each pixel of a mosaic is: the same for all stones at once as for one after the other."""

import numpy as np
import pytest

from core.npr import stones
from core.npr.stones import FAR, find_two

SHAPE, REACH = (40, 60), 9


def scatter(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return middles (N, 2) of stones, some of them outside, and their ways (N, 2)."""
    rng = np.random.default_rng(5)
    middle = rng.random((count, 2)) * (SHAPE[1] + 8, SHAPE[0] + 8) - 4
    angle = rng.random(count) * np.pi
    return middle, np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)


def distances(middle: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Return how far each pixel (H, W) is from each stone, (N, H, W); ``FAR`` beyond reach."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    found = []
    for (at_x, at_y), (ux, uy) in zip(middle, way, strict=True):
        dx, dy = x - at_x, y - at_y
        away = np.maximum(np.abs(dx * ux + dy * uy), np.abs(dy * ux - dx * uy))
        near = (np.abs(x - np.floor(at_x)) <= REACH) & (np.abs(y - np.floor(at_y)) <= REACH)
        found.append(np.where(near, away, FAR))
    return np.stack(found)


@pytest.mark.parametrize("at_once", [1, 1 << 17])
def test_the_two_nearest_stones_are_found(monkeypatch, at_once):
    monkeypatch.setattr(stones, "AT_ONCE", at_once)
    middle, way = scatter(60)
    owner, nearest, second = find_two(middle, way, REACH, SHAPE)
    away = distances(middle, way)
    ranked = np.sort(away, 0)
    np.testing.assert_allclose(nearest, ranked[0], atol=1e-4)
    np.testing.assert_allclose(second, ranked[1], atol=1e-4)
    np.testing.assert_allclose(np.take_along_axis(away, owner[None], 0)[0], ranked[0], atol=1e-4)


def test_a_stone_claims_nothing_of_another_piece_and_nobody_what_is_far():
    middle, way = scatter(30)
    pieces = (np.arange(SHAPE[1]) > 25)[None].repeat(SHAPE[0], 0).astype(int)
    own = (middle[:, 0] > 25.5).astype(int)
    owner, nearest, _ = find_two(middle, way, REACH, SHAPE, (pieces, own))
    there = nearest < FAR
    assert there.any()
    assert (own[owner[there]] == pieces[there]).all()
    assert (find_two(middle[:0], way[:0], REACH, SHAPE)[1] == FAR).all()
