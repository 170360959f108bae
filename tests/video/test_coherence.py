"""Paint that is carried along: exact where the motion is, given up where it is not."""

import pytest
import torch
import torch.nn.functional as F

from core.nn.warp import warp
from core.video.coherence import (
    Motion,
    advance,
    begin,
    is_cut,
    make_motion,
    mix_paint,
    relight_paint,
    renew,
)

SIZE = (64, 80)


@pytest.fixture
def strokes(picture):
    return picture(*SIZE, 3)


def flat(value):
    return torch.full((1, 3, *SIZE), value)


def sure():
    return torch.ones(1, 1, *SIZE)


def none():
    return torch.zeros(1, 2, *SIZE)


def by(flow, confidence=None, frame=None):
    """Return a motion in light that stays as it is, of a frame that is grey unless told."""
    trust = sure() if confidence is None else confidence
    shows = flat(0.5) if frame is None else frame
    return Motion(flow, trust, trust, torch.zeros_like(trust), shows)


def still():
    return by(none())


def test_what_does_not_move_stays_bit_for_bit(strokes):
    paint = begin(strokes, flat(0.5))
    for seed in range(5):
        jitter = (
            torch.rand(strokes.shape, generator=torch.Generator().manual_seed(seed)) - 0.5
        ) / 50
        paint = advance(paint, still(), strokes + jitter)
    assert torch.allclose(paint.picture, strokes, atol=1e-6)


def test_many_steps_blur_no_more_than_one(strokes):
    flow = torch.full((1, 2, *SIZE), 0.5)
    paint = begin(strokes, flat(0.5))
    for step in range(1, 9):
        paint = advance(paint, by(flow), warp(strokes, flow * step, mode="bicubic"))
    once = warp(strokes, flow * 8, mode="bicubic")
    inner = (..., slice(8, -8), slice(8, -8))
    assert (paint.picture - once)[inner].abs().max() < 0.02


def test_what_was_hidden_is_painted_and_then_carried(strokes):
    hole = torch.ones(1, 1, *SIZE)
    hole[..., 20:40, 20:40] = 0
    other = strokes.flip(-1)
    paint = advance(begin(strokes, flat(0.5)), by(none(), hole), other)
    inside = (..., slice(28, 32), slice(28, 32))
    assert torch.allclose(paint.picture[inside], other[inside], atol=1e-3)
    carried = advance(paint, still(), other)
    assert torch.allclose(carried.picture[inside], other[inside], atol=1e-3)


def test_paint_gives_way_where_it_no_longer_fits():
    paint = advance(begin(flat(0.8), flat(0.5)), still(), flat(0.3))
    assert torch.allclose(paint.picture, flat(0.3), atol=1e-4)


def test_small_errors_of_the_motion_do_not_shift_stripes():
    """Vectors that are half a pixel off are trusted from frame to frame, and yet not for eight frames."""
    columns = torch.arange(SIZE[1])

    def stripes(step):
        return (0.5 + 0.2 * torch.sin((columns - 0.5 * step) * torch.pi / 4)).expand(1, 3, *SIZE)

    paint = begin(stripes(0), stripes(0))
    for step in range(1, 9):
        motion = make_motion(stripes(step - 1), stripes(step), none(), sure(), exact=True)
        assert motion.confidence.min() > 0.9
        paint = advance(paint, motion, stripes(step))
    inner = (..., slice(8, -8), slice(8, -8))
    off, stuck = ((paint.picture - stripes(k))[inner].abs().mean() for k in (8, 0))
    assert off < 0.4 * stuck


def test_an_anchor_does_not_show_at_once(strokes):
    other = (strokes + 0.03).clamp(0, 1)
    paint = renew(advance(begin(strokes, flat(0.5)), still(), strokes), other, flat(0.5))
    assert torch.allclose(mix_paint(paint, 0.0), strokes, atol=0.01)
    assert torch.allclose(mix_paint(paint, 1.0), other, atol=0.01)


def test_moving_light_is_noticed(strokes):
    def seen(frame, *, exact):
        return make_motion(strokes, frame, none(), sure(), exact=exact)

    assert seen(strokes, exact=True).confidence.min() == 1
    assert not seen(strokes, exact=True).lighter.any()
    darker = seen(strokes * 0.3, exact=True)
    assert darker.confidence.mean() < 0.2
    assert darker.placed.min() == 1
    assert darker.lighter.max() < 0
    assert seen(strokes * 0.3, exact=False).placed.mean() < 0.2


def shadow(edge):
    """Return how much light there is, less from about a column of pixels on, (1, 1, H, W)."""
    return (1 - 0.4 * ((torch.arange(SIZE[1]) - edge) / 8).clamp(0, 1)).expand(1, 1, *SIZE)


def ground(seed):
    """Return a plain ground, painted with strokes of its own, (1, 3, H, W)."""
    noise = torch.randn(1, 3, *SIZE, generator=torch.Generator().manual_seed(seed))
    return 0.5 + 0.3 * F.avg_pool2d(noise, 3, 1, 1)


def test_paint_takes_on_the_light_and_keeps_its_strokes():
    before, other = ground(0), ground(1) * shadow(30)
    found = relight_paint(before * shadow(50), other, 0.5 * (shadow(30) - shadow(50)))
    swept = (..., slice(8, -8), slice(34, 50))
    off, anew, unlit = (
        (found - x)[swept].abs().mean() for x in (before * shadow(30), other, before * shadow(50))
    )
    assert off < 0.2 * unlit
    assert off < 0.5 * anew


def test_paint_in_the_same_light_is_not_touched(strokes):
    assert torch.equal(relight_paint(strokes, strokes.flip(-1), 0 * sure()), strokes)


def test_a_shadow_passes_without_painting_strokes_anew():
    """What is left behind are the strokes of the ground, in the light of now."""

    def fresh(edge):
        return ground(edge) * shadow(edge)

    def boiling(*, exact):
        paint, changes = begin(fresh(60), 0.6 * shadow(60).expand(1, 3, *SIZE)), []
        for edge in range(56, 16, -4):
            frames = (0.6 * shadow(x).expand(1, 3, *SIZE) for x in (edge + 4, edge))
            motion = make_motion(*frames, none(), sure(), exact=exact)
            later = advance(paint, motion, fresh(edge))
            change = later.picture / shadow(edge) - paint.picture / shadow(edge + 4)
            changes.append(change[..., 8:-8, edge : edge + 12].square().mean())
            paint = later
        return torch.stack(changes).mean()

    assert boiling(exact=True) < 0.7 * boiling(exact=False)


def test_what_only_a_screen_shows_leaves_no_trail():
    """A thing that vectors say nothing of, a movie on a screen: where it was, it is soon forgotten."""
    paint = begin(flat(0.6), flat(0.6))
    for step in range(8):
        before, now = (screen(8 * k) for k in (step - 1, step))
        paint = advance(paint, make_motion(before, now, none(), sure(), exact=True), now)
    assert (paint.picture - now)[..., : 8 * 5].abs().max() < 0.02
    assert (paint.picture - now).abs().mean() < 0.02


def screen(left):
    picture = flat(0.6)
    picture[..., 20:36, max(left, 0) : left + 12] = torch.tensor([0.8, 0.3, 0.2])[:, None, None]
    return picture


def test_a_cut_is_little_trust_and_another_picture(strokes):
    assert not is_cut(strokes, by(none(), frame=1 - strokes))
    assert is_cut(flat(0.1), by(none(), 0.1 * sure(), flat(0.9)))
    assert not is_cut(strokes, by(none(), 0.1 * sure(), strokes))
