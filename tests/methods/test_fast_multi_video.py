from dataclasses import replace

import pytest
import torch

from core.card import make_params
from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, PictureError, WeightsError
from core.methods.fast_multi_video import CARD
from core.methods.fast_multi_video.network import PUBLISHED, PUBLISHED_IMAGE, Form, VideoNet
from core.methods.fast_multi_video.stylize import start, step
from core.methods.fast_multi_video.weights import (
    converter,
    load_network,
    network_of,
    published_names,
    style_rows,
)
from core.nn.transform_net import Sizes
from core.published import import_file

SMALL = Form(Sizes((4, 8, 8), 2, 9, 3), (4, 4))


@pytest.fixture
def frames(picture):
    return [picture(40, 52, seed) for seed in range(4)]


def play(frames, store, styles=("oil",), **params):
    """Return the pictures of a sequence's frames, and the state behind the last."""
    state = start([Style(name) for name in styles], make_params(CARD, params), RunContext(store))
    pictures = []
    for frame in frames:
        state, picture = step(state, frame)
        pictures.append(picture)
    return pictures, state


def test_frames_before_are_remembered(frames, store):
    alone, after = play(frames[:1], store)[0][0], play([frames[1], frames[0]], store)[0][1]
    assert (alone - after).abs().max() > 1e-3
    still, _ = play([frames[1], frames[0]], store, memory="none")
    assert torch.equal(still[1], play(frames[:1], store, memory="none")[0][0])


def test_a_picture_is_a_sequence_of_one_frame(frames, store, stylized):
    wanted, _ = play(frames[:1], store)
    assert torch.equal(stylized(frames[0], [Style("oil")], store), wanted[0])


def test_memory_is_all_that_the_next_frame_needs(frames, store):
    wanted, _ = play(frames, store)
    _, state = play(frames[:2], store)
    fresh = start([Style("oil")], make_params(CARD, {}), RunContext(store))
    state = replace(fresh, memory=state.memory)
    for frame, picture in zip(frames[2:], wanted[2:], strict=True):
        state, got = step(state, frame)
        assert torch.equal(got, picture)


def test_a_state_is_left_as_it_is(frames, store):
    _, state = play(frames[:2], store)
    before = {k: v.clone() for k, v in state.memory.items()}
    one, two = (step(state, frames[2])[1] for _ in range(2))
    assert torch.equal(one, two)
    assert all(torch.equal(before[k], v) for k, v in state.memory.items())


def test_a_state_has_the_size_of_its_features(frames, store):
    _, state = play(frames[:1], store)
    assert {k: tuple(v.shape) for k, v in state.memory.items()} == {
        "late.hidden": (1, 24, 10, 13),
        "late.cell": (1, 24, 10, 13),
    }


def test_styles_are_mixed_in_their_norms(frames, store):
    one, other, both = (
        play(frames[:1], store, styles)[0][0]
        for styles in (("oil",), ("mosaic",), ("oil", "mosaic"))
    )
    nets = [load_network(store, "compact", [Style(n)]) for n in ("oil", "mosaic")]
    mixed = load_network(store, "compact", [Style("oil", 1.0), Style("mosaic", 3.0)])
    weights = [net.down.norm2.weight for net in (*nets, mixed)]
    assert torch.allclose(weights[2], 0.25 * weights[0] + 0.75 * weights[1])
    assert torch.equal(nets[0].down.conv2.weight, mixed.down.conv2.weight)
    assert (both - one).abs().max() > 1e-3
    assert (both - other).abs().max() > 1e-3


def test_without_any_style_the_norms_are_plain(store):
    network = load_network(store, "compact", [Style("oil")], alpha=0)
    assert torch.equal(network.down.norm1.weight, torch.ones(16))
    assert torch.equal(network.down.norm1.bias, torch.zeros(16))


def test_a_network_without_a_memory_paints_each_frame_for_itself(frames):
    torch.manual_seed(0)
    network = VideoNet(SMALL._replace(hidden=(0, 0))).requires_grad_(False)
    picture, memory = network(frames[0][..., :40, :52], {}, ("early", "late"))
    assert memory == {}
    assert picture.shape == (1, 3, 40, 52)


def test_both_memories_are_used_where_they_are(frames):
    torch.manual_seed(0)
    network, seen = VideoNet(SMALL).requires_grad_(False), []
    for places in ((), ("early",), ("late",), ("early", "late")):
        _, memory = network(frames[0], {}, places)
        picture, memory = network(frames[1], memory, places)
        assert {name.split(".")[0] for name in memory} == set(places)
        seen.append(picture)
    for number, one in enumerate(seen):
        assert all((one - other).abs().max() > 1e-4 for other in seen[:number])


def test_what_is_missing_or_wrong_is_said(frames, store, tmp_path):
    with pytest.raises(ParamsError, match="has no style 'candy'; choose one of: oil, mosaic"):
        play(frames, store, ("candy",))
    with pytest.raises(ParamsError, match="takes no picture; choose one of: oil, mosaic"):
        start([Style(frames[0])], make_params(CARD, {}), RunContext(store))
    with pytest.raises(WeightsError, match="reinstall"):
        play(frames, Store((tmp_path,)))
    with pytest.raises(PictureError, match="52 x 36 pixels follows frames of about 52 x 40"):
        play([frames[0], frames[1][..., :36, :]], store)
    with pytest.raises(WeightsError, match="no network of fast_multi_video"):
        network_of({"conv.weight": torch.ones(3)}, "compact.fast_multi_video")
    state = store.load("compact.fast_multi_video")
    write_state(
        tmp_path / "compact.fast_multi_video.safetensors", {**state, "style.x": torch.tensor(7)}, {}
    )
    with pytest.raises(WeightsError, match="norms of other styles than it names"):
        play(frames, Store((tmp_path,)))


def published(form):
    """A published network of 120 styles, and one of its styles as a plain network."""
    torch.manual_seed(0)
    network = VideoNet(form).requires_grad_(False)
    own, state = network.state_dict(), {}
    for theirs, name in published_names(form).items():
        ours, _, slot = name.partition("#")
        state[theirs] = own[ours] if slot in ("", "7") else torch.zeros_like(own[ours])
    return state, network


@pytest.mark.parametrize("kind", ["video", "image"])
def test_published_files_are_imported(kind, tmp_path, picture):
    form = PUBLISHED if kind == "video" else PUBLISHED_IMAGE
    state, network = published(form)
    assert len(state) == (4120 if kind == "video" else 3632)
    path = tmp_path / "model_iter_600000.pth.tar"
    torch.save({"state_dict": state}, path)
    found, target = import_file(path, tmp_path / "mine")
    backbone = "published" if kind == "video" else "published_image"
    assert (found.format, found.name) == (f"fast-multi-{kind}", f"{backbone}.fast_multi_video")
    here = Store((target.parent,))
    assert len(style_rows(here.load(found.name))) == 120
    run, x = RunContext(here, backbone=backbone), picture(16, 20)
    mean, std = (
        torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    with torch.no_grad():
        wanted, _ = network((x - mean) / std, {})
    _, got = step(start([Style("7")], make_params(CARD, {}), run), x)
    assert torch.allclose(got, wanted, atol=1e-4)


def test_a_missing_slot_is_named():
    state, _ = published(PUBLISHED_IMAGE)
    del state["style_res2.in1.instance119.bias"]
    with pytest.raises(WeightsError, match=r"lacks style_res2\.in1\.instance119\.bias"):
        converter(PUBLISHED_IMAGE)(state)


def test_ours_is_small():
    assert sum(p.numel() for p in VideoNet().parameters()) < 500_000
