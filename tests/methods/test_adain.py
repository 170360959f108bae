import pytest
import torch
from torch.nn import functional as F

from core.card import make_params
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.adain import CARD
from core.methods.adain.network import adain, affine, mix
from core.methods.adain.stylize import prepare
from core.nn.losses import channel_stats
from core.nn.stats import moments

LEVELS = ("relu3_1", "relu4_1")
each_level = pytest.mark.parametrize("level", LEVELS)


def test_features_take_on_mean_and_deviation():
    content, style = torch.rand(2, 5, 9, 11), torch.rand(2, 5, 7, 6) * 3 - 1
    mean, deviation = channel_stats(adain(content, style))
    assert torch.allclose(mean, channel_stats(style)[0], atol=1e-5)
    assert torch.allclose(deviation, channel_stats(style)[1], rtol=1e-3)


def test_a_style_onto_itself_changes_nothing():
    features = torch.rand(1, 4, 8, 8)
    assert torch.allclose(adain(features, features), features, atol=1e-6)
    scale, shift = affine(moments(features), [moments(features)], [1.0])
    assert torch.allclose(scale, torch.ones(4).double())
    assert torch.allclose(shift, torch.zeros(4).double(), atol=1e-7)


def test_measured_apart_is_the_same_as_whole():
    content, styles = torch.rand(1, 6, 9, 7), [torch.rand(1, 6, 5, 5), torch.rand(1, 6, 8, 4) ** 2]
    scale, shift = affine(moments(content), [moments(s) for s in styles], [3, 1])
    found = content * scale[:, None, None] + shift[:, None, None]
    assert torch.allclose(found.float(), mix(content, styles, [3, 1]), atol=1e-5)


@each_level
def test_streamed_is_what_the_networks_do_whole(store, picture, level):
    content, style = picture(64, 80), picture(48, 64, 2)
    prepared = prepare(
        content, [Style(style)], make_params(CARD, {"level": level}), RunContext(store)
    )
    with torch.no_grad():
        wanted = adain(*(prepared.encoder(x)[level] for x in (content, style)))
        wanted = prepared.decoder(wanted).clamp(0, 1)
    assert torch.allclose(prepared.apply(content), wanted, atol=1e-5)


@each_level
@pytest.mark.parametrize(("size", "tile"), [((47, 61), 16), ((101, 133), 48), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, level, size, tile, stylized):
    content, style = picture(*size), [Style(picture(75, 64, 2))]
    whole, tiled = (stylized(content, style, store, t, level=level) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_tiled_equals_whole_where_little_is_covered(store, picture, stylized):
    content, coverage = picture(61, 83), torch.zeros(1, 1, 61, 83)
    coverage[..., 20:41, 7:30] = 1
    style = [Style(picture(40, 40, 2))]
    whole, tiled = (stylized(content, style, store, t, coverage, level="relu3_1") for t in (0, 16))
    assert (whole - tiled).abs().max() < 1e-4
    assert (whole - stylized(content, style, store, level="relu3_1")).abs().max() > 1e-3


def test_only_the_ratio_of_weights_counts(store, picture, stylized):
    one, two = picture(40, 40, 2), 1 - picture(40, 40, 3)
    first, second = (
        stylized(picture(), [Style(one, a), Style(two, b)], store, level="relu3_1")
        for a, b in ((1.0, 3.0), (10.0, 30.0))
    )
    assert torch.allclose(first, second, atol=1e-6)


def test_a_tile_has_the_context_that_it_claims_and_no_less(store, picture):
    """Noise outside the halo leaves a pixel as it is; a pixel at the halo's edge does not."""
    content = F.pad(picture(8, 8), (96, 96, 96, 96), mode="replicate")
    prepared = prepare(
        content, [Style(picture())], make_params(CARD, {"level": "relu3_1"}), RunContext(store)
    )
    reach, inner = -(-prepared.halo // 4) * 4, slice(96, 104)
    outside = torch.ones(1, 1, 200, 200, dtype=torch.bool)
    outside[..., 96 - reach : 104 + reach, 96 - reach : 104 + reach] = False
    noisy = torch.where(outside, torch.rand(1, 3, 200, 200), content)
    one, two = (prepared.apply(x)[..., inner, inner] for x in (content, noisy))
    assert torch.allclose(one, two, atol=1e-6)


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="relu3_1, relu4_1"):
        make_params(CARD, {"level": "relu1_1"})
    with pytest.raises(ParamsError, match="takes style pictures"):
        stylized(picture(), [Style("mosaic")], store)
    with pytest.raises(WeightsError, match="reinstall"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
