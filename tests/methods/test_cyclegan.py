import pytest
import torch

from core.card import NoParams
from core.checkpoints.store import Store
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.cyclegan import CARD
from core.methods.cyclegan.network import COMPACT, PUBLISHED, Generator, Sizes, sizes_of
from core.methods.cyclegan.stylize import prepare
from core.methods.cyclegan.weights import FORMATS, load_network, published_names
from core.published import import_file


def whole(network, x):
    with torch.no_grad():
        return (network(2 * x - 1) * 0.5 + 0.5).clamp(0, 1)


def test_streamed_is_what_the_network_does_whole(store, picture, stylized):
    wanted = whole(load_network(store, "compact", Style("oil")), picture())
    assert torch.allclose(stylized(picture(), [Style("oil")], store), wanted, atol=1e-4)


@pytest.mark.parametrize(("size", "tile"), [((64, 160), 24), ((101, 133), 48), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, size, tile, stylized):
    one, tiled = (stylized(picture(*size), [Style("oil")], store, t) for t in (0, tile))
    assert (one - tiled).abs().max() < 1e-4


def test_a_tile_has_the_context_that_it_claims(store, picture):
    prepared = prepare(picture(320, 320), [Style("oil")], NoParams(), RunContext(store))
    reach, inner = -(-prepared.halo // 4) * 4, slice(156, 164)
    content, noisy = picture(320, 320), torch.rand(1, 3, 320, 320)
    seen = slice(156 - reach, 164 + reach)
    noisy[..., seen, seen] = content[..., seen, seen]
    one, two = (prepared.apply(x)[..., inner, inner] for x in (content, noisy))
    assert torch.allclose(one, two, atol=1e-6)
    assert prepared.halo <= CARD.halo


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.id)
def test_every_published_form_is_imported(known, tmp_path, picture, stylized):
    """Also with what old files hold besides: running statistics of instance norms, which nothing reads."""
    torch.manual_seed(0)
    sizes, dropout = known.convert.args[0], known.convert.keywords["dropout"]
    network = Generator(sizes).eval()
    for name, value in network.named_buffers():
        value.copy_(torch.rand_like(value) + (0.5 if name.endswith("var") else 0))
    if sizes.batch:
        for name, value in network.named_parameters():
            if name.endswith("bias") and "conv" in name:
                value.data.zero_()
    own = network.state_dict()
    state = {t: own[o] for t, o in published_names(sizes, dropout=dropout).items()}
    if not sizes.batch:
        state |= {"model.2.running_mean": torch.ones(64), "model.2.running_var": torch.ones(64)}
    path = tmp_path / "monet2photo.pth"
    torch.save(state, path)
    found, _ = import_file(path, tmp_path / "mine")
    assert (found.format, found.name) == (known.id, "published.cyclegan_monet2photo")
    out = stylized(picture(16, 20), [Style("monet2photo")], Store((tmp_path / "mine",)))
    assert torch.allclose(out, whole(network, picture(16, 20)), atol=1e-4)


def test_sizes_are_read_off_the_tensors():
    for sizes in (
        COMPACT,
        PUBLISHED,
        Sizes(8, 2, keeps=False),
        Sizes(8, 2, batch=True, keeps=False),
    ):
        with torch.device("meta"):
            state = Generator(sizes).state_dict()
        assert sizes_of({k: tuple(v.shape) for k, v in state.items()}) == sizes


def test_what_is_missing_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="choose one of: mosaic, oil; or train one"):
        stylized(picture(), [Style("candy")], store)
    with pytest.raises(ParamsError, match="takes no picture"):
        stylized(picture(), [Style(picture())], store)
    from core.checkpoints.write import write_state

    other = tmp_path / "other.safetensors"
    write_state(other, {"conv.weight": torch.ones(3)}, {})
    with pytest.raises(WeightsError, match=r"other.safetensors is no network of cyclegan"):
        stylized(picture(), [Style(str(other))], store)
