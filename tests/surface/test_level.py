"""Levelling: cells, the pairs of places along seams, and the corrections that make them agree."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.surface.level import Cells, Pairs, add_spread, cut_cells, find_pairs, level
from core.surface.seams import Islands, find_islands

ALL = SimpleNamespace(shows=lambda here, there: np.ones(len(here), bool))


def rectangle(left, top, right, bottom):
    """Return the two triangles, in texels, that cover the texels from one corner to the other."""
    x0, y0, x1, y1 = left - 0.5, top - 0.5, right + 0.5, bottom + 0.5
    a, b, c, d = (x0, y0), (x1, y0), (x1, y1), (x0, y1)
    return np.array([[a, b, c], [a, c, d]], np.float64)


def grid(island, factor=4):
    """Return cells whose islands are given."""
    island = np.array(island, np.int32)
    number = np.where(island >= 0, (island >= 0).cumsum().reshape(island.shape) - 1, -1)
    return Cells(factor, island, number.astype(np.int32))


def test_every_cell_that_an_island_touches_is_its():
    """The second island is a sliver between the middles of its cells."""
    corners = np.concatenate([rectangle(9, 5, 18, 10), rectangle(26, 13, 26, 18)])
    cells = cut_cells(corners, Islands(np.array([0, 0, 1, 1], np.int32), None, None), (22, 30))
    wanted = np.full((6, 8), -1)
    wanted[1:3, 2:5] = 0
    wanted[3:5, 6] = 1
    assert cells.factor == 4
    assert cells.island.tolist() == wanted.tolist()
    assert cells.number[wanted >= 0].tolist() == list(range(8))
    assert (cells.number[wanted < 0] == -1).all()


@pytest.mark.parametrize("size", [(800, 1200), (8192, 8192), (16384, 4096)])
def test_a_texture_is_cut_into_about_as_many_cells_whatever_its_size(size):
    islands = Islands(np.zeros(2, np.int32), None, None)
    cells = cut_cells(rectangle(0, 0, 99, 99), islands, size)
    assert 20_000 < cells.number.size < 30_000
    assert cells.number.shape == tuple(-(-side // cells.factor) for side in size)


def joined(one, other, edges=((1, 2), (0, 3))):
    """Return the corners and islands of two rectangles that share an edge on the surface.

    Args:
        one: Left, top, right, bottom, texels.
        other: Likewise.
        edges: Which corners, clockwise from the upper left, the one's edge has, and the other's.
    """
    corners = np.concatenate([rectangle(*one), rectangle(*other)])
    points = np.arange(8)
    points[[4 + k for k in edges[1]]] = edges[0]
    numbers = points[[[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]]]
    return corners, find_islands(corners, numbers)


@pytest.mark.parametrize(("factor", "count"), [(4, 18), (8, 10)])
def test_pairs_stand_on_both_sides_all_along_a_seam(factor, count):
    """At least two to a cell: one texel behind the one's edge, and one inside the other's."""
    corners, islands = joined((8, 12, 27, 44), (40, 12, 59, 44))
    cells = cut_cells(corners, islands, (64, 64))
    if factor == 8:
        cells = grid(cells.island[::2, 1::2], 8)
    pairs = find_pairs(islands, cells, ALL)
    rows = 11.5 + 33 * (np.arange(count) + 0.5) / count
    for first, here, there, inside in ((True, 28.5, 40.5, 26.5), (False, 38.5, 26.5, 40.5)):
        those = (pairs.here[:, 0] < 33) == first
        order = np.argsort(pairs.here[those, 1])
        for found, x in ((pairs.here, here), (pairs.there, there)):
            assert np.allclose(
                found[those][order], np.stack([np.full(count, x), rows], 1), atol=1e-4
            )
        for number, x in ((pairs.cell, inside), (pairs.other, there)):
            wanted = cells.number[(rows + 0.5).astype(int) // factor, int(x + 0.5) // factor]
            assert number[those][order].tolist() == wanted.tolist()
            assert (wanted >= 0).all()


def test_a_seam_at_the_textures_first_texels_has_pairs_too():
    corners, islands = joined((1, 1, 20, 20), (40, 1, 59, 20), ((0, 3), (1, 2)))
    pairs = find_pairs(islands, cut_cells(corners, islands, (64, 64)), ALL)
    assert len(pairs.cell) == 22
    assert pairs.cell.min() == pairs.other.min() == 0


def test_a_seam_at_the_textures_last_texels_has_pairs_too():
    corners, islands = joined((43, 43, 62, 62), (4, 43, 23, 62))
    cells = cut_cells(corners, islands, (64, 64))
    pairs = find_pairs(islands, cells, ALL)
    assert len(pairs.cell) == 22
    assert pairs.cell.max() == pairs.other.max() == cells.number[15, 15]


def test_what_a_gutter_does_not_show_makes_no_pair():
    corners, islands = joined((8, 12, 27, 44), (40, 12, 59, 44))
    gutter = SimpleNamespace(shows=lambda here, there: (here[:, 1] < 20) & (there[:, 0] > 33))
    pairs = find_pairs(islands, cut_cells(corners, islands, (64, 64)), gutter)
    assert len(pairs.here)
    assert (pairs.here[:, 1] < 20).all()
    assert (pairs.there[:, 0] > 33).all()


def test_where_a_cell_is_another_islands_there_is_no_pair():
    corners, islands = joined((8, 12, 27, 44), (40, 12, 59, 44))
    cells = cut_cells(corners, islands, (64, 64))
    for row, column in ((4, 6), (8, 10)):
        cells.island[row, column] = 7
    pairs = find_pairs(islands, cells, ALL)
    rows = np.floor((pairs.here[:, 1] + 0.5) / 4)
    assert set(rows.tolist()) == {3, 5, 6, 7, 9, 10, 11}


@pytest.mark.parametrize(
    ("one", "other", "edges"),
    [
        ((-2, 8, 15, 30), (30, 8, 50, 30), ((0, 3), (1, 2))),
        ((50, 8, 65, 30), (20, 8, 40, 30), ((1, 2), (0, 3))),
        ((8, -2, 30, 15), (8, 30, 30, 50), ((0, 1), (3, 2))),
        ((8, 50, 30, 65), (8, 20, 30, 40), ((3, 2), (0, 1))),
    ],
)
def test_a_seam_outside_the_texture_has_no_pairs(one, other, edges):
    corners, islands = joined(one, other, edges)
    assert len(islands.sides) == 2
    assert not len(find_pairs(islands, cut_cells(corners, islands, (64, 64)), ALL).cell)


def seam(left, right, difference, cells=40):
    """Return corrections along two islands side by side that show a seam differently: (3, cells each)."""
    row = grid([[0] * cells + [1] * cells])
    picture = torch.full((1, 3, 4, 8), left)
    picture[..., 4:] = right
    places = np.array([[0.0, 1.0]]), np.array([[7.0, 1.0]])
    ends = np.array([cells - 1]), np.array([cells])
    picture[..., 4:] += torch.tensor(difference)[:, None, None]
    found = level(picture, row, Pairs(*places, *ends))
    assert found.shape == (1, 3, 1, 2 * cells)
    return found[0, :, 0]


def test_both_sides_of_a_seam_meet_half_way_and_fade_inward():
    """An eighth of the difference is left at the seam, and a quarter of a correction ten cells away."""
    found = seam(0.5, 0.5, (0.04, 0.0, -0.02)).numpy()
    one, other = found[:, :40][:, ::-1], found[:, 40:]
    assert np.allclose(one, -other, atol=2e-4)
    assert one[0, 0] > 0 > one[2, 0]
    assert np.allclose(one[2], -one[0] / 2, atol=2e-4)
    assert not one[1].any()
    assert (np.diff(one[0, :12]) < 0).all()
    assert 0.10 < 1 - 2 * one[0, 0] / 0.04 < 0.16
    assert 0.2 < one[0, 10] / one[0, 0] < 0.3
    assert abs(one[0, -1]) < 0.02 * one[0, 0]


def test_large_differences_are_taken_for_no_larger_than_what_strokes_hide():
    found, most = seam(0.2, 0.2, (0.5, 0.3, -0.2)), seam(0.2, 0.2, (0.06, 0.06, -0.06))
    assert torch.allclose(found, most, atol=1e-4)
    assert float(seam(0.2, 0.2, (0.05, 0.05, 0.05)).max() / most.max()) == pytest.approx(
        5 / 6, abs=0.02
    )


def test_corrections_are_the_least_squares():
    """Of differences between neighbours, of what seams ask for, by half, and a little of themselves."""
    rng = np.random.default_rng(0)
    island = [[0, 0, 1, 1, -1, 2], [0, 0, 0, 1, -1, 2], [-1, 0, -1, 1, 1, 2]]
    cells = grid(island)
    height, width = np.shape(island)
    cell, other = np.array([1, 8, 3, 12, 13]), np.array([2, 9, 4, 4, 0])
    here, there = (rng.integers(0, 8, (5, 2)).astype(float) for _ in range(2))
    picture = 0.5 + 0.05 * torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = level(picture, cells, Pairs(here, there, cell, other))[0].numpy()

    def colors(at):
        return picture[0].double().numpy()[:, at[:, 1].astype(int), at[:, 0].astype(int)].T

    links = [
        (cells.number[y, x], cells.number[v, u])
        for y in range(height)
        for x in range(width)
        for v, u in ((y, x + 1), (y + 1, x))
        if v < height and u < width and island[y][x] == island[v][u] >= 0
    ]
    count = cells.number.max() + 1
    rows, wanted = [], []
    for weight, pairs, target in (
        (1.0, links, np.zeros((len(links), 3))),
        (0.5, list(zip(cell, other, strict=True)), colors(there) - colors(here)),
        (0.02, [(k, None) for k in range(count)], np.zeros((count, 3))),
    ):
        for (one, two), value in zip(pairs, target, strict=True):
            row = np.zeros(count)
            row[one] = 1
            if two is not None:
                row[two] = -1
            rows.append(row * weight**0.5)
            wanted.append(value * weight**0.5)
    best = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0]
    inside = cells.number >= 0
    assert np.allclose(found[:, inside].T, best, atol=0.005 * np.abs(best).max())
    assert not found[:, ~inside].any()


def test_corrections_are_spread_between_the_middles_of_cells():
    picture, correction = torch.full((1, 3, 10, 22), 0.5), torch.zeros(1, 3, 3, 6)
    correction[0] = torch.linspace(-0.1, 0.1, 6)
    correction[0, 1] *= -1
    add_spread(picture, correction, grid(np.zeros((3, 6))))
    across = np.interp((np.arange(22) + 0.5) / 4 - 0.5, np.arange(6), np.linspace(-0.1, 0.1, 6))
    for channel, sign in enumerate((1, -1, 1)):
        wanted = torch.from_numpy(0.5 + sign * across).float().expand(10, 22)
        assert torch.allclose(picture[0, channel], wanted, atol=1e-5)


def test_cells_of_no_island_take_their_neighbours_correction():
    picture, correction = torch.full((1, 3, 8, 24), 0.5), torch.full((1, 3, 2, 6), 0.1)
    island = np.zeros((2, 6))
    island[:, 4:] = -1
    correction[..., 4:] = 0
    add_spread(picture, correction, grid(island))
    assert torch.allclose(picture, torch.full_like(picture, 0.6), atol=1e-5)


@pytest.mark.parametrize(("shown", "added", "wanted"), [(0.97, 0.06, 1.0), (0.02, -0.06, 0.0)])
def test_corrected_pictures_stay_between_black_and_white(shown, added, wanted):
    picture = torch.full((1, 3, 8, 8), shown)
    add_spread(picture, torch.full((1, 3, 2, 2), added), grid(np.zeros((2, 2))))
    assert torch.equal(picture, torch.full_like(picture, wanted))
