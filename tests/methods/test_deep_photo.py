from dataclasses import replace

import pytest
import torch

from core.card import make_params
from core.checkpoints.networks import load_encoder
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import ParamsError, PictureError, WeightsError
from core.methods.deep_photo import CARD
from core.methods.deep_photo.network import realism, region_masks, shrink_masks
from core.methods.deep_photo.problem import DEEPEST, make_problem
from core.methods.deep_photo.stylize import stylize
from core.nn.matting import matting_affinity
from core.tiling import Grid


def halves(height, width):
    labels = torch.zeros(1, 1, height, width)
    labels[..., width // 2 :] = 1
    return labels


def posed(content, styles, run, **params):
    encoder = load_encoder(run.store, "compact", DEEPEST)
    return make_problem(content, styles, make_params(CARD, params), encoder, run)


def test_realism_and_its_gradient_are_the_laplacians(picture):
    affinity = matting_affinity(picture(9, 11))
    x = picture(9, 11, 2).double().requires_grad_()
    dense = affinity.laplacian(torch.eye(99, dtype=torch.float64).reshape(99, 9, 11)).flatten(1)
    flat = x[0].flatten(1)
    energy = torch.einsum("ci,ij,cj->", flat, dense, flat)
    (wanted,) = torch.autograd.grad(energy, x)
    value, gradient = realism(x.detach(), affinity)
    assert value == pytest.approx(energy.item())
    assert torch.allclose(gradient, wanted, atol=1e-9)


def test_a_map_of_the_photographs_colours_is_a_photograph(picture):
    content = picture()
    affinity = matting_affinity(content)
    recoloured, noise = 0.5 * content.flip(1) + 0.1, torch.rand_like(content)
    assert realism(recoloured, affinity)[0] < 1e-4 * realism(noise, affinity)[0]


def test_masks_shrink_with_the_features():
    masks = region_masks(halves(32, 32), [0, 1])
    assert masks.shape == (2, 1, 32, 32)
    small = shrink_masks(masks, "relu3_1")
    assert small.shape == (2, 1, 8, 8)
    assert torch.equal(small.sum(0), torch.ones(1, 8, 8))


@pytest.mark.parametrize("labelled", [False, True])
def test_loss_and_gradient_of_tiles_are_those_of_the_whole(store, picture, labelled):
    content, x = picture(80, 96), picture(80, 96, 3)
    style = Style(picture(64, 64, 2), labels=halves(64, 64) if labelled else None)
    found = []
    for tile in (0, 32):
        run = RunContext(store, grid=Grid(tile), labels=halves(80, 96) if labelled else None)
        found.append(posed(content, [style], run).loss(x, priced=True))
    (value, gradient), (tiled, of_tiles) = found
    assert tiled == pytest.approx(value, rel=1e-4)
    assert (gradient - of_tiles).abs().max() < 1e-4 * gradient.abs().max()


def test_the_gradient_is_the_losses_slope(store, picture):
    problem = posed(picture(), [Style(picture(64, 64, 2))], RunContext(store))
    x = problem.start
    value, gradient = problem.loss(x, priced=True)
    step = 1e-3 * gradient / gradient.norm()
    ahead, behind = (problem.loss(x + s * step, priced=True)[0] for s in (1, -1))
    assert (ahead - behind) / 2e-3 == pytest.approx(float(gradient.norm()), rel=0.05)
    assert behind < value


def test_a_picture_is_its_own_best_result(store, picture):
    content = picture()
    problem = posed(content, [Style(content)], RunContext(store))
    own, _ = problem.loss(content, priced=False)
    other, _ = problem.loss(picture(64, 80, 2), priced=False)
    assert own < 1e-4 * other


def test_a_region_is_fitted_to_its_own(store, picture):
    """The style's right half may be anything: it does not count in the Gram matrices of the left."""
    shown = picture(64, 128, 2)
    changed = torch.cat([shown[..., :64], 1 - shown[..., 64:]], 3)
    run = RunContext(store, labels=halves(64, 80))
    one, two = (posed(picture(), [Style(x, labels=halves(64, 128))], run) for x in (shown, changed))
    apart = [
        float((a - b).norm() / a.norm())
        for a, b in zip(one.grams["relu1_1"], two.grams["relu1_1"], strict=True)
    ]
    assert apart[0] < 0.1 * apart[1]
    apart = (one.start - two.start).abs()
    assert apart[..., :40].max() < 1e-5
    assert apart[..., 40:].mean() > 0.01


def test_it_begins_in_the_styles_colours(store, picture):
    content, shown = picture(), 0.5 + 0.2 * picture(64, 64, 2)
    start = posed(content, [Style(shown)], RunContext(store)).start
    assert torch.allclose(start.mean((2, 3)), shown.mean((2, 3)), atol=0.01)


def test_gram_matrices_of_styles_are_averaged(store, picture):
    one, two = Style(picture(64, 64, 2), 1.0), Style(picture(48, 80, 3), 3.0)
    alone, other, both = (
        posed(picture(), s, RunContext(store)).grams for s in ([one], [two], [one, two])
    )
    for layer, gram in both.items():
        assert torch.allclose(gram, (alone[layer] + 3 * other[layer]) / 4, rtol=1e-4)


def test_a_descent_lowers_the_loss(store, picture):
    content, styles, run = picture(), [Style(picture(64, 64, 2))], RunContext(store)
    seen = []
    params = make_params(CARD, {"iterations": 12})
    stylize(content, styles, params, replace(run, report=seen.append))
    for stage in ("style", "realism"):
        losses = [step.loss for step in seen if step.stage == stage]
        assert len(losses) == 12
        assert losses[-1] < losses[0]


def test_a_larger_picture_keeps_its_size_and_detail(store, picture):
    content = picture(96, 128)
    params = make_params(CARD, {"side": 64, "iterations": 2})
    out = stylize(content, [Style(picture(64, 64, 2))], params, RunContext(store))
    assert out.shape == content.shape
    edges = [x.mean(1).diff(dim=2).abs().mean() for x in (out, content)]
    assert edges[0] > 0.3 * edges[1]


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path):
    style = Style(picture(64, 64, 2), labels=torch.ones(1, 1, 64, 64))
    labels = torch.zeros(1, 1, 64, 80)
    labels[..., :2, :4] = 1
    with pytest.raises(PictureError, match="large enough in both"):
        posed(picture(), [style], RunContext(store, labels=labels))
    with pytest.raises(ParamsError, match="side is 8; it must lie between 64 and 2048"):
        make_params(CARD, {"side": 8})
    with pytest.raises(ParamsError, match="takes style pictures"):
        posed(picture(), [Style("mosaic")], RunContext(store))
    with pytest.raises(WeightsError, match=r"compact\.encoder"):
        posed(picture(), [style], RunContext(Store((tmp_path,))))
