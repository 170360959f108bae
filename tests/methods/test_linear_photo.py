import pytest
import torch

from core.card import make_params
from core.checkpoints.store import SUFFIX, Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import WeightsError
from core.methods.linear import CARD, PHOTO
from core.methods.linear.photo import paint, stylize
from core.methods.linear.stylize import load_networks, prepare
from core.nn.propagation import PropagationNet, whiten
from core.tiling import Grid


def halves(height, width):
    labels = torch.zeros(1, 1, height, width)
    labels[..., width // 2 :] = 1
    return labels


def test_without_labels_it_paints_what_linear_paints(store, picture):
    content, styles = picture(), [Style(picture(48, 64, 2)), Style(picture(40, 40, 3), 2.0)]
    wanted = prepare(content, styles, make_params(CARD, {}), RunContext(store)).apply(content)
    assert torch.allclose(paint(content, styles, "relu4_1", RunContext(store)), wanted, atol=1e-5)


def test_regions_are_those_of_the_masked_module(store, picture):
    """Streamed by region is what LST's module does with masks, whole."""
    content, shown = picture(), picture(48, 64, 2)
    run = RunContext(store, labels=halves(64, 80))
    found = paint(content, [Style(shown, labels=halves(48, 64))], "relu3_1", run)
    nets = load_networks("relu3_1", run)
    with torch.no_grad():
        features, of_style = (nets.encoder(x)["relu3_1"] for x in (content, shown))
        masks, of_masks = (
            {str(k): (halves(*f.shape[2:])[0, 0] == k) for k in (0, 1)}
            for f in (features, of_style)
        )
        moved = nets.module.forward_masked(features, of_style, masks, of_masks)
        wanted = nets.decoder(moved).clamp(0, 1)
    assert torch.allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("labelled", [False, True])
def test_tiled_is_whole(store, picture, labelled):
    size = (53, 75)
    style = Style(picture(48, 64, 2), labels=halves(48, 64) if labelled else None)
    labels = halves(*size) if labelled else None
    whole, tiled = (
        paint(picture(*size), [style], "relu3_1", RunContext(store, grid=Grid(t), labels=labels))
        for t in (0, 16)
    )
    assert (whole - tiled).abs().max() < 1e-4


def test_a_region_that_no_style_has_is_rebuilt(store, picture):
    content, shown = picture(64, 256), picture(48, 64, 2)
    run = RunContext(store, labels=halves(64, 256))
    one, two = (
        paint(content, [Style(x, labels=torch.zeros(1, 1, 48, 64))], "relu3_1", run)
        for x in (shown, 1 - shown)
    )
    apart = (one - two).abs()
    assert apart[..., 180:].max() < 1e-5
    assert apart[..., :80].mean() > 1e-3


def test_propagation_is_the_network_guided_by_the_content(store, picture):
    content, styles, run = picture(), [Style(picture(48, 64, 2))], RunContext(store)
    params = make_params(PHOTO, {"follow": False, "smoothing": "propagation"})
    found = stylize(content, styles, params, run)
    state = store.load("compact.propagation_relu4_1")
    net = PropagationNet(len(state["picture.weight"]))
    net.load_state_dict(state)
    with torch.no_grad():
        wanted = net(paint(content, styles, "relu4_1", run), whiten(content)).clamp(0, 1)
    assert torch.allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("smoothing", ["closed", "guided", "none"])
def test_other_smoothings_need_no_network(store, picture, tmp_path, smoothing):
    for name, path in store.list().items():
        if "propagation" not in name:
            (tmp_path / path.name).symlink_to(path)
    content, styles, run = picture(), [Style(picture(48, 64, 2))], RunContext(Store((tmp_path,)))
    params = make_params(PHOTO, {"smoothing": smoothing})
    assert stylize(content, styles, params, run).shape == content.shape
    with pytest.raises(WeightsError, match=r"compact\.propagation_relu4_1"):
        stylize(content, styles, make_params(PHOTO, {"smoothing": "propagation"}), run)
    write_state(tmp_path / f"compact.propagation_relu4_1{SUFFIX}", {"post.bias": content}, {})
    with pytest.raises(WeightsError, match="not the network it should be"):
        stylize(content, styles, make_params(PHOTO, {"smoothing": "propagation"}), run)
