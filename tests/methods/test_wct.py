from itertools import pairwise

import pytest
import torch

from core.card import make_params
from core.contract import RunContext, Style
from core.methods.wct import CARD
from core.methods.wct.network import affine, colouring_matrix, whitening_matrix
from core.methods.wct.stylize import prepare
from core.nn.stats import Moments, moments


def features(channels=6, cells=400, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
    noise = torch.randn(channels, cells, generator=generator, dtype=torch.float64)
    return (mixing @ noise + 2).reshape(1, channels, 20, -1)


def moved(x, matrix, offset):
    return torch.nn.functional.conv2d(x, matrix[:, :, None, None], offset)


def test_whitened_features_have_the_identity_as_covariance():
    cov = moments(features()).cov
    white = whitening_matrix(cov, 1e-12)
    assert torch.allclose(white @ cov @ white.T, torch.eye(6).double(), atol=1e-6)
    root = colouring_matrix(cov)
    assert torch.allclose(root @ root, cov, atol=1e-9)


def test_features_take_on_the_styles_mean_and_covariance():
    content, style = features(), features(cells=320, seed=1)
    matrix, offset = affine(moments(content), [moments(style)], [1.0], alpha=1.0, threshold=1e-12)
    found, wanted = moved(content, matrix, offset)[0].flatten(1), style[0].flatten(1)
    assert torch.allclose(found.mean(1), wanted.mean(1), atol=1e-8)
    assert torch.allclose(found.cov(), wanted.cov(), rtol=1e-6, atol=1e-6)


def test_a_style_onto_itself_and_alpha_0_change_nothing():
    content, other = moments(features()), moments(features(seed=1))
    for style, alpha in ((content, 1.0), (other, 0.0)):
        matrix, offset = affine(content, [style], [1.0], alpha=alpha, threshold=1e-12)
        assert torch.allclose(matrix, torch.eye(6).double(), atol=1e-6)
        assert torch.allclose(offset, torch.zeros(6).double(), atol=1e-6)


def test_dead_and_constant_channels_stay_finite():
    content = features()
    content[:, 2] = 0
    content[:, 4] = content[:, 3]
    for style in (features(seed=1), torch.zeros(1, 6, 4, 4).double()):
        for x in (content, torch.ones_like(content)):
            matrix, offset = affine(moments(x), [moments(style)], [1.0], alpha=1.0, threshold=1e-9)
            assert bool(torch.isfinite(moved(x, matrix, offset)).all())
            assert moved(x, matrix, offset).abs().max() < 100


def test_weak_directions_fade_steadily():
    """A variance that crosses the bound changes the gain without a jump, and at most to 1 / 2 sqrt(bound)."""
    gains = [
        float(whitening_matrix(torch.diag(torch.tensor([1.0, v]).double()), 1e-3)[1, 1])
        for v in torch.logspace(-9, 0, 400).double()
    ]
    assert max(gains) <= 0.5 / 1e-3**0.5 + 1e-6
    assert max(abs(a - b) for a, b in pairwise(gains)) < 1
    assert gains[0] < 0.1


def test_styles_are_mixed_after_colouring():
    content, one, two = (moments(features(seed=seed)) for seed in range(3))
    parts = [affine(content, [s], [1.0], alpha=0.7, threshold=1e-3) for s in (one, two)]
    matrix, offset = affine(content, [one, two], [1.0, 3.0], alpha=0.7, threshold=1e-3)
    assert torch.allclose(matrix, (parts[0][0] + 3 * parts[1][0]) / 4)
    assert torch.allclose(offset, (parts[0][1] + 3 * parts[1][1]) / 4)


def test_a_single_cell_has_moments():
    one = Moments(0.25, torch.ones(3).double(), torch.zeros(3, 3).double())
    matrix, offset = affine(one, [one], [1.0], alpha=1.0, threshold=1e-3)
    assert torch.equal(matrix, torch.zeros(3, 3).double())
    assert torch.equal(offset, torch.ones(3).double())


@pytest.mark.parametrize(
    ("params", "levels"),
    [
        ({"stages": 3}, ["relu3_1", "relu2_1", "relu1_1"]),
        ({"stages": 4, "single": True}, ["relu4_1"]),
        ({}, ["relu5_1", "relu4_1", "relu3_1", "relu2_1", "relu1_1"]),
    ],
)
def test_stages_run_from_coarse_to_fine(store, picture, params, levels):
    prepared = prepare(
        picture(32, 32), [Style(picture(32, 32, 2))], make_params(CARD, params), RunContext(store)
    )
    assert [stage.encoder.last for stage in prepared.stages] == levels


def test_every_stage_reaches_the_styles_moments(store, picture):
    """The statistics of a stage belong to the picture that the stages before it made."""
    content, style = picture(64, 96), picture(64, 64, 2)
    params = make_params(CARD, {"stages": 3, "alpha": 1.0, "threshold": 1e-9})
    prepared, x = prepare(content, [Style(style)], params, RunContext(store)), content
    with torch.no_grad():
        for stage in prepared.stages:
            level = stage.encoder.last
            found = moved(stage.encoder(x)[level], stage.matrix[..., 0, 0], stage.offset)
            wanted = stage.encoder(style)[level]
            assert torch.allclose(found.mean((2, 3)), wanted.mean((2, 3)), rtol=1e-3, atol=1e-4)
            x = stage(x)


@pytest.mark.parametrize(
    "params", [{"stages": 1}, {"stages": 2}, {"stages": 3}, {"stages": 4, "single": True}]
)
@pytest.mark.parametrize(("size", "tile"), [((101, 133), 40), ((47, 90), 16), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, params, size, tile, stylized):
    content, styles = picture(*size), [Style(picture(75, 64, 2)), Style(picture(40, 55, 3), 3.0)]
    whole, tiled = (stylized(content, styles, store, t, **params) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-4


def test_five_stages_tiled_equal_whole(store, picture, stylized):
    content, style = picture(33, 640), [Style(picture(64, 64, 2))]
    whole, tiled = (stylized(content, style, store, t) for t in (0, 160))
    assert (whole - tiled).abs().max() < 1e-4


def test_tiled_equals_whole_where_little_is_covered(store, picture, stylized):
    content, coverage = picture(61, 83), torch.zeros(1, 1, 61, 83)
    coverage[..., 20:41, 7:30] = 1
    style = [Style(picture(40, 40, 2))]
    whole, tiled = (stylized(content, style, store, t, coverage, stages=2) for t in (0, 16))
    assert (whole - tiled).abs().max() < 1e-4
    assert (whole - stylized(content, style, store, stages=2)).abs().max() > 1e-3
