"""Round trips of every picture kind. Pillow and OpenImageIO make the files and read the results."""

import struct
import zlib

import numpy as np
import OpenImageIO as oiio
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, TiffImagePlugin

from core.color import srgb_to_linear
from core.errors import ParamsError, PictureError
from core.image import load_image, load_mask, save_image

INTEGERS = {"png": ("uint8", "uint16"), "tif": ("uint8", "uint16"), "npy": ("uint8", "uint16")}
FLOATS = {"exr": ("float16", "float32"), "tif": ("float32",), "npy": ("float16", "float32")}
LOSSLESS = (
    [
        (kind, depth, channels)
        for table in (INTEGERS, FLOATS)
        for kind, depths in table.items()
        for depth in depths
        for channels in (1, 2, 3, 4)
    ]
    + [("bmp", "uint8", c) for c in (1, 3, 4)]
    + [("tga", "uint8", c) for c in (1, 3, 4)]
)
LOSSLESS += [("webp", "uint8", 3), ("webp", "uint8", 4), ("hdr", "float32", 3)]


def noise(channels, depth="uint8", height=9, width=7, seed=0):
    """All depths' awkward values: alpha 0 and full, below zero and far above one for floats."""
    rng = np.random.default_rng(seed)
    if depth.startswith("u"):
        top = np.iinfo(depth).max
        x = rng.integers(0, top, (height, width, channels), endpoint=True).astype(depth)
    else:
        top = 1.0
        x = (rng.normal(0.5, 1, (height, width, channels)) ** 3).astype(depth)
    if channels in (2, 4):
        x[..., -1] = (rng.random((height, width)) * top).astype(depth)
        x[0, :, -1], x[1, :, -1] = 0, top
    return x


def put(path, x, *, premultiplied=False, **attributes):
    """Write with OpenImageIO (or numpy), without passing through the code under test."""
    if path.suffix == ".npy":
        np.save(path, x)
        return path
    if path.suffix == ".webp":
        Pillow.fromarray(x).save(path, lossless=True, exact=True)
        return path
    form = {"float16": "half", "float32": "float"}.get(x.dtype.name, x.dtype.name)
    spec = oiio.ImageSpec(x.shape[1], x.shape[0], x.shape[2], form)
    if x.shape[2] < 3:
        spec.channelnames = ("Y", "A")[: x.shape[2]]
        spec.alpha_channel = x.shape[2] - 2 if x.shape[2] == 1 else 1
    if not premultiplied:
        spec["oiio:UnassociatedAlpha"] = 1
    for name, value in attributes.items():
        spec[name] = value
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec), target.geterror()
    assert target.write_image(x), target.geterror()
    assert target.close()
    return path


def get(path):
    """Read the bare numbers of a file."""
    if path.suffix == ".npy":
        return np.load(path)
    config = oiio.ImageSpec()
    config["oiio:UnassociatedAlpha"] = 1
    source = oiio.ImageInput.open(str(path), config)
    assert source, oiio.geterror()
    x = source.read_image(source.spec().format)
    source.close()
    return x


def bits(x):
    return np.ascontiguousarray(x).view(np.uint8)


