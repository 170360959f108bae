"""What a kind of file can hold, and what goes into it beside the pixels."""

import zlib

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image as Pillow
from PIL import ImageCms, TiffImagePlugin

from core.errors import PictureError
from core.imaging.image import load_image, save_image


def test_grey_stays_grey_until_there_is_colour(tmp_path, noise, put, get):
    image = load_image(put(tmp_path / "in.png", noise(2)))
    grey = image.rgb * 0.5
    save_image(tmp_path / "grey.png", grey, image)
    assert get(tmp_path / "grey.png").shape == (9, 7, 2)
    grey[:, 0] *= 0.5
    save_image(tmp_path / "color.png", grey, image)
    assert get(tmp_path / "color.png").shape == (9, 7, 4)


def test_jpeg_is_fine_and_full_in_colour(tmp_path, noise, put, get):
    image = load_image(put(tmp_path / "in.png", noise(3, height=32, width=32)))
    save_image(tmp_path / "out.jpg", image.rgb, image)
    with Pillow.open(tmp_path / "out.jpg") as picture:
        assert [layer[1:3] for layer in picture.layer] == [(1, 1)] * 3
        assert max(picture.quantization[0]) <= 13  # quality 95 of libjpeg's tables
        error = np.abs(np.asarray(picture).astype(float) - get(tmp_path / "in.png"))
    assert error.mean() < 4


def test_jpeg_has_no_room_for_transparency(tmp_path, noise, put, get):
    x = noise(4)
    image = load_image(put(tmp_path / "in.png", x))
    with pytest.raises(PictureError, match="JPEG cannot hold transparency; save it as PNG"):
        save_image(tmp_path / "out.jpg", image.rgb, image)
    assert not list(tmp_path.glob("*.jpg"))
    x[..., 3] = 255
    image = load_image(put(tmp_path / "opaque.png", x))
    save_image(tmp_path / "out.jpg", image.rgb, image)
    assert get(tmp_path / "out.jpg").shape == (9, 7, 3)


def test_profile_dots_and_exif_are_kept(tmp_path, noise):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Pillow.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8769)[0x829A] = TiffImagePlugin.IFDRational(1, 50)
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 30.0, 0.0)
    Pillow.fromarray(noise(3)).save(tmp_path / "in.jpg", icc_profile=icc, exif=exif, dpi=(150, 150))
    image = load_image(tmp_path / "in.jpg")
    for kind in ("jpg", "png", "webp"):
        save_image(tmp_path / f"out.{kind}", image.rgb, image)
        with Pillow.open(tmp_path / f"out.{kind}") as picture:
            found = picture.getexif()
            assert picture.info["icc_profile"] == icc
            assert found[0x010F] == "Maker"
            assert found.get_ifd(0x8769)[0x9003] == "2020:01:01 00:00:00"
            assert float(found.get_ifd(0x8769)[0x829A]) == pytest.approx(0.02, rel=1e-3)
            assert found.get_ifd(0x8825)[1] == "N"
            assert [float(v) for v in found.get_ifd(0x8825)[2]] == [48, 30, 0]
            if kind != "webp":
                assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.5)
    save_image(tmp_path / "out.tif", image.rgb, image)
    with Pillow.open(tmp_path / "out.tif") as picture:
        assert picture.info["icc_profile"] == icc
        assert picture.info["dpi"] == (150, 150)


def test_a_png_with_a_profile_does_not_claim_srgb_beside_it(tmp_path, noise):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Pillow.fromarray(noise(3)).save(tmp_path / "in.png", icc_profile=icc)
    image = load_image(tmp_path / "in.png")
    save_image(tmp_path / "out.png", image.rgb, image)
    data = (tmp_path / "out.png").read_bytes()
    assert b"iCCP" in data
    assert b"sRGB\0" not in data.replace(zlib.compress(icc), b"")
    with Pillow.open(tmp_path / "out.png") as picture:
        assert "srgb" not in picture.info


def test_the_display_window_of_an_exr_is_kept(tmp_path, noise, bits):
    spec = oiio.ImageSpec(7, 9, 3, "half")
    spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height = (
        3,
        -2,
        0,
        0,
        20,
        18,
    )
    spec["compression"] = "piz"
    target = oiio.ImageOutput.create("in.exr")
    target.open(str(tmp_path / "in.exr"), spec)
    target.write_image(noise(3, "float16"))
    target.close()
    image = load_image(tmp_path / "in.exr")
    save_image(tmp_path / "out.exr", image.rgb, image)
    source = oiio.ImageInput.open(str(tmp_path / "out.exr"))
    found = source.spec()
    assert (found.x, found.y, found.full_width, found.full_height) == (3, -2, 20, 18)
    assert found["compression"] == "piz"
    assert np.array_equal(bits(source.read_image("half")), bits(noise(3, "float16")))
