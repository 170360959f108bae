import pytest
import torch

from core.card import NoParams
from core.contract import RunContext, Style
from core.methods.transport import stylize
from core.methods.transport.network import CODE, CODE_LEVELS, Decoder
from core.methods.transport.weights import Networks
from core.nn.encoder import Encoder
from core.nn.tiles import map_tiles
from core.tiling import Grid

CONSTANTS = dict.fromkeys(CODE_LEVELS, 1.0)


@pytest.fixture
def untrained(monkeypatch):
    """Networks with random weights, so that every layer matters."""
    torch.manual_seed(0)
    encoder, decoder = Encoder(last="relu4_1").eval(), Decoder().eval()
    for layer in (decoder.to_picture, decoder.style[2]):
        torch.nn.init.normal_(layer.weight, std=0.5)
    anything = torch.full((CODE,), -99.0), torch.full((CODE,), 99.0)
    frozen = (network.requires_grad_(False) for network in (encoder, decoder))
    networks = Networks(*frozen, CONSTANTS, anything)
    monkeypatch.setattr(stylize, "load_networks", lambda run: networks)


def painted(content, styles, tile):
    run = RunContext(grid=Grid(tile))
    prepared = stylize.prepare(content, styles, NoParams(), run)
    return map_tiles(
        prepared.apply, content, run.tiles, halo=prepared.halo, multiple=prepared.multiple
    )


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("size", [(131, 174), (64, 40), (9, 201)])
def test_tiled_equals_whole(size):
    content, style = torch.rand(1, 3, *size), Style(torch.rand(1, 3, 80, 90))
    whole, tiled = (painted(content, [style], tile) for tile in (0, 32))
    assert whole.shape == content.shape
    assert float(whole.std()) > 0.01
    assert float((whole - tiled).abs().max()) < 1e-4


@pytest.mark.usefixtures("untrained")
def test_two_equal_styles_are_one():
    content, style = torch.rand(1, 3, 40, 40), torch.rand(1, 3, 64, 64)
    one = painted(content, [Style(style)], 0)
    two = painted(content, [Style(style, 0.3), Style(style, 0.7)], 0)
    assert torch.allclose(one, two, atol=1e-4)


def test_folding_changes_nothing():
    torch.manual_seed(0)
    decoder, code = Decoder(), torch.randn(1, 480)
    torch.nn.init.normal_(decoder.style[2].weight, std=0.1)
    sizes = {"relu1_1": (16, 32), "relu2_1": (32, 16), "relu3_1": (64, 8)}
    features = {k: torch.randn(1, c, n, n) for k, (c, n) in sizes.items()}
    maps = {k: (torch.randn(c, c) / c**0.5, torch.randn(c)) for k, (c, _) in sizes.items()}
    moved = {
        k: torch.einsum("ij,bjhw->bihw", matrix, features[k]) + offset[:, None, None]
        for k, (matrix, offset) in maps.items()
    }
    with torch.no_grad():
        modulation = decoder.modulation(code)
        expected = decoder(moved, modulation)
        assert torch.allclose(decoder.fold(modulation, maps)(features), expected, atol=1e-4)
        assert torch.equal(decoder(moved, modulation), expected)


@pytest.mark.usefixtures("untrained")
def test_style_code_stays_within_what_was_trained(monkeypatch):
    """Two styles whose codes leave the range on the same side are modulated alike."""
    networks = stylize.load_networks(RunContext())
    low, high = torch.full((CODE,), -1.0), torch.full((CODE,), -0.5)
    bounded = Networks(networks.encoder, networks.decoder, CONSTANTS, (low, high))
    monkeypatch.setattr(stylize, "load_networks", lambda run: bounded)
    seen = []
    modulation = networks.decoder.modulation
    monkeypatch.setattr(
        networks.decoder, "modulation", lambda code: seen.append(code) or modulation(code)
    )
    content = torch.rand(1, 3, 64, 64)
    for _ in range(2):
        stylize.prepare(content, [Style(torch.rand(1, 3, 64, 64))], NoParams(), RunContext())
    assert all(bool((code == high).all()) for code in seen)