def changed(image, value=0.25):
    """The picture with its lower half made anew."""
    rgb = image.rgb.clone()
    rgb[..., rgb.shape[-2] // 2 :, :] = value
    return rgb


@pytest.mark.parametrize(("kind", "depth", "channels"), LOSSLESS)
def test_an_unchanged_picture_comes_back_bit_for_bit(tmp_path, kind, depth, channels):
    x = noise(channels, depth)
    if kind == "hdr":
        x = np.abs(x)
        put(tmp_path / "first.hdr", x)
        x = get(tmp_path / "first.hdr")  # what RGBE can say
    path = put(tmp_path / f"in.{kind}", x, premultiplied=depth.startswith("f"))
    image = load_image(path)
    assert image.rgb.shape == (1, 3, 9, 7)
    assert image.rgb.dtype == torch.float32
    assert image.rgb.min() >= 0
    assert image.rgb.max() <= 1
    assert (image.alpha is not None) == (channels in (2, 4))
    save_image(tmp_path / f"out.{kind}", image.rgb.clone(), image)
    back = get(tmp_path / f"out.{kind}")
    assert back.dtype == x.dtype
    assert back.shape == x.shape
    assert np.array_equal(bits(back), bits(x))


@pytest.mark.parametrize(("kind", "depth", "channels"), LOSSLESS)
def test_what_is_masked_out_keeps_its_bits(tmp_path, kind, depth, channels):
    x = np.abs(noise(channels, depth)) if kind == "hdr" else noise(channels, depth)
    path = put(tmp_path / f"in.{kind}", x, premultiplied=depth.startswith("f"))
    x = get(path)
    image = load_image(path)
    rgb = changed(image)
    rgb[:, 0, -1, -1] = 0.75  # not grey any more
    save_image(tmp_path / f"out.{kind}", rgb, image)
    back = get(tmp_path / f"out.{kind}")
    colors = {1: [0, 0, 0], 2: [0, 0, 0, 1], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]
    assert np.array_equal(bits(back[:4]), bits(x[:4][..., colors]))
    if channels in (2, 4):
        assert np.array_equal(bits(back[..., -1]), bits(x[..., -1]))
    assert not np.array_equal(back[4:], x[4:][..., colors])


@pytest.mark.parametrize("kind", ["png", "tif", "bmp", "tga", "webp", "jpg"])
def test_eight_bit_values_are_read_as_they_are(tmp_path, kind):
    x = np.full((16, 16, 3), (255, 128, 0), np.uint8)
    Pillow.fromarray(x).save(tmp_path / f"in.{kind}", quality=100, lossless=True)
    rgb = load_image(tmp_path / f"in.{kind}").rgb[0, :, 8, 8]
    tolerance = 2 / 255 if kind == "jpg" else 1e-6
    torch.testing.assert_close(rgb, torch.tensor([1, 128 / 255, 0]), atol=tolerance, rtol=0)


def test_sixteen_bit_is_neither_cut_nor_scaled(tmp_path):
    x = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    image = load_image(put(tmp_path / "in.png", x))
    torch.testing.assert_close(image.rgb[0, 0], torch.arange(65536).reshape(256, 256) / 65535)
    rgb = (image.rgb * 0.5 + 0.25).clamp(0, 1)
    save_image(tmp_path / "out.png", rgb, image)
    back = get(tmp_path / "out.png")
    assert back.dtype == np.uint16
    assert np.abs(back[..., 0] - rgb[0, 0].double().numpy() * 65535).max() <= 0.51


@pytest.mark.parametrize("alpha", [False, True])
def test_palettes_and_transparent_colours(tmp_path, alpha):
    colors = np.array([[250, 10, 20], [30, 240, 50], [60, 70, 230]], np.uint8)
    index = np.random.default_rng(0).integers(0, 3, (6, 5)).astype(np.uint8)
    picture = Pillow.new("P", (5, 6))
    picture.putdata(index.flatten().tolist())
    picture.putpalette(colors.flatten().tolist())
    picture.save(tmp_path / "in.png", **({"transparency": 1} if alpha else {}))
    image = load_image(tmp_path / "in.png")
    wanted = torch.from_numpy(colors[index]).permute(2, 0, 1)[None] / 255
    torch.testing.assert_close(image.rgb, wanted)
    assert (image.alpha is not None) == alpha
    if alpha:
        assert np.array_equal(image.alpha[0, 0].numpy(), index != 1)
    save_image(tmp_path / "out.png", image.rgb, image)
    assert np.array_equal(get(tmp_path / "out.png")[..., :3], colors[index])


def test_a_colour_that_png_names_transparent(tmp_path):
    x = noise(3)
    Pillow.fromarray(x).save(tmp_path / "in.png", transparency=tuple(x[2, 3].tolist()))
    alpha = load_image(tmp_path / "in.png").alpha
    assert alpha is not None
    assert alpha[0, 0, 2, 3] == 0
    assert alpha.sum() == 9 * 7 - 1


def test_black_and_white(tmp_path):
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
    assert np.abs(image.rgb[0].permute(1, 2, 0).numpy() * 255 - wanted).max() < 3
    save_image(tmp_path / f"out.{kind}", image.rgb, image)
    with Pillow.open(tmp_path / f"out.{kind}") as result:
        assert result.size == wanted.shape[1::-1]
        assert result.getexif().get(0x0112, 1) == 1
        assert result.getexif()[0x010F] == "Maker"


def test_tiff_orientation(tmp_path):
    x = noise(3, "uint16")
    put(tmp_path / "in.tif", x, Orientation=6)
    image = load_image(tmp_path / "in.tif")
    assert image.rgb.shape == (1, 3, 7, 9)
    save_image(tmp_path / "out.tif", image.rgb, image)
    assert np.array_equal(get(tmp_path / "out.tif"), np.rot90(x, -1))


def cmyk(path, **options):
    inks = np.zeros((32, 32, 4), np.uint8)
    inks[:16, :16], inks[:16, 16:], inks[16:, :16] = (
        (255, 0, 0, 0),
        (0, 255, 255, 0),
        (0, 0, 0, 255),
    )
    Pillow.frombytes("CMYK", (32, 32), inks.tobytes()).save(path, quality=100, **options)
    return path


def test_cmyk_jpeg(tmp_path):
    path = cmyk(tmp_path / "in.jpg")
    assert b"Adobe" in path.read_bytes()  # its inks are inverted
    rgb = load_image(path).rgb[0]
    for (row, column), wanted in {
        (8, 8): (0, 1, 1), (8, 24): (1, 0, 0), (24, 8): (0, 0, 0), (24, 24): (1, 1, 1)
    }.items():  # fmt: skip  # a table
        torch.testing.assert_close(
            rgb[:, row, column], torch.tensor(wanted).float(), atol=0.02, rtol=0
        )


def press_profile():
    """An ICC profile of an odd press: bare paper is white, cyan alone is mid-grey, all else is black."""
    lab = np.full((16, 3), (0, 128, 128))
    lab[0], lab[8] = (255, 128, 128), (128, 128, 128)  # the first ink varies slowest
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    table = (
        b"mft1"
        + bytes(4)
        + bytes((4, 3, 2, 0))
        + matrix
        + ramp * 4
        + lab.astype(np.uint8).tobytes()
        + ramp * 3
    )
    size = 128 + 4 + 12 + len(table)
    head = struct.pack(">I4sI4s4s4s", size, b"test", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061)  # D50
    return head.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table


def test_cmyk_jpeg_goes_through_its_profile(tmp_path):
    image = load_image(cmyk(tmp_path / "in.jpg", icc_profile=press_profile()))
    for (row, column), wanted in {(24, 24): 1.0, (8, 8): 0.466, (24, 8): 0.0}.items():  # L* 50.2
        torch.testing.assert_close(
            image.rgb[0, :, row, column], torch.full((3,), wanted), atol=0.02, rtol=0
        )
    assert image.origin.facts.icc is None  # it says nothing of RGB


def test_a_damaged_cmyk_profile_is_named(tmp_path):
    path = cmyk(tmp_path / "in.jpg", icc_profile=b"\0" * 16 + b"CMYK" + b"\0" * 200)
    with pytest.raises(PictureError, match="CMYK profile is damaged"):
        load_image(path)


def test_cmyk_tiff(tmp_path):
    rgb = load_image(cmyk(tmp_path / "in.tif")).rgb[0]
    torch.testing.assert_close(rgb[:, 8, 24], torch.tensor([1.0, 0, 0]))


def test_grey_stays_grey_until_there_is_colour(tmp_path):
    image = load_image(put(tmp_path / "in.png", noise(2)))
    grey = image.rgb * 0.5
    save_image(tmp_path / "grey.png", grey, image)
    assert get(tmp_path / "grey.png").shape == (9, 7, 2)
    grey[:, 0] *= 0.5
    save_image(tmp_path / "color.png", grey, image)
    assert get(tmp_path / "color.png").shape == (9, 7, 4)


def test_half_exr_is_unpremultiplied_for_work_and_premultiplied_again(tmp_path):
    x = np.zeros((4, 4, 4), np.float16)
    x[...] = (0.25, 0.125, 0.05, 0.5)
    image = load_image(put(tmp_path / "in.exr", x, premultiplied=True))
    straight = torch.tensor([0.5, 0.25, 0.1])
    torch.testing.assert_close(srgb_to_linear(image.rgb[0, :, 0, 0]), straight, atol=2e-4, rtol=0)
    assert (image.alpha == 0.5).all()
    save_image(tmp_path / "out.exr", torch.full_like(image.rgb, 0.735357), image)
    back = get(tmp_path / "out.exr")
    assert back.dtype == np.float16
    np.testing.assert_allclose(back[..., :3], 0.25, atol=2e-4)
    assert (back[..., 3] == 0.5).all()


def test_light_without_a_surface_is_left_alone(tmp_path):
    x = np.zeros((4, 4, 4), np.float16)
    x[0, 0, :3] = (8, 4, 2)
    image = load_image(put(tmp_path / "in.exr", x, premultiplied=True))
    save_image(tmp_path / "out.exr", torch.full_like(image.rgb, 0.5), image)
    assert np.array_equal(get(tmp_path / "out.exr"), x)


def test_highlights_come_back(tmp_path):
    x = np.array([[[16.0, 8.0, 4.0], [0.5, 0.25, 0.125]]], np.float32)
    image = load_image(put(tmp_path / "in.exr", x))
    torch.testing.assert_close(srgb_to_linear(image.rgb[0, :, 0, 0]), torch.tensor([1, 0.5, 0.25]))
    assert image.origin.gain is not None
    assert image.origin.gain.flatten().tolist() == [16, 1]
    save_image(tmp_path / "out.exr", image.rgb.flip(1), image)
    np.testing.assert_allclose(get(tmp_path / "out.exr"), x[..., ::-1], rtol=1e-5)


@pytest.mark.parametrize("kind", ["exr", "tif", "npy", "hdr"])
def test_float_pictures_are_linear_unless_told_otherwise(tmp_path, kind):
    path = put(tmp_path / f"in.{kind}", np.full((8, 8, 3), 0.5, np.float32))
    assert load_image(path).rgb[0, 0, 0, 0].item() == pytest.approx(0.735357, abs=1e-5)
    as_srgb = load_image(path, space="srgb")
    assert as_srgb.rgb[0, 0, 0, 0].item() == pytest.approx(0.5, abs=1e-6)
    save_image(tmp_path / f"out.{kind}", torch.full_like(as_srgb.rgb, 0.25), as_srgb)
    np.testing.assert_allclose(get(tmp_path / f"out.{kind}"), 0.25)


def test_whole_numbers_may_be_linear(tmp_path):
    path = put(tmp_path / "in.png", np.full((8, 8, 3), 32768, np.uint16))
    image = load_image(path, space="linear")
    assert image.rgb[0, 0, 0, 0].item() == pytest.approx(0.735357, abs=1e-4)
    save_image(tmp_path / "out.png", torch.full_like(image.rgb, 0.5), image)
    assert abs(int(get(tmp_path / "out.png")[0, 0, 0]) - round(0.214041 * 65535)) <= 1


def test_an_unknown_space_is_named(tmp_path):
    path = put(tmp_path / "in.png", noise(3))
    with pytest.raises(ParamsError, match="auto, srgb, linear"):
        load_image(path, space="acescg")


@pytest.mark.parametrize(
    ("source", "depth", "target", "result"),
    [
        ("exr", "float16", "png", "uint8"),
        ("exr", "float32", "exr", "float32"),
        ("exr", "float16", "tif", "float32"),
        ("exr", "float16", "npy", "float16"),
        ("png", "uint8", "exr", "float16"),
        ("png", "uint16", "exr", "float16"),
        ("png", "uint16", "tif", "uint16"),
        ("png", "uint16", "webp", "uint8"),
        ("tif", "float32", "exr", "float32"),
        ("tif", "uint16", "png", "uint16"),
        ("npy", "float32", "tif", "float32"),
    ],
)
def test_depth_follows_the_original_as_far_as_the_kind_goes(
    tmp_path, source, depth, target, result
):
    x = noise(4, depth)
    image = load_image(put(tmp_path / f"in.{source}", x, premultiplied=depth.startswith("f")))
    save_image(tmp_path / f"out.{target}", image.rgb, image)
    back = get(tmp_path / f"out.{target}")
    assert back.dtype == np.dtype(result)
    again = load_image(tmp_path / f"out.{target}")
    assert image.alpha is not None
    assert again.alpha is not None
    torch.testing.assert_close(again.alpha, image.alpha, atol=1 / 255, rtol=0)
    seen = image.alpha > 0.1
    difference = (again.rgb - image.rgb).abs().amax(1, keepdim=True)
    assert difference[seen].max() < 0.02


def test_exr_to_png_shows_the_display_picture(tmp_path):
    x = np.full((4, 4, 3), 0.214041, np.float32)
    image = load_image(put(tmp_path / "in.exr", x))
    save_image(tmp_path / "out.png", image.rgb, image)
    assert np.abs(get(tmp_path / "out.png").astype(int) - 128).max() <= 1


def test_png_to_exr_is_linear_and_premultiplied(tmp_path):
    x = np.full((4, 4, 4), (188, 188, 188, 128), np.uint8)
    image = load_image(put(tmp_path / "in.png", x))
    save_image(tmp_path / "out.exr", image.rgb, image)
    wanted = srgb_to_linear(torch.tensor(188 / 255)).item() * 128 / 255
    back = get(tmp_path / "out.exr").astype(np.float32)
    np.testing.assert_allclose(back[..., :3], wanted, rtol=1e-3)
    np.testing.assert_allclose(back[..., 3], 128 / 255, rtol=1e-3)


def test_premultiplied_tiff_of_whole_numbers(tmp_path):
    x = np.full((4, 4, 4), (64, 32, 16, 128), np.uint8)
    image = load_image(put(tmp_path / "in.tif", x, premultiplied=True))
    torch.testing.assert_close(image.rgb[0, :, 0, 0], torch.tensor([0.5, 0.25, 0.125]))
    save_image(tmp_path / "out.tif", torch.full_like(image.rgb, 0.75), image)
    back = get(tmp_path / "out.tif")
    assert (back[..., :3] == 96).all()
    assert (back[..., 3] == 128).all()
    assert load_image(tmp_path / "out.tif").origin.facts.premultiplied


def test_jpeg_is_fine_and_full_in_colour(tmp_path):
    image = load_image(put(tmp_path / "in.png", noise(3, height=32, width=32)))
    save_image(tmp_path / "out.jpg", image.rgb, image)
    with Pillow.open(tmp_path / "out.jpg") as picture:
        assert [layer[1:3] for layer in picture.layer] == [(1, 1)] * 3
        assert max(picture.quantization[0]) <= 13  # quality 95 of libjpeg's tables
        error = np.abs(np.asarray(picture).astype(float) - get(tmp_path / "in.png"))
    assert error.mean() < 4


def test_jpeg_has_no_room_for_transparency(tmp_path):
    x = noise(4)
    image = load_image(put(tmp_path / "in.png", x))
    with pytest.raises(PictureError, match="JPEG cannot hold transparency; save it as PNG"):
        save_image(tmp_path / "out.jpg", image.rgb, image)
    assert not list(tmp_path.glob("*.jpg"))
    x[..., 3] = 255
    image = load_image(put(tmp_path / "opaque.png", x))
    save_image(tmp_path / "out.jpg", image.rgb, image)
    assert get(tmp_path / "out.jpg").shape == (9, 7, 3)


def test_padding_of_a_bitmap_is_not_alpha(tmp_path):
    x = noise(4)
    x[..., 3] = 0
    image = load_image(put(tmp_path / "in.bmp", x))
    assert image.alpha is None
    assert np.array_equal(image.origin.pixels, x[..., :3])


def test_profile_dots_and_exif_are_kept(tmp_path):
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


def test_a_png_with_a_profile_does_not_claim_srgb_beside_it(tmp_path):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Pillow.fromarray(noise(3)).save(tmp_path / "in.png", icc_profile=icc)
    image = load_image(tmp_path / "in.png")
    save_image(tmp_path / "out.png", image.rgb, image)
    data = (tmp_path / "out.png").read_bytes()
    assert b"iCCP" in data
    assert b"sRGB\0" not in data.replace(zlib.compress(icc), b"")
    with Pillow.open(tmp_path / "out.png") as picture:
        assert "srgb" not in picture.info


def test_a_grey_profile_does_not_follow_into_colour(tmp_path):
    grey = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    grey[16:20] = b"GRAY"
    Pillow.fromarray(noise(1)[..., 0]).save(tmp_path / "in.tif", icc_profile=bytes(grey))
    image = load_image(tmp_path / "in.tif")
    assert image.origin.facts.icc == bytes(grey)
    save_image(
        tmp_path / "out.tif",
        changed(image) * torch.tensor([1, 0.5, 0.2]).reshape(1, 3, 1, 1),
        image,
    )
    assert load_image(tmp_path / "out.tif").origin.facts.icc is None


def test_the_display_window_of_an_exr_is_kept(tmp_path):
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


def test_the_combined_pass_of_a_multilayer_exr(tmp_path):
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


def test_numbers_that_are_none(tmp_path):
    x = np.full((4, 4, 3), 0.5, np.float16)
    x[0, 0], x[0, 1], x[0, 2], x[0, 3, 1], x[1, 0] = np.nan, np.inf, -np.inf, np.inf, 4
    image = load_image(put(tmp_path / "in.exr", x))
    assert torch.isfinite(image.rgb).all()
    assert image.rgb[0, :, 0, 0].tolist() == [0, 0, 0]
    torch.testing.assert_close(image.rgb[0, :, 0, 1], torch.ones(3))
    assert image.origin.gain is not None
    assert image.origin.gain.max() == 4  # infinity counts as the largest finite number
    rgb = image.rgb.clone()
    rgb[..., 0, :] = 0.5
    save_image(tmp_path / "out.exr", rgb, image)
    back = get(tmp_path / "out.exr")
    assert np.isfinite(back).all()
    save_image(tmp_path / "same.exr", image.rgb, image)
    assert np.array_equal(bits(get(tmp_path / "same.exr")), bits(x))


def test_a_result_with_bad_numbers_is_written_clean(tmp_path):
    image = load_image(put(tmp_path / "in.png", np.full((2, 2, 3), 9, np.uint8)))
    rgb = torch.tensor([float("nan"), 2.0, -1.0]).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    save_image(tmp_path / "out.png", rgb, image)
    assert get(tmp_path / "out.png")[0, 0].tolist() == [0, 255, 0]


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "bmp", "tga", "exr", "hdr", "npy"])
@pytest.mark.parametrize("size", [(1, 1), (8, 2000), (2000, 8)])
def test_odd_sizes(tmp_path, kind, size):
    depth = "float32" if kind in ("exr", "hdr") else "uint8"
    x = np.abs(noise(3, depth, *size)) if kind != "jpg" else np.full((*size, 3), 99, np.uint8)
    image = load_image(put(tmp_path / f"in.{kind}", x))
    save_image(tmp_path / f"out.{kind}", image.rgb, image)
    back = get(tmp_path / f"out.{kind}")
    assert back.shape == (*size, 3)
    if kind not in ("jpg", "hdr"):
        assert np.array_equal(back, x)


