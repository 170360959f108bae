import pytest
import torch

from core.card import make_params
from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.msgnet import CARD
from core.methods.msgnet.network import PUBLISHED, Network, Sizes
from core.methods.msgnet.stylize import prepare
from core.methods.msgnet.weights import STYLE, convert, load_network, network_of, published_layers
from core.published import import_file


def test_streamed_is_what_the_network_does_whole(store, picture, stylized):
    content, style = picture(), picture(72, 64, 2)
    network, _ = load_network(store, "compact")
    with torch.no_grad():
        wanted = network(content, network.describe(style)).clamp(0, 1)
    assert torch.allclose(stylized(content, [Style(style)], store), wanted, atol=1e-5)


@pytest.mark.parametrize(("size", "tile"), [((64, 160), 24), ((101, 133), 48), ((40, 23), 16)])
def test_tiled_equals_whole(store, picture, size, tile, stylized):
    style = [Style(picture(75, 64, 2))]
    whole, tiled = (stylized(picture(*size), style, store, t) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_a_tile_has_the_context_that_it_claims(store, picture):
    prepared = prepare(picture(256, 256), [Style("oil")], make_params(CARD, {}), RunContext(store))
    reach, inner = -(-prepared.halo // 4) * 4, slice(120, 128)
    content, noisy = picture(256, 256), torch.rand(1, 3, 256, 256)
    seen = slice(120 - reach, 128 + reach)
    noisy[..., seen, seen] = content[..., seen, seen]
    one, two = (prepared.apply(x)[..., inner, inner] for x in (content, noisy))
    assert torch.allclose(one, two, atol=1e-6)
    assert prepared.halo <= CARD.halo


def test_a_named_style_is_its_gram_matrix(store, picture, tmp_path, stylized):
    style = picture(72, 64, 2)
    network, _ = load_network(store, "compact")
    state = store.load("compact.msgnet")
    with torch.no_grad():
        state[f"{STYLE}mine"] = network.describe(style)[0]
    write_state(tmp_path / "compact.msgnet.safetensors", state, {})
    here = Store((tmp_path,))
    named, shown = (stylized(picture(), [Style(s)], here) for s in ("mine", style))
    assert (named - shown).abs().max() < 1e-4


def test_names_and_pictures_are_mixed_by_weight(store, picture, stylized):
    styles = [Style("oil", 1.0), Style(picture(72, 64, 2), 1.0)]
    one, other, both, ratio = (
        stylized(picture(), chosen, store)
        for chosen in (styles[:1], styles[1:], styles, [Style(s.source, 7.0) for s in styles])
    )
    assert torch.equal(both, ratio)
    assert (both - one).abs().max() > 1e-3
    assert (both - other).abs().max() > 1e-3


def test_the_size_of_the_style_changes_the_result(store, picture, stylized):
    big = picture(144, 128, 2)
    small = torch.nn.functional.interpolate(big, scale_factor=0.5, mode="area")
    one, two = (stylized(picture(), [Style(s)], store) for s in (big, small))
    assert (one - two).abs().max() > 1e-3


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="named 'candy'; choose one of: mosaic, oil"):
        stylized(picture(), [Style("candy")], store)
    with pytest.raises(WeightsError, match="reinstall"):
        stylized(picture(), [Style("oil")], Store((tmp_path,)))
    with pytest.raises(WeightsError, match="is no MSG-Net"):
        network_of({"conv.weight": torch.ones(3)}, "compact.msgnet")


def published():
    """A published network of small random numbers, with the names it holds twice."""
    torch.manual_seed(0)
    own = Network(PUBLISHED).state_dict()
    state = {
        f"{t}.{kind}": own[f"{o}.{kind}"]
        for t, o in published_layers()
        for kind in ("weight", "bias")
    }
    state["model.1.weight"] = state["ins.weight"] = own["match"][None]
    return state | {k.replace("model.0", "model1"): v for k, v in state.items() if "model.0" in k}


def test_published_bytes_in_bgr_are_folded_in(picture):
    state, x = published(), picture(16, 20)
    raw, target = Network(PUBLISHED), torch.rand(1, 512, 512)
    own = {
        o: state[f"{t}.{k}"]
        for t, b in published_layers()
        for k in ("weight", "bias")
        for o in [f"{b}.{k}"]
    }
    raw.load_state_dict(own | {"match": state["model.1.weight"][0]})
    with torch.no_grad():
        wanted = raw(x.flip(1) * 255, target)
        got = network_of(convert(state), "published")(x, target)
    assert torch.allclose(got.flip(1) * 255, wanted, atol=1e-3 * float(wanted.std()))


def test_the_published_file_is_imported(tmp_path, picture):
    path = tmp_path / "21styles.model"
    torch.save(published() | {"model.0.1.running_mean": torch.ones(64)}, path)
    found, target = import_file(path, tmp_path / "mine")
    assert (found.format, found.name) == ("msgnet", "published.msgnet")
    network, named = load_network(Store((target.parent,)), "published")
    assert network.sizes == PUBLISHED
    assert named == {}


def test_sizes():
    assert sum(p.numel() for p in Network(PUBLISHED).parameters()) == 2_386_147
    assert sum(p.numel() for p in Network(Sizes()).parameters()) < 200_000
