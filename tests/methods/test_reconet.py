import pytest
import torch
import torch.nn.functional as F

from core.card import make_params
from core.checkpoints.networks import reconet_of
from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.reconet import CARD
from core.methods.reconet.network import COMPACT, PAPER, SAFWAN, ReCoNet
from core.methods.reconet.stylize import prepare
from core.methods.reconet.weights import (
    FORMATS,
    NETWORKS,
    from_filtered,
    from_paper,
    from_safwan,
    paper_layers,
    safwan_layers,
    thresholds,
)
from core.nn.reconet import form_of
from core.published import import_file

FORMS = {"ours": COMPACT, "filtered": COMPACT._replace(filtered=True)}


@pytest.fixture(params=FORMS)
def network(request):
    torch.manual_seed(0)
    return ReCoNet(FORMS[request.param]).requires_grad_(False)


@pytest.fixture
def named(network, tmp_path):
    """Store a network of each kind of norm under a name."""
    write_state(tmp_path / "compact.reconet_oil.safetensors", network.state_dict(), {})
    return Store((tmp_path,))


def test_streamed_is_what_the_network_does_whole(network, named, picture, stylized):
    wanted = network(picture()).clamp(0, 1)
    assert torch.allclose(stylized(picture(), [Style("oil")], named), wanted, atol=1e-5)


@pytest.mark.parametrize(("size", "tile"), [((64, 160), 24), ((101, 133), 48), ((5, 3), 16)])
def test_tiled_equals_whole(named, picture, size, tile, stylized):
    whole, tiled = (stylized(picture(*size), [Style("oil")], named, t) for t in (0, tile))
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


def test_two_styles_are_mixed_as_pictures(store, picture, stylized):
    one, two, both = (
        stylized(picture(), styles, store)
        for styles in (
            [Style("oil")],
            [Style("mosaic")],
            [Style("oil", 1.0), Style("mosaic", 3.0)],
        )
    )
    assert torch.allclose(both, 0.25 * one + 0.75 * two, atol=1e-6)


def test_form_and_picture_are_known_by_the_tensors(picture):
    for form in (PAPER, SAFWAN, COMPACT, PAPER._replace(filtered=True)):
        with torch.device("meta"):
            shapes = {k: tuple(v.shape) for k, v in ReCoNet(form).state_dict().items()}
        assert form_of(shapes) == form
    assert sum(p.numel() for p in ReCoNet().parameters()) < 400_000


def test_features_are_those_behind_the_last_block(network, picture):
    features = network.encode(picture())
    assert features.shape == (1, 64, 16, 20)
    assert float(features.min()) == 0
    assert torch.equal(network.up(features), network(picture()))


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(
        ParamsError, match="reconet has no style 'candy'; choose one of: mosaic, oil"
    ):
        stylized(picture(), [Style("candy")], store)
    with pytest.raises(ParamsError, match="takes no picture; choose one of: mosaic, oil"):
        stylized(picture(), [Style(picture())], store)
    with pytest.raises(ParamsError, match=r"there is none yet; or train one: .* train reconet"):
        stylized(picture(), [Style("oil")], Store((tmp_path,)))
    other = tmp_path / "other.safetensors"
    write_state(other, {"conv.weight": torch.ones(3)}, {})
    with pytest.raises(WeightsError, match=r"other.safetensors is no network of reconet"):
        stylized(picture(), [Style(str(other))], store)


def published(form, layers):
    """A published network of small random numbers."""
    torch.manual_seed(0)
    own = ReCoNet(form).state_dict()
    return {f"{t}.{k}": own[f"{o}.{k}"] for t, o in layers for k in ("weight", "bias")}


def paper():
    convs, norms = paper_layers()
    return published(PAPER, [*convs, *norms])


def filtered():
    """A published network with filter response norms and thresholds off zero."""
    state, norms = paper(), paper_layers()[1]
    for theirs, _ in norms:
        for kind in ("weight", "bias"):
            value = state[f"{theirs}.{kind}"] + 0.2 * torch.randn(state[f"{theirs}.bias"].shape)
            state[f"{theirs}.{kind}"] = value[:, None, None][None]
        state[f"{theirs}.eps"] = torch.tensor([1e-6])
    ours = {ours: theirs for theirs, ours in norms}
    for norm, tau in thresholds().items():
        state[tau] = 0.3 * torch.randn_like(state[f"{ours[norm]}.bias"])
    return state