@pytest.mark.parametrize("channels", [1, 4])
def test_stripes_leave_no_trace(tmp_path, monkeypatch, channels):
    x = noise(channels, "float16", height=70)
    monkeypatch.setattr("core.image.STRIPE", 64)  # 16 rows at a time
    image = load_image(put(tmp_path / "in.exr", x, premultiplied=True))
    rgb = changed(image)
    for kind in ("exr", "npy", "tif", "png", "webp"):
        save_image(tmp_path / f"striped.{kind}", rgb, image)
    monkeypatch.undo()
    whole = load_image(tmp_path / "in.exr")
    torch.testing.assert_close(whole.rgb, image.rgb)
    torch.testing.assert_close(whole.origin.gain, image.origin.gain)
    for kind in ("exr", "npy", "tif", "png", "webp"):
        save_image(tmp_path / f"whole.{kind}", rgb, image)
        pair = [get(tmp_path / f"{name}.{kind}").astype(float) for name in ("whole", "striped")]
        np.testing.assert_allclose(*pair, rtol=2e-3, atol=1 if pair[0].max() > 99 else 1e-6)


def test_the_content_tells_the_kind_and_the_suffix_does_not(tmp_path):
    x = noise(3)
    put(tmp_path / "in.png", x).rename(tmp_path / "in.jpg")
    assert np.array_equal(load_image(tmp_path / "in.jpg").origin.pixels, x)
    np.save(tmp_path / "in.npy", x)
    (tmp_path / "in.npy").rename(tmp_path / "pixels")
    assert np.array_equal(load_image(tmp_path / "pixels").origin.pixels, x)


