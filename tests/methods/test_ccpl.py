import pytest
import torch
from torch.nn import functional as F

from core.card import make_params
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.ccpl import CARD, MODES
from core.methods.ccpl.network import LEVELS, CovarianceTransform
from core.methods.ccpl.stylize import prepare
from core.nn.losses import gram
from core.tiling import Box, read

each_mode = pytest.mark.parametrize("mode", MODES)


@each_mode
def test_streamed_is_what_the_networks_do_whole(store, picture, mode):
    content, style = picture(64, 80), picture(48, 64, 2)
    params = make_params(CARD, {"mode": mode, "smooth": False})
    prepared = prepare(content, [Style(style)], params, RunContext(store))
    nets, level = prepared.nets, LEVELS[mode]
    with torch.no_grad():
        moved = nets.transform(*(nets.encoder(x)[level] for x in (content, style)))
        wanted = nets.decoder(moved).clamp(0, 1)
    assert torch.allclose(prepared.apply(content), wanted, atol=1e-5)


@each_mode
@pytest.mark.parametrize(("size", "tile"), [((47, 61), 16), ((101, 133), 48), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, mode, size, tile, stylized):
    content, styles = picture(*size), [Style(picture(75, 64, 2)), Style(picture(90, 55, 3), 2.0)]
    whole, tiled = (stylized(content, styles, store, t, mode=mode) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_tiled_equals_whole_where_little_is_covered(store, picture, stylized):
    content, coverage = picture(61, 83), torch.zeros(1, 1, 61, 83)
    coverage[..., 20:41, 7:30] = 1
    style = [Style(picture(40, 40, 2))]
    whole, tiled = (stylized(content, style, store, t, coverage, mode="photo") for t in (0, 16))
    assert (whole - tiled).abs().max() < 1e-4
    assert (whole - stylized(content, style, store, mode="photo")).abs().max() > 1e-3


def test_moments_and_means_of_styles_are_averaged(store, picture):
    styles = [Style(picture(48, 64, 2), 1.0), Style(picture(64, 48, 3), 3.0)]
    params, run = make_params(CARD, {"mode": "photo"}), RunContext(store)
    one, two, both = (prepare(picture(), s, params, run) for s in (styles[:1], styles[1:], styles))
    assert torch.allclose(both.moments, (one.moments + 3 * two.moments) / 4, atol=1e-5)
    assert torch.allclose(both.style_mean, (one.style_mean + 3 * two.style_mean) / 4, atol=1e-6)


def test_a_style_of_a_few_pixels_is_continued_by_reflection(store, picture, stylized):
    small = picture(9, 50, 2)
    larger = read(small, Box(0, 0, 40, 50))
    one, other = (stylized(picture(), [Style(style)], store) for style in (small, larger))
    assert torch.equal(one, other)


def test_the_filter_is_for_photographs_alone(store, picture, stylized):
    style = [Style(picture(48, 64, 2))]
    for mode, changes in (("art", False), ("photo", True)):
        one, other = (
            stylized(picture(), style, store, mode=mode, smooth=smooth) for smooth in (True, False)
        )
        assert bool((one - other).abs().max() > 1e-3) == changes


def test_the_styles_border_has_no_part_in_its_moments():
    """The published convolutions are not padded; what stands in their place is rubbish at the border."""
    torch.manual_seed(0)
    module, style = CovarianceTransform(16, 2).requires_grad_(False), torch.rand(1, 16, 9, 8)
    inner = module.describe(style)[..., 2:-2, 2:-2]
    assert torch.allclose(gram(inner), gram(module.snet(style)), atol=1e-6)


def test_the_content_is_multiplied_by_the_styles_moments():
    torch.manual_seed(0)
    module, content = CovarianceTransform(8, 1).requires_grad_(False), torch.rand(1, 8, 5, 6)
    narrow, moments = module.cnet(content), torch.rand(1, 32, 32)
    wanted = module.uncompress(torch.einsum("ij,bjhw->bihw", moments[0], narrow))
    assert torch.allclose(module.transfer(content, moments), wanted, atol=1e-5)


def test_a_tile_has_the_context_that_it_claims(store, picture):
    content = F.pad(picture(8, 8), (96, 96, 96, 96), mode="replicate")
    params = make_params(CARD, {"mode": "photo", "smooth": False})
    prepared = prepare(content, [Style(picture())], params, RunContext(store))
    reach, inner = -(-prepared.halo // 4) * 4, slice(96, 104)
    outside = torch.ones(1, 1, 200, 200, dtype=torch.bool)
    outside[..., 96 - reach : 104 + reach, 96 - reach : 104 + reach] = False
    noisy = torch.where(outside, torch.rand(1, 3, 200, 200), content)
    one, two = (prepared.apply(x)[..., inner, inner] for x in (content, noisy))
    assert torch.allclose(one, two, atol=1e-6)


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="choose one of: art, photo"):
        make_params(CARD, {"mode": "artistic"})
    with pytest.raises(ParamsError, match="takes style pictures"):
        stylized(picture(), [Style("mosaic")], store)
    with pytest.raises(WeightsError, match=r"compact\.encoder"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
    with pytest.raises(WeightsError, match=r"vgg19.*the backbone compact.*weights import"):
        prepare(
            picture(),
            [Style(picture())],
            make_params(CARD, {}),
            RunContext(store, backbone="vgg19"),
        )
