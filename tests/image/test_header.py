"""What headers claim: sizes as the picture is shown, bytes of a pixel, further pictures; and their damage."""

import struct
import warnings
import zlib

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image as Pillow

from core.errors import PictureError
from core.formats.header import Header, picture_size, png_chunks, read_header
from core.imaging.image import load_image

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def first(depth=8, color=2, size=(8, 9)):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", size[1], size[0], depth, color, 0, 0, 0))


def png(path, *chunks):
    path.write_bytes(SIGNATURE + b"".join(chunks))
    return path


DATA, END = chunk(b"IDAT", zlib.compress(bytes(999))), chunk(b"IEND", b"")


def refusal(path):
    with pytest.raises(PictureError) as caught:
        read_header(path)
    return str(caught.value)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "tif", "webp"])
def test_sizes_are_those_of_the_picture_upright(tmp_path, kind, orientation):
    exif, path = Pillow.Exif(), tmp_path / f"in.{kind}"
    exif[0x0112] = orientation
    Pillow.new("RGB", (30, 20)).save(path, exif=exif)
    header = read_header(path)
    assert (header.height, header.width) == load_image(path).rgb.shape[-2:]
    assert (header.height, header.width) == ((30, 20) if orientation > 4 else (20, 30))
    assert picture_size(path) == (header.height, header.width)


def write_exr(path, channels, forms, window=None):
    spec = oiio.ImageSpec(7, 5, len(channels), forms[0])
    spec.channelnames = channels
    if len(set(forms)) > 1:
        spec.channelformats = tuple(oiio.TypeDesc(form) for form in forms)
    if window:
        spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height = window
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec)
    assert target.write_image(np.zeros((5, 7, len(channels)), np.float32))
    target.close()
    return path


def test_of_an_exr_the_widest_numbers_and_four_channels_count(tmp_path):
    half, single = "half", "float"
    path = tmp_path / "in.exr"
    for channels, forms, pixel_bytes in (
        ("Y", (half,), 2), ("RGB", (half,) * 3, 6), ("RGB", (single,) * 3, 12),
        ("RGBZ", (half, half, half, single), 16), ("ABCRGBZ", (half,) * 7, 8),
    ):  # fmt: skip  # a table
        assert read_header(write_exr(path, tuple(channels), forms)) == Header(5, 7, pixel_bytes)


def test_of_an_exr_the_display_window_is_the_picture(tmp_path):
    path = write_exr(tmp_path / "in.exr", tuple("RGB"), ("half",) * 3, (3, -2, 0, 0, 30, 20))
    assert read_header(path) == Header(5, 7, 6)
    assert picture_size(path) == (20, 30)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 5, 3), (5, 1, 4)])