@pytest.mark.parametrize("name", ["bild ä ñ 絵.png", "what?.png", "a#1 %d.png"])
def test_names_of_files(tmp_path, name):
    if "?" in name and __import__("os").name == "nt":
        pytest.skip("Windows allows no such name")
    put(tmp_path / "in.png", noise(4)).rename(tmp_path / name)
    image = load_image(tmp_path / name)
    save_image(tmp_path / f"out {name}", image.rgb, image)
    assert np.array_equal(load_image(tmp_path / f"out {name}").origin.pixels, noise(4))


def test_npy_is_mapped_and_may_be_flat_or_big_endian(tmp_path):
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


def test_a_mask_is_luma_times_alpha(tmp_path):
    x = np.zeros((4, 4, 4), np.uint8)
    x[:2] = (255, 255, 255, 255)
    x[:, :2, 3] = 51
    mask = load_mask(put(tmp_path / "mask.png", x), (4, 4))
    assert mask.shape == (1, 1, 4, 4)
    torch.testing.assert_close(mask[0, 0, 0], torch.tensor([0.2, 0.2, 1, 1]))
    assert (mask[..., 2:, :] == 0).all()
    assert (mask[0, 0, :2, 2:] == 1).all()


def test_a_mask_is_resized(tmp_path):
    x = np.zeros((8, 8, 1), np.uint8)
    x[:, 4:] = 255
    path = put(tmp_path / "mask.png", x)
    small = load_mask(path, (2, 4))
    assert small.shape == (1, 1, 2, 4)
    assert small.mean() == pytest.approx(0.5, abs=1e-6)
    large = load_mask(path, (30, 50))
    assert large.shape == (1, 1, 30, 50)
    assert large.min() == 0
    assert large.max() <= 1


