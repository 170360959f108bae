import pytest
import torch

from core.card import make_params
from core.checkpoints.store import SUFFIX, Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.photowct import CARD
from core.methods.photowct.network import FLAT, RIDGE, affine, decode, encode, nearest
from core.methods.photowct.stylize import paint, stylize
from core.nn.decoder import Decoder
from core.nn.encoder import Encoder
from core.nn.stats import moments
from core.tiling import Grid

WIDTHS = (4, 6, 8, 10, 10)


def halves(height, width):
    labels = torch.zeros(1, 1, height, width)
    labels[..., width // 2 :] = 1
    return labels


def test_values_go_back_to_where_their_maxima_were():
    torch.manual_seed(0)
    encoder = Encoder(WIDTHS, "relu2_1").requires_grad_(False)
    decoder = Decoder(WIDTHS, "relu2_1").requires_grad_(False)
    levels, masks = encode(encoder, torch.rand(1, 3, 9, 11))
    assert list(levels) == ["relu1_1", "relu2_1"]
    assert levels["relu2_1"].shape[-2:] == (4, 5)
    assert len(masks) == 1
    assert masks[0][1] == (9, 11)
    assert torch.allclose(levels["relu2_1"], encoder(torch.rand(1, 3, 9, 11))["relu2_1"]) is False
    assert decode(decoder, levels["relu2_1"], masks).shape == (1, 3, 9, 11)


def test_the_encoder_that_remembers_is_the_encoder():
    torch.manual_seed(0)
    encoder, x = Encoder(WIDTHS, "relu4_1").requires_grad_(False), torch.rand(1, 3, 32, 40)
    levels, masks = encode(encoder, x)
    wanted = encoder(x)
    assert all(torch.allclose(levels[k], wanted[k], atol=1e-6) for k in wanted)
    assert len(masks) == 3


def drawn(scale, seed):
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(5, 5, generator=generator, dtype=torch.float64)
    noise = torch.randn(5, 600, generator=generator, dtype=torch.float64)
    return (scale * (mixing @ noise + 2)).reshape(1, 5, 20, 30)


def covariance(features):
    return features[0].flatten(1).cov()


def test_features_take_on_mean_and_covariance_beside_the_identity():
    """M (C + I) M' is S."""
    content, style = drawn(1, 0), drawn(1, 1)
    matrix, offset = affine(moments(content), moments(style))
    cov = covariance(content) + torch.eye(5)
    assert torch.allclose(matrix @ cov @ matrix.T, covariance(style), rtol=1e-6)
    mean = matrix @ content.mean((0, 2, 3)) + offset
    assert torch.allclose(mean, style.mean((0, 2, 3)))


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_the_nearest_map_reaches_the_style_beside_the_ridges_and_does_not_turn(scale):
    """M (C + c I) M' is S + s I, and M is symmetric and positive, however large the features are."""
    content, style = drawn(scale, 0), drawn(2 * scale, 1)
    matrix, offset = nearest(moments(content), moments(style), scale)
    before, after = (
        c + (RIDGE * c.diagonal().mean() + FLAT * scale**2) * torch.eye(5)
        for c in (covariance(content), covariance(style))
    )
    assert torch.allclose(matrix @ before @ matrix.T, after, rtol=1e-4, atol=1e-6 * scale**2)
    assert torch.allclose(matrix, matrix.T, rtol=1e-6)
    assert torch.linalg.eigvalsh(matrix).min() > 0
    mean = matrix @ content.mean((0, 2, 3)) + offset
    assert torch.allclose(mean, style.mean((0, 2, 3)))


def test_little_contrast_is_not_lost():
    """A flat-lit texture in the light of another: with the identity added nothing would be left of it."""
    content, style = drawn(0.1, 0), drawn(0.1, 1)
    maps = nearest(moments(content), moments(style), 1.0), affine(moments(content), moments(style))
    near, published = (
        (m @ covariance(content) @ m.T).trace() / covariance(style).trace() for m, _ in maps
    )
    assert near > 0.4
    assert published < 0.1


def test_a_flat_contents_noise_is_not_blown_up():
    content, style = drawn(1e-4, 0), drawn(1, 1)
    matrix, _ = nearest(moments(content), moments(style), 1.0)
    left = (matrix @ covariance(content) @ matrix.T).trace()
    assert left < 1e-3 * covariance(style).trace()


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize(("size", "tile"), [((64, 80), 16), ((53, 75), 32)])
def test_tiled_is_whole(store, picture, size, tile, labelled):
    style = Style(picture(48, 64, 2), labels=halves(48, 64) if labelled else None)
    whole, tiled = (
        paint(
            picture(*size),
            [style],
            3,
            RunContext(store, grid=Grid(t), labels=halves(*size) if labelled else None),
        )
        for t in (0, tile)
    )
    assert (whole - tiled).abs().max() < 1e-4


def test_one_region_everywhere_is_no_labels(store, picture):
    content, shown = picture(), picture(48, 64, 2)
    ones = torch.ones(1, 1, 64, 80), torch.ones(1, 1, 48, 64)
    plain = paint(content, [Style(shown)], 3, RunContext(store))
    labelled = paint(content, [Style(shown, labels=ones[1])], 3, RunContext(store, labels=ones[0]))
    assert torch.allclose(plain, labelled, atol=1e-5)


def test_each_region_follows_its_own(store, picture):
    """What changes in the style's left half changes the content's left half alone, but for cells between."""
    content, shown = picture(64, 256), picture(64, 128, 2)
    changed = torch.cat([1 - shown[..., :64], shown[..., 64:]], 3)
    run = RunContext(store, labels=halves(64, 256))
    one, two = (
        paint(content, [Style(x, labels=halves(64, 128))], 1, run) for x in (shown, changed)
    )
    apart = (one - two).abs()
    assert apart[..., 140:].mean() < 0.05 * apart[..., :116].mean()


def test_a_region_that_no_style_has_is_rebuilt(store, picture):
    """Its features go into the decoder as they came out of the encoder."""
    content, shown = picture(64, 256), picture(48, 64, 2)
    run = RunContext(store, labels=halves(64, 256))
    one, two = (
        paint(content, [Style(x, labels=torch.zeros(1, 1, 48, 64))], 1, run)
        for x in (shown, 1 - shown)
    )
    assert (one - two)[..., 140:].abs().max() < 1e-5
    assert (one - two)[..., :116].abs().mean() > 1e-3


def test_regions_may_come_from_different_styles(store, picture):
    content, one, two = picture(64, 256), picture(48, 64, 2), picture(40, 40, 3)
    run = RunContext(store, labels=halves(64, 256))
    left = Style(one, labels=torch.zeros(1, 1, 48, 64))
    right = Style(two, labels=torch.ones(1, 1, 40, 40))
    both = paint(content, [left, right], 1, run)
    assert torch.allclose(both[..., :116], paint(content, [left], 1, run)[..., :116], atol=1e-5)
    assert torch.allclose(both[..., 140:], paint(content, [right], 1, run)[..., 140:], atol=1e-5)


def test_smoothing_and_colours_each_change_the_picture(store, picture):
    found = [
        stylize(
            picture(), [Style(picture(48, 64, 2))], make_params(CARD, params), RunContext(store)
        )
        for params in (
            {"smoothing": "none", "follow": False},
            {"smoothing": "closed", "follow": False},
            {"smoothing": "guided", "follow": False},
            {"smoothing": "none", "follow": True},
        )
    ]
    for k, one in enumerate(found):
        assert all((one - two).abs().max() > 1e-5 for two in found[k + 1 :])


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path):
    content, style = picture(), [Style(picture(48, 64, 2))]
    with pytest.raises(ParamsError, match="choose one of: closed, guided, none"):
        make_params(CARD, {"smoothing": "soft"})
    with pytest.raises(ParamsError, match="takes style pictures"):
        stylize(content, [Style("mosaic")], CARD.params(), RunContext(store))
    empty = RunContext(Store((tmp_path,)))
    with pytest.raises(WeightsError, match=r"compact\.photowct"):
        stylize(content, style, CARD.params(), empty)
    wrong = {"decoder4.conv4_1.weight": torch.zeros(3, 3, 3, 3)}
    write_state(tmp_path / f"compact.photowct{SUFFIX}", wrong, {})
    (tmp_path / f"compact.encoder{SUFFIX}").write_bytes(
        (store.folders[0] / f"compact.encoder{SUFFIX}").read_bytes()
    )
    with pytest.raises(WeightsError, match="ends before relu4_1"):
        stylize(content, style, CARD.params(), RunContext(Store((tmp_path,))))
