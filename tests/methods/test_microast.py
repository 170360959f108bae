import pytest
import torch
from torch.nn import functional as F

from core.card import NoParams
from core.checkpoints.store import SUFFIX, Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.microast import CARD  # noqa: F401  # what conftest runs
from core.methods.microast.network import Block, MicroAST, StyleNorm, mix, signal_contrast
from core.methods.microast.stylize import prepare
from core.methods.microast.weights import PARTS, load_network
from core.nn.instance import spread
from core.nn.losses import channel_stats
from core.tiling import Grid


@pytest.fixture
def network(store):
    return load_network(store, "compact")


def test_a_folded_block_does_what_a_modulated_one_does():
    torch.manual_seed(0)
    block, x = Block().requires_grad_(False), torch.randn(1, 64, 7, 9)
    weight, bias = torch.randn(2, 1, 64, 1, 1)
    assert torch.allclose(block.folded(weight, bias)(x), block(x, weight, bias), atol=1e-4)


def test_a_norm_gives_the_styles_statistics_whole_and_fixed():
    torch.manual_seed(0)
    x, mean, deviation = (
        torch.randn(1, 5, 8, 9) * 3,
        torch.randn(1, 5, 1, 1),
        torch.rand(1, 5, 1, 1),
    )
    norm = StyleNorm(mean, deviation)
    found = norm(x)
    assert torch.allclose(channel_stats(found)[0], mean, atol=1e-5)
    assert torch.allclose(channel_stats(found)[1], deviation, rtol=1e-2)
    assert torch.allclose(norm.fixed(spread(x))(x), found, atol=1e-5)


def test_streamed_is_what_the_network_does_whole(store, network, picture):
    content, style = picture(64, 80), picture(48, 64, 2)
    prepared = prepare(content, [Style(style)], NoParams(), RunContext(store, grid=Grid(32)))
    with torch.no_grad():
        wanted = network(content, style).clamp(0, 1)
    assert torch.allclose(prepared.apply(content), wanted, atol=1e-5)


@pytest.mark.parametrize(("size", "tile"), [((47, 61), 16), ((101, 133), 48), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, size, tile, stylized):
    content, styles = picture(*size), [Style(picture(75, 64, 2)), Style(picture(41, 55, 3), 2.0)]
    whole, tiled = (stylized(content, styles, store, t) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_tiled_equals_whole_where_little_is_covered(store, picture, stylized):
    content, coverage = picture(61, 83), torch.zeros(1, 1, 61, 83)
    coverage[..., 20:41, 7:30] = 1
    style = [Style(picture(40, 40, 2))]
    whole, tiled = (stylized(content, style, store, t, coverage) for t in (0, 16))
    assert (whole - tiled).abs().max() < 1e-4
    assert (whole - stylized(content, style, store)).abs().max() > 1e-3


def test_signals_are_averaged_by_weight(network, picture):
    with torch.no_grad():
        one, two = (network.describe(picture(48, 64, seed)) for seed in (2, 3))
    both = mix([one, two], [1.0, 3.0])
    for part in ("means", "deviations", "weights", "biases"):
        for i in range(2):
            first, second, found = (getattr(s, part)[i] for s in (one, two, both))
            assert torch.allclose(found, (first + 3 * second) / 4, atol=1e-6)


def test_a_tile_has_the_context_that_it_claims(store, picture):
    content = F.pad(picture(8, 8), (96, 96, 96, 96), mode="replicate")
    prepared = prepare(content, [Style(picture())], NoParams(), RunContext(store))
    reach, inner = -(-prepared.halo // 4) * 4, slice(96, 100)
    outside = torch.ones(1, 1, 200, 200, dtype=torch.bool)
    outside[..., 96 - reach : 100 + reach, 96 - reach : 100 + reach] = False
    noisy = torch.where(outside, torch.rand(1, 3, 200, 200), content)
    one, two = (prepared.apply(x)[..., inner, inner] for x in (content, noisy))
    assert torch.allclose(one, two, atol=1e-6)


def test_contrast_is_least_for_the_styles_themselves(network, picture):
    styles = torch.cat([picture(32, 32, 2), 1 - picture(32, 32, 3)])
    with torch.no_grad():
        own, swapped = (signal_contrast(network, x, styles) for x in (styles, styles.flip(0)))
    assert float(own) < 1e-3 * float(swapped)


def test_four_published_parts_are_the_network(store, network, picture, tmp_path, stylized):
    for part in PARTS:
        state = network.get_submodule(part).state_dict()
        write_state(tmp_path / f"published.microast_{part}{SUFFIX}", state, {})
    style = [Style(picture(40, 40, 2))]
    one, other = (stylized(picture(), style, s) for s in (store, Store((tmp_path,))))
    assert torch.equal(one, other)


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="takes style pictures"):
        stylized(picture(), [Style("mosaic")], store)
    network = MicroAST()
    for part in PARTS[:3]:
        state = network.get_submodule(part).state_dict()
        write_state(tmp_path / f"published.microast_{part}{SUFFIX}", state, {})
    with pytest.raises(WeightsError, match=r"fetch decoder_iter_160000\.pth\.tar.*weights import"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
    state = network.content_encoder.state_dict()
    write_state(tmp_path / f"published.microast_decoder{SUFFIX}", state, {})
    with pytest.raises(WeightsError, match="not the network it should be"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
