import pytest
import torch

from core.card import make_params
from core.contract import RunContext, Style
from core.methods.linear import CARD
from core.methods.linear.network import LinearModule
from core.methods.linear.stylize import prepare
from core.nn.masks import SMALLEST, regions

each_level = pytest.mark.parametrize("level", ["relu3_1", "relu4_1"])


@pytest.fixture
def module():
    torch.manual_seed(0)
    return LinearModule(16).requires_grad_(False)


@each_level
def test_streamed_is_what_the_networks_do_whole(store, picture, level):
    content, style = picture(64, 80), picture(48, 64, 2)
    prepared = prepare(
        content, [Style(style)], make_params(CARD, {"level": level}), RunContext(store)
    )
    nets = prepared.nets
    with torch.no_grad():
        features = nets.module(*(nets.encoder(x)[level] for x in (content, style)))
        wanted = nets.decoder(features).clamp(0, 1)
    assert torch.allclose(prepared.apply(content), wanted, atol=1e-5)


@each_level
@pytest.mark.parametrize(("size", "tile"), [((47, 61), 16), ((101, 133), 48), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, level, size, tile, stylized):
    content, style = picture(*size), [Style(picture(75, 64, 2)), Style(picture(40, 55, 3), 2.0)]
    whole, tiled = (stylized(content, style, store, t, level=level) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_tiled_equals_whole_where_little_is_covered(store, picture, stylized):
    content, coverage = picture(61, 83), torch.zeros(1, 1, 61, 83)
    coverage[..., 20:41, 7:30] = 1
    style = [Style(picture(40, 40, 2))]
    whole, tiled = (stylized(content, style, store, t, coverage, level="relu3_1") for t in (0, 16))
    assert (whole - tiled).abs().max() < 1e-4
    assert (whole - stylized(content, style, store, level="relu3_1")).abs().max() > 2e-4


def test_matrices_and_means_of_styles_are_averaged(store, picture):
    styles = [Style(picture(48, 64, 2), 1.0), Style(picture(64, 48, 3), 3.0)]
    params, run = make_params(CARD, {"level": "relu3_1"}), RunContext(store)
    one, two, both = (prepare(picture(), s, params, run) for s in (styles[:1], styles[1:], styles))
    assert torch.allclose(both.transform, (one.transform + 3 * two.transform) / 4, atol=1e-6)
    assert torch.allclose(both.style_mean, (one.style_mean + 3 * two.style_mean) / 4, atol=1e-6)


def test_the_identity_matrix_rebuilds_the_content(module):
    content = torch.rand(1, 16, 6, 7)
    mean = content.mean((2, 3), keepdim=True)
    found = module.transfer(content - mean, torch.eye(32)[None]) + mean
    assert torch.allclose(found, module.rebuild(content), atol=1e-6)


def test_one_region_is_the_whole_picture(module):
    content, style = torch.rand(1, 16, 6, 7), torch.rand(1, 16, 5, 4)
    masks = ({"black": torch.ones(f.shape[2:], dtype=torch.bool)} for f in (content, style))
    found = module.forward_masked(content, style, *masks)
    assert torch.allclose(found, module(content, style), atol=1e-5)


def test_a_region_that_the_style_lacks_passes_untransformed(module):
    content, style = torch.rand(1, 16, 6, 7), torch.rand(1, 16, 5, 4)
    mask = torch.ones(6, 7, dtype=torch.bool)
    found = module.forward_masked(content, style, {"red": mask}, {})
    centred = content - content.mean((2, 3), keepdim=True)
    assert torch.allclose(found, module.unzip(module.compress(centred)), atol=1e-5)


def test_regions_are_pure_colours_of_enough_cells():
    seg = torch.zeros(3, 20, 40)
    seg[2, :, :20] = 0.95
    seg[0, :, 20:] = 0.5
    seg[:, 0, :3] = 1
    found = regions(seg, (20, 40))
    assert set(found) == {"blue"}
    assert int(found["blue"].sum()) == 20 * 20 - 3
    assert int(regions(seg, (10, 20))["blue"].sum()) == 10 * 10 - 2
    assert regions(torch.zeros(3, 3, 3), (3, 3)) == {}
    assert int(regions(torch.zeros(3, 2, 5), (2, 5))["black"].sum()) == SMALLEST
