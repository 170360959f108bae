"""Directions over a mesh on its texture: round a tube, downhill, to the light; mirrored, hard edges."""

import numpy as np
import pytest

from core.surface.creases import lay_pieces, smooth_parts
from core.surface.mesh import Mesh
from core.surface.ways import Ways, lay_corners, lay_ways

SIZE = (48, 64)


def grid(place, rows=12, columns=24, u=(0.05, 0.95), v=(0.05, 0.95)):
    """A mesh of squares: ``place`` gives positions of a grid's a and b, 0 to 1, which go along u and v."""
    a, b = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1))
    uv = np.stack([u[0] + a * (u[1] - u[0]), v[0] + b * (v[1] - v[0])], -1)
    at = place(a, b)

    def cut(x):
        p, q, r, s = x[:-1, :-1], x[:-1, 1:], x[1:, 1:], x[1:, :-1]
        return np.concatenate(
            [np.stack(t, -2).reshape(-1, 3, x.shape[-1]) for t in ((p, q, r), (p, r, s))]
        )

    return Mesh(cut(uv).astype(np.float32), cut(at).astype(np.float32))


def tube(a, b):
    """A tube along x, 4 long, of radius 0.5; a goes round, b along it."""
    turn = 2 * np.pi * a
    return np.stack([4 * b, 0.5 * np.cos(turn), 0.5 * np.sin(turn)], -1)


def slope(a, b):
    """A plane that falls toward larger a."""
    return np.stack([a, b, -a], -1)


def level(found):
    """How far directions are level, 0 to 1, where they count; and how much they count."""
    length = np.hypot(found[..., 0], found[..., 1])
    there = length > 0.5
    return float((np.abs(found[..., 0]) / np.maximum(length, 1e-9))[there].mean()), float(
        there.mean()
    )


@pytest.mark.parametrize("how", ["bends", "axis"])
def test_strokes_go_round_a_tube(how):
    lies, counts = level(lay_ways(grid(tube), SIZE, Ways(**{how: 1.0})))
    assert lies > 0.98
    assert counts > 0.9


def test_they_go_down_a_slope_and_with_a_light():
    mesh = grid(slope)
    assert level(lay_ways(mesh, SIZE, Ways(slope=1.0))) == (pytest.approx(1, abs=1e-3), 1.0)
    across = lay_ways(mesh, SIZE, Ways(light=1.0, toward=(0.0, 1.0, 0.0)))
    assert level(across)[0] < 0.02, "the light is beside the slope"


def test_mirrored_and_turned_uvs_turn_them_too():
    turned = grid(lambda a, b: slope(b, a))
    assert level(lay_ways(turned, SIZE, Ways(slope=1.0)))[0] < 0.02
    mirrored = grid(lambda a, b: np.stack([a, b, -a - b], -1))
    back = Mesh(mirrored.uv * (-1, 1) + (1, 0), mirrored.position)
    one, other = (lay_ways(m, SIZE, Ways(slope=1.0)) for m in (mirrored, back))
    assert (one[..., 0] * one[..., 1]).mean() < -0.3, "to the right and up: y points down"
    np.testing.assert_allclose(
        (other[..., 0] * other[..., 1]).mean(), -(one[..., 0] * one[..., 1]).mean(), rtol=1e-3
    )


def test_they_are_mixed_by_weight():
    mesh = grid(slope)
    toward = (0.0, 1.0, 0.0)
    mixed = lay_ways(mesh, SIZE, Ways(slope=0.5, light=0.2, toward=toward))
    assert np.abs(mixed[..., 1]).max() < 0.02
    np.testing.assert_allclose(np.hypot(mixed[..., 0], mixed[..., 1]), 0.3, atol=0.02)
    more = lay_ways(mesh, SIZE, Ways(slope=1.0, light=1.0, toward=toward))
    assert np.hypot(more[..., 0], more[..., 1]).max() < 0.05, "they cancel"


def test_a_flat_mesh_has_no_bend_and_an_unknown_one_no_way():
    flat = grid(lambda a, b: np.stack([a, b, 0 * a], -1))
    for how in ("bends", "slope"):
        assert np.abs(lay_ways(flat, SIZE, Ways(**{how: 1.0}))).max() < 1e-6
    assert lay_ways(Mesh(flat.uv), SIZE, Ways(bends=1.0)) is None
    point = Mesh(flat.uv, np.zeros_like(flat.position))
    assert np.isfinite(lay_ways(point, SIZE, Ways(bends=1.0, axis=1.0, slope=1.0, light=1.0))).all()


def roof(a, b):
    """Two planes that meet at a right angle at a = 0.5."""
    return np.stack([a, b, -np.abs(a - 0.5)], -1)


def test_a_hard_edge_parts_a_surface_and_smooth_shading_does_not():
    mesh = grid(roof)
    assert len(set(smooth_parts(mesh))) == 2
    shaded = Mesh(
        mesh.uv, mesh.position, normal=np.broadcast_to(np.float32((0, 0, 1)), mesh.position.shape)
    )
    assert len(set(smooth_parts(shaded))) == 1
    assert lay_pieces(shaded, SIZE) is None, "it is one piece"
    pieces = lay_pieces(mesh, SIZE)
    assert set(pieces[:, :30].ravel()) == {pieces[0, 0]}
    assert set(pieces[:, 34:].ravel()) == {pieces[0, -1]}
    assert pieces[0, 0] != pieces[0, -1]


def test_two_islands_are_two_pieces_and_mirrored_halves_on_one_place_are_one():
    left = grid(lambda a, b: np.stack([a, b, 0 * a], -1), u=(0.0, 0.45))
    right = grid(lambda a, b: np.stack([a, b, 0 * a + 5], -1), u=(0.55, 1.0))
    both = Mesh(
        *(np.concatenate(pair) for pair in ((left.uv, right.uv), (left.position, right.position)))
    )
    assert len(np.unique(lay_pieces(both, SIZE))) == 2
    order = np.arange(2 * len(left.uv)).reshape(2, -1).T.ravel()  # the halves' triangles take turns
    uv = np.concatenate([left.uv, left.uv])[order]
    position = np.concatenate([left.position, left.position + 3])[order]
    assert len(np.unique(lay_pieces(Mesh(uv, position), SIZE))) == 1


def test_values_of_corners_lie_smoothly_between_them():
    mesh = grid(tube)
    laid = lay_corners(mesh, SIZE, mesh.uv[..., :1])[..., 0]
    column = np.broadcast_to((np.arange(SIZE[1]) + 0.5) / SIZE[1], SIZE)
    inside = (column > 0.07) & (column < 0.93)
    np.testing.assert_allclose(laid[5:-5][inside[5:-5]], column[5:-5][inside[5:-5]], atol=1e-3)
