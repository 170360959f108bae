import pytest
import torch

from core.nn.warp import resize_flow
from core.video.warp import backward_warp, chain


def picture(height=9, width=12):
    torch.manual_seed(0)
    return torch.rand(1, 3, height, width)


def shift(x, y, height=9, width=12):
    """A flow that is the same everywhere: x pixels to the right, y downward."""
    return torch.tensor([x, y], dtype=torch.float32).reshape(1, 2, 1, 1).expand(1, 2, height, width)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "nearest"])
@pytest.mark.parametrize("wrap", [False, True])
def test_no_motion_changes_nothing(mode, wrap):
    moved, inside = backward_warp(picture(), shift(0, 0), mode=mode, wrap=wrap)
    torch.testing.assert_close(moved, picture(), atol=1e-5, rtol=0)
    assert inside.min() == 1


def test_a_backward_flow_says_where_a_pixel_was():
    """What moved 2 to the right and 1 up was 2 to the left and 1 down."""
    moved, inside = backward_warp(picture(), shift(-2, 1))
    torch.testing.assert_close(moved[..., :-1, 2:], picture()[..., 1:, :-2], atol=1e-5, rtol=0)
    assert inside[0, 0, :-1, 2:].min() == 1
    assert inside[0, 0, -1].max() == 0
    assert inside[0, 0, :, :2].max() == 0


def test_halfway_is_the_mean():
    moved, _ = backward_warp(picture(), shift(0.5, 0))
    wanted = (picture()[..., :-1] + picture()[..., 1:]) / 2
    torch.testing.assert_close(moved[..., :-1], wanted, atol=1e-5, rtol=0)


def test_beyond_the_border_the_border_goes_on():
    moved, inside = backward_warp(picture(), shift(-100, 0))
    torch.testing.assert_close(moved, picture()[..., :1].expand_as(moved), atol=1e-5, rtol=0)
    assert inside.max() == 0


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "nearest"])
@pytest.mark.parametrize("around", [0, 12, -36])
def test_a_panorama_meets_itself(mode, around):
    moved, inside = backward_warp(picture(), shift(5 + around, 0), wrap=True, mode=mode)
    torch.testing.assert_close(moved, picture().roll(-5, 3), atol=1e-4, rtol=0)
    assert inside.min() == 1


def test_between_the_last_column_and_the_first_lies_their_mean():
    moved, _ = backward_warp(picture(), shift(0.5, 0), wrap=True)
    wanted = (picture() + picture().roll(-1, 3)) / 2
    torch.testing.assert_close(moved, wanted, atol=1e-5, rtol=0)


def test_two_steps_are_one():
    torch.testing.assert_close(chain(shift(2, 1), shift(-3, 4)), shift(-1, 5))


def test_a_flow_of_larger_frames_is_longer():
    flow = resize_flow(shift(2, 3), (18, 36))
    torch.testing.assert_close(flow, shift(6, 6, 18, 36))


def test_gradients_reach_the_picture_and_the_flow():
    x, flow = picture().requires_grad_(), shift(0.3, 0.2).clone().requires_grad_()
    backward_warp(x, flow)[0].square().sum().backward()
    assert x.grad is not None
    assert flow.grad is not None
    assert float(flow.grad.abs().max()) > 0
