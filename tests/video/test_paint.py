"""How far paint is kept, in numbers: by how much things differ, over which distance, and what follows."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from core.video.coherence import (
    Motion,
    advance,
    average_around,
    begin,
    is_cut,
    make_motion,
    measure_fit,
    measure_likeness,
    measure_stillness,
    mix_paint,
    relight_paint,
    renew,
)

SIZE = (64, 80)


def flat(value, size=SIZE):
    """Return a picture of one colour, grey or red, green and blue."""
    return torch.tensor(value, dtype=torch.float32).reshape(1, -1, 1, 1).expand(1, 3, *size).clone()


def step(low, high, size=SIZE):
    """Return a picture of one grey, and of another in its right half."""
    picture = flat(low, size)
    picture[..., size[1] // 2 :] = high
    return picture


def checks(amplitude, mean=0.5):
    """Return a board of pixels, lighter and darker in turn."""
    rows, columns = torch.meshgrid(*(torch.arange(side) for side in SIZE), indexing="ij")
    return mean + amplitude * (1 - 2.0 * ((rows + columns) % 2)).expand(1, 3, *SIZE)


def one(value):
    return torch.full((1, 1, *SIZE), value)


def still(confidence=1.0, placed=None, *, frame=None, lighter=0.0):
    """Return no motion, trusted so far."""
    trust = one(confidence) if isinstance(confidence, float) else confidence
    known = trust if placed is None else one(placed)
    shows = flat(0.5) if frame is None else frame
    return Motion(torch.zeros(1, 2, *SIZE), trust, known, one(lighter), shows)


def middle(x):
    """Return the value in the middle of a picture."""
    return float(x[0, 0, SIZE[0] // 2, SIZE[1] // 2])


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("side", [3, 7])
def test_means_around_repeat_the_border(channels, side):
    x = torch.rand(1, channels, 20, 30)
    wanted = F.avg_pool2d(F.pad(x, [side // 2] * 4, mode="replicate"), side, stride=1)
    assert torch.allclose(average_around(x, side), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("apart", "wanted"), [(0.0, 1), (0.05, 1), (0.10, 0.5), (0.125, 0.25), (0.15, 0), (0.4, 0)]
)
def test_pictures_are_alike_by_the_channel_that_differs_most(apart, wanted):
    for other in ((0.5 + apart, 0.5, 0.5), (0.5, 0.5, 0.5 - apart)):
        found = measure_likeness(flat(0.5), flat(other), 5)
        assert found.shape == (1, 1, *SIZE)
        assert torch.allclose(found, one(float(wanted)), atol=1e-4)


@pytest.mark.parametrize(
    ("apart", "wanted"), [(0.0, 1), (0.02, 1), (0.03, 0.5), (0.04, 0), (0.3, 0)]
)
def test_grain_is_no_change_and_more_is(apart, wanted):
    """However it is spread: what is lighter here and darker there is not made up for."""
    for other in (flat((0.5, 0.5 - apart, 0.5)), checks(apart)):
        assert torch.allclose(measure_stillness(flat(0.5), other), one(float(wanted)), atol=1e-4)


def test_frames_are_compared_over_seven_pixels():
    """Right beside a change of 0.35 three columns in seven show it, then two, then one."""
    found = make_motion(flat(0.4), step(0.4, 0.75), torch.zeros(1, 2, *SIZE), one(0.5), exact=True)
    assert torch.allclose(
        found.confidence[0, 0, 30, 36:42], 0.5 * torch.tensor([1, 1, 0.5, 0, 0, 0]), atol=1e-4
    )
    assert torch.equal(found.placed, one(0.5))
    assert torch.equal(found.frame, step(0.4, 0.75))
    assert torch.allclose(
        found.lighter[0, 0, 30, 38:42], 0.35 * torch.tensor([0, 1 / 3, 2 / 3, 1]), atol=1e-5
    )
    guessed = make_motion(
        flat(0.4), step(0.4, 0.75), torch.zeros(1, 2, *SIZE), one(0.5), exact=False
    )
    assert torch.equal(guessed.placed, guessed.confidence)


@pytest.mark.parametrize("wrap", [True, False])
def test_a_panorama_is_followed_over_its_border(wrap):
    before = step(0.2, 0.8)
    flow = torch.zeros(1, 2, *SIZE)
    flow[:, 0] = 10
    found = make_motion(before, before.roll(-10, -1), flow, one(1.0), exact=True, wrap=wrap)
    assert bool((found.confidence == 1).all()) == wrap


@pytest.mark.parametrize(("trust", "cut"), [(0.1, True), (0.5, True), (0.7, False)])
def test_a_frame_of_which_half_can_be_followed_is_no_cut(trust, cut):
    assert is_cut(flat(0.1), still(trust, frame=flat(0.9))) == cut


@pytest.mark.parametrize(("change", "cut"), [(0.1, False), (0.18, True), (-0.18, True)])
def test_a_cut_shows_another_picture(change, cut):
    assert is_cut(flat(0.5), still(0.1, frame=flat(0.5 + change))) == cut


def test_a_pattern_that_moves_is_no_cut_and_the_border_counts():
    rows, columns = (torch.arange(side) % 2 for side in SIZE)
    for stripes in (rows[:, None].expand(SIZE), columns.expand(SIZE)):
        frame = stripes.float().expand(1, 3, *SIZE)
        assert not is_cut(flat(0.5), still(0.1, frame=frame))
    border = torch.zeros(1, 3, 12, 12)
    border[..., 8:] = 0.4
    motion = Motion(torch.zeros(1, 2, 12, 12), *(torch.zeros(1, 1, 12, 12),) * 3, border)
    assert is_cut(torch.zeros(1, 3, 12, 12), motion)
    tiny = Motion(torch.zeros(1, 2, 3, 5), *(torch.zeros(1, 1, 3, 5),) * 3, torch.ones(1, 3, 3, 5))
    assert is_cut(torch.zeros(1, 3, 3, 5), tiny)


def test_what_is_lighter_on_one_side_and_darker_on_the_other_is_a_cut():
    across = step(0.3, 0.7, (64, 64))
    for frame in (across, across.transpose(-1, -2)):
        flow, none = torch.zeros(1, 2, 64, 64), torch.zeros(1, 1, 64, 64)
        assert is_cut(flat(0.5, (64, 64)), Motion(flow, none, none, none, frame))


def test_paint_begins_as_it_is_and_an_anchor_keeps_what_was_before():
    first = begin(flat(0.4), flat(0.6))
    assert first.older is first.outgoing is first.wanted is None
    assert torch.equal(first.trust, torch.ones(1, 2, *SIZE))
    assert torch.equal(first.flow, torch.zeros(1, 2, *SIZE))
    assert torch.equal(first.seen, flat(0.6))
    later = advance(first, still(), flat(0.4))
    keyframe = renew(later, flat(0.7), flat(0.8))
    for shows in (keyframe.older, keyframe.outgoing):
        assert torch.equal(shows, later.picture)
    assert torch.equal(keyframe.newer, flat(0.7))
    assert torch.equal(keyframe.seen, flat(0.8))
    assert keyframe.wanted is later.wanted


@pytest.mark.parametrize(
    ("confidence", "wanted"), [(1.0, 1), (0.9, 0.9 * 0.85), (0.43, 0.06235), (0.4, 0), (0.2, 0)]
)
def test_trust_is_less_where_there_is_none_nearby_and_ends(confidence, wanted):
    """Half as much again goes as is lacking around; a twentieth is given up."""
    paint = begin(flat(0.5), flat(0.5))
    once = advance(paint, still(confidence), flat(0.5))
    assert torch.allclose(once.trust, torch.full_like(once.trust, wanted), atol=1e-4)
    twice = advance(once, still(confidence), flat(0.5))
    assert middle(twice.trust) == pytest.approx(wanted**2 if wanted > 0.1 else 0, abs=1e-3)


def test_strokes_reach_eight_pixels():
    confidence = one(1.0)
    confidence[..., :40] = 0
    trust = advance(begin(flat(0.5), flat(0.5)), still(confidence), flat(0.5)).trust
    for away in range(12):
        lacking = max(0, 8 - away) / 17
        assert float(trust[0, 1, 32, 40 + away]) == pytest.approx(1 - 1.5 * lacking, abs=1e-4)


def test_what_differs_from_the_anchors_frame_is_not_trusted():
    paint = begin(flat(0.5), flat(0.4))
    assert middle(advance(paint, still(frame=flat(0.5)), flat(0.5)).trust) == pytest.approx(
        0.5, abs=1e-3
    )
    beside = advance(paint, still(frame=step(0.4, 0.7)), flat(0.5)).trust[0, 1, 32]
    assert beside[36:41].tolist() == pytest.approx([1, 1, 0.9, 0.3, 0], abs=1e-3)


@pytest.mark.parametrize(("apart", "wanted"), [(0.05, 1), (0.10, 0.5), (0.15, 0)])
def test_paint_of_another_colour_does_not_fit(apart, wanted):
    wanted_there = advance(
        begin(flat(0.5), flat(0.5)), still(), flat((0.5, 0.5 + apart, 0.5))
    ).wanted
    assert torch.allclose(measure_fit(flat(0.5), wanted_there), one(float(wanted)), atol=1e-3)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [(0.0, 0.007, 1), (0.0, 0.012, 0.6355), (0.0, 0.03, 0), (0.10, 0.05, 0.5797), (0.1, 0.08, 1)],
)
def test_paint_of_another_roughness_does_not_fit(first, second, wanted):
    for here, there in ((first, second), (second, first)):
        moments = advance(begin(flat(0.5), flat(0.5)), still(), checks(there)).wanted
        fits = measure_fit(checks(here), moments)
        assert middle(fits) == pytest.approx(wanted, abs=3e-3)


def test_colours_are_compared_over_the_size_of_a_stroke():
    moments = advance(begin(flat(0.0), flat(0.5)), still(), step(0.0, 1.0)).wanted
    dark, light = (measure_fit(flat(grey), moments)[0, 0, 32] for grey in (0.0, 1.0))
    assert dark[:34].min() == 1
    assert dark[42:].max() == 0
    assert light[50:].min() == 1
    assert light[:38].max() == 0


def test_where_only_light_has_changed_three_quarters_stay():
    """Of what is not a keyframe's; where nothing has, a fifth is painted anew."""
    paint = replace(begin(flat(0.5), flat(0.5)), trust=torch.zeros(1, 2, *SIZE))
    relighted = advance(paint, still(0.0, placed=1.0), flat(0.52))
    assert torch.allclose(relighted.picture, flat(0.505), atol=2e-4)
    kept = advance(paint, still(1.0), flat(0.52))
    assert torch.allclose(kept.picture, flat(0.504), atol=2e-4)
    other = advance(paint, still(0.0, placed=0.0), flat(0.52))
    assert torch.allclose(other.picture, flat(0.52), atol=2e-4)


