from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from core import styles
from core.card import make_params
from core.catalog import find_card
from core.checkpoints.networks import fill
from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, StylizeError, WeightsError
from core.methods.covst import stylize as covst
from core.methods.fast_multi_video import stylize as fast_multi_video
from core.methods.reconet.network import ReCoNet
from core.nn.encoder import COMPACT, Encoder
from core.nn.flownet import COMPACT as FLOWNET
from core.nn.flownet import FlowNet
from core.nn.initial import he_
from core.nn.transform_net import Sizes, TransformNet
from core.nn.warp import warp
from core.train import video
from core.train.clips import Clip, draw_clips, repeat_first
from core.train.covst import Online
from core.train.fast_multi_video import Banked, ClipTrainee, follow
from core.train.layers import Pair, draw_pairs
from core.train.recipe import Setup
from core.train.reconet import Steady, bound, features_held, output_held
from core.train.teacher import OwnJudge
from core.train.video import VIDEO

SIZES = Sizes((16, 32, 64), 4, 9, 3)


@pytest.fixture
def pool(photo):
    return [torch.from_numpy(photo(72, 96, seed)).permute(2, 0, 1) for seed in (1, 2)]


@pytest.fixture
def pairs(pool):
    return lambda generator: draw_pairs(pool, 1, (64, 64), generator)


def judge():
    torch.manual_seed(0)
    encoder = Encoder(COMPACT)
    he_(encoder)
    return OwnJudge(encoder)


def style(pool, number=0):
    return pool[number][None].float().flip(1) / 255


def johnson(seed=0):
    torch.manual_seed(seed)
    network = TransformNet(SIZES)
    he_(network)
    return fill(partial(TransformNet, SIZES), network.state_dict(), "johnson")


def reconet(seed=0):
    return fill(ReCoNet, bound(johnson(seed).state_dict()), "reconet")


def online(pairs, names=("oil",)):
    torch.manual_seed(0)
    flow = FlowNet(FLOWNET)
    he_(flow)
    return Online({name: reconet(n) for n, name in enumerate(names)}, flow, pairs)


