"""Pixels of strokes: those in one, and those in which strokes meet."""

import numpy as np

from core.npr.bristles import Paint
from core.npr.ribbons import Layer, ribbons
from core.npr.samples import paint_mixed, paint_whole, tell_apart
from core.npr.strokes import Strokes
from core.tiling import Box

BOX = Box(0, 0, 12, 40)


def lay(*paths: list[tuple[float, float]], width: float = 3.0) -> Layer:
    """Return a layer of strokes along paths, all of the same number of points."""
    count = len(paths)
    ends, half = np.full(count, len(paths[0])), np.full(count, width, np.float32)
    rank = np.zeros(count, np.float32)
    points, color = np.array(paths, np.float32), np.zeros((count, 3), np.float32)
    strokes = Strokes(points, ends, color, half, rank, np.zeros((count, 6), np.float32))
    return Layer.lay(ribbons(strokes, np.ones(2)), (BOX.height, BOX.width), (False, False))


def numbered(at) -> Paint:
    """Return opaque paint whose colour says which stroke it is of, and how far along and across."""
    color = np.stack([at.stroke.astype(np.float32), at.along, at.across])
    return Paint(color, at.half, np.ones(len(at.along), np.float32))


def paint(layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    """Return colours (3, h, w) and cover (h, w) of a window."""
    drawn = layer.draw(BOX)
    color, cover = np.zeros((3, 12 * 40), np.float32), np.zeros(12 * 40, np.float32)
    for work, pixels in zip((paint_whole, paint_mixed), tell_apart(drawn), strict=True):
        found = work(layer, numbered, drawn, pixels, BOX)
        color[:, pixels], cover[pixels] = found.color, found.cover
    return color.reshape(3, 12, 40), cover.reshape(12, 40)


def test_quads_of_a_stroke_are_one_and_strokes_are_two():
    bent = [(4.0, 6.0), (12.0, 7.0), (20.0, 6.0), (28.0, 7.0)]
    drawn = lay(bent, width=4.0).draw(BOX)
    assert len(np.unique(drawn)) > 3
    rows, columns = np.divmod(tell_apart(drawn)[1], 40)
    assert not ((np.abs(rows - 6) < 2) & (columns > 5) & (columns < 26)).any()
    whole, mixed = tell_apart(lay([(4.0, 6.0), (20.0, 6.0)], [(18.3, 6.0), (30.0, 6.0)]).draw(BOX))
    assert {6 * 40 + 8, 6 * 40 + 25} <= set(whole.tolist())
    assert {k // 40 for k in mixed.tolist() if 15 < k % 40 < 19} >= {4, 5, 6, 7}


def test_where_strokes_meet_is_their_mean_and_at_a_border_a_share():
    color, cover = paint(lay([(4.0, 3.0), (30.0, 3.0)], [(4.0, 8.0), (30.0, 8.0)], width=2.5))
    first, last = color[0, 2, 10:24], color[0, 9, 10:24]
    assert (first == 0).all()
    assert (last == 1).all()
    assert set(np.unique(color[0, :, 15])) <= {0, 0.25, 0.5, 0.75, 1}
    assert (cover[3, 10:24] == 1).all()
    assert set(np.unique(cover)) <= {0, 0.25, 0.5, 0.75, 1}
    assert 0.25 <= cover[:, 15].sum() - 10 <= 1.5


def test_a_mixed_pixel_lies_where_its_samples_are():
    color, cover = paint(lay([(4.0, 6.0), (30.0, 6.0)], width=2.75))
    along = color[1, :, 10:24][cover[:, 10:24] > 0].reshape(-1, 14)
    np.testing.assert_allclose(along, np.broadcast_to(along[0], along.shape), atol=0.26)
    np.testing.assert_allclose(np.diff(along, axis=1), 1, atol=0.51)