@pytest.mark.parametrize("light", [0.2, -0.2, 0.02])
def test_paint_answers_to_light_but_not_to_what_is_hardly_light(light):
    """Nearly all of a change of paint is believed for a change of light, less the less light changes."""
    found = relight_paint(flat(0.5), flat((0.6, 0.5, 0.45)), one(light))
    share = light**2 / (light**2 + 0.04**2)
    assert torch.allclose(found, flat((0.5 + 0.1 * share, 0.5, 0.5 - 0.05 * share)), atol=1e-5)


def test_all_pixels_answer_to_light_not_some():
    strokes = 0.1 * torch.tensor([1.0, 0, 0, 1] * 20).expand(1, 3, *SIZE)
    found = relight_paint(flat(0.5), 0.5 + strokes, one(0.2))
    assert torch.allclose(found, flat(0.5 + 0.05 * 0.04 / 0.0416), atol=1e-4)


def test_the_answer_to_light_is_of_about_here():
    found = relight_paint(
        flat(0.5, (64, 256)), step(0.5, 0.6, (64, 256)), torch.full((1, 1, 64, 256), 0.3)
    )
    row, most = found[0, 0, 32] - 0.5, 0.1 * 0.09 / (0.09 + 0.04**2)
    assert row[: 128 - 40].abs().max() < 1e-5
    assert (row[128 + 40 :] - most).abs().max() < 1e-5
    assert 0.3 * most < row[128] < 0.7 * most


