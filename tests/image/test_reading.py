"""What files say of their pixels: depths, palettes, orientation, layers, names."""

import numpy as np
import OpenImageIO as oiio
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageOps

from core.imaging.image import load_image, save_image


@pytest.mark.parametrize("kind", ["png", "tif", "bmp", "tga", "webp", "jpg"])
def test_eight_bit_values_are_read_as_they_are(tmp_path, kind):
    x = np.full((16, 16, 3), (255, 128, 0), np.uint8)
    Pillow.fromarray(x).save(tmp_path / f"in.{kind}", quality=100, lossless=True)
    rgb = load_image(tmp_path / f"in.{kind}").rgb[0, :, 8, 8]
    tolerance = 2 / 255 if kind == "jpg" else 1e-6
    torch.testing.assert_close(rgb, np.array([1, 128 / 255, 0], np.float32), atol=tolerance, rtol=0)


def test_sixteen_bit_is_neither_cut_nor_scaled(tmp_path, put, get):
    x = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    image = load_image(put(tmp_path / "in.png", x))
    torch.testing.assert_close(
        image.rgb[0, 0], np.arange(65536, dtype=np.float32).reshape(256, 256) / 65535
    )
    rgb = (image.rgb * 0.5 + 0.25).clip(0, 1)
    save_image(tmp_path / "out.png", rgb, image)
    back = get(tmp_path / "out.png")
    assert back.dtype == np.uint16
    assert np.abs(back[..., 0] - rgb[0, 0].astype(float) * 65535).max() <= 0.51


@pytest.mark.parametrize("alpha", [False, True])
def test_palettes_and_transparent_colours(tmp_path, alpha, get):
    colors = np.array([[250, 10, 20], [30, 240, 50], [60, 70, 230]], np.uint8)
    index = np.random.default_rng(0).integers(0, 3, (6, 5)).astype(np.uint8)
    picture = Pillow.new("P", (5, 6))
    picture.putdata(index.flatten().tolist())
    picture.putpalette(colors.flatten().tolist())
    picture.save(tmp_path / "in.png", **({"transparency": 1} if alpha else {}))
    image = load_image(tmp_path / "in.png")
    wanted = colors[index].transpose(2, 0, 1)[None] / np.float32(255)
    torch.testing.assert_close(image.rgb, wanted)
    assert (image.alpha is not None) == alpha
    if alpha:
        assert np.array_equal(image.alpha[0, 0], index != 1)
    save_image(tmp_path / "out.png", image.rgb, image)
    assert np.array_equal(get(tmp_path / "out.png")[..., :3], colors[index])


def test_a_colour_that_png_names_transparent(tmp_path, noise):
    x = noise(3)
    Pillow.fromarray(x).save(tmp_path / "in.png", transparency=tuple(x[2, 3].tolist()))
    alpha = load_image(tmp_path / "in.png").alpha
    assert alpha is not None
    assert alpha[0, 0, 2, 3] == 0
    assert alpha.sum() == 9 * 7 - 1


