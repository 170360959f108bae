"""How kinds of files are told apart, and what each can hold."""

import struct
from pathlib import Path

import numpy as np
import pytest

from core.errors import PictureError
from core.formats.kinds import KINDS, output_kind, recognise

FILLED = bytes(range(40, 72))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"MM\0+", "TIFF"),
        (b"v/1\x01", "EXR"),
        (b"#?", "HDR"),
        (b"\x93NUMPY", "npy"),
        (b"BM", "BMP"),
        (b"RIFF\x10\0\0\0WEBP", "WebP"),
    ],
)
def test_the_first_bytes_tell_the_kind_whatever_the_name(tmp_path, head, kind):
    """All of them, and only where they stand first."""
    path = tmp_path / "picture.txt"
    path.write_bytes(head + FILLED)
    assert recognise(path) == kind
    path.write_bytes(head)
    assert recognise(path) == kind
    for damaged in (b"x" + head, head[:-1] + b"~"):
        path.write_bytes(damaged + FILLED)
        with pytest.raises(
            PictureError, match="it is not a picture; these are read: BMP, EXR, HDR"
        ):
            recognise(path)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"GIF89a", "a GIF"),
        (b"8BPS", "a Photoshop file"),
        (b"%PDF-1.7", "a PDF"),
        (b"DDS \x7c", "a DDS texture"),
        (b"\0\0\x01\0", "an icon"),
        (b"\xff\x0a", "a JPEG XL picture"),
        (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
        (b"\0\0\0\x1cftypavif", "an AVIF picture"),
        (b"\0\0\0\x1cftypheic", "a HEIC picture"),
        (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
        (b"BLENDER-v405", "a .blend file"),
        (b"RIFF\x10\0\0\0WAVE", "not a picture"),
        (b"RIFX\x10\0\0\0WEBP", "not a picture"),
    ],
)
def test_what_is_not_read_is_named(tmp_path, head, what):
    path = tmp_path / "picture.png"
    path.write_bytes(head + FILLED)
    with pytest.raises(PictureError, match=f"picture.png: it is {what}; these are read"):
        recognise(path)


def targa(mapped=0, form=2, width=8, height=300, depth=24):
    """Return the 18 bytes that a TGA begins with."""
    return struct.pack("<BBBHHBHHHHBB", 0, mapped, form, 0, 0, 0, 0, 0, width, height, depth, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"form": 1, "mapped": 1, "depth": 8},
        {"form": 9, "mapped": 1, "depth": 16},
        {"form": 3, "depth": 8},
        {"form": 10, "depth": 32},
        {"form": 11, "depth": 15},
        {"width": 1, "height": 1},
        {"width": 256, "height": 512},
    ],
)
def test_a_targa_is_known_by_a_header_that_makes_sense(tmp_path, fields):
    (tmp_path / "in").write_bytes(targa(**fields))
    assert recognise(tmp_path / "in") == "TGA"


@pytest.mark.parametrize(
    "fields",
    [
        {"form": 1},
        {"form": 9},
        {"form": 0},
        {"form": 4},
        {"form": 12},
        {"mapped": 2},
        {"depth": 9},
        {"depth": 23},
        {"width": 0},
        {"height": 0},
    ],
)
def test_a_header_that_makes_no_sense_is_no_targa(tmp_path, fields):
    (tmp_path / "in.tga").write_bytes(targa(**fields) + FILLED)
    with pytest.raises(PictureError, match=r"it is (not a picture|an icon);"):
        recognise(tmp_path / "in.tga")
    (tmp_path / "in.tga").write_bytes(targa()[:17])
    with pytest.raises(PictureError, match="not a picture"):
        recognise(tmp_path / "in.tga")


def test_what_cannot_be_opened_is_told(tmp_path):
    (tmp_path / "empty.png").touch()
    for name, why in (
        ("", "it is a folder; name a picture in it"),
        ("empty.png", "the file is empty"),
        ("none.png", "there is no such file"),
    ):
        with pytest.raises(PictureError, match=f"cannot read .*{name}: {why}"):
            recognise(tmp_path / name)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PermissionError(13, "Permission denied"), "you may not read it"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (OSError("odd"), "odd"),
        (ValueError("embedded null byte"), "no file can have this name"),
    ],
)
def test_why_a_file_cannot_be_opened_is_told(tmp_path, monkeypatch, error, why):
    def fail(self, *_):
        raise error

    (tmp_path / "in.png").write_bytes(FILLED)
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(PictureError, match=f"cannot read .*in.png: {why}$"):
        recognise(tmp_path / "in.png")


@pytest.mark.parametrize(
    ("suffix", "wanted", "found"),
    [
        (".png", "uint8", "uint8"),
        (".png", "uint16", "uint16"),
        (".png", "uint32", "uint16"),
        (".png", "float32", "uint8"),
        (".jpg", "uint16", "uint8"),
        (".jpeg", "float16", "uint8"),
        (".tif", "uint64", "uint16"),
        (".tiff", "float16", "float32"),
        (".exr", "float16", "float16"),
        (".exr", "float64", "float32"),
        (".exr", "uint8", "float16"),
        (".hdr", "float16", "float32"),
        (".npy", "uint16", "uint16"),
        (".npy", "float64", "float32"),
        (".npy", "int8", "uint8"),
        (".webp", "uint16", "uint8"),
        (".bmp", "uint16", "uint8"),
        (".tga", "uint16", "uint8"),
    ],
)
def test_numbers_are_written_as_deep_as_a_kind_can(tmp_path, suffix, wanted, found):
    assert output_kind(tmp_path / f"OUT{suffix.upper()}").depth(np.dtype(wanted)) == np.dtype(found)


@pytest.mark.parametrize(
    ("suffix", "layouts"),
    [
        (".png", (1, 2, 3, 4)),
        (".jpg", (1, None, 3, None)),
        (".webp", (3, 4, 3, 4)),
        (".hdr", (3, None, 3, None)),
        (".bmp", (1, 4, 3, 4)),
        (".tga", (1, 4, 3, 4)),
    ],
)
def test_a_picture_takes_the_fewest_channels_that_hold_it(suffix, layouts):
    """Grey, grey and alpha, colour, colour and alpha."""
    kind = KINDS[suffix]
    found = [kind.layout(color, alpha) for color in (False, True) for alpha in (False, True)]
    assert found == list(layouts)


def test_kinds_say_what_alpha_and_profiles_they_hold():
    assert [kind.name for kind in KINDS.values()] == [
        "PNG", "JPEG", "JPEG", "TIFF", "TIFF", "WebP", "EXR", "HDR", "npy", "BMP", "TGA",
    ]  # fmt: skip  # a list to scan
    premultiplied = {suffix: kind.premultiplied for suffix, kind in KINDS.items()}
    assert {s for s, value in premultiplied.items() if value is True} == {".exr"}
    assert {s for s, value in premultiplied.items() if value is None} == {".tif", ".tiff", ".npy"}
    with_profile = {suffix for suffix, kind in KINDS.items() if kind.profile}
    assert with_profile == {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"}
    longest = {kind.name: kind.longest for kind in KINDS.values() if kind.longest}
    assert longest == {"JPEG": 65500, "WebP": 16383, "TGA": 65535}


@pytest.mark.parametrize(
    ("name", "came"), [("out.gif", "the ending .gif"), ("out", "a name without an ending")]
)
def test_an_unknown_ending_is_told_with_the_known_ones(tmp_path, name, came):
    with pytest.raises(PictureError, match=f"{name}: {came} names no kind; use one of .png .jpg"):
        output_kind(tmp_path / name)