def test_of_old_and_new_paint_each_is_trusted_for_itself():
    first = advance(begin(flat(0.8), flat(0.5)), still(), flat(0.8))
    keyframe = renew(first, flat(0.5), flat(0.5))
    later = advance(keyframe, still(0.9), flat(0.5))
    assert middle(later.trust[:, :1]) == 0
    assert middle(later.trust[:, 1:]) == pytest.approx(0.765, abs=1e-3)
    assert torch.allclose(later.outgoing, later.picture)
    former = advance(keyframe, still(0.9), flat(0.5), formerly=flat(0.8))
    assert middle(former.trust[:, :1]) == pytest.approx(0.765, abs=1e-3)
    assert torch.allclose(former.outgoing, flat(0.8), atol=1e-4)
    assert torch.allclose(former.picture, flat(0.5), atol=1e-4)
    other = advance(keyframe, still(0.9), flat(0.5), formerly=flat(0.3))
    assert torch.allclose(other.outgoing, flat(0.3), atol=1e-4)
    again = advance(former, still(0.9), flat(0.8), formerly=flat(0.8))
    assert middle(again.trust[:, :1]) == pytest.approx(0.765**2, abs=1e-3)
    assert middle(again.trust[:, 1:]) == 0


def test_steps_of_the_motion_add_up_where_things_were():
    """Things move faster on the right: the sum is read where they were, not where they are."""
    flow = (torch.arange(SIZE[1]) / 20).expand(1, 1, *SIZE)
    flow = torch.cat([flow, torch.zeros_like(flow)], 1)
    motion = still()._replace(flow=flow)
    twice = advance(advance(begin(flat(0.5), flat(0.5)), motion, flat(0.5)), motion, flat(0.5)).flow
    assert float(twice[0, 0, 32, 40]) == pytest.approx(40 / 20 + 42 / 20, abs=0.01)
    assert not twice[:, 1].any()


