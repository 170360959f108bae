from dataclasses import replace

import pytest
import torch
from torch import nn

from core.card import make_params
from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, PictureError, WeightsError
from core.methods.covst import CARD
from core.methods.covst.network import Mask, compose, difference_mask, feature_flow
from core.methods.covst.stylize import start, step
from core.methods.covst.weights import list_masked, load_flow, load_mask, load_style


class Constant(nn.Module):
    """A mask that is the same everywhere."""

    def __init__(self, share):
        super().__init__()
        self.share = share

    def forward(self, x):
        return torch.full_like(x[:, :1], self.share)


@pytest.fixture
def begun(store):
    """Begin a sequence with the mask of a constant share, or with the trained one."""

    def make(share=None, styles=("oil",), run=None, **params):
        known = make_params(CARD, {"carry": 1.0, "cut": 0.0, **params})
        state = start([Style(name) for name in styles], known, run or RunContext(store))
        if share is None:
            return state
        painters = tuple(replace(p, mask=Constant(share)) for p in state.painters)
        return replace(state, painters=painters)

    return make


@pytest.fixture
def frames(picture):
    """A picture that moves eight pixels to the left and four down from frame to frame."""
    large = picture(96, 128)
    return [large[..., 32 - 4 * t : 80 - 4 * t, 8 * t : 56 + 8 * t] for t in range(4)]


FLOW = torch.tensor([8.0, -4.0]).view(1, 2, 1, 1).expand(1, 2, 48, 56)
"""Where the sequence's pixels were in the frame before."""


def alone(begun, frame, **params):
    return step(begun(0.0, **params), frame)[1]


def test_with_an_empty_mask_each_frame_is_painted_for_itself(begun, frames):
    state = begun(0.0)
    for frame in frames:
        state, picture = step(state, frame)
        assert torch.equal(picture, alone(begun, frame))


def test_a_picture_is_a_sequence_of_one_frame(begun, frames, store, stylized):
    got = stylized(frames[0], [Style("oil")], store)
    assert torch.equal(got, alone(begun, frames[0]))


def test_with_a_full_mask_what_was_painted_stays(begun, frames):
    """Where nothing moves, another frame is painted from the features of the first."""
    state, first = step(begun(1.0), frames[0])
    state, second = step(state, frames[1], flow=torch.zeros_like(FLOW))
    assert torch.allclose(first, second, atol=1e-5)


def test_features_move_by_whole_cells_exactly(begun, frames):
    state, _ = step(begun(1.0), frames[0])
    moved, _ = step(state, frames[1], flow=FLOW)
    before, after = (s.memory["features0"] for s in (state, moved))
    assert torch.allclose(after[..., 1:, :-2], before[..., :-1, 2:], atol=1e-5)


def test_what_comes_from_outside_of_the_frame_is_painted_anew(begun, frames):
    state, _ = step(begun(1.0), frames[0])
    moved, _ = step(state, frames[1], flow=FLOW)
    fresh, _ = step(begun(0.0), frames[1])
    one, two = (s.memory["features0"] for s in (moved, fresh))
    assert torch.equal(one[..., :, -2:], two[..., :, -2:])
    assert torch.equal(one[..., :1, :], two[..., :1, :])
    assert (one - two)[..., 1:, :-2].abs().max() > 0.01


def test_what_was_hidden_is_painted_anew(begun, frames):
    state, _ = step(begun(1.0), frames[0])
    visible = torch.ones(1, 1, 48, 56)
    visible[..., 16:32, 20:40] = 0
    moved, _ = step(state, frames[1], flow=FLOW, visible=visible)
    fresh, _ = step(begun(0.0), frames[1])
    one, two = (s.memory["features0"][..., 4:8, 5:10] for s in (moved, fresh))
    assert torch.equal(one, two)


def test_less_is_carried_on_where_less_may_be(begun, frames):
    states = [begun(1.0, carry=carry) for carry in (1.0, 0.5, 0.0)]
    behind = [step(step(state, frames[0])[0], frames[1], flow=FLOW)[0] for state in states]
    full, half, none = (state.memory["features0"] for state in behind)
    assert torch.allclose(half, 0.5 * full + 0.5 * none, atol=1e-5)


