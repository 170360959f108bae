"""Strokes of a film stick to things, keep themselves, and neither crowd nor leave bare what is new."""

from dataclasses import replace

import numpy as np
import pytest

from core.npr.dots import Dots
from core.npr.layers import Hand
from core.npr.oil import Gouaches, Oils
from core.npr.particles import HIDES, Field, Film, Step, advance, begin
from core.npr.pastel import Pastels
from core.npr.picture import as_picture

SIZE = (64, 96)
LIFE = 8
PAINTERS = [Oils(size=6.0), Gouaches(size=6.0), Pastels(size=6.0), Dots(size=6.0)]
each_painter = pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: type(p).__name__)


def world(size=(160, 260), seed=0):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]] / 24
    waves = [np.sin(2 * x + y), np.cos(3 * y - x), np.where(np.sin(x) > np.cos(y), 0.8, -0.8)]
    grain = rng.normal(0, 0.01, (*size, 3))
    return np.clip(0.5 + 0.4 * np.stack(waves, -1) + grain, 0, 1).astype(np.float32)


def slide(by, size=SIZE):
    """All moves by so much, and what leaves the frame is not seen any more."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    flow = np.broadcast_to(np.float32(by), (*size, 2)).copy()

    def inside(dx, dy):
        ends = (x + dx >= 0) & (x + dx <= size[1] - 1) & (y + dy >= 0) & (y + dy <= size[0] - 1)
        return ends.astype(np.float32)

    return Step(flow, inside(*by), inside(-by[0], -by[1]))


STILL = world()[: SIZE[0], : SIZE[1]]


def play(painter, frames, step, *, first=1, life=LIFE, view=lambda _: STILL):
    """Yield the strokes of each frame, of all layers."""
    film, hand = None, Hand(7)
    for number in range(first, first + frames):
        moved = None if film is None else step
        film = Film(number, life, moved, {} if film is None else film.casts)
        film, laid = painter.rehearse(as_picture(view(number)), hand, film)
        yield laid


def named(strokes):
    """Strokes by what they were born with."""
    return {tuple(own): k for k, own in enumerate(strokes.chance)}


@each_painter
def test_where_nothing_moves_no_stroke_changes_in_more_than_a_life(painter):
    still = slide((0, 0))
    frames = list(play(painter, 2 * LIFE + 3, still))
    for laid in frames[1:]:
        for first, own in zip(frames[0], laid, strict=True):
            assert np.array_equal(own.paths, first.paths)
            assert np.array_equal(own.colors, first.colors)
            assert np.array_equal(own.width, first.width)
            assert np.array_equal(own.chance, first.chance)


@each_painter
def test_strokes_go_where_their_thing_goes_and_stay_themselves(painter):
    by, big = (2, 1), world()

    def view(n):
        top, left = 40 - n, 60 - 2 * n
        return big[top : top + SIZE[0], left : left + SIZE[1]]

    last = None
    for laid in play(painter, 5, slide(by), life=48, view=view):
        if last is not None:
            for old, new in zip(last, laid, strict=True):
                before, after = named(old), named(new)
                both = set(before) & set(after)
                assert len(both) > 0.7 * len(before)
                pairs = np.array([(before[k], after[k]) for k in both])
                middles = [
                    np.stack([strokes.paths[k, : strokes.ends[k]].mean(0) for k in which])
                    for strokes, which in zip((old, new), pairs.T, strict=True)
                ]
                off = np.linalg.norm(middles[1] - middles[0] - by, axis=1)
                assert np.median(off) < 0.5
                assert (off < 2).mean() > 0.8
        last = laid


@each_painter
def test_no_stroke_is_large_at_once_but_on_what_is_new(painter):
    """Outside of a strip beside the border by which the picture moves in, widths change by steps."""
    last, most, big = None, 0.0, world()
    for laid in play(painter, 10, slide((1, 0)), view=lambda n: big[: SIZE[0], 40 - n : 136 - n]):
        for old, new in zip(last or laid, laid, strict=True):
            before = named(old)
            for key, k in named(new).items():
                was = old.width[before[key]] if key in before else 0.0
                if new.paths[k, : new.ends[k], 0].min() > 14:
                    most = max(most, (new.width[k] - was) / max(new.width))
        last = laid
    assert 0 < most < 0.6


def test_density_stays_where_things_come_nearer_or_go_away():
    field = Field(SIZE, 6.0, (1, 2))
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    away = np.stack([x - SIZE[1] / 2, y - SIZE[0] / 2], -1)
    sure = np.ones(SIZE, np.float32)
    for zoom in (0.03, -0.03):
        cast = begin(field, 1, 1000, 2)
        count = len(cast.before.at)
        for frame in range(2, 42):
            cast = advance(cast, Step(zoom * away, sure, sure), frame)
        at = cast.before.at[cast.before.leaves == 0]
        inner = (np.abs(at - (SIZE[1] / 2, SIZE[0] / 2)) < (SIZE[1] / 4, SIZE[0] / 4)).all(1)
        assert 0.5 < inner.sum() / (count / 4) < 4, (
            "by the zoom alone it were a tenth, or eleven times"
        )


def test_what_is_hidden_goes_and_what_appears_has_strokes_at_once():
    field = Field(SIZE, 6.0, (1, 2))
    cast = begin(field, 1, 1000, 2)
    step = slide((0, 0))
    gone = step.seen.copy()
    gone[:, :48] = 0
    cast = advance(cast, replace(step, seen=gone, known=gone), 2)
    here = cast.before.at[:, 0] < 47
    fresh = cast.before.number >= np.prod(field.grid)
    assert fresh[here].sum() > 0.5 * (48 * 64 / 36)
    assert (cast.before.weight[here & fresh] == 1).all()
    assert not fresh[~here & (cast.before.at[:, 0] > 49)].any()
    assert (cast.before.weight[here & ~fresh] < 1).all()
    for frame in range(3, 3 + HIDES):
        cast = advance(cast, step, frame)
    here = cast.before.at[:, 0] < 47
    assert (cast.before.number[here] >= np.prod(field.grid)).all()


@each_painter
def test_a_frame_depends_on_two_lives_at_most(painter):
    by, big = (1, 0), world()

    def view(n):
        return big[: SIZE[0], 60 - n : 60 - n + SIZE[1]]

    number = 2 * LIFE + 5
    far = list(play(painter, number, slide(by), first=1, view=view))[-1]
    near = list(play(painter, number - LIFE + 1, slide(by), first=LIFE, view=view))[-1]
    for own, other in zip(far, near, strict=True):
        assert np.array_equal(own.paths, other.paths)
        assert np.array_equal(own.chance, other.chance)
        assert np.array_equal(own.width, other.width)