def fell(trainee, steps=6, rate=3e-4):
    """Return the first and the last loss of a few steps on one batch."""
    optimiser = torch.optim.Adam(trainee.module.parameters(), rate)
    seen = []
    for _ in range(steps):
        loss = torch.stack(list(trainee.losses(torch.Generator().manual_seed(1)).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(float(loss.detach()))
    return seen[0], seen[-1]


@pytest.mark.parametrize("kind", ["reconet", "covst", "fast_multi_video"])
def test_losses_fall(kind, pool, pairs):
    trainee = {
        "reconet": lambda: Steady(judge(), style(pool), pool, pairs),
        "covst": lambda: online(pairs),
        "fast_multi_video": lambda: ClipTrainee(
            judge(), {"one": style(pool)}, lambda g: repeat_first(pairs(g))
        ),
    }[kind]()
    first, last = fell(trainee)
    assert last < first


def test_the_temporal_losses_of_what_follows_the_motion_are_none(pairs):
    pair = pairs(torch.Generator().manual_seed(0))
    still = Pair(pair.first, pair.first, torch.zeros_like(pair.flow), pair.hidden)
    features, picture = torch.rand(1, 8, 16, 16), torch.rand(1, 3, 64, 64)
    assert features_held(torch.cat([features, features]), still) < 1e-9
    assert output_held(torch.cat([picture, picture]), still) < 1e-9
    moved = warp(picture, pair.flow)
    lighter = pair._replace(first=warp(pair.second, pair.flow))
    assert output_held(torch.cat([picture, moved]), lighter) < 1e-10
    assert output_held(torch.cat([picture, picture]), lighter) > 1e-4


def test_the_strength_of_features_is_not_what_is_held(pairs):
    pair, features = pairs(torch.Generator().manual_seed(0)), torch.rand(2, 8, 16, 16)
    assert features_held(features, pair) == pytest.approx(
        float(features_held(0.1 * features, pair))
    )


def test_reconet_begins_with_what_johnsons_network_paints(pool, pairs):
    """Before training, but for the ReLUs behind its blocks, both paint alike around grey."""
    start = johnson().state_dict()
    begun = ReCoNet()
    begun.load_state_dict(bound(start))
    features = torch.rand(1, 64, 4, 4)
    with torch.no_grad():
        painted = johnson().up(features)
        tanh = begun.up(features)
    near = (painted - 0.5).abs() < 0.1
    assert torch.allclose(painted[near], tanh[near], atol=0.01)
    trainee = Steady(judge(), style(pool), pool, pairs, start=start)
    assert torch.equal(trainee.network.down.conv2.weight, start["down.conv2.weight"])


def test_covst_learns_its_masks_and_is_read_back(pairs, tmp_path, photo):
    trainee = online(pairs, ("oil", "mosaic"))
    terms = trainee.losses(torch.Generator().manual_seed(3))
    assert set(terms) == {"coherence", "occlusion"}
    torch.stack(list(terms.values())).sum().backward()
    learnt = {
        name.split(".")[0] for name, p in trainee.module.named_parameters() if p.grad is not None
    }
    assert learnt == {"mask"}
    assert all(p.grad is None for p in trainee.flow.parameters())
    for name, network in trainee.styles.items():
        assert all(p.grad is None for p in network.parameters())
        path = tmp_path / f"compact.reconet_{name}.safetensors"
        write_state(path, network.state_dict(), {})
    write_state(tmp_path / "compact.covst.safetensors", trainee.module.state_dict(), {})
    write_state(tmp_path / "compact.flownet.safetensors", trainee.flow.state_dict(), {})
    frame = torch.from_numpy(photo(40, 44)).permute(2, 0, 1)[None].float() / 255
    params = make_params(find_card("covst"), {})
    state = covst.start([Style("mosaic")], params, RunContext(Store((tmp_path,))))
    for _ in range(2):
        state, picture = covst.step(state, frame)
    assert picture.shape == frame.shape


def test_many_styles_are_stored_as_rows_and_read_back(pool, pairs, tmp_path, photo):
    shown = {"one": style(pool), "two": style(pool, 1)}
    trainee = ClipTrainee(judge(), shown, lambda g: repeat_first(pairs(g)))
    with torch.no_grad():
        for rows in trainee.banked.rows.values():
            rows.add_(0.1 * torch.randn_like(rows))
    state = trainee.named(trainee.module.state_dict())
    write_state(tmp_path / "compact.fast_multi_video.safetensors", state, {})
    x = torch.from_numpy(photo(40, 44)).permute(2, 0, 1)[None].float() / 255
    run = RunContext(Store((tmp_path,)))
    for number, name in enumerate(shown):
        with torch.no_grad():
            wanted, memory = trainee.banked(x, {}, number)
            wanted, _ = trainee.banked(x, memory, number)
        state = fast_multi_video.start(
            [Style(name)], make_params(find_card("fast_multi_video"), {}), run
        )
        for _ in range(2):
            state, got = fast_multi_video.step(state, x)
        assert torch.allclose(got, wanted.clamp(0, 1), atol=1e-5)


def test_a_start_passes_the_memory_almost_as_it_is():
    torch.manual_seed(0)
    start = johnson()
    banked, x = Banked(1, start.state_dict()), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        picture, _ = banked(x, {}, 0)
        wanted = 0.5 + 0.5 * torch.tanh(2 * start(x) - 1)
    alike = torch.corrcoef(torch.stack([picture.flatten(), wanted.flatten()]))[0, 1]
    assert alike > 0.9


def test_what_is_still_seen_is_followed_over_all_frames():
    shift = torch.zeros(2, 1, 2, 8, 12)
    shift[:, :, 0] = 2.0
    hidden = torch.zeros(2, 1, 1, 8, 12)
    hidden[..., -2:] = 1
    large = torch.rand(1, 3, 8, 16)
    pictures = [large[..., 2 * t : 12 + 2 * t] for t in range(3)]
    clip = Clip(torch.stack(pictures), shift, hidden)
    short, long = follow(pictures, clip)
    assert max(float(short), float(long)) < 1e-6
    pictures[1] = pictures[1] + 0.1
    short, long = follow(pictures, clip)
    assert float(short) > 0.05
    assert float(long) < 1e-6


def shard(length=4):
    """Frames whose numbers tell where they are cut from, moved by one pixel to the right a frame."""
    rows, columns = torch.meshgrid(torch.arange(20), torch.arange(24), indexing="ij")
    frames = torch.stack(
        [torch.stack([columns - t, rows, torch.full_like(rows, t)]) for t in range(length)]
    )
    flow = torch.tensor([-1.0, 0.0]).view(1, 1, 2, 1, 1).expand(1, length - 1, 2, 20, 24)
    return {
        "frames": frames.clamp(0, 255).to(torch.uint8)[None],
        "backward": flow.half(),
        "occluded": torch.zeros(1, length - 1, 1, 20, 24, dtype=torch.uint8),
    }


def test_sequences_of_renders_keep_their_motion_when_mirrored():
    for seed in range(6):
        clip = draw_clips([shard()], 2, (8, 12), 3, torch.Generator().manual_seed(seed))
        assert [part.shape[:2] for part in clip] == [(3, 2), (2, 2), (2, 2)]
        for before, now, flow in zip(clip.frames, clip.frames[1:], clip.flows, strict=False):
            inner = warp(before, flow)[:, :2, :, 1:-1] - now[:, :2, :, 1:-1]
            np.testing.assert_allclose(inner * 255, 0, atol=1e-2)
    with pytest.raises(StylizeError, match="have 4 frames of 24 x 20 pixels, but 5 of 12 x 8"):
        draw_clips([shard()], 1, (8, 12), 5, torch.Generator())


def test_a_pair_becomes_a_sequence_that_stands_first(pairs):
    pair = pairs(torch.Generator().manual_seed(0))
    clip = repeat_first(pair)
    assert torch.equal(clip.frames[0], clip.frames[1])
    assert torch.equal(clip.frames[2], pair.first)
    assert torch.equal(clip.flows[1], pair.flow)
    assert not clip.flows[0].any()


@pytest.fixture
def setup(tmp_path, photo, monkeypatch):
    """Pictures, and networks to begin with."""
    monkeypatch.setattr(video, "SIZE", (64, 64))
    monkeypatch.setattr(video, "NORMAL", 48)
    folder = tmp_path / "data" / "photos_open"
    folder.mkdir(parents=True)
    for number in (1, 2):
        Image.fromarray(photo(72, 96, number)).save(folder / f"{number}.jpg")
    flow = FlowNet(FLOWNET)
    he_(flow)
    known = {
        "compact.johnson_oil": johnson().state_dict(),
        "compact.reconet_oil": reconet().state_dict(),
        "compact.flownet": flow.state_dict(),
    }

    def load(name):
        if name not in known:
            raise WeightsError(name)
        return known[name]

    shown = torch.rand(1, 3, 48, 48)
    return Setup(tmp_path / "data", judge(), load, style=shown, name="oil")


@pytest.mark.parametrize("recipe", VIDEO, ids=lambda recipe: recipe.id)
def test_a_recipe_is_built_and_its_networks_are_small(recipe, setup):
    trainee = recipe.build(setup)
    terms = trainee.losses(torch.Generator().manual_seed(0))
    assert all(bool(torch.isfinite(term)) for term in terms.values())
    (state,) = recipe.export(trainee, trainee.module.state_dict()).values()
    assert sum(value.numel() for value in state.values()) < 660_000


def test_a_recipe_says_what_it_needs(setup):
    recipes = {recipe.id: recipe for recipe in VIDEO}
    without = replace(setup, load=Store(()).load, style=None)
    with pytest.raises(ParamsError, match="give its picture"):
        recipes["reconet"].build(without)
    with pytest.raises(ParamsError, match="train some of them first"):
        recipes["covst"].build(without)
    assert recipes["fast_multi_video"].build(without).names == tuple(styles.names())
