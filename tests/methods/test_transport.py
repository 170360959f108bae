import pytest
import torch

from core.card import NoParams
from core.contract import Run, Style
from core.methods.transport import stylize
from core.methods.transport.network import CODE_LEVELS, Decoder
from core.nn.encoder import Encoder
from core.nn.stats import moments
from core.tiling import Grid, map_tiles

CONSTANTS = dict.fromkeys(CODE_LEVELS, 1.0)


@pytest.fixture
def untrained(monkeypatch):
    """Networks with random weights, so that every layer matters."""
    torch.manual_seed(0)
    encoder, decoder = Encoder(last="relu4_1").eval(), Decoder().eval()
    for layer in (decoder.to_picture, decoder.style[2]):
        torch.nn.init.normal_(layer.weight, std=0.5)
    networks = (encoder.requires_grad_(False), decoder.requires_grad_(False), CONSTANTS)
    monkeypatch.setattr(stylize, "load_networks", lambda run: networks)


def painted(content, styles, tile):
    run = Run(grid=Grid(tile))
    prepared = stylize.prepare(content, styles, NoParams(), run)
    return map_tiles(
        prepared.apply, content, run.grid, halo=prepared.halo, multiple=prepared.multiple
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


@pytest.mark.usefixtures("untrained")
def test_moved_features_have_the_styles_mean_and_covariance():
    content, style = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64) * 0.5
    prepared = stylize.prepare(content, [Style(style)], NoParams(), Run())
    with torch.no_grad():
        found, wanted = (prepared.encoder(x)["relu1_1"] for x in (content, style))
    matrix, offset = prepared.maps["relu1_1"]
    moved = moments(torch.einsum("ij,bjhw->bihw", matrix, found) + offset[:, None, None])
    assert torch.allclose(moved.mean, moments(wanted).mean, rtol=1e-3, atol=1e-4)
    error = (moved.cov - moments(wanted).cov).norm() / moments(wanted).cov.norm()
    assert float(error) < 0.05
