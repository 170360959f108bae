"""Linear light, highlights and premultiplied alpha, there and back."""

import numpy as np
import pytest
import torch

from core.color import srgb_to_linear
from core.errors import ParamsError
from core.imaging.image import load_image, save_image


def test_half_exr_is_unpremultiplied_for_work_and_premultiplied_again(tmp_path, put, get):
    x = np.zeros((4, 4, 4), np.float16)
    x[...] = (0.25, 0.125, 0.05, 0.5)
    image = load_image(put(tmp_path / "in.exr", x, premultiplied=True))
    straight = np.array([0.5, 0.25, 0.1], np.float32)
    torch.testing.assert_close(srgb_to_linear(image.rgb[0, :, 0, 0]), straight, atol=2e-4, rtol=0)
    assert (image.alpha == 0.5).all()
    save_image(tmp_path / "out.exr", np.full_like(image.rgb, 0.735357), image)
    back = get(tmp_path / "out.exr")
    assert back.dtype == np.float16
    np.testing.assert_allclose(back[..., :3], 0.25, atol=2e-4)
    assert (back[..., 3] == 0.5).all()


def test_light_without_a_surface_is_left_alone(tmp_path, put, get):
    x = np.zeros((4, 4, 4), np.float16)
    x[0, 0, :3] = (8, 4, 2)
    image = load_image(put(tmp_path / "in.exr", x, premultiplied=True))
    save_image(tmp_path / "out.exr", np.full_like(image.rgb, 0.5), image)
    assert np.array_equal(get(tmp_path / "out.exr"), x)


def test_highlights_come_back(tmp_path, put, get):
    x = np.array([[[16.0, 8.0, 4.0], [0.5, 0.25, 0.125]]], np.float32)
    image = load_image(put(tmp_path / "in.exr", x))
    torch.testing.assert_close(
        srgb_to_linear(image.rgb[0, :, 0, 0]), np.array([1, 0.5, 0.25], np.float32)
    )
    assert image.origin.gain is not None
    assert image.origin.gain.flatten().tolist() == [16, 1]
    save_image(tmp_path / "out.exr", image.rgb[:, ::-1], image)
    np.testing.assert_allclose(get(tmp_path / "out.exr"), x[..., ::-1], rtol=1e-5)


@pytest.mark.parametrize("kind", ["exr", "tif", "npy", "hdr"])
def test_float_pictures_are_linear_unless_told_otherwise(tmp_path, kind, put, get):
    path = put(tmp_path / f"in.{kind}", np.full((8, 8, 3), 0.5, np.float32))
    assert load_image(path).rgb[0, 0, 0, 0].item() == pytest.approx(0.735357, abs=1e-5)
    as_srgb = load_image(path, space="srgb")
    assert as_srgb.rgb[0, 0, 0, 0].item() == pytest.approx(0.5, abs=1e-6)
    save_image(tmp_path / f"out.{kind}", np.full_like(as_srgb.rgb, 0.25), as_srgb)
    np.testing.assert_allclose(get(tmp_path / f"out.{kind}"), 0.25)


def test_whole_numbers_may_be_linear(tmp_path, put, get):
    path = put(tmp_path / "in.png", np.full((8, 8, 3), 32768, np.uint16))
    image = load_image(path, space="linear")
    assert image.rgb[0, 0, 0, 0].item() == pytest.approx(0.735357, abs=1e-4)
    save_image(tmp_path / "out.png", np.full_like(image.rgb, 0.5), image)
    assert abs(int(get(tmp_path / "out.png")[0, 0, 0]) - round(0.214041 * 65535)) <= 1


def test_an_unknown_space_is_named(tmp_path, noise, put):
    path = put(tmp_path / "in.png", noise(3))
    with pytest.raises(ParamsError, match="auto, srgb, linear"):
        load_image(path, space="acescg")


def test_exr_to_png_shows_the_display_picture(tmp_path, put, get):
    x = np.full((4, 4, 3), 0.214041, np.float32)
    image = load_image(put(tmp_path / "in.exr", x))
    save_image(tmp_path / "out.png", image.rgb, image)
    assert np.abs(get(tmp_path / "out.png").astype(int) - 128).max() <= 1


def test_png_to_exr_is_linear_and_premultiplied(tmp_path, put, get):
    x = np.full((4, 4, 4), (188, 188, 188, 128), np.uint8)
    image = load_image(put(tmp_path / "in.png", x))
    save_image(tmp_path / "out.exr", image.rgb, image)
    wanted = srgb_to_linear(np.float32(188 / 255)).item() * 128 / 255
    back = get(tmp_path / "out.exr").astype(np.float32)
    np.testing.assert_allclose(back[..., :3], wanted, rtol=1e-3)
    np.testing.assert_allclose(back[..., 3], 128 / 255, rtol=1e-3)


def test_premultiplied_tiff_of_whole_numbers(tmp_path, put, get):
    x = np.full((4, 4, 4), (64, 32, 16, 128), np.uint8)
    image = load_image(put(tmp_path / "in.tif", x, premultiplied=True))
    torch.testing.assert_close(image.rgb[0, :, 0, 0], np.array([0.5, 0.25, 0.125], np.float32))
    save_image(tmp_path / "out.tif", np.full_like(image.rgb, 0.75), image)
    back = get(tmp_path / "out.tif")
    assert (back[..., :3] == 96).all()
    assert (back[..., 3] == 128).all()
    assert load_image(tmp_path / "out.tif").origin.facts.premultiplied


def test_numbers_that_are_none(tmp_path, put, get, bits):
    x = np.full((4, 4, 3), 0.5, np.float16)
    x[0, 0], x[0, 1], x[0, 2], x[0, 3, 1], x[1, 0] = np.nan, np.inf, -np.inf, np.inf, 4
    image = load_image(put(tmp_path / "in.exr", x))
    assert np.isfinite(image.rgb).all()
    assert image.rgb[0, :, 0, 0].tolist() == [0, 0, 0]
    torch.testing.assert_close(image.rgb[0, :, 0, 1], np.ones(3, np.float32))
    assert image.origin.gain is not None
    assert image.origin.gain.max() == 4  # infinity counts as the largest finite number
    rgb = image.rgb.copy()
    rgb[..., 0, :] = 0.5
    save_image(tmp_path / "out.exr", rgb, image)
    back = get(tmp_path / "out.exr")
    assert np.isfinite(back).all()
    save_image(tmp_path / "same.exr", image.rgb, image)
    assert np.array_equal(bits(get(tmp_path / "same.exr")), bits(x))


def test_a_result_with_bad_numbers_is_written_clean(tmp_path, put, get):
    image = load_image(put(tmp_path / "in.png", np.full((2, 2, 3), 9, np.uint8)))
    rgb = (
        np.array([float("nan"), 2.0, -1.0], np.float32)
        .reshape(1, 3, 1, 1)
        .repeat(2, 2)
        .repeat(2, 3)
    )
    save_image(tmp_path / "out.png", rgb, image)
    assert get(tmp_path / "out.png")[0, 0].tolist() == [0, 255, 0]