def test_a_new_scene_begins_anew(begun, frames):
    for share, anew in ((0.1, True), (0.9, False)):
        state, _ = step(begun(share, cut=0.5), frames[0])
        _, picture = step(state, frames[1], flow=FLOW)
        assert torch.equal(picture, alone(begun, frames[1])) == anew


def test_the_mask_sees_how_far_features_are_apart():
    features = torch.rand(1, 8, 6, 7)
    still = torch.zeros(1, 2, 6, 7)
    changed = features.clone()
    changed[..., 2:4, 2:4] += 3
    mixed, share = compose(changed, features, still, None, 1.0)
    assert torch.allclose(share[..., 0, 0], torch.ones(1))
    assert float(share[..., 3, 3]) < 1e-6
    assert torch.allclose(mixed, changed, atol=1e-5)
    assert torch.equal(difference_mask(torch.zeros(1, 8, 2, 2), features), torch.ones(1, 1, 2, 2))
    torch.manual_seed(0)
    learned = Mask(8).requires_grad_(False)(features)
    assert learned.shape == (1, 1, 6, 7)
    assert 0 < float(learned.min()) < float(learned.max()) < 1


def test_the_flow_is_in_cells_and_large_frames_are_made_smaller(store, picture):
    network, x, y = load_flow(store), picture(64, 128), picture(64, 128, 2)
    flow = feature_flow(network, x, y)
    assert torch.equal(flow, network.levels(x, y)[0] * 5)
    large = feature_flow(network, *(torch.zeros(1, 3, 520, 2080) for _ in range(2)))
    assert large.shape == (1, 2, 130, 520)


def test_styles_are_mixed_as_pictures(begun, frames):
    one, other, both = (
        step(step(begun(0.5, styles), frames[0])[0], frames[1], flow=FLOW)[1]
        for styles in (("oil",), ("mosaic",), ("oil", "mosaic"))
    )
    assert torch.allclose(both, (one + other) / 2, atol=1e-5)


def test_memory_is_all_that_the_next_frame_needs(begun, frames):
    state, wanted = begun(), []
    for frame in frames:
        state, picture = step(state, frame)
        wanted.append(picture)
        if len(wanted) == 2:
            memory = state.memory
    state = replace(begun(), memory=memory)
    for frame, picture in zip(frames[2:], wanted[2:], strict=True):
        state, got = step(state, frame)
        assert torch.equal(got, picture)


def test_what_is_missing_or_wrong_is_said(begun, frames, store, tmp_path):
    with pytest.raises(ParamsError, match="covst has no style 'candy'; choose one of: mosaic, oil"):
        begun(styles=("candy",))
    with pytest.raises(PictureError, match="56 x 44 pixels follows frames of about 56 x 48"):
        step(step(begun(), frames[0])[0], frames[1][..., :44, :])
    own = tmp_path / "mine.safetensors"
    write_state(own, store.load("compact.reconet_oil"), {})
    with pytest.raises(
        ParamsError, match=r"no mask for .*mine.*only for: mosaic, oil; set trust to"
    ):
        begun(styles=(str(own),))
    state = begun(styles=(str(own),), trust="difference")
    assert torch.isfinite(step(step(state, frames[0])[0], frames[1])[1]).all()
    with pytest.raises(WeightsError, match="mask of oil is not the network it should be"):
        load_mask(store, "oil", 128)
    write_state(tmp_path / "compact.reconet_oil.safetensors", store.load("compact.reconet_oil"), {})
    with pytest.raises(WeightsError, match=r"compact\.covst is not in"):
        begun(run=RunContext(Store((tmp_path,))))


def test_masks_are_small_and_are_listed(store):
    assert sum(p.numel() for p in Mask(64).parameters()) < 15_000
    assert list_masked(store.load("compact.covst")) == ["mosaic", "oil"]
    assert load_style(store, "compact", "oil").form.sizes.widths == (16, 32, 64)
