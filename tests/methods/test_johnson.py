import pytest
import torch

from core.card import make_params
from core.checkpoints.networks import transform_net_of
from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.johnson import CARD
from core.methods.johnson.network import COMPACT, PUBLISHED, TransformNet
from core.methods.johnson.stylize import prepare
from core.methods.johnson.weights import (
    FORMATS,
    NETWORKS,
    examples_layers,
    from_examples,
    from_urst,
    urst_layers,
)
from core.nn.tiles import TileRun, map_tiles
from core.published import import_file
from core.tiling import Grid


def network(store, name="oil"):
    return transform_net_of(store.load(f"compact.johnson_{name}"), name)


def test_streamed_is_what_the_network_does_whole(store, picture, stylized):
    with torch.no_grad():
        wanted = network(store)(picture()).clamp(0, 1)
    assert torch.allclose(stylized(picture(), [Style("oil")], store), wanted, atol=1e-5)


@pytest.mark.parametrize(("size", "tile"), [((64, 160), 24), ((101, 133), 48), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, size, tile, stylized):
    whole, tiled = (stylized(picture(*size), [Style("oil")], store, t) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_tiles_by_themselves_would_differ(store, picture, stylized):
    content, net = picture(64, 160), network(store)
    with torch.no_grad():
        alone = map_tiles(net, content, TileRun(Grid(32)), halo=48, multiple=4).clamp(0, 1)
    assert (alone - stylized(content, [Style("oil")], store)).abs().max() > 0.01


def test_a_tile_has_the_context_that_it_claims(store, picture):
    """Noise outside the halo leaves a tile as it is."""
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


def test_a_networks_own_file_is_a_style(store, picture, tmp_path, stylized):
    path = tmp_path / "mine.safetensors"
    write_state(path, store.load("compact.johnson_oil"), {})
    one, two = (stylized(picture(), [Style(s)], store) for s in ("oil", str(path)))
    assert torch.equal(one, two)


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="choose one of: mosaic, oil; or train one"):
        stylized(picture(), [Style("candy")], store)
    with pytest.raises(ParamsError, match="takes no picture; choose one of: mosaic, oil"):
        stylized(picture(), [Style(picture())], store)
    with pytest.raises(ParamsError, match="there is none yet; or train one: python -m core train"):
        stylized(picture(), [Style("oil")], Store((tmp_path,)))
    with pytest.raises(WeightsError, match="there is no weight file"):
        stylized(picture(), [Style(str(tmp_path / "none.safetensors"))], store)
    other = tmp_path / "other.safetensors"
    write_state(other, {"conv.weight": torch.ones(3)}, {})
    with pytest.raises(WeightsError, match=r"other.safetensors is no network of johnson"):
        stylized(picture(), [Style(str(other))], store)
    cut = {k: v for k, v in store.load("compact.johnson_oil").items() if "block2" not in k}
    write_state(other, cut, {})
    with pytest.raises(WeightsError, match="not the network it should be"):
        stylized(picture(), [Style(str(other))], store)


def published(layers):
    """A published network of small random numbers, and the module that it is."""
    torch.manual_seed(0)
    own = TransformNet(PUBLISHED).state_dict()
    return {f"{t}.{kind}": own[f"{o}.{kind}"] for t, o in layers for kind in ("weight", "bias")}


def test_published_ranges_are_folded_in(picture):
    """On 0 … 255, and normalised as ImageNet, the network sees and gives what the published one does."""
    raw, x = TransformNet(PUBLISHED), picture(16, 20)
    mean, std = (
        torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    for layers, convert, seen, given in (
        (examples_layers(), from_examples, x * 255, lambda y: y * 255),
        (urst_layers(), from_urst, (x - mean) / std, lambda y: (y - mean) / std),
    ):
        state = published(layers)
        raw.load_state_dict(
            {
                o: state[f"{t}.{k}"]
                for t, b in layers
                for k in ("weight", "bias")
                for o in [f"{b}.{k}"]
            }
        )
        with torch.no_grad():
            wanted, got = raw(seen), transform_net_of(convert(state), "published")(x)
        assert torch.allclose(given(got), wanted, atol=1e-3)


def test_old_files_with_running_statistics_are_imported_by_their_name(tmp_path, picture, stylized):
    old = {f"in{i}.running_mean": torch.ones(32) for i in (1, 2)}
    path = tmp_path / "Rain Princess.pth"
    torch.save(published(examples_layers()) | old, path)
    found, target = import_file(path, tmp_path / "mine")
    assert found.format == FORMATS[0].id
    assert found.name == "published.johnson_rain_princess"
    assert target.name == "published.johnson_rain_princess.safetensors"
    here = Store((tmp_path / "mine",))
    assert NETWORKS.known(here) == ["rain_princess"]
    out = stylized(picture(16, 20), [Style("rain_princess")], here)
    assert out.shape == (1, 3, 16, 20)


def test_ours_is_small():
    assert sum(p.numel() for p in TransformNet(COMPACT).parameters()) < 400_000
    assert sum(p.numel() for p in TransformNet(PUBLISHED).parameters()) == 1_679_235
