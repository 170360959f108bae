"""What goes in comes out: unchanged pictures and unchanged pixels, bit for bit, in every kind of file."""

import struct
import zlib

import numpy as np
import pytest
import torch

from core.color import SRGB, View, linear_to_srgb, srgb_to_linear
from core.imaging.image import load_image, save_image

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


@pytest.mark.parametrize(("kind", "depth", "channels"), LOSSLESS)
def test_an_unchanged_picture_comes_back_bit_for_bit(
    tmp_path, kind, depth, channels, noise, put, get, bits
):
    x = noise(channels, depth)
    if kind == "hdr":
        x = np.abs(x)
        put(tmp_path / "first.hdr", x)
        x = get(tmp_path / "first.hdr")  # what RGBE can say
    path = put(tmp_path / f"in.{kind}", x, premultiplied=depth.startswith("f"))
    image = load_image(path)
    assert image.rgb.shape == (1, 3, 9, 7)
    assert image.rgb.dtype == np.float32
    assert image.rgb.min() >= 0
    assert image.rgb.max() <= 1
    assert (image.alpha is not None) == (channels in (2, 4))
    save_image(tmp_path / f"out.{kind}", image.rgb.copy(), image)
    back = get(tmp_path / f"out.{kind}")
    assert back.dtype == x.dtype
    assert back.shape == x.shape
    assert np.array_equal(bits(back), bits(x))


@pytest.mark.parametrize(("kind", "depth", "channels"), LOSSLESS)
def test_what_is_masked_out_keeps_its_bits(
    tmp_path, kind, depth, channels, noise, put, get, bits, changed
):
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


UNEVEN = View(
    lambda x: linear_to_srgb(x) + np.array([0, 2e-7, -2e-7], np.float32).reshape(1, 3, 1, 1),
    lambda x: srgb_to_linear(x) + np.array([1e-7, 0, -1e-7], np.float32).reshape(1, 3, 1, 1),
)
"""A curve whose last bit differs from channel to channel, as on a processor's vector ends."""


@pytest.mark.parametrize("view", [SRGB, UNEVEN])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", range(1, 18))
def test_grey_is_told_by_the_file_at_every_width(
    tmp_path, width, channels, view, noise, put, get, bits
):
    x = noise(channels, "float32", height=3, width=width)
    image = load_image(put(tmp_path / "in.exr", x, premultiplied=True), view=view)
    assert np.array_equal(image.rgb[:, :1].repeat(3, 1), image.rgb)
    save_image(tmp_path / "same.exr", image.rgb.copy(), image)
    assert np.array_equal(bits(get(tmp_path / "same.exr")), bits(x))
    made = image.rgb * 0.5 + 0.1 + np.array([0, 3e-6, -2e-6], np.float32).reshape(1, 3, 1, 1)
    save_image(tmp_path / "grey.exr", made, image)
    assert get(tmp_path / "grey.exr").shape == x.shape
    made[:, 0, -1, -1] += 2e-5
    save_image(tmp_path / "color.exr", made, image)
    assert get(tmp_path / "color.exr").shape == (3, width, channels + 2)


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "bmp", "tga", "exr", "hdr", "npy"])
@pytest.mark.parametrize("size", [(1, 1), (8, 2000), (2000, 8)])
def test_odd_sizes(tmp_path, kind, size, noise, put, get):
    depth = "float32" if kind in ("exr", "hdr") else "uint8"
    x = np.abs(noise(3, depth, *size)) if kind != "jpg" else np.full((*size, 3), 99, np.uint8)
    image = load_image(put(tmp_path / f"in.{kind}", x))
    save_image(tmp_path / f"out.{kind}", image.rgb, image)
    back = get(tmp_path / f"out.{kind}")
    assert back.shape == (*size, 3)
    if kind not in ("jpg", "hdr"):
        assert np.array_equal(back, x)


@pytest.mark.parametrize("channels", [1, 4])
def test_stripes_leave_no_trace(tmp_path, monkeypatch, channels, noise, put, get, changed):
    x = noise(channels, "float16", height=70)
    monkeypatch.setattr("core.imaging.display.STRIPE", 64)  # 16 rows at a time
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
    tmp_path, source, depth, target, result, noise, put, get
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
    difference = np.abs(again.rgb - image.rgb).max(1, keepdims=True)
    assert difference[seen].max() < 0.02


def test_sixteen_bit_rgba_png_is_what_libpng_would_read(tmp_path, noise, put):
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