@pytest.mark.parametrize("wrap", [True, False])
def test_paint_is_carried_over_the_border_of_a_panorama(wrap, picture):
    strokes = 0.4 + 0.2 * picture(*SIZE, 3)
    motion = still(frame=strokes.roll(-10, -1))
    motion = motion._replace(flow=torch.tensor([10.0, 0])[:, None, None].expand(1, 2, *SIZE))
    keyframe = renew(replace(begin(strokes, strokes), wanted=None), strokes, strokes)
    noise = 0.02 * torch.rand(strokes.shape, generator=torch.Generator().manual_seed(0)) - 0.01
    found = advance(keyframe, motion, strokes.roll(-10, -1) + noise, wrap=wrap)
    for shows in (found.picture, found.outgoing):
        assert bool(torch.allclose(shows, strokes.roll(-10, -1), atol=1e-3)) == wrap
    assert bool((found.trust > 0.99).all()) == wrap


def test_paint_that_is_moved_by_half_a_pixel_stays_sharp():
    """Read along straight lines, stripes of four pixels would lose three tenths of their contrast."""
    columns = torch.arange(SIZE[1])

    def stripes(left):
        return (0.5 + 0.2 * torch.sin((columns + left) * torch.pi / 2 + 0.7)).expand(1, 3, *SIZE)

    motion = still()._replace(flow=torch.tensor([0.5, 0])[:, None, None].expand(1, 2, *SIZE))
    keyframe = renew(begin(stripes(0), flat(0.5)), stripes(0), flat(0.5))
    fresh = replace(keyframe, trust=torch.zeros(1, 2, *SIZE))
    for paint in (keyframe, fresh):
        found = advance(paint, motion, stripes(0.5))
        for shows in (found.picture, found.outgoing):
            contrast = shows[..., 8:-8].std() / stripes(0.5)[..., 8:-8].std()
            assert 0.95 < contrast < 1.05


def test_flat_paint_has_no_contrast_whatever_its_grey():
    for grey in torch.linspace(0, 1, 97).tolist():
        moments = advance(begin(flat(grey), flat(0.5)), still(), flat(grey)).wanted
        assert torch.equal(measure_fit(flat(grey), moments), one(1.0))


def test_paint_stays_between_black_and_white():
    """What is read between the pixels of a hard edge swings over."""
    edge = step(0.0, 1.0)
    motion = still(frame=edge)._replace(flow=torch.full((1, 2, *SIZE), 0.5))
    keyframe = renew(begin(edge, edge), edge, edge)
    found = advance(keyframe, motion, edge)
    for shows in (found.picture, found.outgoing, mix_paint(found, 0.5)):
        assert shows.min() == 0
        assert shows.max() == 1


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.0, 0.4), (0.25, 0.415625), (0.5, 0.45), (0.75, 0.484375), (1.0, 0.5)]
)
def test_an_anchor_is_brought_in_slowly_at_both_ends(share, wanted):
    paint = replace(begin(flat(0.5), flat(0.5)), outgoing=flat(0.4))
    assert torch.allclose(mix_paint(paint, share), flat(wanted), atol=1e-6)
    assert torch.equal(mix_paint(replace(paint, outgoing=None), share), flat(0.5))


@pytest.mark.parametrize(
    ("has", "lacks", "wanted"),
    [(0.10, 0.12, 0.12), (0.10, 0.3, 0.15), (0.10, 0.05, 0.10), (0.003, 0.006, 0.00384)],
)
def test_pale_paint_is_given_its_contrast_back(has, lacks, wanted):
    """Up to half as much again, never less than it has, and little where there is hardly a pattern."""
    asked = advance(begin(flat(0.4), flat(0.5)), still(), checks(lacks, 0.4)).wanted
    found = mix_paint(replace(begin(checks(has, 0.4), flat(0.5)), wanted=asked), 1.0)
    inside = found[..., 8:-8, 8:-8]
    assert float(inside.std(correction=0)) == pytest.approx(wanted, rel=0.01)
    assert float(inside.mean()) == pytest.approx(0.4, abs=1e-3)


def test_contrast_that_is_given_back_stays_between_black_and_white():
    asked = advance(begin(flat(0.5), flat(0.5)), still(), checks(0.5)).wanted
    found = mix_paint(replace(begin(checks(0.45), flat(0.5)), wanted=asked), 1.0)
    assert 0 <= found.min() < 0.05
    assert 0.95 < found.max() <= 1
