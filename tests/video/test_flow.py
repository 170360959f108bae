"""Sources of motion: a picture that moves as a whole, and what is said where a source cannot work."""

import pytest
import torch
import torch.nn.functional as F

from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.errors import ParamsError, PictureError, WeightsError
from core.nn.flownet import FlowNet, Sizes
from core.video.flow import Motion, dis, flownet, limit_size, load_raft, make_source, wrap_source

RIGHT, DOWN = 3, -2


def ground(height=160, width=240):
    torch.manual_seed(0)
    cells = torch.rand(1, 3, height // 8, width // 8)
    return F.interpolate(cells, (height, width), mode="bicubic").clamp(0, 1)


@pytest.fixture(scope="module")
def frames():
    """Previous and current: everything moves RIGHT and DOWN pixels."""
    x = ground()
    return x[..., 16:144, 16:224], x[..., 16 - DOWN : 144 - DOWN, 16 - RIGHT : 224 - RIGHT]


def middle(flow):
    return flow[0, :, 16:-16, 16:-16].mean((1, 2)).tolist()


def known(previous, current):
    """A source of constant motion, in pixels of the frames it is given."""
    flow = torch.tensor([4.0, 2.0]).reshape(1, 2, 1, 1).expand(1, 2, *current.shape[-2:])
    return Motion(flow, -flow)


@pytest.mark.parametrize("preset", ["fast", "medium"])
def test_dis_finds_where_things_were_and_where_they_go(frames, preset):
    motion = dis(preset)(*frames)
    assert middle(motion.backward) == pytest.approx([-RIGHT, -DOWN], abs=0.1)
    assert middle(motion.forward) == pytest.approx([RIGHT, DOWN], abs=0.1)


@pytest.mark.parametrize("size", [(1, 1), (7, 90), (31, 33)])
def test_dis_takes_small_frames(size):
    x = torch.rand(1, 3, *size)
    motion = dis()(x, x)
    assert motion.backward.shape == (1, 2, *size)
    assert torch.isfinite(motion.forward).all()


def test_a_network_sees_both_ways(frames):
    class Signed(torch.nn.Module):
        def forward(self, first, second):
            return (first - second)[:, :2]

    motion = flownet(Signed())(*frames)
    torch.testing.assert_close(motion.backward, (frames[1] - frames[0])[:, :2])
    torch.testing.assert_close(motion.forward, -motion.backward)


def test_smaller_frames_give_flows_of_the_whole_ones(frames):
    motion = limit_size(known, 52)(*frames)  # a quarter of 208 pixels
    assert motion.backward.shape[-2:] == (128, 208)
    torch.testing.assert_close(motion.backward[0, :, 5, 5], torch.tensor([16.0, 8.0]))
    same = limit_size(known, 208)(*frames)
    torch.testing.assert_close(same.backward, known(*frames).backward)


def test_motion_runs_over_the_seam():
    x = ground(96, 256)
    current = x.roll(9, 3)
    seam = dis()(x, current).backward[0, 0, :, :6].mean()
    closed = wrap_source(dis())(x, current)
    assert closed.backward.shape == (1, 2, 96, 256)
    assert float(closed.backward[0, 0, :, :6].mean()) == pytest.approx(-9, abs=0.3)
    assert abs(float(seam) + 9) > 1


@pytest.mark.parametrize("source", [dis(), limit_size(known, 16), wrap_source(known)])
def test_frames_of_two_sizes_are_refused(source):
    with pytest.raises(PictureError, match="previous has 40 x 30 pixels, the current 41 x 30"):
        source(torch.rand(1, 3, 30, 40), torch.rand(1, 3, 30, 41))


@pytest.mark.parametrize("name", ["flownet", "flownet_s"])
def test_our_networks_find_where_a_picture_went(name, frames):
    found = make_source(name, Store())(*frames)
    assert middle(found.forward) == pytest.approx([3, -2], abs=1.0)
    assert middle(found.backward) == pytest.approx([-3, 2], abs=1.0)


def test_sources_by_name(tmp_path, frames):
    store = Store((tmp_path,))
    assert middle(make_source("dis", store)(*frames).forward) == pytest.approx([3, -2], abs=0.1)
    with pytest.raises(WeightsError, match=r"compact\.flownet is not in"):
        make_source("flownet", store)
    torch.manual_seed(0)
    network = FlowNet(Sizes((4, 4, 6, 6, 6, 8), (4, 4, 4, 4)))
    write_state(tmp_path / "compact.flownet.safetensors", network.state_dict(), {})
    assert make_source("flownet", store)(*frames).backward.shape == (1, 2, 128, 208)
    with pytest.raises(
        WeightsError, match=r"flownetc's weights are not here: fetch them as github\.com"
    ):
        make_source("flownetc", store)
    listed = "dis, flownet, flownet_s, flownets, flownets_bn, flownetc, raft"
    with pytest.raises(ParamsError, match=listed):
        make_source("magic", store)


def test_raft_says_how_to_get_its_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(WeightsError, match="weights import FILE; or take the motion from dis"):
        load_raft(Store((tmp_path,)))


def test_raft_is_torchvisions(tmp_path, monkeypatch):
    optical_flow = pytest.importorskip("torchvision.models.optical_flow")
    torch.manual_seed(0)
    (tmp_path / "checkpoints").mkdir()
    state = optical_flow.raft_small().state_dict()
    torch.save(state, tmp_path / "checkpoints" / "raft_small_C_T_V2-01064c6d.pth")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    source = make_source("raft", Store((tmp_path,)))
    motion = source(torch.rand(1, 3, 60, 70), torch.rand(1, 3, 60, 70))
    assert motion.backward.shape == (1, 2, 60, 70)
    torch.save({"other": torch.zeros(1)}, tmp_path / "checkpoints" / "raft_large_x.pth")
    with pytest.raises(WeightsError, match="raft_large is not the network it should be"):
        load_raft(Store((tmp_path,)))
