import numpy as np
import pytest

from core.surface.raster import area_of, rasterize, to_texels


def covered(triangle, y, x):
    """Return whether places lie in a triangle, edges included."""
    sides = []
    for k in range(3):
        (x0, y0), (x1, y1) = triangle[k], triangle[(k + 1) % 3]
        sides.append((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0))
    sides = np.stack(sides)
    return (sides >= 0).all(0) | (sides <= 0).all(0)


def test_texels_belong_to_the_first_triangle_over_their_middle():
    triangles = np.random.default_rng(0).uniform(-8, 48, (30, 3, 2))
    y, x = np.mgrid[:40, :36]
    wanted = np.full((40, 36), -1)
    for k in reversed(range(30)):
        wanted[covered(triangles[k], y, x)] = k
    assert np.array_equal(rasterize(triangles, (40, 36)), wanted)


def test_touched_texels_are_those_whose_square_a_triangle_meets():
    triangle = np.array([[[3.2, 2.2], [12.8, 5.1], [6.0, 5.3]]])
    fine = np.linspace(-0.5, 0.5, 41)
    wanted = np.zeros((9, 17), bool)
    for row in range(9):
        for column in range(17):
            y, x = np.meshgrid(row + fine, column + fine, indexing="ij")
            wanted[row, column] = covered(triangle[0], y, x).any()
    found = rasterize(triangle, (9, 17), touch=True) >= 0
    assert not (wanted & ~found).any()
    assert (found & ~wanted).sum() <= 2  # a corner may be touched between the points tried


def test_areas_are_in_texels():
    square = np.array([[[0, 0], [9, 0], [0, 9]], [[4, 4], [4, 4], [5, 5]]], float)
    assert np.allclose(area_of(square), [40.5, 0])


def test_a_mesh_covers_its_texels_once():
    points = np.stack(np.meshgrid(np.linspace(-0.5, 63.5, 9), np.linspace(-0.5, 63.5, 9)), -1)
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    pairs = [np.stack(t, -2).reshape(-1, 3, 2) for t in ((a, b, c), (a, c, d))]
    owner = rasterize(np.concatenate(pairs), (64, 64))
    assert (owner >= 0).all()
    assert len(np.unique(owner)) == 128


@pytest.mark.parametrize("triangle", [[[5, 5]] * 3, [[1, 1], [5, 5], [9, 9]], [[900, 2]] * 3])
def test_triangles_without_area_do_no_harm(triangle):
    owner = rasterize(np.array([triangle], float), (16, 16))
    assert (owner >= 0).sum() <= 9


def test_no_triangles():
    assert (rasterize(np.zeros((0, 3, 2)), (4, 5)) == -1).all()


def test_v_points_up_and_middles_are_whole_numbers():
    uv = np.array([[0.5 / 8, 1 - 0.5 / 4], [0, 0]])
    assert np.allclose(to_texels(uv, (4, 8)), [[0, 0], [-0.5, 3.5]])
