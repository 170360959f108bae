import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from core.card import NoParams
from core.checkpoints.shipped import SHIPPED, read_catalog
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import ParamsError
from core.evaluation.metrics import wrap_error
from core.evaluation.pictures import read, save
from core.methods.adaptive_style import CARD
from core.methods.adaptive_style.network import (
    COMPACT,
    PUBLISHED,
    Encoder,
    Generator,
    Sizes,
    coarsen,
    insets,
    sizes_of,
)
from core.methods.adaptive_style.rival import pad_same, smear
from core.methods.adaptive_style.stylize import prepare
from core.methods.adaptive_style.weights import convert, generator_of, load_network, published_names
from core.picture.run import run
from core.request.picture_job import Job, StyleFile

RED_AND_BLUE = (0.8, -0.5, -0.5), (-0.5, -0.5, 0.8)


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
@pytest.mark.parametrize("halvings", [2, 4])
def test_insets_say_what_lies_on_the_mirrored_edge(side, halvings):
    """Each convolution has as many cells as the picture at its scale, and those of the edge."""
    encoder, x, seen = Encoder((2,) * (halvings + 1)), torch.rand(1, 3, side, side), []
    for number in range(1, halvings + 2):
        encoder.get_submodule(f"conv{number}").register_forward_hook(
            lambda *found: seen.append(found[2].shape[-1])
        )
    code = encoder(x)
    assert code.shape[-1] == side >> halvings
    known = insets(halvings)
    assert seen == [(side >> n) + sum(inset) for n, inset in enumerate(known)]
    assert known[-1] == (0, 0)


def test_an_inner_cell_is_where_it_should_be():
    """A dot at the picture's middle is seen by the code's cells around it, by no others."""
    encoder = Encoder((2,) * 5).eval()
    for part in encoder.modules():
        if isinstance(part, torch.nn.Conv2d):
            torch.nn.init.ones_(part.weight)
    for name in [n for n, _ in encoder.named_children() if n.startswith("norm")]:
        setattr(encoder, name, torch.nn.Identity())
    x = torch.zeros(1, 3, 160, 160)
    x[..., 81, 81] = 1
    rows = encoder(x)[0, 0].sum(1).nonzero().flatten().tolist()
    assert rows == [4, 5, 6]


def test_the_small_network_knows_the_colours_that_norms_forget():
    """A colour that is the same everywhere is nothing to a norm."""
    torch.manual_seed(0)
    net = Generator()
    red, blue = (torch.tensor(c).view(1, 3, 1, 1).expand(1, 3, 32, 32) for c in RED_AND_BLUE)
    with torch.no_grad():
        assert torch.allclose(net.encoder(red), net.encoder(blue))
        assert (net(red) - net(blue)).abs().max() > 0.05


def test_of_a_picture_only_what_is_coarse_is_remembered():
    x = torch.zeros(1, 3, 32, 32)
    x[..., ::2] = 1
    assert torch.allclose(coarsen(x), torch.tensor(0.5))


@pytest.mark.parametrize("sizes", [COMPACT, Sizes((2, 2, 2, 2, 2), 5, (2, 2, 2, 2), sees=False)])
def test_a_tile_has_the_context_that_it_claims(picture, tmp_path, sizes):
    torch.manual_seed(1)
    save_file(Generator(sizes).state_dict(), tmp_path / "compact.adaptive_style_oil.safetensors")
    store = Store((tmp_path,))
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
    for sizes in (COMPACT, PUBLISHED, Sizes((4, 4, 8), 3, (4, 2))):
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


@pytest.fixture(scope="module")
def shipped():
    """The networks that come with Stylize; Monet's is among them."""
    store = Store()
    if not store.has("compact.adaptive_style_monet"):
        pytest.skip("the network is not shipped in this checkout")
    return store


def coarse(x):
    """A picture's means of 16 x 16 pixels, less their mean."""
    means = F.avg_pool2d(x, 16)
    return means - means.mean((2, 3), keepdim=True)


def test_what_is_shipped_is_small_and_of_our_form(shipped):
    state = shipped.load("compact.adaptive_style_monet")
    assert sizes_of({k: tuple(v.shape) for k, v in state.items()}) == COMPACT
    assert sum(v.numel() for v in state.values()) < 135_000
    kinds = ("compact.munit_", "compact.cyclegan_", "compact.adaptive_style_")
    facts = read_catalog(SHIPPED) or {}
    sizes = [facts[name]["bytes"] for name in facts if name.startswith(kinds)]
    assert sum(sizes) < 8_000_000, "all translations together"


def test_monet_paints_the_picture_in_its_own_colours(shipped, picture, stylized):
    content = picture(192, 256)
    painted = stylized(content, [Style("monet")], shipped)
    assert (painted - content).abs().mean() > 0.02, "it is painted"
    one, two = coarse(painted), coarse(content)
    alike = F.cosine_similarity(one.flatten(1), two.flatten(1))
    assert alike > 0.9, "what is light is light, what is blue is blue"
    assert (painted.mean((2, 3)) - content.mean((2, 3))).abs().max() < 0.06


def test_monet_leaves_no_trace_of_tiles(shipped, picture, stylized):
    one, tiled = (stylized(picture(160, 208), [Style("monet")], shipped, t) for t in (0, 64))
    assert (one - tiled).abs().max() < 1e-4


def test_monet_joins_a_seamless_texture(shipped, tmp_path):
    rows, columns = (torch.linspace(0, 2 * torch.pi, 129)[:-1],) * 2
    waves = torch.stack([torch.sin(k * rows)[:, None] * torch.cos(k * columns) for k in (2, 3, 5)])
    save(0.5 + 0.3 * waves[None], tmp_path / "in.png")
    for surface in ("seamless", "flat"):
        job = Job(
            content=str(tmp_path / "in.png"),
            output=str(tmp_path / f"{surface}.png"),
            styles=(StyleFile("monet"),),
            surface=surface,
        )
        assert "adaptive_style was chosen" in run(job).notes[0]
    joined, cut = (read(tmp_path / f"{surface}.png") for surface in ("seamless", "flat"))
    assert max(wrap_error(joined, dim) for dim in (-1, -2)) < 1.5
    assert (joined - cut).abs().max() > 0.01