@pytest.mark.parametrize("number", ["uint8", "float16", "float32"])
def test_an_array_says_it_by_itself(tmp_path, shape, number):
    x = np.zeros(shape, number)
    np.save(tmp_path / "in.npy", x)
    assert read_header(tmp_path / "in.npy") == Header(*shape[:2], x.nbytes // 5)


@pytest.mark.parametrize(("mode", "pixel_bytes"), [("L", 1), ("RGB", 3), ("CMYK", 3)])
def test_a_jpeg_is_grey_or_of_three_colours(tmp_path, mode, pixel_bytes):
    Pillow.new(mode, (30, 20)).save(tmp_path / "in.jpg")
    assert read_header(tmp_path / "in.jpg") == Header(20, 30, pixel_bytes)


@pytest.mark.parametrize(
    "exif", [b"XX*\0", b"II*\0\x08\0\0\0\x05\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\0\1\1\x12"]
)  # fmt: skip  # a list
def test_damaged_exif_turns_nothing_and_says_nothing(tmp_path, exif):
    path = tmp_path / "in.jpg"
    Pillow.new("RGB", (30, 20)).save(path)
    plain, tags = path.read_bytes(), b"Exif\0\0" + exif
    path.write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(tags) + 2) + tags + plain[2:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_header(path) == Header(20, 30, 3)


@pytest.mark.parametrize(
    ("depth", "color", "more", "pixel_bytes"),
    [
        (1, 0, (), 1), (8, 0, (), 1), (16, 0, (), 2), (8, 2, (), 3), (16, 2, (), 6), (8, 3, (), 3),
        (2, 3, (b"tRNS",), 4), (8, 4, (), 2), (16, 4, (), 4), (8, 6, (), 4), (16, 6, (), 8),
        (8, 0, (b"tRNS",), 2), (16, 2, (b"tRNS",), 8), (8, 6, (b"tEXt",), 4), (8, 7, (), 4),
    ],
)  # fmt: skip  # a table
def test_bytes_of_a_pixel_of_a_png(tmp_path, depth, color, more, pixel_bytes):
    chunks = (chunk(name, b"\0\0") for name in more)
    path = png(tmp_path / "in.png", first(depth, color), *chunks, DATA, END)
    assert read_header(path) == Header(8, 9, pixel_bytes)


@pytest.mark.parametrize(("said", "frames"), [(0, 1), (1, 1), (2, 2), (300, 300)])
def test_an_animated_png_says_how_many_pictures_it_has(tmp_path, said, frames):
    path = png(tmp_path / "in.png", first(), chunk(b"acTL", struct.pack(">II", said, 7)), DATA, END)
    assert read_header(path).frames == frames


@pytest.mark.parametrize("types", [(0,), (0, 0), (0, 2, 2), (0, 1), (1, 0, 0), (0, 3, 1, 0), (1,)])
def test_pages_of_a_tiff_are_counted_without_smaller_copies(tmp_path, types):
    """TIFF 6.0, NewSubfileType: bit 0 is a smaller copy, bit 1 a page of several."""
    pages = [Pillow.new("RGB", (30 - 2 * k, 20)) for k in range(len(types))]
    for page, kind in zip(pages, types, strict=True):
        page.encoderinfo = {"tiffinfo": {254: kind}}
    pages[0].save(
        tmp_path / "in.tif", save_all=True, append_images=pages[1:], tiffinfo={254: types[0]}
    )
    whole = sum(kind in (0, 2) for kind in types)
    assert read_header(tmp_path / "in.tif") == Header(20, 30, 3, max(1, whole))


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("profile", [b"", b"odd", b"even"])
def test_pictures_of_a_webp_are_counted(tmp_path, count, profile):
    """Chunks of an odd length are followed by a byte that does not count."""
    frames = [Pillow.new("RGB", (30, 20), (40 * k, 0, 0)) for k in range(count)]
    frames[0].save(
        tmp_path / "in.webp",
        save_all=True,
        append_images=frames[1:],
        lossless=True,
        icc_profile=profile,
    )
    assert read_header(tmp_path / "in.webp") == Header(20, 30, 3, count)


def test_a_header_is_read_without_what_comes_behind_it(tmp_path):
    assert read_header(png(tmp_path / "in.png", first(), DATA, b"broken")) == Header(8, 9, 3)


@pytest.mark.parametrize(
    ("chunks", "why"),
    [
        ((first(), struct.pack(">I4s", 1 << 31, b"tEXt"), bytes(99)), "a chunk has an impossible length"),
        ((first(), struct.pack(">I4s", (1 << 31) - 1, b"tEXt"), bytes(99)), "its end is missing"),
        ((first(), chunk(b"tEXt", b"a\0b")[:-1]), "its end is missing"),
        ((first(), chunk(b"tEXt", b"a\0b")[:-4]), "its end is missing"),
        ((first(), chunk(b"tEXt", b"a\0b")), "its end is missing"),
        ((first(), chunk(b"tEXt", b"a\0b")[:7]), "its end is missing"),
        ((first()[:-1] + b"\0",), "a checksum is wrong"),
        ((chunk(b"IHDR", bytes(12)), DATA, END), "its header has a wrong length"),
        ((chunk(b"IHDR", bytes(14)), DATA, END), "its header has a wrong length"),
        ((DATA, END), "its header is missing or says no size"),
        ((first(size=(0, 9)), DATA, END), "its header is missing or says no size"),
        ((first(size=(9, 0)), DATA, END), "its header is missing or says no size"),
    ],
)  # fmt: skip  # a table
def test_what_is_wrong_with_a_png_is_told(tmp_path, chunks, why):
    path = png(tmp_path / "in.png", *chunks)
    assert refusal(path) == f"cannot read {path}: the PNG file is damaged or cut off ({why})"


def test_chunks_are_given_with_their_first_bytes(tmp_path):
    """However long they are; none is held whole."""
    long = bytes(range(250)) * 10_000
    path = png(tmp_path / "in.png", first(), chunk(b"teXt", long), DATA, END, b"more")
    found = dict(png_chunks(path))
    assert list(found) == [b"IHDR", b"teXt", b"IDAT", b"IEND"]
    assert found[b"teXt"] == long[:32]
    assert found[b"IEND"] == b""
    assert [name for name, _ in png_chunks(path, "teXt")] == [b"IHDR", b"teXt"]
    assert [name for name, _ in png_chunks(path, "none")] == list(found)
