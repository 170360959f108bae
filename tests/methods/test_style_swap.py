import pytest
import torch
from torch.nn import functional as F

from core.card import make_params
from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.contract import Style
from core.errors import ParamsError, WeightsError
from core.methods.style_swap import CARD
from core.methods.style_swap import network as mathematics
from core.methods.style_swap.network import (
    assemble,
    likeness,
    patches_of,
    replace_patches,
    swap,
    unfold,
)
from core.methods.style_swap.weights import convert, decoder_layers
from core.nn.decoder import Decoder
from core.nn.encoder import FULL
from core.published import import_file


def one_hot_swap(content, style, size, stride):
    """The swap as it is published: correlation, one-hot maps, and two transposed convolutions."""
    rows = unfold(style, size, stride)
    filters = rows.view(len(rows), -1, size, size)
    scores = F.conv2d(content, filters / rows.norm(dim=1)[:, None, None, None])
    hot = F.one_hot(scores.argmax(1), len(rows)).permute(0, 3, 1, 2).float()
    count = F.conv_transpose2d(hot, torch.ones(len(rows), 1, size, size))
    return F.conv_transpose2d(hot, filters) / count


@pytest.mark.parametrize(("size", "stride"), [(3, 1), (2, 2), (1, 1), (5, 3)])
def test_it_is_the_published_swap(size, stride):
    torch.manual_seed(0)
    content, style = torch.rand(1, 4, 9, 11), torch.rand(1, 4, 12, 8)
    wanted = one_hot_swap(content, style, size, stride)
    assert torch.allclose(swap(content, patches_of(style, size, stride)), wanted, atol=1e-5)


def test_a_picture_is_made_of_itself():
    features = torch.rand(1, 6, 7, 9)
    assert torch.allclose(swap(features, patches_of(features, 3)), features, atol=1e-5)


def test_strips_change_nothing(monkeypatch):
    content, style = torch.rand(1, 4, 13, 11), patches_of(torch.rand(1, 4, 9, 9), 3)
    whole = swap(content, style, 0.01)
    monkeypatch.setattr(mathematics, "ROOM", 1)
    assert torch.allclose(swap(content, style, 0.01), whole, atol=1e-6)
    rows = replace_patches(unfold(content, 3), style, 0.01)
    assert torch.allclose(assemble(rows, 13, 11, 3), whole, atol=1e-6)


def test_blending_goes_over_into_the_best_patch():
    torch.manual_seed(0)
    content, style = torch.rand(1, 4, 9, 11), patches_of(torch.rand(1, 4, 12, 8), 3)
    best, sharp, soft = (swap(content, style, blend) for blend in (0, 1e-6, 0.1))
    assert (best - sharp).abs().mean() < 1e-3
    assert (best - soft).abs().mean() > 0.1


def test_blending_does_not_jump_where_two_patches_are_alike():
    """Two equal patches of different strength: a last digit must not decide between them."""
    content = torch.rand(1, 3, 3, 3) + 0.1
    style = patches_of(torch.cat([content, 2 * content], 3), 3, 3)
    assert torch.allclose(likeness(unfold(content, 3), style), torch.ones(1, 2))
    nudged = content * (1 + 1e-7 * torch.randn(1, 3, 3, 3))
    one, two = (swap(x, style, 0.002) for x in (content, nudged))
    assert torch.allclose(one, two, atol=1e-4)
    assert torch.allclose(one, 1.5 * content, atol=1e-3)


def test_dead_features_are_no_numbers_out_of_nothing():
    dead, alive = torch.zeros(1, 3, 5, 5), torch.rand(1, 3, 5, 5)
    for content, style in ((dead, alive), (alive, dead), (dead, dead)):
        for blend in (0, 0.002):
            assert bool(torch.isfinite(swap(content, patches_of(style, 3), blend)).all())


@pytest.mark.parametrize(("size", "tile"), [((64, 160), 24), ((101, 133), 48), ((5, 3), 16)])
@pytest.mark.parametrize("params", [{}, {"patch": 5, "stride": 1}])
def test_tiled_equals_whole(store, picture, size, tile, params, stylized):
    style = [Style(picture(75, 64, 2))]
    whole, tiled = (stylized(picture(*size), style, store, t, **params) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_only_the_ratio_of_weights_counts(store, picture, stylized):
    one, two = picture(40, 40, 2), 1 - picture(40, 40, 3)
    first, second = (
        stylized(picture(), [Style(one, a), Style(two, b)], store)
        for a, b in ((1.0, 3.0), (10.0, 30.0))
    )
    assert torch.allclose(first, second, atol=1e-5)


def test_a_decoder_of_its_own_goes_first(store, picture, tmp_path, stylized):
    for name in ("compact.encoder", "compact.decoder_relu3_1"):
        write_state(tmp_path / f"{name}.safetensors", store.load(name), {})
    here = Store((tmp_path,))
    common = stylized(picture(), [Style(picture(64, 64, 2))], here)
    own = {k: 0.5 * v for k, v in store.load("compact.decoder_relu3_1").items()}
    write_state(tmp_path / "compact.style_swap_relu3_1.safetensors", own, {})
    assert (stylized(picture(), [Style(picture(64, 64, 2))], here) - common).abs().max() > 0.01


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="takes style pictures"):
        stylized(picture(), [Style("oil")], store)
    with pytest.raises(WeightsError, match="reinstall"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
    with pytest.raises(ParamsError, match="style scale smaller or the stride larger"):
        stylized(picture(), [Style(torch.rand(1, 3, 1100, 1100))], store, 512, stride=1)
    with pytest.raises(ParamsError, match="patch is 0; it must lie between 1 and 9"):
        make_params(CARD, {"patch": 0})


def test_the_ports_decoder_is_imported_with_its_range(tmp_path):
    torch.manual_seed(0)
    decoder = Decoder(FULL, "relu3_1")
    own = decoder.state_dict()
    state = {f"{t}.{k}": own[f"{o}.{k}"] for t, o in decoder_layers() for k in ("weight", "bias")}
    path = tmp_path / "model_state.pth"
    torch.save(state, path)
    found, _ = import_file(path, tmp_path / "mine")
    assert found.name == "vgg19_imagenet.style_swap_relu3_1"
    mean, std = (
        torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    features = torch.rand(1, 256, 4, 5)
    with torch.no_grad():
        wanted = decoder(features) * std + mean
        decoder.load_state_dict(convert(state))
        assert torch.allclose(decoder(features), wanted, atol=1e-5)
