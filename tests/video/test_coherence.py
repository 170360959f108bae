"""Paint that is carried along: exact where the motion is, given up where it is not."""

import pytest
import torch

from core.nn.warp import warp
from core.video.coherence import advance, begin, is_cut, renew, seen_before, shown

SIZE = (64, 80)


@pytest.fixture
def strokes(picture):
    return picture(*SIZE, 3)


def flat(value):
    return torch.full((1, 3, *SIZE), value)


def still():
    return torch.zeros(1, 2, *SIZE), torch.ones(1, 1, *SIZE)


def test_what_does_not_move_stays_bit_for_bit(strokes):
    paint = begin(strokes)
    for seed in range(5):
        jitter = (
            torch.rand(strokes.shape, generator=torch.Generator().manual_seed(seed)) - 0.5
        ) / 50
        paint = advance(paint, *still(), strokes + jitter)
    assert torch.allclose(paint.picture, strokes, atol=1e-6)


def test_many_steps_blur_no_more_than_one(strokes):
    flow = torch.full((1, 2, *SIZE), 0.5)
    paint = begin(strokes)
    for step in range(1, 9):
        paint = advance(
            paint, flow, torch.ones(1, 1, *SIZE), warp(strokes, flow * step, mode="bicubic")
        )
    once = warp(strokes, flow * 8, mode="bicubic")
    inner = (..., slice(8, -8), slice(8, -8))
    assert (paint.picture - once)[inner].abs().max() < 0.02


def test_what_was_hidden_is_painted_and_then_carried(strokes):
    hole = torch.ones(1, 1, *SIZE)
    hole[..., 20:40, 20:40] = 0
    other = strokes.flip(-1)
    paint = advance(begin(strokes), still()[0], hole, other)
    inside = (..., slice(28, 32), slice(28, 32))
    assert torch.allclose(paint.picture[inside], other[inside], atol=1e-3)
    carried = advance(paint, *still(), other)
    assert torch.allclose(carried.picture[inside], other[inside], atol=1e-3)


def test_paint_gives_way_where_it_no_longer_fits():
    paint = advance(begin(flat(0.8)), *still(), flat(0.3))
    assert torch.allclose(paint.picture, flat(0.3), atol=1e-4)


def test_an_anchor_does_not_show_at_once(strokes):
    other = (strokes + 0.03).clamp(0, 1)
    paint = renew(advance(begin(strokes), *still(), strokes), other)
    assert torch.allclose(shown(paint, 0.0), strokes, atol=0.01)
    assert torch.allclose(shown(paint, 1.0), other, atol=0.01)


def test_moving_light_is_noticed(strokes):
    none, _ = still()
    assert seen_before(strokes, strokes, none).min() == 1
    assert seen_before(strokes * 0.3, strokes, none).mean() < 0.2


def test_a_cut_is_little_trust_and_another_picture(strokes):
    none, sure = still()
    assert not is_cut(strokes, 1 - strokes, sure, none)
    assert is_cut(flat(0.1), flat(0.9), sure * 0.1, none)
    assert not is_cut(strokes, strokes, sure * 0.1, none)
