"""What stays lying on a model: where its surface looks up."""

import numpy as np

from core.surface.mesh import Mesh
from core.surface.upward import hold


def quad(uv, place):
    """Two triangles, counterclockwise, of four corners."""
    uv, place = np.array(uv, np.float32), np.array(place, np.float32)
    faces = [[0, 1, 2], [0, 2, 3]]
    return uv[faces], place[faces]


def box():
    """A floor, a wall and a ceiling, side by side on the texture."""
    floor = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]
    wall = [(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)]
    ceiling = [(0, 1, 2), (1, 1, 2), (1, 0, 2), (0, 0, 2)]
    parts = []
    for k, place in enumerate((floor, wall, ceiling)):
        left, right = k / 3, (k + 1) / 3
        parts.append(quad([(left, 0), (right, 0), (right, 1), (left, 1)], place))
    return Mesh(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def test_snow_stays_on_the_floor_alone():
    held = hold(box(), (60, 90))
    assert held.shape == (60, 90)
    assert held[30, 15] > 0.98
    assert held[30, 45] < 0.02
    assert held[30, 75] < 0.02


def test_a_slope_holds_some():
    tilt = [(0, 0, 0), (1, 0, 0), (1, 1, 1.7), (0, 1, 1.7)]
    held = hold(Mesh(*quad([(0, 0), (1, 0), (1, 1), (0, 1)], tilt)), (32, 32))
    assert 0.2 < held[16, 16] < 0.9


def test_nothing_is_said_of_textures_that_repeat_or_of_unknown_places():
    mesh = box()
    assert hold(Mesh(mesh.uv), (32, 32)) is None
    assert hold(Mesh(mesh.uv * 3, mesh.position), (32, 32)) is None
    every = Mesh(np.repeat(mesh.uv[:2], 3, 0), np.repeat(mesh.position[:2], 3, 0))
    assert hold(every, (32, 32)) is None
