import pytest
import torch

from core.card import make_params
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.deepdream import CARD
from core.methods.deepdream.network import GOOGLE, GORDIC, Climb, dream, guided_seed, smooth
from core.methods.deepdream.stylize import _gradient, _objective, stylize
from core.tiling import Grid


def dreamt(content, style, store, **params):
    params = {"iterations": 3, "octaves": 2} | params
    return stylize(content, [Style(style)], make_params(CARD, params), RunContext(store))


def objective(store, style, **params):
    return _objective([Style(style)], make_params(CARD, params), RunContext(store))


@pytest.mark.parametrize(
    "params",
    [{"guided": False}, {"guided": True}, {"channel": 3}, {"layers": "relu2_1+relu3_2"}],
)
def test_what_is_asked_for_grows(store, picture, params):
    content, style = picture(), picture(48, 64, 2)
    wanted = objective(store, style, **params)

    def gain(x):
        value = []
        with torch.no_grad():
            from core.nn.vgg import layers_of

            found = layers_of(wanted.encoder, x, wanted.layers)
            value = [wanted._gain(layer, f) for layer, f in found.items()]
        return float(torch.stack(value).sum())

    out = dreamt(content, style, store, step=0.5, jitter=4, **params)
    assert gain(out) > gain(content)


@pytest.mark.parametrize("params", [{"guided": False}, {"guided": True}])
def test_tiles_have_the_gradient_of_the_whole(store, picture, params):
    x, wanted = picture(128, 160), objective(store, picture(48, 64, 2), **params)
    whole, tiled = (_gradient(x, wanted, RunContext(store, grid=Grid(tile))) for tile in (0, 48))
    assert (whole - tiled).abs().max() < 1e-3 * whole.abs().max()


def test_a_guide_is_followed(store, picture):
    features, guide = torch.rand(1, 4, 3, 5), torch.rand(4, 7)
    seed = guided_seed(features, guide)
    for y in range(3):
        for x in range(5):
            best = max(range(7), key=lambda n, v=features[0, :, y, x]: float(v @ guide[:, n]))
            assert torch.equal(seed[0, :, y, x], guide[:, best])
    one, two = (dreamt(picture(), picture(64, 64, seed), store) for seed in (2, 3))
    assert (one - two).abs().max() > 1e-3


@pytest.mark.parametrize("how", [GOOGLE, GORDIC])
def test_shifts_alone_change_nothing(how):
    """A gradient that is the same everywhere leaves no trace of where the picture was rolled to."""
    x = torch.rand(1, 3, 32, 32)
    flat = Climb(
        sizes=[(32, 32)],
        iterations=3,
        step=0.0,
        low=torch.zeros(()),
        high=torch.ones(()),
        shifts=[(3, -5), (0, 7), (-9, 1)],
    )
    assert torch.allclose(dream(x, torch.ones_like, how, flat), x, atol=1e-6)


def test_octaves_are_smaller_by_the_ratio():
    assert GORDIC.sizes((400, 600), 3, 2.0) == [(100, 150), (200, 300), (400, 600)]
    assert GOOGLE.sizes((400, 600), 3, 2.0) == [(100, 150), (200, 300), (400, 600)]


def test_smoothing_keeps_what_is_flat_and_calms_what_is_not():
    assert torch.allclose(smooth(torch.full((1, 3, 20, 20), 0.3), 1.0), torch.tensor(0.3))
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert smooth(noise, 2.0).std() < 0.4 * noise.std()


def test_another_layer_and_another_seed_dream_of_something_else(store, picture):
    content, style = picture(), picture(48, 48, 2)
    one, two = (dreamt(content, style, store, layers=k) for k in ("relu2_1", "relu4_1"))
    assert (one - two).abs().max() > 1e-3


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path):
    with pytest.raises(ParamsError, match="relu5_1"):
        dreamt(picture(), picture(), store, layers="relu9_1")
    with pytest.raises(ParamsError, match="has 128"):
        dreamt(picture(), picture(), store, channel=128)
    with pytest.raises(WeightsError, match="reinstall"):
        dreamt(picture(), picture(), Store((tmp_path,)))


def test_it_dreams_where_gradients_are_switched_off(store, picture):
    content, style = picture(), picture(48, 64, 2)
    wanted = dreamt(content, style, store)
    with torch.no_grad():
        assert torch.equal(dreamt(content, style, store), wanted)
    assert not torch.allclose(wanted, content, atol=0.01)
