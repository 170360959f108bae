"""Strokes that go on over the seams of UV islands: one stroke on both sides, and as ever where none can."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.crossings import FAR, Crossings
from core.npr import painters
from core.npr.bristles import load
from core.npr.crossing import carry
from core.npr.layers import Hand
from core.npr.picture import Picture
from core.npr.ribbons import CAP, Layer, ribbons
from core.npr.strokes import Brush, Strokes
from core.surface.atlas import make_atlas
from core.surface.creases import lay_pieces
from core.surface.crossings import lay_crossings
from core.surface.gutter import REACH, sample
from core.surface.mesh import Mesh

SIDE = 192
QUAD = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
CORNERS = np.array([(0, 1, 2), (0, 2, 3)])


def two_squares(turn=lambda at: at, side=0.375, fold=0.0):
    """A surface of two squares side by side, cut apart on its texture, the second turned about its middle."""
    uv, position = [], []
    for k, middle in enumerate(((0.25, 0.25), (0.75, 0.75))):
        about = QUAD - 0.5 if k == 0 else turn(QUAD - 0.5)
        uv.append((about * side + middle)[CORNERS])
        place = np.concatenate([QUAD, np.zeros((4, 1))], 1)
        place = place if k == 0 else np.stack([1 + QUAD[:, 0], QUAD[:, 1], fold * QUAD[:, 0]], 1)
        position.append(place[CORNERS])
    arrays = [np.concatenate(part).astype(np.float32) for part in (uv, position)]
    return Mesh(*arrays)


TURNS = {
    "moved": lambda at: at,
    "turned": lambda at: np.stack([-at[:, 1], at[:, 0]], 1),
    "mirrored": lambda at: at * np.float32((1, -1)),
}
STROKES = {
    "oil": painters.Oils(size=7.0),
    "gouache": painters.Gouaches(size=7.0),
    "pastel": painters.Pastels(size=7.0),
    "pointillism": painters.Dots(size=12.0, purity=0.3),
    "engraving": painters.Engravings(gap=6.0),
}


def paint(painter, mesh, *, whole):
    """Return a painted canvas (1, 3, H, W) of a spotted texture, its atlas and its crossings."""
    size, pieces = (SIDE, SIDE), lay_pieces(mesh, (SIDE, SIDE))
    over = lay_crossings(mesh, size, pieces)
    atlas = make_atlas(mesh, size, ends=True, crossings=over if whole else None)
    spots = np.random.default_rng(2).random((1, 3, 8, 8)).astype(np.float32)
    texture = torch.nn.functional.interpolate(torch.from_numpy(spots), size, mode="bicubic")
    laid = atlas.unwrap(texture.clamp(0, 1))[0].permute(1, 2, 0).numpy()
    picture = Picture(size, lambda box: laid[box.top : box.bottom, box.left : box.right])
    picture = replace(picture, pieces=pieces, crossings=over if whole else None)
    canvas = painter.paint(picture, Hand(3))
    color = torch.from_numpy(canvas.color).permute(2, 0, 1)[None].float() / 255
    return color, atlas, over


def apart(color, atlas):
    """How much both pictures of the texels beside a seam differ, grain apart, over their deviation."""
    color = torch.nn.functional.avg_pool2d(color, 5, 1, 2)
    inner = atlas.gutter.inner[atlas.gutter.share > 0.3]
    again = sample(color, atlas.gutter.again[atlas.gutter.share > 0.3])[0]
    own = color.flatten(2)[0][:, torch.from_numpy(inner)]
    return float((own - again).abs().mean() / own.std())


@pytest.mark.parametrize(
    ("painter", "turn", "less"),
    [
        *(("oil", turn, 0.5) for turn in TURNS),
        ("gouache", "turned", 0.5),
        ("pastel", "turned", 0.75),  # the paper's tooth is not carried over
        ("pointillism", "mirrored", 0.5),
        ("engraving", "turned", 0.75),
    ],
)
def test_both_sides_of_a_seam_show_the_same_strokes(painter, turn, less):
    mesh = two_squares(TURNS[turn])
    before, after = (
        apart(*paint(STROKES[painter], mesh, whole=whole)[:2]) for whole in (False, True)
    )
    assert after < less * before


def test_a_seam_that_only_moves_shows_the_very_same_on_both_sides():
    color, atlas, _ = paint(STROKES["oil"], two_squares(), whole=True)
    assert (
        apart(color, atlas) < 0.1
    )  # what is left are the ground's clouds and the canvas's rounding


def test_painting_over_seams_is_the_same_each_time():
    one, other = (paint(STROKES["oil"], two_squares(TURNS["turned"]), whole=True)[0] for _ in "ab")
    assert torch.equal(one, other)


@pytest.mark.parametrize("painter", STROKES)
def test_what_is_far_from_all_pieces_is_painted_too(painter):
    """Something that is not known may show it."""
    color, _, over = paint(STROKES[painter], two_squares(), whole=True)
    far = torch.from_numpy(over.near[:64, :48] == FAR)
    assert far.float().mean() > 0.3
    assert color[0, :, :64, :48].mean(0)[far].std() > 0.02


def test_both_pictures_are_blended_only_beside_a_seam_that_strokes_cross():
    mesh = two_squares()
    wide, short = (paint(STROKES["oil"], mesh, whole=whole)[1].gutter for whole in (False, True))
    assert len(short.inner) < 0.5 * len(wide.inner)
    seam = np.isin(wide.inner, short.inner)
    assert (short.share <= wide.share[seam] + 1e-6).all()
    assert short.share.max() > 0.45  # half and half at the seam


def test_crossings_know_their_pieces_and_how_much_room_there_is():
    over = lay_crossings(
        two_squares(TURNS["mirrored"]), (SIDE, SIDE), lay_pieces(two_squares(), (SIDE, SIDE))
    )
    assert len(over.edge) == 2
    assert over.mirrored.all()
    assert over.piece.tolist() == over.goal[::-1].tolist()
    assert over.piece[0] != over.goal[0]
    assert np.allclose(over.room, SIDE * 0.375 / 2, atol=2)
    assert np.allclose(over.edge[0], over.twin[1])
    assert not over.shown[0, 0]
    assert over.shown[SIDE - SIDE // 4, SIDE // 4]


def test_small_pieces_are_blended_as_far_as_ever():
    mesh = two_squares(side=0.008)
    over = lay_crossings(mesh, (SIDE, SIDE), lay_pieces(mesh, (SIDE, SIDE)))
    assert over.fade.tolist() == [REACH, REACH]


def test_nothing_is_crossed_without_positions_at_a_hard_edge_or_where_there_is_no_seam():
    bent, size = two_squares(fold=5.0), (SIDE, SIDE)
    flat_normals = np.zeros_like(bent.position)
    flat_normals[:2, :, 2], flat_normals[2:, :, 0] = 1, -1
    assert lay_crossings(Mesh(bent.uv), size, None) is None
    assert lay_crossings(replace(bent, normal=flat_normals), size, None) is None
    assert lay_crossings(bent, size, None) is not None
    whole = Mesh(QUAD[CORNERS], np.concatenate([QUAD, QUAD[:, :1] * 0], 1)[CORNERS])
    assert lay_crossings(whole, size, None) is None


def seam(turn, move, mirrored=False, room=50.0):
    """A seam upright at 40 of a canvas of 100 that belongs to piece 0 to its left and leads to piece 1."""
    edge = np.array([[(40.0, k), (40.0, k + 5.0)] for k in range(0, 100, 5)])
    flat = edge[..., 0] + 1j * edge[..., 1]
    flat = (flat.conj() if mirrored else flat) * turn + move
    count = len(edge)
    near, shown = np.zeros((100, 100), np.int32), np.zeros((100, 100), bool)
    near[:] = (np.arange(100) // 5)[:, None]
    shown[:, :40] = True
    ones = np.ones(count, np.int32)
    return Crossings(
        near,
        shown,
        edge,
        np.stack([flat.real, flat.imag], -1),
        np.full(count, mirrored),
        0 * ones,
        0 * ones,
        ones,
        np.full(count, room, np.float32),
        np.full(count, 8, np.float32),
    )


def strokes(*starts, rank=None):
    """Level strokes of five points, 4 pixels apart, from their starts on."""
    paths = np.float32(starts)[:, None] + np.float32([(4 * k, 0) for k in range(5)])
    count = len(paths)
    return Strokes(
        paths,
        np.full(count, 5),
        np.random.default_rng(0).random((count, 3), np.float32),
        np.full(count, 2, np.float32),
        np.linspace(0.1, 0.9, count, dtype=np.float32) if rank is None else np.float32(rank),
        np.random.default_rng(1).random((count, 6), np.float32),
        piece=np.zeros(count, np.int32),
        start=paths[:, 0],
    )


def test_a_stroke_goes_on_turned_and_sized_as_its_seam_says():
    made = carry(strokes((30, 50)), seam(2j, 5 + 3j))
    assert made.piece.tolist() == [0, 1]
    x, y = made.paths[0].T
    assert np.allclose(made.paths[1], np.stack([5 - 2 * y, 3 + 2 * x], 1), atol=1e-3)
    assert np.allclose(made.width, [2, 4], atol=1e-4)
    assert np.allclose(made.scale, [1, 2], atol=1e-4)
    assert np.array_equal(made.colors[0], made.colors[1])
    assert made.drawn[0].all()
    assert made.drawn[1].tolist() == [True] * 5


def test_a_mirrored_seam_mirrors_the_stroke():
    made = carry(strokes((30, 50)), seam(1, 60, mirrored=True))
    x, y = made.paths[0].T
    assert np.allclose(made.paths[1], np.stack([60 + x, -y], 1), atol=1e-3)
    assert np.allclose(made.scale, [1, -1], atol=1e-4)


def test_a_stroke_goes_on_to_its_end_where_another_piece_lies_behind_the_seam():
    over = seam(1, 100)
    over.near[:, 44:] = -1
    assert carry(strokes((30, 50)), over).drawn.tolist() == [[True] * 5] * 2
    assert carry(strokes((25, 50)), over).drawn[1].tolist() == [False] + [True] * 4


def test_what_is_far_from_a_seam_stays_alone_and_what_was_laid_behind_it_is_left_out():
    made = carry(strokes((2, 10), (30, 50), (55, 50)), seam(1, 100))
    assert made.paths[:, 0, 0].tolist() == [2, 30, 130]
    assert made.scale.tolist() == [1, 1, 1]


def test_strokes_lie_above_each_other_in_one_order_on_both_sides():
    made = carry(strokes((30, 50), (32, 51), (34, 49), rank=(0.5, 0.7, 0.9)), seam(1, 100))
    assert (np.diff(made.rank) >= 0).all()
    assert made.rank[made.piece == 0].tolist() == made.rank[made.piece == 1].tolist()


@pytest.mark.parametrize("over", [seam(1, 100, room=0.5), seam(5, 0), seam(0.1, 0)])
def test_no_stroke_enters_what_is_too_small_or_of_another_size(over):
    made = carry(strokes((30, 50), (20, 20)), over)
    assert len(made.paths) == 2
    assert made.scale is None


def test_no_strokes_cross_nothing():
    none = strokes((30, 50)).between(0.95, 1)
    assert len(carry(none, seam(1, 100)).paths) == 0


@pytest.mark.parametrize(("turn", "mirrored"), [(1, False), (1j, False), (2, False), (1, True)])
def test_bristles_of_the_piece_beyond_are_those_of_the_stroke(turn, mirrored):
    made = carry(strokes((30, 30)), seam(turn, 60 + 60j, mirrored))
    quads = ribbons(made, np.ones(2), CAP)
    layer = Layer.lay(quads, (200, 200), (False, False))
    assert quads.stroke.tolist() == [0, 1]  # straight, so one quad each
    drawn = layer.place(layer.label, *_beside(made))
    paint = load(Brush(radius=2.0), made, quads.length).paint(drawn)
    assert np.allclose(drawn.across[0], drawn.across[1], atol=1e-3)
    assert np.allclose(paint.color[:, 0], paint.color[:, 1], atol=1e-3)
    assert np.allclose(paint.height[0], paint.height[1], atol=1e-3)


def _beside(made):
    """Places of one point of the stroke, a little beside its middle, in both pieces: x (2,) and y (2,)."""
    first = made.paths[0, 1] + (1.0, 0.7)
    ends = [made.paths[k, 1, 0] + 1j * made.paths[k, 1, 1] for k in (0, 1)]
    step = [made.paths[k, 2, 0] + 1j * made.paths[k, 2, 1] - ends[k] for k in (0, 1)]
    away = complex(*(first - made.paths[0, 1])) / step[0]
    away = away.conjugate() if made.scale[1] < 0 else away
    at = [complex(*first), ends[1] + away * step[1]]
    return np.float32([p.real for p in at]), np.float32([p.imag for p in at])
