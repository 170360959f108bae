"""A square that moves over a ground that stands still: what is hidden is known."""

import pytest
import torch

from core.video.occlusion import (
    Surfaces,
    confidence,
    inconsistent,
    motion_edges,
    reliability,
    same_object,
    same_surface,
)

SIDE, STEP = 24, 6


def scene(column):
    """Numbers of objects: a square of 8 pixels whose left side is at a column."""
    objects = torch.zeros(1, 1, SIDE, SIDE)
    objects[..., 8:16, column : column + 8] = 1
    return objects


@pytest.fixture
def moving():
    """Previous and current objects, backward and forward flow: the square goes ``STEP`` to the right."""
    previous, current = scene(4), scene(4 + STEP)
    way = torch.tensor([STEP, 0.0]).reshape(1, 2, 1, 1)
    return previous, current, -way * current, way * previous


@pytest.fixture
def uncovered():
    """What the square has left behind, (1, 1, H, W)."""
    return (scene(4) > 0) & (scene(4 + STEP) == 0)


def test_what_stands_still_is_trusted_to_the_last_pixel():
    still = torch.zeros(1, 2, SIDE, SIDE)
    assert reliability(still, still).min() == pytest.approx(1)


def test_the_published_check_doubts_the_last_row_and_column():
    still = torch.zeros(1, 2, SIDE, SIDE)
    trusted = reliability(still, still, published=True, smooth=False)[0, 0]
    assert trusted[:-1, :-1].min() == 1
    assert trusted[-1].max() == 0
    assert trusted[:, -1].max() == 0


def test_what_leaves_the_frame_is_not_trusted():
    flow = torch.zeros(1, 2, SIDE, SIDE)
    flow[:, 0] = 3
    trusted = reliability(flow, -flow, smooth=False)[0, 0]
    assert trusted[:, :-3].min() == 1
    assert trusted[:, -3:].max() == 0
    assert reliability(flow, -flow, smooth=False, wrap=True).min() == 1


def test_what_was_covered_is_found(moving, uncovered):
    _, _, backward, forward = moving
    assert torch.equal(inconsistent(backward, forward), uncovered)


def test_edges_of_the_motion_are_found(moving):
    """They are the pixels on both sides of an outline."""
    _, current, backward, _ = moving
    reached = [current.roll(by, axis) for by in (1, -1) for axis in (2, 3)]
    outline = sum((other != current) for other in reached) > 0
    assert torch.equal(motion_edges(backward), outline)


def test_doubt_reaches_a_pixel_further_when_smoothed(moving, uncovered):
    _, _, backward, forward = moving
    hard = reliability(backward, forward, smooth=False)
    soft = reliability(backward, forward)
    assert soft[uncovered].max() == 0
    assert (soft < hard - 0.01).sum() > 0
    assert soft.min() >= 0
    assert soft.max() <= 1


def test_objects_tell_what_was_covered(moving, uncovered):
    previous, current, backward, _ = moving
    share = same_object(previous, current, backward)
    assert share[uncovered].max() == 0
    assert share[~uncovered].min() == 1


def test_between_two_objects_the_share_is_that_of_the_mixture():
    objects = torch.tensor([[[[0.0, 1.0]]]])
    flow = torch.tensor([0.25, 0.0]).reshape(1, 2, 1, 1).expand(1, 2, 1, 2)
    share = same_object(objects, objects, flow)
    assert share.flatten().tolist() == pytest.approx([0.75, 1])


def test_objects_of_a_panorama_meet():
    objects = torch.tensor([[[[0.0, 1.0, 2.0, 3.0]]]])
    flow = torch.tensor([3.0, 0.0]).reshape(1, 2, 1, 1).expand(1, 2, 1, 4)
    for turns in (0, 4, -8):  # there and back is the same place
        share = same_object(objects.roll(3, 3), objects, flow + turns, wrap=True)
        assert share.min() == 1


def test_surfaces_at_another_distance_are_others(moving, uncovered):
    previous, current, backward, _ = moving
    depth = [10 - 4 * x for x in (previous, current)]
    share = same_surface(depth[0], depth[1], backward, 0.5)
    assert torch.equal(share == 0, uncovered)
    assert same_surface(depth[0], depth[1], backward, 100.0).min() == 1


def test_background_is_far_but_the_same():
    far = torch.full((1, 1, 4, 4), 1e10)
    assert same_surface(far, far, torch.zeros(1, 2, 4, 4), 0.05 * far).min() == 1


def test_all_that_is_known_is_used(moving, uncovered):
    previous, current, backward, forward = moving
    wrong = torch.zeros_like(forward)  # a flow that is right on neither square nor ground
    blind = confidence(wrong, wrong)
    assert blind.min() == pytest.approx(1)
    seen = confidence(
        wrong, wrong, Surfaces(objects=previous), Surfaces(objects=current), exact=True
    )
    assert torch.equal(seen == 0, (previous != current))
    exact = confidence(backward, forward, exact=True)
    assert exact[uncovered].max() == 0
    assert exact[..., :4, :].min() == pytest.approx(1)


def test_positions_count_where_there_is_depth(moving):
    _, current, backward, forward = moving
    depth, place = torch.full((1, 1, SIDE, SIDE), 10.0), torch.zeros(1, 3, SIDE, SIDE)
    elsewhere = place + 3 * current
    alike = confidence(backward, forward, Surfaces(depth, place), Surfaces(depth, place))
    other = confidence(backward, forward, Surfaces(depth, place), Surfaces(depth, elsewhere))
    assert other[current > 0].max() == 0
    torch.testing.assert_close(other[current == 0], alike[current == 0])