def test_black_and_white(tmp_path, noise):
    Pillow.fromarray(noise(1)[..., 0] > 99).save(tmp_path / "in.png")
    assert set(load_image(tmp_path / "in.png").rgb.flatten().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_exif_orientation_turns_the_pixels(tmp_path, kind, orientation):
    x = np.zeros((32, 48, 3), np.uint8)
    x[:16, :16], x[16:, 32:] = (255, 0, 0), (0, 0, 255)
    exif = Pillow.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    Pillow.fromarray(x).save(tmp_path / f"in.{kind}", exif=exif, quality=95, lossless=True)
    with Pillow.open(tmp_path / f"in.{kind}") as picture:
        wanted = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    image = load_image(tmp_path / f"in.{kind}")
    assert image.rgb.shape[-2:] == wanted.shape[:2]
    assert np.abs(image.rgb[0].transpose(1, 2, 0) * 255 - wanted).max() < 3
    save_image(tmp_path / f"out.{kind}", image.rgb, image)
    with Pillow.open(tmp_path / f"out.{kind}") as result:
        assert result.size == wanted.shape[1::-1]
        assert result.getexif().get(0x0112, 1) == 1
        assert result.getexif()[0x010F] == "Maker"


def test_tiff_orientation(tmp_path, noise, put, get):
    x = noise(3, "uint16")
    put(tmp_path / "in.tif", x, Orientation=6)
    image = load_image(tmp_path / "in.tif")
    assert image.rgb.shape == (1, 3, 7, 9)
    save_image(tmp_path / "out.tif", image.rgb, image)
    assert np.array_equal(get(tmp_path / "out.tif"), np.rot90(x, -1))


def test_padding_of_a_bitmap_is_not_alpha(tmp_path, noise, put):
    x = noise(4)
    x[..., 3] = 0
    image = load_image(put(tmp_path / "in.bmp", x))
    assert image.alpha is None
    assert np.array_equal(image.origin.pixels, x[..., :3])


def test_the_combined_pass_of_a_multilayer_exr(tmp_path, noise):
    x = noise(6, "float32")
    spec = oiio.ImageSpec(7, 9, 6, "float")
    combined = [f"ViewLayer.Combined.{c}" for c in "RGBA"]
    spec.channelnames = ("ViewLayer.Depth.Z", *combined, "ViewLayer.IndexOB.X")
    spec.channelformats = tuple(
        oiio.TypeDesc(t) for t in ("float", "half", "half", "half", "half", "float")
    )
    target = oiio.ImageOutput.create("in.exr")
    target.open(str(tmp_path / "in.exr"), spec)
    target.write_image(x)
    target.close()
    image = load_image(tmp_path / "in.exr")
    assert image.origin.pixels.dtype == np.float16
    assert np.array_equal(image.origin.pixels, x[..., 1:5].astype(np.float16))


def test_the_content_tells_the_kind_and_the_suffix_does_not(tmp_path, noise, put):
    x = noise(3)
    put(tmp_path / "in.png", x).rename(tmp_path / "in.jpg")
    assert np.array_equal(load_image(tmp_path / "in.jpg").origin.pixels, x)
    np.save(tmp_path / "in.npy", x)
    (tmp_path / "in.npy").rename(tmp_path / "pixels")
    assert np.array_equal(load_image(tmp_path / "pixels").origin.pixels, x)


@pytest.mark.parametrize("name", ["bild ä ñ 絵.png", "what?.png", "a#1 %d.png"])
def test_names_of_files(tmp_path, name, noise, put):
    if "?" in name and __import__("os").name == "nt":
        pytest.skip("Windows allows no such name")
    put(tmp_path / "in.png", noise(4)).rename(tmp_path / name)
    image = load_image(tmp_path / name)
    save_image(tmp_path / f"out {name}", image.rgb, image)
    assert np.array_equal(load_image(tmp_path / f"out {name}").origin.pixels, noise(4))


def test_npy_is_mapped_and_may_be_flat_or_big_endian(tmp_path, noise):
    x = noise(1, "float32")[..., 0]
    np.save(tmp_path / "flat.npy", x)
    image = load_image(tmp_path / "flat.npy")
    assert isinstance(image.origin.pixels.base, np.memmap) or isinstance(
        image.origin.pixels, np.memmap
    )
    save_image(tmp_path / "out.npy", image.rgb, image)
    assert np.array_equal(np.load(tmp_path / "out.npy"), x)
    np.save(tmp_path / "big.npy", noise(3, "uint16").astype(">u2"))
    np.save(tmp_path / "columns.npy", np.asfortranarray(noise(3, "uint16")))
    for name in ("big", "columns"):
        image = load_image(tmp_path / f"{name}.npy")
        save_image(tmp_path / "out.npy", image.rgb, image)
        assert np.array_equal(np.load(tmp_path / "out.npy"), noise(3, "uint16"))