def as_published(state, x):
    """What the published code computes: its norms divide alone, and are followed by max(y, tau)."""
    convs, norms = ({ours: theirs for theirs, ours in layers} for layers in paper_layers())

    def conv(x, name, stride=1):
        weight, bias = (state[f"{convs[name]}.{kind}"] for kind in ("weight", "bias"))
        reach = weight.shape[-1] // 2
        return F.conv2d(F.pad(x, (reach,) * 4, mode="reflect"), weight, bias, stride)

    def norm(x, name):
        weight, bias = (state[f"{norms[name]}.{kind}"] for kind in ("weight", "bias"))
        return weight * x * (x.square().mean((2, 3), keepdim=True) + 1e-6).rsqrt() + bias

    def layer(x, part, number, stride=1):
        x = norm(conv(x, f"{part}.conv{number}", stride), f"{part}.norm{number}")
        return torch.maximum(x, state[thresholds()[f"{part}.norm{number}"]])

    for number, stride in ((1, 1), (2, 2), (3, 2)):
        x = layer(x, "down", number, stride)
    for name in PAPER.blocks:
        y = norm(conv(layer(x, name, 1), f"{name}.conv2"), f"{name}.norm2")
        x = torch.maximum(x + y, state[thresholds()[f"{name}.norm2"]])
    for number in (1, 2):
        x = layer(F.interpolate(x, scale_factor=2), "up", number)
    return conv(x, "up.conv3").tanh()


def test_thresholds_off_zero_are_folded_in(picture):
    state, x = filtered(), picture(16, 20)
    with torch.no_grad():
        wanted = (as_published(state, 2 * x - 1) + 1) / 2
        got = reconet_of(from_filtered(state), "published")(x)
    assert torch.allclose(got, wanted, atol=1e-5)
    assert wanted.std() > 0.05


def test_published_ranges_are_folded_in(picture):
    """On -1 … 1 and on 0 … 255 the network sees and gives what the published one does."""
    x = picture(16, 20)
    for state, convert, form, seen, given in (
        (paper(), from_paper, PAPER, 2 * x - 1, lambda y: y),
        (published(SAFWAN, safwan_layers()), from_safwan, SAFWAN, 255 * x, None),
    ):
        layers = [*paper_layers()[0], *paper_layers()[1]] if form == PAPER else safwan_layers()
        raw = ReCoNet(form)
        raw.load_state_dict(
            {f"{o}.{k}": state[f"{t}.{k}"] for t, o in layers for k in ("weight", "bias")}
        )
        with torch.no_grad():
            features = raw.encode(seen)
            got = reconet_of(convert(state), "published")(x)
            wanted = raw.up(features)
            if given is None:  # tanh(y / 255) * 150 + 127.5
                raw.up.bound = None
                wanted = (torch.tanh(raw.up(features) / 255) * 150 + 127.5) / 255
        assert torch.allclose(got, wanted, atol=1e-4)


def test_the_published_file_is_imported_by_its_name(tmp_path, picture, stylized):
    path = tmp_path / "Mosaic 2.pth"
    torch.save(filtered(), path)
    found, target = import_file(path, tmp_path / "mine")
    assert (found.format, found.licence) == (FORMATS[1].id, "MIT")
    assert target.name == "published.reconet_mosaic_2.safetensors"
    here = Store((tmp_path / "mine",))
    assert NETWORKS.known(here) == ["mosaic_2"]
    assert stylized(picture(16, 20), [Style("mosaic_2")], here).shape == (1, 3, 16, 20)


def test_a_missing_threshold_is_named():
    state = filtered()
    del state["encoder.layers.4.activation.tau"]
    with pytest.raises(WeightsError, match=r"lacks encoder\.layers\.4\.activation\.tau"):
        from_filtered(state)
