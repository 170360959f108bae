import pytest
import torch
from torch.func import functional_call

from core.card import NoParams
from core.checkpoints.store import SUFFIX, Store
from core.checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.metanet import CARD  # noqa: F401  # what conftest runs
from core.methods.metanet.network import MetaNet, describe_whole
from core.methods.metanet.stylize import prepare
from core.methods.metanet.weights import (
    LEVELS,
    VGG16_WIDTHS,
    from_port,
    load_networks,
    metanet_of,
    port_name,
)
from core.nn.losses import total_variation
from core.nn.transform_net import Sizes, TransformNet
from core.nn.vgg import VGG, VGG16
from core.tiling import Grid

SMALL = Sizes((4, 8, 16), 2, 9, 3)


@pytest.mark.parametrize("rank", [0, 3])
def test_the_written_network_is_the_one_that_training_runs(rank):
    torch.manual_seed(0)
    meta, x = MetaNet(10, SMALL, 8, rank), torch.rand(1, 3, 16, 20)
    code = torch.rand(1, 10)
    painted = functional_call(TransformNet(SMALL, affine=False), meta.weights(code), (x,))
    assert torch.allclose(meta.painter(code)(x), painted, atol=1e-5)
    painted.sum().backward()
    assert all(p.grad is not None for p in meta.parameters())


def test_every_weight_is_written_once():
    meta = MetaNet(10, SMALL, 8)
    written = meta.weights(torch.rand(1, 10))
    wanted = TransformNet(SMALL, affine=False).state_dict()
    assert {k: v.shape for k, v in written.items()} == {k: v.shape for k, v in wanted.items()}
    assert len(meta.layers) == 8
    assert [port_name(layer) for layer in meta.layers[:4]] == [
        "downsampling.5",
        "downsampling.9",
        "residuals.0.conv.1",
        "residuals.0.conv.5",
    ]


@pytest.mark.parametrize("rank", [0, 3])
def test_sizes_are_read_off_the_tensors(rank):
    meta = MetaNet(10, SMALL, 8, rank)
    again = metanet_of(meta.state_dict(), "x")
    assert (again.sizes, again.group) == (meta.sizes, 8)
    code = torch.rand(1, 10)
    found, wanted = (m.weights(code) for m in (again, meta))
    assert all(torch.equal(found[k], wanted[k]) for k in wanted)


def test_means_and_deviations_alternate():
    features = {"a": torch.tensor([[1.0, 3.0], [5.0, 5.0]]).reshape(1, 2, 1, 2)}
    found = describe_whole(features, ["a"])[0]
    assert torch.allclose(found, torch.tensor([2.0, 2**0.5, 5.0, 1e-5**0.5]), atol=1e-5)


def test_total_variation_of_a_checkerboard_is_its_edges():
    board = (torch.arange(4)[:, None] + torch.arange(4)) % 2
    assert total_variation(board[None, None].float()) == 24


def test_streamed_is_what_the_networks_do_whole(store, picture):
    content, style = picture(64, 80), picture(48, 64, 2)
    run = RunContext(store, grid=Grid(32))
    nets, prepared = load_networks(run), prepare(content, [Style(style)], NoParams(), run)
    with torch.no_grad():
        code = describe_whole(nets.features(style), nets.levels)
        wanted = nets.meta.painter(code)(content).clamp(0, 1)
    assert torch.allclose(prepared.apply(content), wanted, atol=1e-4)


@pytest.mark.parametrize(("size", "tile"), [((47, 61), 16), ((101, 133), 48), ((9, 40), 16)])
def test_tiled_equals_whole(store, picture, size, tile, stylized):
    content, styles = picture(*size), [Style(picture(75, 64, 2)), Style(picture(41, 55, 3), 2.0)]
    whole, tiled = (stylized(content, styles, store, t) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_the_ports_frame_works_on_pictures_as_they_are(picture):
    """There it stands between pictures normalised as ImageNet's."""
    torch.manual_seed(0)
    sizes = Sizes((4, 8, 16), 1, 9, 9)
    theirs = MetaNet(10, sizes, 8)
    frame = {
        f"{name}.{kind}": value
        for name, part in (("downsampling.1", theirs.first), ("upsampling.11", theirs.last))
        for kind, value in part.state_dict().items()
    }
    ours, code, x = MetaNet(10, sizes, 8), torch.rand(1, 10), picture(32, 40)
    ours.load_state_dict({**theirs.state_dict(), **from_port(frame)})
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    inner = (
        slice(None),
        slice(None),
        slice(12, -12),
        slice(12, -12),
    )  # both reflect, only inside alike
    wanted = theirs.painter(code)((x - mean) / std) * std + mean
    assert torch.allclose(ours.painter(code)(x)[inner], wanted[inner], atol=1e-4)


def test_a_network_of_the_port_runs_on_vgg16(picture, tmp_path, stylized):
    torch.manual_seed(0)
    meta = MetaNet(1920, Sizes((4, 8, 16), 1, 9, 9), 4).state_dict()
    frame = {k: v for k, v in meta.items() if k.startswith(("first", "last"))}
    states = {
        "metanet": {k: v for k, v in meta.items() if k not in frame},
        "metanet_frame": frame,
        "encoder": VGG(VGG16[:4], VGG16_WIDTHS).state_dict(),
    }
    for name, state in states.items():
        write_state(tmp_path / f"vgg16.{name}{SUFFIX}", state, {}, dtype=torch.float16)
    store, style = Store((tmp_path,)), [Style(picture(64, 72, 2))]
    whole, tiled = (stylized(picture(), style, store, t, backbone="vgg16") for t in (0, 32))
    assert (whole - tiled).abs().max() < 1e-4
    assert load_networks(RunContext(store, backbone="vgg16")).levels == LEVELS["vgg16"]


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="takes style pictures"):
        stylized(picture(), [Style("mosaic")], store)
    with pytest.raises(WeightsError, match=r"compact\.metanet"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
    with pytest.raises(WeightsError, match=r"vgg16\.metanet.*the backbone compact"):
        stylized(picture(), [Style(picture())], store, backbone="vgg16")
    with pytest.raises(WeightsError, match="no meta network"):
        metanet_of({"hidden.weight": torch.ones(3, 4)}, "other")
