import pytest
import torch

from core.card import NoParams
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import ParamsError
from core.methods.adaptive_style import CARD
from core.methods.adaptive_style.network import (
    COMPACT,
    INSETS,
    PUBLISHED,
    Encoder,
    Generator,
    sizes_of,
)
from core.methods.adaptive_style.rival import pad_same, smear
from core.methods.adaptive_style.stylize import prepare
from core.methods.adaptive_style.weights import convert, generator_of, load_network, published_names


@pytest.mark.parametrize(("size", "tile"), [((64, 160), 32), ((101, 133), 48), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, size, tile, stylized):
    one, tiled = (stylized(picture(*size), [Style("oil")], store, t) for t in (0, tile))
    assert (one - tiled).abs().max() < 1e-4


def test_without_its_edge_it_is_what_the_network_does_whole(store, picture, stylized):
    """The authors' norms count the mirrored edge of 15 pixels; on a large picture that matters little."""
    x = picture(320, 352)
    with torch.no_grad():
        wanted = load_network(store, "compact", Style("oil"))(2 * x - 1) * 0.5 + 0.5
    found = stylized(x, [Style("oil")], store)
    assert (found - wanted).abs().mean() < 0.02
    assert (found - wanted).abs().max() > 1e-5


@pytest.mark.parametrize("side", [32, 80])
def test_insets_say_what_lies_on_the_mirrored_edge(side):
    """Each convolution has as many cells as the picture at its scale, and those of the edge."""
    encoder, x, seen = Encoder(2), torch.rand(1, 3, side, side), []
    for number in range(1, 6):
        encoder.get_submodule(f"conv{number}").register_forward_hook(
            lambda *found: seen.append(found[2].shape[-1])
        )
    code = encoder(x)
    assert code.shape[-1] == side // 16
    scales = (1, 2, 4, 8, 16)
    assert seen == [side // s + sum(inset) for s, inset in zip(scales, INSETS, strict=True)]


def test_an_inner_cell_is_where_it_should_be():
    """A dot at the picture's middle is seen by the code's cells around it, by no others."""
    encoder = Encoder(2).eval()
    for part in encoder.modules():
        if isinstance(part, torch.nn.Conv2d):
            torch.nn.init.ones_(part.weight)
    for name in [n for n, _ in encoder.named_children() if n.startswith("norm")]:
        setattr(encoder, name, torch.nn.Identity())
    x = torch.zeros(1, 3, 160, 160)
    x[..., 81, 81] = 1
    rows = encoder(x)[0, 0].sum(1).nonzero().flatten().tolist()
    assert rows == [4, 5, 6]


def test_a_tile_has_the_context_that_it_claims(store, picture):
    content, noisy = picture(512, 512), torch.rand(1, 3, 512, 512)
    prepared = prepare(content, [Style("oil")], NoParams(), RunContext(store))
    reach, inner = -(-prepared.halo // 16) * 16, slice(256, 272)
    seen = slice(256 - reach, 272 + reach)
    assert seen.start > 0, "some of it is not seen"
    noisy[..., seen, seen] = content[..., seen, seen]
    one, two = (prepared.apply(x)[..., inner, inner] for x in (content, noisy))
    assert torch.allclose(one, two, atol=1e-6)


def test_the_card_has_room_for_the_published_network():
    with torch.device("meta"):
        largest = Generator(PUBLISHED)
    assert sum(stage.reach for stage in largest.stages()) <= CARD.halo


def test_the_published_names_are_converted():
    torch.manual_seed(0)
    own = Generator(PUBLISHED).state_dict()
    theirs = {
        t: own[o].permute(2, 3, 1, 0) if own[o].ndim == 4 else own[o]
        for t, o in published_names().items()
    }
    more = {
        "discriminator/d_bn0/scale": torch.ones(1),
        "encoder/g_e1_c/Conv/weights/Adam": torch.ones(1),
    }
    found = generator_of(convert(theirs | more), "published").state_dict()
    assert set(found) == set(own)
    assert all(torch.equal(found[k], own[k]) for k in own)


def test_sizes_are_read_off_the_tensors():
    for sizes in (COMPACT, PUBLISHED):
        with torch.device("meta"):
            state = Generator(sizes).state_dict()
        assert sizes_of({k: tuple(v.shape) for k, v in state.items()}) == sizes


def test_same_pads_more_at_the_end():
    assert pad_same(torch.ones(1, 1, 8, 7), 5, 2).shape == (1, 1, 11, 11)
    assert pad_same(torch.ones(1, 1, 4, 4), 10)[0, 0].sum(1).tolist() == [0] * 4 + [4] * 4 + [0] * 5


def test_means_are_of_what_is_inside():
    assert torch.allclose(smear(torch.full((1, 3, 24, 20), 0.7)), torch.tensor(0.7))


def test_what_is_missing_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="choose one of: mosaic, oil; or train one"):
        stylized(picture(), [Style("monet")], store)
    with pytest.raises(ParamsError, match="there is none yet"):
        stylized(picture(), [Style("monet")], Store((tmp_path,)))