def test_a_mask_of_floats_is_taken_as_it_is(tmp_path):
    path = put(tmp_path / "mask.exr", np.full((4, 4, 1), 0.5, np.float32))
    torch.testing.assert_close(load_mask(path, (4, 4)), torch.full((1, 1, 4, 4), 0.5))


def test_sixteen_bit_rgba_png_is_what_libpng_would_read(tmp_path):
    """Read by a few lines of our own, so that a fault shared by reader and writer shows."""
    x = noise(4, "uint16")
    image = load_image(put(tmp_path / "in.png", x))
    save_image(tmp_path / "out.png", image.rgb, image)
    data, position, idat = (tmp_path / "out.png").read_bytes(), 8, b""
    while position < len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        idat += data[position + 8 : position + 8 + length] if name == b"IDAT" else b""
        position += 12 + length
    assert struct.unpack(">IIBB", data[16:26]) == (7, 9, 16, 6)
    assert np.array_equal(
        unfilter(zlib.decompress(idat), 9, 7 * 8, 8).view(">u2").reshape(9, 7, 4), x
    )


def unfilter(data, height, stride, step):
    """PNG specification, section 9.2."""
    rows = np.zeros((height + 1, stride + step), int)
    for y in range(1, height + 1):
        line = data[(y - 1) * (stride + 1) : y * (stride + 1)]
        for i in range(stride):
            a, b, c = rows[y, i], rows[y - 1, i + step], rows[y - 1, i]
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            guess = (0, a, b, (a + b) // 2, nearest)[line[0]]
            rows[y, i + step] = (line[i + 1] + guess) % 256
    return rows[1:, step:].astype(np.uint8)
