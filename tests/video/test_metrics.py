import math

import numpy as np
import pytest
import torch

from core.video.metrics import clip_warping_error, mean_end_point_error, occluded, warping_error


def picture(seed=0):
    return torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(seed))


def flow(x, y):
    return torch.tensor([x, y], dtype=torch.float32).reshape(1, 2, 1, 1).expand(1, 2, 12, 16)


NOTHING = torch.zeros(1, 1, 12, 16)


def test_what_moves_as_its_flow_says_is_steady():
    earlier, later = picture(), picture().roll(2, 3)
    hidden = NOTHING.clone()
    hidden[..., -2:] = 1  # it has left the frame
    assert warping_error(earlier, later, flow(2, 0), hidden) == pytest.approx(0, abs=1e-10)
    assert warping_error(earlier, later, flow(0, 0), hidden) > 0.05


def test_a_flicker_of_a_tenth_is_a_hundredth():
    assert warping_error(picture(), picture() + 0.1, flow(0, 0), NOTHING) == pytest.approx(0.01)


def test_what_is_hidden_does_not_count():
    later, hidden = picture(), NOTHING.clone()
    later[..., :5] += 3
    hidden[..., :5] = 1
    assert warping_error(picture(), later, flow(0, 0), hidden) == pytest.approx(0, abs=1e-10)
    assert warping_error(picture(), later, flow(0, 0), NOTHING + 1) == 0


def test_a_clip_is_the_mean_of_its_pairs():
    frames = [picture() + shade for shade in (0.0, 0.1, 0.3)]
    still, none = [flow(0, 0)] * 2, [NOTHING] * 2
    assert clip_warping_error(frames, still, none) == pytest.approx((0.01 + 0.04) / 2)
    assert clip_warping_error(frames, still[:1], none[:1], step=2) == pytest.approx(0.09)
    with pytest.raises(ValueError, match="shorter"):
        clip_warping_error(frames, still[:1], none)


def test_what_comes_back_is_not_occluded():
    assert occluded(flow(-2, 1), flow(2, -1)).sum() == 0
    assert occluded(flow(2, 1), flow(2, -1)).all()


def test_end_points():
    true = flow(1, 1)
    assert mean_end_point_error(true, true) == 0
    assert mean_end_point_error(flow(4, 5), true) == pytest.approx(5)
    half = NOTHING.clone()
    half[..., :8] = 1
    mixed = torch.where(half > 0, flow(4, 5), true)
    assert mean_end_point_error(mixed, true) == pytest.approx(2.5)
    assert mean_end_point_error(mixed, true, half) == pytest.approx(5)
    assert math.isnan(mean_end_point_error(mixed, true, NOTHING))


def test_the_stored_warping_error_of_others(shared):
    stored = np.load(shared / "parity" / "open" / "metrics.npz", allow_pickle=False)
    first, second, forward, backward = (
        torch.from_numpy(stored[k]).permute(2, 0, 1)[None]
        for k in ("frame1", "frame2", "flow_fw", "flow_bw")
    )
    found = warping_error(first, second, forward, occluded(backward, forward))
    assert found == pytest.approx(float(stored["warp_error"]), rel=1e-4)
