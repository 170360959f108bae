import pytest
import torch

from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.munit import CARD, DOMAINS, Params
from core.methods.munit.codes import draw_code
from core.methods.munit.network import COMPACT, PUBLISHED, Generator, LayerNorm, Pair, sizes_of
from core.methods.munit.stylize import prepare
from core.methods.munit.weights import NETWORKS, load_networks, published_names
from core.nn.instance import spread
from core.published import import_file


def translated(pair, x, code):
    with torch.no_grad():
        return (pair.translate(2 * x - 1, code) * 0.5 + 0.5).clamp(0, 1)


@pytest.mark.parametrize("back", [False, True])
def test_it_is_what_the_networks_do_whole(store, picture, stylized, back):
    pair = load_networks(store, "compact", "oil").turned(back)
    wanted = translated(pair, picture(), draw_code(3, 0, 8))
    found = stylized(picture(), [Style("oil")], store, variant=3.0, back=back)
    assert torch.allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize(("size", "tile"), [((64, 160), 24), ((101, 133), 48), ((5, 3), 16)])
@pytest.mark.parametrize("sizes", [COMPACT, PUBLISHED._replace(dim=8, hidden=16, look=8)])
def test_tiled_equals_whole(picture, tmp_path, stylized, size, tile, sizes):
    store = stored(tmp_path, sizes)
    whole, tiled = (stylized(picture(*size), [Style("oil")], store, t) for t in (0, tile))
    assert (whole - tiled).abs().max() < 2e-4


def stored(folder, sizes):
    """A store with one translation of random weights."""
    from core.checkpoints.write import write_state

    torch.manual_seed(0)
    state = {f"{s}.{k}": v for s in "ab" for k, v in Generator(sizes).state_dict().items()}
    write_state(folder / "compact.munit_oil.safetensors", state, {})
    return Store((folder,))


def test_a_variant_between_two_is_between_them():
    one, two = draw_code(4, 0, 8), draw_code(5, 0, 8)
    assert torch.equal(draw_code(4.0, 0, 8), one)
    assert torch.allclose(draw_code(4.5, 0, 8), (one + two) / 2**0.5)
    assert torch.allclose(draw_code(4.999999, 0, 8), two, atol=1e-4)
    assert not torch.allclose(draw_code(4, 1, 8), one), "the seed draws others"
    many = torch.cat([draw_code(v + 0.5, 0, 8) for v in range(500)])
    assert float(many.std()) == pytest.approx(1, abs=0.05), "as random as the others"


def test_an_example_gives_its_style(store, picture, stylized):
    shown = picture(96, 80, 7)
    pair = load_networks(store, "compact", "oil")
    with torch.no_grad():
        code = pair.there.style(2 * shown - 1)
    found = stylized(picture(), [Style("oil"), Style(shown)], store)
    assert torch.allclose(found, translated(pair, picture(), code), atol=1e-3)
    alone = stylized(picture(), [Style(shown)], store, domain="snow")
    named = stylized(picture(), [Style("snow"), Style(shown)], store)
    assert torch.equal(alone, named), "without a name the setting says which"


def test_two_translations_are_mixed_as_pictures(store, picture, stylized):
    one, two, both = (
        stylized(picture(), styles, store)
        for styles in ([Style("oil")], [Style("snow")], [Style("oil", 1.0), Style("snow", 3.0)])
    )
    assert torch.allclose(both, 0.25 * one + 0.75 * two, atol=1e-6)


def test_a_tile_has_the_context_that_it_claims(store, picture):
    prepared = prepare(picture(320, 320), [Style("oil")], Params(), RunContext(store))
    reach, inner = -(-prepared.halo // 4) * 4, slice(156, 164)
    content, noisy = picture(320, 320), torch.rand(1, 3, 320, 320)
    seen = slice(156 - reach, 164 + reach)
    noisy[..., seen, seen] = content[..., seen, seen]
    one, two = (prepared.apply(x)[..., inner, inner] for x in (content, noisy))
    assert torch.allclose(one, two, atol=1e-6)
    assert prepared.halo <= CARD.halo


def test_a_network_that_has_learnt_nothing_changes_nothing(picture):
    from core.train.translation import Translation, begin_

    networks = Translation(COMPACT)
    begin_(networks)
    networks.b.retouch.last.weight.data.zero_()
    networks.b.retouch.fine.weight.data.zero_()
    pair = Pair(networks.a, networks.b)
    assert torch.allclose(translated(pair, picture(), torch.randn(1, 8)), picture(), atol=1e-6)


def test_the_layer_norm_is_the_authors():
    torch.manual_seed(0)
    norm, x = LayerNorm(6), 3 * torch.randn(2, 6, 5, 7) + 1
    flat = x.flatten(1)
    wanted = (x - flat.mean(1)[:, None, None, None]) / (flat.std(1)[:, None, None, None] + 1e-5)
    wanted = wanted * norm.gain[:, None, None] + norm.shift[:, None, None]
    assert torch.allclose(norm(x), wanted, atol=1e-5)
    assert torch.allclose(norm.fixed(spread(x[:1]))(x[:1]), norm(x)[:1], atol=1e-5)


def test_sizes_are_read_off_the_tensors():
    for sizes in (COMPACT, PUBLISHED, COMPACT._replace(dim=8, blocks=3, hidden=20, look=4)):
        with torch.device("meta"):
            state = Generator(sizes).state_dict()
        assert sizes_of({k: tuple(v.shape) for k, v in state.items()}) == sizes


def test_the_authors_file_of_two_generators_is_imported(tmp_path, picture, stylized):
    torch.manual_seed(0)
    own = Generator(PUBLISHED).state_dict()
    side = {theirs: own[ours] for theirs, ours in published_names().items()}
    side["dec.model.0.model.0.model.0.norm.running_mean"] = torch.zeros(256)
    path = tmp_path / "edges2shoes.pt"
    torch.save({"a": side, "b": side}, path)
    found, _ = import_file(path, tmp_path / "mine")
    assert (found.format, found.name) == ("munit", "published.munit_edges2shoes")
    here = Store((tmp_path / "mine",))
    assert NETWORKS.known(here) == ["edges2shoes"]
    out = stylized(picture(16, 20), [Style("edges2shoes")], here)
    wanted = translated(
        load_networks(here, "published", "edges2shoes"), picture(16, 20), draw_code(0, 0, 8)
    )
    assert torch.allclose(out, wanted, atol=1e-4)


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="choose one of: mosaic, night, oil, rust"):
        stylized(picture(), [Style("candy")], store)
    with pytest.raises(
        ParamsError, match="there is none yet; or train one: python -m core train munit"
    ):
        stylized(picture(), [Style("rust")], Store((tmp_path,)))
    from core.checkpoints.write import write_state

    other = tmp_path / "other.safetensors"
    write_state(other, {"a.conv.weight": torch.ones(3)}, {})
    with pytest.raises(WeightsError, match=r"other.safetensors is no network of munit"):
        stylized(picture(), [Style(str(other))], store)


@pytest.mark.parametrize("name", DOMAINS)
def test_variants_of_what_is_shipped_differ(name, picture):
    """The first night that was shipped heeded no code at all: the slider did nothing."""
    pair, x = load_networks(Store(), "compact", name), picture(128, 128)
    made = torch.cat([translated(pair, x, draw_code(k, 0, 8)) for k in range(6)])
    assert made.std(0).mean() > 0.004


def test_all_of_ours_are_small():
    numbers = 2 * sum(p.numel() for p in Generator(COMPACT).parameters())
    assert 2 * numbers * len(DOMAINS) < 8_000_000, "bytes, in half precision"
