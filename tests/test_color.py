import pytest
import torch

from core.color import keep_color, linear_to_srgb, luma, srgb_to_linear


def pictures(height=13, width=17, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, height, width, generator=generator)


@pytest.mark.parametrize(
    ("encoded", "linear"),
    [
        (0.0, 0.0),
        (1.0, 1.0),
        (0.5, 0.214041),
        (0.04045, 0.0031308),
        (0.02, 0.02 / 12.92),
        (0.735357, 0.5),
    ],
)
def test_known_values_of_the_curve(encoded, linear):
    assert srgb_to_linear(torch.tensor(encoded)).item() == pytest.approx(linear, abs=1e-6)
    assert linear_to_srgb(torch.tensor(linear)).item() == pytest.approx(encoded, abs=1e-5)


@pytest.mark.parametrize("top", [255, 65535])
def test_every_level_survives_the_curve_and_back(top):
    levels = torch.arange(top + 1).float() / top
    back = linear_to_srgb(srgb_to_linear(levels))
    assert torch.equal((back * top).round(), torch.arange(top + 1).float())


def test_the_curve_takes_any_shape_and_stays_finite_below_zero():
    x = torch.tensor([[-1.0, -0.01, 0.3]])
    assert srgb_to_linear(x).shape == (1, 3)
    assert torch.isfinite(srgb_to_linear(x)).all()
    assert torch.isfinite(linear_to_srgb(x)).all()
    assert srgb_to_linear(torch.tensor(0.5)).shape == ()


def test_luma_of_primaries_and_of_grey():
    primaries = torch.eye(3).reshape(3, 3, 1, 1)
    expected = torch.tensor([0.2126, 0.7152, 0.0722])
    torch.testing.assert_close(luma(primaries).flatten(), expected)
    grey = torch.linspace(0, 1, 256).reshape(1, 1, 16, 16)
    assert torch.equal(luma(grey.expand(-1, 3, -1, -1)), grey)


def test_keep_color_of_a_picture_with_itself_is_that_picture():
    x = pictures()
    torch.testing.assert_close(keep_color(x, x), x, atol=2e-7, rtol=0)


def test_keep_color_has_the_luma_of_the_stylized_picture_and_stays_in_range():
    content, stylized = pictures(seed=1), pictures(seed=2)
    out = keep_color(content, stylized)
    torch.testing.assert_close(luma(out), luma(stylized), atol=1e-6, rtol=0)
    assert out.min() >= 0
    assert out.max() <= 1


def test_keep_color_has_the_hue_of_the_content():
    content, stylized = pictures(seed=1), pictures(seed=2)
    out = keep_color(content, stylized)
    wanted, got = content - luma(content), out - luma(out)
    across = torch.linalg.cross(wanted, got, dim=1)  # parallel chroma is the same hue
    torch.testing.assert_close(across, torch.zeros_like(across), atol=1e-6, rtol=0)
    assert ((wanted * got).sum(1) >= -1e-7).all()
    assert (got.norm(dim=1) <= wanted.norm(dim=1) + 1e-6).all()


def test_keep_color_keeps_all_chroma_where_it_fits():
    content = torch.tensor([0.6, 0.5, 0.4]).reshape(1, 3, 1, 1)
    stylized = torch.tensor([0.3, 0.4, 0.5]).reshape(1, 3, 1, 1)
    out = keep_color(content, stylized)
    torch.testing.assert_close(out - luma(out), content - luma(content))


def test_keep_color_of_grey_content_is_grey():
    out = keep_color(pictures()[:, :1].expand(-1, 3, -1, -1), pictures(seed=3))
    torch.testing.assert_close(out, luma(pictures(seed=3)).expand(-1, 3, -1, -1))


def test_keep_color_gives_up_chroma_in_black_and_white():
    red = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
    for value in (0.0, 1.0):
        flat = torch.full((1, 3, 1, 1), value)
        torch.testing.assert_close(keep_color(red, flat), flat)


def test_keep_color_in_stripes_is_keep_color(monkeypatch):
    content, stylized = pictures(seed=1), pictures(seed=2)
    whole = keep_color(content, stylized)
    monkeypatch.setattr("core.color.STRIPE", 40)
    assert torch.equal(keep_color(content, stylized), whole)
