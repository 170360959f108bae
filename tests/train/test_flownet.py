"""Data whose motion is exact, and a step of the recipe."""

import numpy as np
import pytest
import torch

from core.errors import StylizeError
from core.nn.flownet import Sizes
from core.nn.warp import warp
from core.train import layers
from core.train.flownet import Flow, pixels_off
from core.train.layers import draw_pairs
from core.train.renders import draw_rendered, load_shards

SMALL = Sizes((4, 4, 6, 6, 6, 8), (4, 4, 4, 4), 3, 2, 1, cosine=True)


@pytest.fixture
def pool(photo):
    return [torch.from_numpy(photo(180, 200, seed)).permute(2, 0, 1) for seed in range(3)]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_layers_move_exactly_as_their_flow_says(pool, monkeypatch):
    monkeypatch.setattr(layers, "_light", lambda first, second, _: (first, second))
    pair = draw_pairs(pool, 6, (128, 192), generator())
    error = (warp(pair.second, pair.flow) - pair.first).abs().mean(1, keepdim=True)
    seen = pair.hidden == 0
    still = (pair.second - pair.first).abs().mean()
    assert error[seen].median() < 0.01
    assert error[seen].mean() < 0.25 * still
    assert error[~seen].mean() > 5 * error[seen].mean()
    assert 0.01 < float(pair.hidden.mean()) < 0.4


def test_pairs_are_drawn_from_the_generator_alone(pool):
    first, again = (draw_pairs(pool, 2, (64, 64), generator(3)) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        assert torch.equal(a, b)


@pytest.fixture
def folder(tmp_path):
    """A shard whose frames say where their pixels are: red the column, green the row."""
    rows, columns = np.mgrid[0:80, 0:100].astype(np.float32)
    moves = (0, 3, 7)
    frames = np.stack([np.stack([columns - m, rows, rows * 0]) for m in moves])[None]
    back = np.zeros((1, 2, 2, 80, 100), np.float16)
    back[:, 0, 0], back[:, 1, 0] = -3, -4
    arrays = {
        "frames": (frames + 20).astype(np.uint8),
        "backward": back,
        "forward": -back,
        "occluded": (back[:, :, :1] == -4).astype(np.uint8),
    }
    np.savez(tmp_path / "motion_0000.npz", **arrays)
    return tmp_path


@pytest.mark.parametrize("seed", range(4))
def test_rendered_pairs_lead_back_in_time(folder, seed):
    pair = draw_rendered(load_shards(folder), 3, (64, 64), generator(seed))
    for k in range(3):
        one = [part[k : k + 1] for part in pair]
        moved = warp(one[1], one[2])
        inner = (..., slice(8, -8), slice(8, -8))
        torch.testing.assert_close(moved[inner], one[0][inner], atol=1e-4, rtol=0)
        length = float(one[2].abs().max())
        assert length in (3, 4)
        assert float(one[3].mean()) == (length == 4)


def test_what_is_no_shard_is_said(tmp_path, folder):
    with pytest.raises(StylizeError, match=r"python tools/render_flow\.py"):
        load_shards(tmp_path / "nowhere")
    with pytest.raises(StylizeError, match="100 x 80 pixels, but 128 x 64"):
        draw_rendered(load_shards(folder), 1, (64, 128), generator())
    (tmp_path / "motion_0001.npz").write_bytes(b"PK no")
    with pytest.raises(StylizeError, match=r"motion_0001\.npz holds no rendered sequences"):
        load_shards(tmp_path)


@pytest.mark.parametrize("rendered", [False, True])
def test_every_part_learns_from_a_step(pool, folder, rendered):
    shards = load_shards(folder) if rendered else ()
    trainee = Flow(SMALL, pool, shards, batch=2, size=(64, 64))
    term = trainee.losses(generator(1))["error"]
    term.backward()
    assert torch.isfinite(term)
    assert all(p.grad is not None for p in trainee.module.parameters())


def test_a_few_steps_on_one_pair_bring_the_flow_nearer(pool):
    trainee = Flow(SMALL, pool, batch=2, size=(64, 64))
    pair = draw_pairs(pool, 2, (64, 64), generator(5))
    optimiser = torch.optim.Adam(trainee.module.parameters(), 3e-3)
    before = float(pixels_off(trainee.network, pair))
    for _ in range(40):
        optimiser.zero_grad()
        trainee.losses(generator(5))["error"].backward()
        optimiser.step()
    assert float(pixels_off(trainee.network, pair)) < 0.8 * before
