"""Metadata that is no text, or of a wrong type: kept where it can be, else left with a note."""

import struct
import zlib
from contextlib import suppress

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image as Pillow

from core.errors import PictureError
from core.formats.exr import read_parts, rewrite
from core.formats.metadata import read_metadata
from core.imaging.image import load_image, save_image

LATIN = "Jörg".encode("latin-1")
OUTPUTS = ("png", "tif", "exr", "jpg", "webp")
PIXELS = np.full((8, 8, 3), 90, np.uint8)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(path, *texts):
    Pillow.fromarray(PIXELS).save(path)
    data = path.read_bytes()
    path.write_bytes(data[:33] + b"".join(texts) + data[33:])
    return path


def exr(path, old, new):
    spec = oiio.ImageSpec(8, 8, 3, "half")
    spec["Artist"], spec["owner"] = "XXXX", "YYYY"
    target = oiio.ImageOutput.create(str(path))
    target.open(str(path), spec)
    target.write_image(np.zeros((8, 8, 3), np.float32))
    target.close()
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


def test_latin_text_of_a_png_is_kept(tmp_path):
    texts = [
        chunk(b"tEXt", b"Author\0" + LATIN),
        chunk(b"zTXt", b"Lens\0\0" + zlib.compress(LATIN)),
    ]
    texts.append(chunk(b"iTXt", b"Place\0\0\0de\0\0" + "Łódź".encode()))
    image = load_image(png(tmp_path / "in.png", *texts))
    assert image.notes == ()
    for kind in OUTPUTS:
        save_image(tmp_path / f"out.{kind}", image.rgb, image)
    for kind in ("png", "tif", "exr"):
        again = load_image(tmp_path / f"out.{kind}")
        assert again.notes == ()
        assert again.origin.facts.metadata["Artist"][1] == "Jörg"
    metadata = load_image(tmp_path / "out.png").origin.facts.metadata
    assert (metadata["Lens"][1], metadata["Place"][1]) == ("Jörg", "Łódź")


@pytest.mark.parametrize("kind", ["jpg", "webp", "tif", "exr"])
def test_what_is_no_text_is_left_with_a_note(tmp_path, kind):
    path = tmp_path / f"in.{kind}"
    if kind == "exr":
        exr(path, b"XXXX", LATIN)
    else:
        exif = Pillow.Exif()
        exif[0x013B], exif[0x010F] = LATIN, "Maker"
        extra = {"tiffinfo": {0x013B: LATIN, 0x010F: "Maker"}} if kind == "tif" else {"exif": exif}
        Pillow.fromarray(PIXELS).save(path, **extra)
    image = load_image(path)
    assert len(image.notes) == 1
    assert f"in.{kind}: Artist cannot be kept" in image.notes[0]
    for output in OUTPUTS:
        save_image(tmp_path / f"out.{output}", image.rgb, image)
    kept = load_image(tmp_path / "out.tif").origin.facts.metadata
    assert "Artist" not in kept
    assert kept["Copyright" if kind == "exr" else "Make"][1] in ("Maker", "YYYY")


@pytest.mark.parametrize("old", [b"XXXX", b"YYYY", b"owner", b"lineOrder", b"screenWindowWidth"])
def test_names_and_values_of_an_exr_may_be_any_bytes(tmp_path, old):
    path = exr(tmp_path / "in.exr", old, b"\xff\xfe" * (len(old) // 2) + b"\xf6" * (len(old) % 2))
    assert len(read_parts(path, 64)) == 1
    image = load_image(path)
    for note in image.notes:
        note.encode()  # every screen takes it
    for kind in OUTPUTS:
        save_image(tmp_path / f"out.{kind}", image.rgb, image)
    rewrite(tmp_path / "copy.exr", path, {})


@pytest.mark.parametrize("damage", range(8, 400, 5))
def test_a_damaged_header_of_an_exr_ends_in_a_sentence(tmp_path, damage):
    """OpenImageIO quotes such bytes when it complains."""
    data = bytearray(exr(tmp_path / "in.exr", b"", b"").read_bytes())
    data[damage : damage + 2] = b"\xff\xfe"
    (tmp_path / "in.exr").write_bytes(data)
    for attempt in (load_image, lambda path: read_parts(path, 64)):
        with suppress(PictureError):
            attempt(tmp_path / "in.exr")


def test_a_value_of_a_wrong_type_is_left(tmp_path):
    class Attribute:
        name, type, value = "Artist", "string", None

    class Spec:
        extra_attribs = (Attribute(),)

        def get_string_attribute(self, _):
            return ""

    assert read_metadata(Spec(), "TIFF") == ({}, ("Artist",))


@pytest.mark.parametrize(
    ("unit", "dots"), [("in", 100), ("inch", 100), ("cm", 254), ("m", 2.54), ("none", None)]
)
def test_resolutions_are_in_dots_an_inch(unit, dots):
    spec = oiio.ImageSpec(8, 8, 3, "uint8")
    spec["ResolutionUnit"], spec["XResolution"], spec["YResolution"] = unit, 100.0, 50.0
    kept, lost = read_metadata(spec, "TIFF")
    assert lost == ()
    if dots is None:
        assert not {"XResolution", "YResolution"} & set(kept)
        return
    assert kept["XResolution"][1] == pytest.approx(dots)
    assert kept["YResolution"][1] == pytest.approx(dots / 2)
    assert kept["ResolutionUnit"] == ("string", "in")
