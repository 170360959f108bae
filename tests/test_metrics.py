"""Figures with known answers: equal pictures, hand-made patterns, stored values of other programs."""

import numpy as np
import pytest
import torch

from core.errors import PictureError
from core.evaluation.metrics import (
    content_distance,
    fit,
    grain,
    gram,
    gram_distance,
    grams,
    patch_distance,
    sample,
    ssim,
    ssim_uniform,
    stroke_size,
    wrap_error,
)


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255


def features(seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {f"relu{k}_1": torch.rand(1, 4, 9, 7, generator=generator) for k in range(1, 6)}


def style_distance(got, style):
    return gram_distance(grams(got), grams(style))


def test_gram_of_a_hand_made_picture():
    x = torch.tensor([[[[1.0, 2.0]], [[0.0, 3.0]]]])
    assert torch.allclose(gram(x), torch.tensor([[[2.5, 3.0], [3.0, 4.5]]]))


def test_distances_to_itself_are_zero():
    x = features()
    assert style_distance(x, x) == 0
    assert content_distance(x, x) == 0


def test_style_distance_of_doubled_features_is_three():
    x = features()  # Gram matrices are four times as large
    assert style_distance({k: 2 * v for k, v in x.items()}, x) == pytest.approx(3, rel=1e-5)


def test_style_distance_forgets_places():
    x = features()
    moved = {k: v.flip(2).roll(1, 3) for k, v in x.items()}
    assert style_distance(moved, x) == pytest.approx(0, abs=1e-5)
    assert content_distance(moved, x) > 0.5


def patches(kinds, seed=0, count=900):
    """Cells of some kinds, each with a little noise."""
    generator = torch.Generator().manual_seed(seed)
    which = torch.randint(len(kinds), (count,), generator=generator)
    noise = 0.01 * torch.randn(count, 8, generator=generator)
    return torch.eye(8)[torch.tensor(kinds)[which]] + noise


def test_patches_of_the_same_kinds_are_the_styles_whatever_their_shares():
    style = {"a": patches([0, 1, 2, 3])}
    same = patch_distance({"a": patches([0, 1, 2, 3], 1)}, style)
    shares = patch_distance({"a": patches([0, 0, 0, 1, 2, 3], 1)}, style)
    assert same < 0.01
    assert shares < 0.01
    assert patch_distance(style, style) == pytest.approx(0, abs=1e-5)


def test_patches_that_are_mixtures_or_leave_kinds_out_are_not_the_styles():
    style = {"a": patches([0, 1, 2, 3])}
    halves = {"a": (patches([0, 1], 1) + patches([2, 3], 2)) / 2}
    few = {"a": patches([0, 1], 1)}
    other = {"a": patches([4, 5, 6, 7], 1)}
    assert patch_distance(few, style) > 0.1
    assert patch_distance(halves, style) > 0.1
    assert patch_distance(other, style) > max(
        patch_distance(few, style), patch_distance(halves, style)
    )


def test_a_sample_is_always_the_same():
    x = torch.arange(2 * 80 * 90.0).reshape(1, 2, 80, 90)
    assert sample(x).shape == (4096, 2)
    assert torch.equal(sample(x), sample(x))
    assert len(set(sample(x)[:, 0].tolist())) == 4096
    assert torch.equal(sample(x)[:, 1] - sample(x)[:, 0], torch.full((4096,), 7200.0))
    assert sample(x[..., :9]).shape == (720, 2)


def test_content_distance_forgets_brightness_and_contrast():
    x = features()
    assert content_distance({k: 3 * v + 5 for k, v in x.items()}, x) < 1e-3


def test_content_distance_of_mirrored_values_is_four():
    x = features()
    assert content_distance({k: -v for k, v in x.items()}, x) == pytest.approx(4, rel=1e-3)


def test_ssim_of_a_picture_with_itself_is_one(photo):
    x = tensor(photo())
    assert ssim(x, x) == pytest.approx(1)


def test_ssim_of_flat_pictures_is_its_brightness_term():
    x, y = torch.full((1, 3, 16, 16), 0.5), torch.full((1, 3, 16, 16), 0.6)
    assert ssim(x, y) == pytest.approx((2 * 0.5 * 0.6 + 1e-4) / (0.25 + 0.36 + 1e-4), abs=1e-6)


@pytest.mark.parametrize("other", [(1, 3, 16, 17), (1, 3, 8, 8)])
def test_ssim_says_what_it_needs(other):
    with pytest.raises(PictureError, match="11 pixels"):
        ssim(torch.rand(1, 3, *other[2:3], 16), torch.rand(other))


def test_ssim_agrees_with_skimage(shared):
    stored = np.load(shared / "parity" / "open" / "metrics.npz", allow_pickle=False)
    pictures = [torch.from_numpy(stored[k]).permute(2, 0, 1)[None] for k in ("frame1", "frame2")]
    assert ssim(*pictures) == pytest.approx(float(stored["ssim_gauss_skimage"]), abs=1e-4)


def noise(size: int = 128) -> torch.Tensor:
    return torch.rand(3, size, size, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("period", [2, 4])
def test_a_weave_has_grain_and_noise_has_not(period):
    weave = torch.arange(128).remainder(period).lt(period // 2).float()
    assert grain(noise()) < 2
    assert grain(0.9 * noise() + 0.1 * weave) > 10
    assert grain(0.9 * noise() + 0.1 * weave[:, None]) > 10


def test_grain_does_not_depend_on_brightness():
    assert grain(0.5 * noise()) == pytest.approx(grain(noise()), rel=1e-6)


def test_grain_of_a_flat_picture_is_nothing():
    assert grain(torch.full((3, 64, 64), 0.5)) < 2


def test_grain_says_what_it_needs():
    with pytest.raises(PictureError, match="64"):
        grain(torch.rand(3, 63, 100))


@pytest.mark.parametrize(
    ("size", "fitted"), [((100, 50), (512, 256)), ((512, 300), (512, 300)), ((2000, 1), (512, 1))]
)
def test_fit_keeps_the_proportions(size, fitted):
    x = fit(torch.rand(1, 3, *size))
    assert x.shape[-2:] == fitted
    assert float(x.min()) >= 0
    assert float(x.max()) <= 1


@pytest.mark.parametrize("dim", [-1, -2])
def test_a_wave_that_fits_wraps_and_one_that_does_not_shows(dim):
    def wave(periods: float) -> torch.Tensor:
        line = torch.sin(torch.arange(120) / 120 * periods * 2 * torch.pi)
        return line.expand(1, 3, 120, 120).transpose(dim, -1)

    assert wrap_error(wave(6), dim) == pytest.approx(1, abs=0.6)
    assert wrap_error(wave(6.25), dim) > 4


def test_wrap_error_of_steps_that_are_all_alike_is_one():
    x = torch.tensor([0.2, 0.6] * 20).expand(1, 3, 40, 40)
    assert wrap_error(x, -1) == pytest.approx(1)


@pytest.mark.parametrize("size", [2.5, 5.0])
def test_stroke_size_of_circles_of_latitude_is_their_distance(size):
    latitude = 90 - (torch.arange(500) + 0.5) / 500 * 180
    x = torch.cos(latitude * 2 * torch.pi / size)[:, None].expand(1, 3, 500, 1000)
    wide, high = stroke_size(x, 0)
    assert high == pytest.approx(size, rel=0.05)
    assert wide > 3 * size
    assert stroke_size(x + 1, 0, torch.ones_like(x))[1] == pytest.approx(high, rel=1e-3)


@pytest.mark.parametrize("size", [(400, 800), (500, 900)])
def test_stroke_size_says_what_it_needs(size):
    with pytest.raises(PictureError, match="2 : 1"):
        stroke_size(torch.rand(1, 3, *size), 0)


def test_uniform_ssim_is_skimages(shared):
    stored = np.load(shared / "parity" / "open" / "metrics.npz", allow_pickle=False)
    pictures = [torch.from_numpy(stored[k]).permute(2, 0, 1)[None] for k in ("frame1", "frame2")]
    assert ssim_uniform(*pictures) == pytest.approx(
        float(stored["ssim_uniform7_skimage"]), abs=1e-4
    )
    with pytest.raises(PictureError, match="7 pixels"):
        ssim_uniform(torch.rand(1, 3, 6, 9), torch.rand(1, 3, 6, 9))
