"""Pictures for the press: inks become sRGB, by their profile where they have one."""

import struct

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from core.errors import PictureError
from core.imaging.image import load_image


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
            rgb[:, row, column], np.array(wanted, np.float32), atol=0.02, rtol=0
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
            image.rgb[0, :, row, column], np.full((3,), wanted, np.float32), atol=0.02, rtol=0
        )
    assert image.origin.facts.icc is None  # it says nothing of RGB


def test_a_damaged_cmyk_profile_is_named(tmp_path):
    path = cmyk(tmp_path / "in.jpg", icc_profile=b"\0" * 16 + b"CMYK" + b"\0" * 200)
    with pytest.raises(PictureError, match="CMYK profile is damaged"):
        load_image(path)


def test_cmyk_tiff(tmp_path):
    rgb = load_image(cmyk(tmp_path / "in.tif")).rgb[0]
    torch.testing.assert_close(rgb[:, 8, 24], np.array([1.0, 0, 0], np.float32))
