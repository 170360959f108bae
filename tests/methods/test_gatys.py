from dataclasses import replace

import pytest
import torch

from core.card import make_params
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import Cancelled, ParamsError, WeightsError
from core.evaluation.untrained import write_untrained
from core.methods.gatys import CARD, RECIPES
from core.methods.gatys.colors import limit_chroma, luminance, match_color, recolor
from core.methods.gatys.descend import descend
from core.methods.gatys.network import outside
from core.methods.gatys.octaves import Octaves
from core.methods.gatys.problem import Scene, make_problem
from core.methods.gatys.recipes import OURS, Recipe
from core.methods.gatys.stylize import choose, stylize
from core.methods.gatys.weights import from_notebook, load_eyes
from core.nn.encoder import conv_names
from core.tiling import Grid

STILL = replace(OURS, veil=0.0)


def posed(content, style, store, recipe=STILL, *, tile=0, coverage=None):
    run = RunContext(store, grid=Grid(tile))
    scene = Scene(content, coverage, [style], [1.0])
    return make_problem(scene, load_eyes(run, recipe.layers), recipe, "max", run)


def stylized(content, styles, store, run=None, **params):
    params = {"iterations": 3, "scales": 1} | params
    given = {"start": "content", **params}
    return stylize(content, styles, make_params(CARD, given), run or RunContext(store))


@pytest.mark.parametrize("recipe", [STILL, replace(STILL, relative=False, gram="all")])
def test_the_loss_falls_and_a_style_is_at_no_distance_from_itself(store, picture, recipe):
    content, style = picture(), picture(64, 80, 2)
    problem = posed(content, style, store, recipe)
    before = problem(content)[0]
    after = problem(descend(content, problem, recipe, 12))[0]
    assert after < before
    alone = posed(style, style, store, recipe)
    assert alone(style)[0] < 1e-3 * before


@pytest.mark.parametrize("coverage", [None, "half"])
def test_tiles_pool_to_the_loss_and_gradient_of_the_whole(store, picture, coverage):
    content, style, x = picture(192, 160), picture(64, 80, 2), picture(192, 160, 3)
    if coverage:
        coverage = torch.zeros(1, 1, 192, 160)
        coverage[..., 48:] = 1
    (whole, slope), (tiled, tiled_slope) = (
        posed(content, style, store, tile=tile, coverage=coverage)(x) for tile in (0, 48)
    )
    assert tiled == pytest.approx(whole, rel=1e-4)
    assert (slope - tiled_slope).abs().max() < 1e-3 * slope.abs().max()


def test_the_gradient_is_that_of_the_loss(store, picture):
    content, x = picture(32, 32), picture(32, 32, 3)
    problem = posed(content, picture(48, 48, 2), store)
    gradient = problem(x)[1]
    slope, step = float(gradient.norm()), 0.01
    ahead, behind = (problem(x + s * step * gradient / slope)[0] for s in (1, -1))
    assert (ahead - behind) / (2 * step) == pytest.approx(slope, rel=0.05)


def test_what_is_not_covered_moves_nothing(store, picture):
    coverage = torch.zeros(1, 1, 64, 128)
    coverage[..., :64] = 1
    problem = posed(picture(64, 128), picture(48, 48, 2), store, coverage=coverage)
    gradient = problem(picture(64, 128, 3))[1]
    assert float(gradient[..., :32].abs().max()) > 0
    assert gradient[..., 120:].abs().mean() < 0.2 * gradient[..., :64].abs().mean()


def test_what_lies_outside_the_range_costs_its_mean_square():
    recipe = replace(OURS, scale=255.0, outside=3.0)
    x = (torch.randn(1, 3, 9, 7) * 200 + 100).requires_grad_()
    wanted = 3 * ((x / 255 - 0.5).abs() - 0.5).relu().square().mean()
    wanted.backward()
    found, gradient = outside(x.detach(), recipe)
    assert found == pytest.approx(wanted.item(), rel=1e-5)
    assert torch.allclose(gradient, x.grad, rtol=1e-4, atol=1e-9)


def test_octaves_lead_back_and_forth():
    start = torch.rand(1, 3, 37, 50)
    space = Octaves.of(start, 5)
    assert space.sizes[:2] == ((37, 50), (19, 25))
    assert torch.equal(space.picture(space.still()), start)
    change = torch.randn(space.still().shape)
    gradient = torch.rand(1, 3, 37, 50)
    moved = space.picture(change) - start
    assert float((moved * gradient).sum()) == pytest.approx(
        float((change * space.back(gradient)).sum()), rel=1e-3
    )
    leaf = change.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(space.picture(leaf), leaf, gradient)
    assert torch.allclose(space.back(gradient), wanted, rtol=1e-4, atol=1e-6)
    assert len(Octaves.of(torch.rand(1, 3, 9, 9), 5).sizes) == 1


@pytest.mark.parametrize("optimiser", ["lbfgs", "adam"])
@pytest.mark.parametrize("octaves", [0, 3])
def test_both_optimisers_find_a_minimum(optimiser, octaves):
    wanted = torch.rand(1, 3, 24, 24)
    recipe = Recipe(
        style={}, content={}, scale=1, optimiser=optimiser, rate=0.05 if optimiser == "adam" else 1
    )
    recipe = replace(recipe, octaves=octaves)

    def evaluate(x):
        return float((x - wanted).square().sum() / 2), x - wanted

    start = torch.full_like(wanted, 0.5)
    found = descend(start, evaluate, recipe, 80)
    assert (found - wanted).square().mean() < 0.02 * (start - wanted).square().mean()
    assert torch.equal(start, torch.full_like(wanted, 0.5))


