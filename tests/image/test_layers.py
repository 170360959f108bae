"""Which channels of a file are the picture, and what they mean."""

import numpy as np
import OpenImageIO as oiio
import pytest

from core.errors import PictureError
from core.formats.exr import read_channels
from core.formats.read import number_type, read

MANY = 10**6


def put_parts(path, *parts):
    """Write an EXR whose parts have channels of these names, the number of each in all its pixels."""
    specs, number = [], 0
    for k, names in enumerate(parts):
        spec = oiio.ImageSpec(3, 2, len(names), "float")
        spec.channelnames = tuple(names)
        spec["oiio:subimagename"] = f"part{k}"
        specs.append(spec)
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), tuple(specs) if len(specs) > 1 else specs[0]), target.geterror()
    for k, spec in enumerate(specs):
        if k:
            assert target.open(str(path), spec, "AppendSubimage"), target.geterror()
        values = np.arange(number, number + spec.nchannels, dtype=np.float32)
        number += spec.nchannels
        assert target.write_image(np.tile(values, (2, 3, 1)))
    assert target.close()
    return path


@pytest.mark.parametrize(
    ("parts", "wanted", "premultiplied"),
    [
        (["RGB"], [0, 1, 2], False),
        (["RGBA"], [0, 1, 2, 3], True),
        (["Y"], [0], False),
        (["Z"], [0], False),
        (["YA"], [0, 1], True),
        (["FY"], [1], False),
        ([["L.R", "L.G", "L.B", "L.A", "L.Z"]], [0, 1, 2, 3], True),
        ([["L.R", "L.G", "L.B", "M.A"]], [0, 1, 2], False),
        ([["A.Z", "B.R", "B.G", "B.B"]], [1, 2, 3], False),
        (["Z", "RGB"], [1, 2, 3], False),
        (["Z", "W", "RGBA"], [2, 3, 4, 5], True),
        (["Z", "W"], [0], False),
    ],
)
def test_the_first_layer_with_colour_is_the_picture(tmp_path, parts, wanted, premultiplied):
    pixels, facts = read(put_parts(tmp_path / "in.exr", *parts), MANY)
    assert sorted(pixels[0, 0].tolist()) == wanted
    assert pixels.shape == (2, 3, len(wanted))
    assert facts.premultiplied == premultiplied
    assert facts.window == (0, 0, 0, 0, 3, 2)


@pytest.mark.parametrize(
    ("names", "told"),
    [(["W", "Z"], "W, Z|Z, W"), (["BY", "RY", "Y"], "RY"), (["G", "R"], "R, G|G, R")],
)
def test_an_exr_without_a_picture_is_told_with_what_it_holds(tmp_path, names, told):
    put_parts(tmp_path / "in.exr", names)
    with pytest.raises(PictureError, match=f"it holds .*({told}).*; it must hold R, G, B or Y"):
        read(tmp_path / "in.exr", MANY)


@pytest.mark.parametrize(
    ("formats", "wanted"),
    [
        ({"uint8"}, "uint8"),
        ({"uint16"}, "uint16"),
        ({"half"}, "half"),
        ({"float"}, "float"),
        ({"double"}, "float"),
        ({"half", "float"}, "float"),
        ({"uint8", "uint16"}, "float"),
    ],
)
def test_numbers_are_read_as_what_holds_all_of_them(tmp_path, formats, wanted):
    assert number_type(tmp_path, formats) == wanted


@pytest.mark.parametrize("depth", ["float16", "float32"])
def test_channels_keep_their_depth(tmp_path, put, noise, depth):
    x = noise(3, depth)
    found = read_channels(put(tmp_path / "in.exr", x), 0, ["B", "R"])
    assert found.dtype == x.dtype
    assert np.array_equal(found, x[..., [2, 0]])


def test_numbers_that_are_not_read_are_told(tmp_path):
    with pytest.raises(
        PictureError, match="its numbers are half, uint32; save it with 8 or 16 bit"
    ):
        number_type(tmp_path, {"half", "uint32"})


@pytest.mark.parametrize("form", ["float", "double"])
def test_what_is_deeper_than_float_becomes_float(tmp_path, form):
    x = np.random.default_rng(0).random((4, 5, 3))
    target = oiio.ImageOutput.create(str(tmp_path / "in.tif"))
    assert target.open(str(tmp_path / "in.tif"), oiio.ImageSpec(5, 4, 3, form))
    assert target.write_image(x)
    assert target.close()
    pixels, facts = read(tmp_path / "in.tif", MANY)
    assert pixels.dtype == np.float32
    assert np.array_equal(pixels, x.astype(np.float32))
    assert facts.window is None


@pytest.mark.parametrize(
    ("depth", "channels", "premultiplied"),
    [
        ("uint8", 2, False),
        ("uint16", 4, False),
        ("float16", 1, False),
        ("float32", 2, True),
        (">f4", 3, False),
        (">f2", 4, True),
    ],
)
def test_arrays_are_native_and_floats_with_alpha_multiplied_by_it(
    tmp_path, noise, depth, channels, premultiplied
):
    x = noise(channels, np.dtype(depth).newbyteorder("=").name)
    np.save(tmp_path / "in.npy", x.astype(depth))
    pixels, facts = read(tmp_path / "in.npy", MANY)
    assert pixels.dtype.isnative
    assert isinstance(pixels, np.memmap) or depth.startswith(">")
    assert np.array_equal(pixels, x)
    assert facts.premultiplied == premultiplied
    assert not facts.flat
    with pytest.raises(PictureError, match="it claims 7 x 9 pixels, the limit is 62"):
        read(tmp_path / "in.npy", 62)
    assert read(tmp_path / "in.npy", 63)[0].shape == x.shape


@pytest.mark.parametrize(
    ("space", "channels"), [(b"GRAY", 1), (b"RGB ", 3), (b"RGB ", 1), (b"GRAY", 3)]
)
def test_a_profile_of_other_pixels_is_left(tmp_path, noise, space, channels):
    from PIL import Image as Pillow
    from PIL import ImageCms

    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    icc[16:20] = space
    x = noise(channels)
    picture = Pillow.fromarray(x[..., 0] if channels == 1 else x)
    picture.save(tmp_path / "in.tif", icc_profile=bytes(icc))
    found = read(tmp_path / "in.tif", MANY)[1].icc
    assert (found == bytes(icc)) == ((space == b"GRAY") == (channels == 1))
    assert found is None or found == bytes(icc)


def test_a_second_channel_that_no_one_calls_alpha_is_not_multiplied(tmp_path, noise, put):
    for alpha, premultiplied in ((-1, False), (1, True)):
        spec = oiio.ImageSpec(7, 9, 2, "uint8")
        spec.channelnames, spec.alpha_channel = ("Y", "X" if alpha < 0 else "A"), alpha
        target = oiio.ImageOutput.create(str(tmp_path / "in.tif"))
        assert target.open(str(tmp_path / "in.tif"), spec)
        assert target.write_image(noise(2))
        assert target.close()
        assert read(tmp_path / "in.tif", MANY)[1].premultiplied == premultiplied
