import pytest
import torch
from torch.nn import functional as F

from core.card import make_params
from core.checkpoints.store import SUFFIX, Store
from core.checkpoints.write import write_state
from core.contract import RunContext, Style
from core.errors import ParamsError, WeightsError
from core.methods.pca_kd import CARD, STUDENTS, TRANSFORMS
from core.methods.pca_kd.network import SCALES, Student, fit
from core.methods.pca_kd.stylize import prepare
from core.methods.pca_kd.transform import affine
from core.nn.stats import moments

each_student = pytest.mark.parametrize("student", STUDENTS)


def features(channels=6, cells=400, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
    noise = torch.randn(channels, cells, generator=generator, dtype=torch.float64)
    return (mixing @ noise + 2).reshape(1, channels, 20, -1)


@pytest.mark.parametrize("kind", ["zca", "ot"])
def test_features_take_on_mean_and_covariance_beside_the_identity(kind):
    """M (C + I) M' is S + I for zca, and for ot where C and S commute."""
    content, style = moments(features()), moments(features(cells=320, seed=1))
    if kind == "ot":
        content, style = (
            type(m)(m.weight, m.mean, m.cov.diagonal().diag()) for m in (content, style)
        )
    matrix, offset = affine(kind, content, style)
    eye = torch.eye(6).double()
    assert torch.allclose(matrix @ content.mean + offset, style.mean)
    if kind == "zca":
        assert torch.allclose(matrix @ (content.cov + eye) @ matrix.T, style.cov + eye)
    else:
        c, s = content.cov.diagonal(), style.cov.diagonal()
        wanted = ((c + 1) * s + 1).sqrt() / (c + 1)
        assert torch.allclose(matrix, wanted.diag())


def test_adain_matches_each_channels_deviation():
    content, style = features(), features(cells=320, seed=1)
    matrix, offset = affine("adain", moments(content), moments(style))
    found = F.conv2d(content, matrix[:, :, None, None], offset)
    assert torch.allclose(moments(found).mean, moments(style).mean, atol=1e-8)
    assert torch.allclose(moments(found).std(), moments(style).std(), rtol=1e-6)


@pytest.mark.parametrize("kind", ["zca", "adain"])
def test_a_style_onto_itself_changes_nothing(kind):
    own = moments(features())
    matrix, offset = affine(kind, own, own)
    assert torch.allclose(matrix, torch.eye(6).double(), atol=1e-8)
    assert torch.allclose(offset, torch.zeros(6).double(), atol=1e-8)


@each_student
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_streamed_is_what_the_networks_do_whole(store, picture, student, transform):
    content, style = picture(64, 80), picture(48, 64, 2)
    off = {"colors": False, "smooth": False}
    params = make_params(CARD, {"student": student, "transform": transform, **off})
    prepared = prepare(content, [Style(style)], params, RunContext(store))
    net = prepared.student
    with torch.no_grad():
        seen, shown = net.encode(content), net.encode(style)
        x = seen.features[3]
        for block in (3, 2, 1, 0):
            matrix, offset = affine(transform, moments(x), moments(shown.features[block]))
            x = F.conv2d(x, matrix.float()[:, :, None, None], offset.float())
            x = net.decode(block, x, seen.skips[block])
    assert torch.allclose(prepared.apply(content), x.clamp(0, 1), atol=1e-4)


@each_student
def test_the_pictures_colours_are_the_styles(store, picture, stylized, student):
    content = picture(64, 80)
    for style in (0.4 + 0.2 * picture(48, 64, 2), 0.4 + 0.2 * picture(48, 64, 2).flip(1)):
        wanted = moments(style)
        matched, painted = (
            moments(stylized(content, [Style(style)], store, student=student, smooth=False, **k))
            for k in ({}, {"colors": False})
        )
        assert torch.allclose(matched.mean, wanted.mean, atol=2e-3)
        apart = [(m.cov - wanted.cov).norm() / wanted.cov.norm() for m in (matched, painted)]
        assert apart[0] < 0.05
        assert apart[0] < 0.5 * apart[1]


@each_student
@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize(("size", "tile"), [((47, 61), 16), ((210, 333), 96), ((5, 3), 16)])
def test_tiled_equals_whole(store, picture, student, smooth, size, tile, stylized):
    content, styles = picture(*size), [Style(picture(75, 64, 2)), Style(picture(40, 55, 3), 2.0)]
    whole, tiled = (
        stylized(content, styles, store, t, student=student, smooth=smooth) for t in (0, tile)
    )
    assert (whole - tiled).abs().max() < 1e-4


def test_tiled_equals_whole_where_little_is_covered(store, picture, stylized):
    content, coverage = picture(61, 83), torch.zeros(1, 1, 61, 83)
    coverage[..., 20:41, 7:30] = 1
    style = [Style(picture(40, 40, 2))]
    whole, tiled = (stylized(content, style, store, t, coverage) for t in (0, 16))
    assert (whole - tiled).abs().max() < 1e-5
    assert (whole - stylized(content, style, store)).abs().max() > 1e-4


@each_student
def test_a_tile_has_the_context_that_it_claims(store, picture, student):
    multiple = SCALES[student][-1]
    side = 21 * multiple
    content = F.pad(picture(16, 16), (10 * multiple,) * 4, mode="replicate")[..., :side, :side]
    params = make_params(CARD, {"student": student, "smooth": False})
    prepared = prepare(content, [Style(picture())], params, RunContext(store))
    reach, start = -(-prepared.halo // multiple) * multiple, 10 * multiple
    inner = slice(start, start + multiple)
    seen = slice(start - reach, start + multiple + reach)
    outside = torch.ones(1, 1, side, side, dtype=torch.bool)
    outside[..., seen, seen] = False
    noisy = torch.where(outside, torch.rand(1, 3, side, side), content)
    one, two = (prepared.apply(x)[..., inner, inner] for x in (content, noisy))
    assert torch.allclose(one, two, atol=1e-6)


@each_student
def test_odd_sizes_are_rounded_down_as_published(student):
    net, multiple = Student(student).requires_grad_(False), SCALES[student][-1]
    encoded = net.encode(torch.rand(1, 3, 5 * multiple + 3, 4 * multiple + 1))
    x = encoded.features[3]
    assert x.shape[-2:] == (5, 4)
    for block in (3, 2, 1):
        x = net.decode(block, x, encoded.skips[block])
    assert x.shape[-2:] == (5 * multiple // SCALES[student][0], 4 * multiple // SCALES[student][0])


def test_skips_are_cut_or_continued_on_both_sides():
    x = torch.arange(1.0, 6.0).reshape(1, 1, 1, 5)
    assert fit(x, 1, 2).flatten().tolist() == [2, 3]
    assert fit(x, 1, 8).flatten().tolist() == [0, 1, 2, 3, 4, 5, 0, 0]
    assert fit(x, 1, 5) is x


def test_two_halves_are_the_whole(store, picture, tmp_path, stylized):
    """Encoder and decoder are published as files of their own."""
    state = store.load("compact.pca_kd_vgg")
    for part in ("encoder", "decoder"):
        half = {name: value for name, value in state.items() if name.startswith(part)}
        write_state(tmp_path / f"published.pca_kd_vgg_{part}{SUFFIX}", half, {})
    one, other = (
        stylized(picture(), [Style(picture(40, 40, 2))], s) for s in (store, Store((tmp_path,)))
    )
    assert torch.equal(one, other)


def test_a_student_of_other_widths_loads(picture, tmp_path):
    student = Student("mobilenet", (4, 6, 8, 12))
    write_state(tmp_path / f"compact.pca_kd_mobilenet{SUFFIX}", student.state_dict(), {})
    params = make_params(CARD, {"student": "mobilenet"})
    prepared = prepare(picture(), [Style(picture())], params, RunContext(Store((tmp_path,))))
    assert [len(offset) for _, offset in prepared.maps] == [12, 8, 6, 4]


def test_what_is_missing_or_wrong_is_said(store, picture, tmp_path, stylized):
    with pytest.raises(ParamsError, match="choose one of: vgg, mobilenet"):
        make_params(CARD, {"student": "resnet"})
    with pytest.raises(ParamsError, match="takes style pictures"):
        stylized(picture(), [Style("mosaic")], store)
    with pytest.raises(WeightsError, match=r"PCA-KD's vgg.*sencoder\.index.*weights import"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
    write_state(tmp_path / f"compact.pca_kd_vgg{SUFFIX}", Student("mobilenet").state_dict(), {})
    with pytest.raises(WeightsError, match="not the network it should be"):
        stylized(picture(), [Style(picture())], Store((tmp_path,)))
