"""UDIM tiles are one texture, and a seam may cross from one to another."""

import numpy as np
import pytest
import torch

from core.errors import PictureError
from core.surface.atlas import make_atlas
from core.surface.mesh import Mesh
from core.surface.udim import GAP, lay_side_by_side, place_on_tiles, split_texture

SIDE = 96


def half(left, tile, start):
    """Return half a square of surface, from x = ``start`` on, shown from u = ``left`` in a tile."""
    flat = np.float32([[0, 0.2], [0.3, 0.2], [0.3, 0.8], [0, 0.8]]) + np.float32([left + tile, 0])
    surface = np.float32([[0, 0, 0], [0.5, 0, 0], [0.5, 1, 0], [0, 1, 0]]) + np.float32(
        [start, 0, 0]
    )
    corners = [[0, 1, 2], [0, 2, 3]]
    return flat[corners], surface[corners]


def across_tiles():
    """Return a square whose left half ends in tile 1001 and goes on in 1002."""
    parts = half(0.3, 0, 0), half(0.5, 1, 0.5)
    return Mesh(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def test_tiles_come_back():
    tiles = list(np.random.default_rng(0).random((3, 1, 3, 20, 30), np.float32))
    laid = lay_side_by_side(tiles)
    assert laid.shape == (1, 3, 20, 90 + 2 * GAP)
    assert all(np.array_equal(a, b) for a, b in zip(split_texture(laid, 3), tiles, strict=True))


def test_tiles_of_two_sizes_are_refused():
    with pytest.raises(PictureError, match="20 x 10, 30 x 10"):
        lay_side_by_side(
            [np.zeros((1, 3, 10, 20), np.float32), np.zeros((1, 3, 10, 30), np.float32)]
        )


def test_triangles_find_their_tile():
    uv = np.float32([[[0, 0], [0.5, 0], [0, 1]]])
    places = np.concatenate([uv, uv + np.float32([2, 1]), uv + np.float32([1, 0])])
    mesh, notes = place_on_tiles(Mesh(places), [1001, 1013], SIDE)
    total = 2 * SIDE + GAP
    assert notes == ()
    assert len(mesh.uv) == 2  # of 1002 there is no picture
    assert np.allclose(mesh.uv[0, :, 0] * total, uv[0, :, 0] * SIDE)
    assert np.allclose(mesh.uv[1, :, 0] * total, uv[0, :, 0] * SIDE + SIDE + GAP)
    assert np.allclose(mesh.uv[1, :, 1], uv[0, :, 1], atol=1e-6)


def test_a_triangle_over_a_border_is_left_out_and_told():
    uv = np.float32([[[0.5, 0], [1.4, 0], [0.5, 1]], [[0, 0], [0.5, 0], [0, 1]]])
    mesh, notes = place_on_tiles(Mesh(uv), [1001, 1002], SIDE)
    assert len(mesh.uv) == 1
    assert "1 triangles reach over a tile's border" in notes[0]


def test_a_seam_between_tiles_is_closed():
    """Each tile was stylized with an error of its own; on both sides of the seam they agree afterwards."""
    mesh, _ = place_on_tiles(across_tiles(), [1001, 1002], SIDE)
    size = (SIDE, 2 * SIDE + GAP)
    atlas = make_atlas(mesh, size)
    canvas = atlas.unwrap(torch.full((1, 3, *size), 0.4))
    canvas[..., : SIDE + GAP // 2] += 0.1
    rows, end, start = slice(24, 72), round(0.6 * SIDE), round(0.5 * SIDE)
    left, right = split_texture(atlas.wrap(canvas), 2)
    step = (left[..., rows, end - 2] - right[..., rows, start + 1]).abs()
    assert float(step.max()) < 0.03