def test_layers_and_weights_are_what_is_asked():
    chosen = choose(make_params(CARD, {"style_layers": "relu1_1=1, relu3_2=0.5"}))
    assert chosen.style == {"relu1_1": 200.0, "relu3_2": 100.0}
    assert choose(make_params(CARD, {"content_weight": 0})).content == {}
    assert choose(make_params(CARD, {"optimiser": "adam"})).rate == pytest.approx(0.01)
    assert choose(make_params(CARD, {"smoothness": 2})).variation == 2
    for text in ("relu1_1", "relu9_1=1", "relu1_1=-1", "relu1_1=nan"):
        with pytest.raises(ParamsError, match="LAYER=WEIGHT"):
            choose(make_params(CARD, {"style_layers": text}))


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_paints(store, picture, recipe):
    out = stylized(picture(), [Style(picture(48, 48, 2))], store, recipe=recipe)
    assert (out - picture()).abs().mean() > 1e-6


def test_colours_of_the_content_are_kept(store, picture):
    content, style = picture(), [Style(1 - picture(48, 48, 2))]
    kept = stylized(content, style, store, colors="luminance", iterations=10)
    inside = ((kept > 0.01) & (kept < 0.99)).all(1)
    for a, b in ((0, 1), (1, 2)):  # differences of channels are the content's
        gap = (kept[:, a] - kept[:, b]) - (content[:, a] - content[:, b])
        assert float(gap[inside].abs().max()) < 1e-4
    assert (luminance(kept) - luminance(content)).abs().mean() > 1e-3
    assert torch.allclose(recolor(content, content), content, atol=1e-6)


def test_matched_colours_have_the_wanted_mean(picture):
    source, wanted = 0.3 + 0.4 * picture(), 0.3 + 0.4 * picture(50, 40, 2)
    for kind in ("sym", "pca", "chol"):
        found = match_color(source, wanted, kind)
        assert torch.allclose(found.mean((2, 3)), wanted.mean((2, 3)), atol=0.02)


def test_the_steps_told_end_and_a_long_one_can_be_cancelled(store, picture):
    seen = []
    run = RunContext(store, grid=Grid(96), report=seen.append)
    stylized(picture(128, 256), [Style(picture(48, 48, 2))], store, run)
    assert seen[-1].done == seen[-1].total == 3
    assert len(seen) > 3 * 2 * 3  # every tile of every pass is a place to stop at

    def stop(_):
        raise Cancelled

    with pytest.raises(Cancelled):
        stylized(picture(), [Style(picture())], store, replace(run, report=stop))


def test_sizes_double_up_to_the_picture(store, picture):
    seen = []
    run = RunContext(store, report=seen.append)
    stylized(picture(256, 300), [Style(picture())], store, run, scales=3, iterations=1)
    assert seen[-1].total == 2 + 1  # 128 x 150 first; 64 would be too small


def test_a_given_start_loses_its_coloured_fringes_and_nothing_else(picture):
    fine = picture(60, 90) * 0.5 + 0.25
    tint = 0.2 * torch.tensor([1.0, -0.509, 0.0])[:, None, None]  # of no luminance
    stripes = torch.ones(90)
    stripes[::2] = -1
    broad = torch.ones(90)
    broad[:45] = -1
    grey = luminance(fine).expand(-1, 3, -1, -1)
    assert torch.allclose(luminance(limit_chroma(fine)), luminance(fine), atol=1e-4)
    assert (limit_chroma(grey + tint * stripes) - grey)[..., 3:-3].abs().max() < 0.05
    kept = (limit_chroma(grey + tint * broad) - grey - tint * broad).abs()
    assert kept[..., 6:36].max() < 1e-3
    assert kept[..., 54:84].max() < 1e-3
    assert limit_chroma(picture(1, 2)).shape == (1, 3, 1, 2)


def test_another_start_is_another_picture(store, picture):
    content, style = picture(), [Style(picture(48, 48, 2))]
    found = [stylized(content, style, store, start=s) for s in ("content", "noise", "style")]
    assert (found[0] - found[1]).abs().mean() > 0.02
    assert (found[0] - found[2]).abs().mean() > 0.02
    with pytest.raises(ParamsError, match="choose another start"):
        stylized(content, style, store, start="transport")


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path):
    with pytest.raises(WeightsError, match="reinstall"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
    with pytest.raises(ParamsError, match="takes style pictures"):
        stylized(picture(), [Style("mosaic")], store)
    write_untrained(tmp_path)
    for path in tmp_path.glob("compact.heads*"):
        path.write_bytes((tmp_path / "compact.decoder_relu1_1.safetensors").read_bytes())
    with pytest.raises(WeightsError, match="does not fit"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))


def test_the_notebooks_network_reads_bgr():
    state = {f"{name}.weight": torch.rand(4, 4, 3, 3) for name in conv_names()}
    state |= {f"{name}.bias": torch.rand(4) for name in conv_names()}
    found = from_notebook(state)
    pixel = torch.tensor([0.2, 0.4, 0.6])
    seen = found["input.weight"][:, :, 0, 0] @ pixel + found["input.bias"]
    mean = torch.tensor([0.48501961, 0.45795686, 0.40760392])
    assert torch.allclose(seen, 255 * (pixel - mean).flip(0), atol=1e-4)
