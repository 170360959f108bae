"""What is no picture, too large a one, or has nowhere to go: one plain sentence, nothing left behind."""

import os
import struct
import sys
import tracemalloc
import zlib

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image as Pillow

from core.errors import PictureError
from core.imaging.image import load_image, load_mask, save_image

KINDS = ["png", "jpg", "tif", "webp", "bmp", "tga", "exr", "hdr", "npy"]


def make(path, size=(40, 50)):
    """A picture of noise, which nothing can pack well."""
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    if path.suffix == ".npy":
        np.save(path, whole)
    elif path.suffix in (".exr", ".hdr"):
        spec = oiio.ImageSpec(size[1], size[0], 3, "float")
        target = oiio.ImageOutput.create(str(path))
        target.open(str(path), spec)
        target.write_image((whole / 255).astype(np.float32))
        target.close()
    else:
        Pillow.fromarray(whole).save(path, lossless=True)
    return path


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width, height):
    """A PNG of a few bytes that claims to be huge."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def refusal(path, **options):
    """What ``load_image`` says; it must be one line, name the file, and hold nothing of a traceback."""
    with pytest.raises(PictureError) as caught:
        load_image(path, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert str(path) in sentence
    assert "Traceback" not in sentence
    return sentence


def test_missing(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "none.png")


def test_folder(tmp_path):
    assert "it is a folder" in refusal(tmp_path)


def test_empty(tmp_path):
    path = tmp_path / "in.png"
    path.touch()
    assert "the file is empty" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "in.png")
    assert "not an ordinary file" in refusal(tmp_path / "in.png")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"hello, this is a letter\n" * 9, "not a picture"),
        (b"\0" * 500, "not a picture"),
        (b"GIF89a" + bytes(50), "a GIF"),
        (b"8BPS" + bytes(50), "a Photoshop file"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "a HEIC picture"),
        (b"BLENDER-v420" + bytes(50), "a .blend file"),
        (b"x", "not a picture"),
    ],
)
def test_not_a_picture(tmp_path, data, what):
    path = tmp_path / "in.png"
    path.write_bytes(data)
    sentence = refusal(path)
    assert what in sentence
    assert "PNG, TGA, TIFF, WebP" in sentence


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("kind", KINDS)
def test_cut_off(tmp_path, capfd, kind, share):
    whole = make(tmp_path / f"whole.{kind}").read_bytes()
    path = tmp_path / f"in.{kind}"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "damaged or cut off" in refusal(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_the_first_bytes(tmp_path, kind):
    whole = make(tmp_path / f"whole.{kind}").read_bytes()
    path = tmp_path / f"in.{kind}"
    path.write_bytes(whole[:20])
    refusal(path)


def test_a_png_with_a_flipped_bit(tmp_path, capfd):
    data = bytearray(make(tmp_path / "in.png").read_bytes())
    data[len(data) // 2] ^= 4
    (tmp_path / "in.png").write_bytes(data)
    assert "a checksum is wrong" in refusal(tmp_path / "in.png")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("size", [(60000, 60000), (2**31 - 1, 2**31 - 1), (1, 600_000_000)])
def test_a_bomb_is_refused_from_its_header(tmp_path, capfd, size):
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(*size))
    sentence = refusal(path)
    assert f"{size[0]} x {size[1]}" in sentence
    assert "512000000" in sentence
    assert "raise the limit of pixels" in sentence
    assert capfd.readouterr().err == ""
    with pytest.raises(PictureError, match="raise the limit of pixels") as found:
        load_mask(path, (4, 4))
    assert found.value.setting == "max_pixels"


@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_holds_for_every_kind_and_can_be_raised(tmp_path, kind):
    path = make(tmp_path / f"in.{kind}", (20, 30))
    sentence = refusal(path, max_pixels=599)
    assert "30 x 20" in sentence
    assert "599" in sentence
    assert load_image(path, max_pixels=600).rgb.shape == (1, 3, 20, 30)


def test_large_pictures_need_no_more_than_our_own_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(
        Pillow, "MAX_IMAGE_PIXELS", 100
    )  # as if the picture were larger than Pillow allows
    inks = Pillow.frombytes("CMYK", (32, 32), bytes(4096))
    inks.save(tmp_path / "in.jpg")
    assert load_image(tmp_path / "in.jpg").rgb.shape == (1, 3, 32, 32)


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.zeros((4, 4, 5), np.float32), "(height, width, 1 to 4)"),
        (np.zeros((4,), np.float32), "(height, width)"),
        (np.zeros((0, 4, 3), np.float32), "is no picture"),
        (np.zeros((4, 4, 3), np.float64), "float64"),
        (np.zeros((4, 4, 3), bool), "bool"),
    ],
)
def test_arrays_that_are_no_pictures(tmp_path, array, what):
    np.save(tmp_path / "in.npy", array)
    assert what in refusal(tmp_path / "in.npy")


def test_an_array_of_objects_is_not_unpickled(tmp_path):
    np.save(tmp_path / "in.npy", np.array([[print]], dtype=object), allow_pickle=True)
    assert "damaged" in refusal(tmp_path / "in.npy")


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4, 3), ",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4, 3",
        b"{'descr': [], 'fortran_order': False, 'shape': (4, 4, 3)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-4, 4, 3)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999999, 4, 3)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': 4}",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (4, 4)}",
        b"[" * 5000,
        b"(" * 900,
        b"\xff\xfe\0\0",
        b"",
    ],
)
def test_an_array_with_a_broken_header(tmp_path, header):
    path = tmp_path / "in.npy"
    path.write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(192))
    refusal(path)


def test_a_header_of_an_array_that_claims_gigabytes(tmp_path):
    path = tmp_path / "in.npy"
    path.write_bytes(b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1) + bytes(500))
    assert "claims 4294967295 bytes" in refusal(path)


def test_a_chunk_that_claims_gigabytes_asks_for_no_memory(tmp_path):
    path = tmp_path / "in.png"
    path.write_bytes(bomb(8, 8)[:33] + struct.pack(">I", 2**31 - 1) + b"tEXt" + bytes(99))
    tracemalloc.start()
    try:
        assert "its end is missing" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_too_many_channels(tmp_path):
    spec = oiio.ImageSpec(4, 4, 5, "uint8")
    target = oiio.ImageOutput.create("in.tif")
    target.open(str(tmp_path / "in.tif"), spec)
    target.write_image(np.zeros((4, 4, 5), np.uint8))
    target.close()
    assert "5 channels; save it with 1 to 4" in refusal(tmp_path / "in.tif")


def test_an_exr_without_colour(tmp_path):
    spec = oiio.ImageSpec(4, 4, 2, "float")
    spec.channelnames = ("Normal.X", "Normal.Y")
    target = oiio.ImageOutput.create("in.exr")
    target.open(str(tmp_path / "in.exr"), spec)
    target.write_image(np.zeros((4, 4, 2), np.float32))
    target.close()
    assert "Normal.X, Normal.Y" in refusal(tmp_path / "in.exr")


def test_numbers_of_a_sort_that_is_not_read(tmp_path):
    spec = oiio.ImageSpec(4, 4, 3, "int16")
    target = oiio.ImageOutput.create("in.tif")
    target.open(str(tmp_path / "in.tif"), spec)
    target.write_image(np.zeros((4, 4, 3), np.int16))
    target.close()
    assert "int16" in refusal(tmp_path / "in.tif")


def test_lab_is_not_taken_for_rgb(tmp_path):
    Pillow.new("LAB", (4, 4)).save(tmp_path / "in.tif")
    assert "CIELAB" in refusal(tmp_path / "in.tif")


# Writing


def unwritten(folder, path, image, rgb=None):
    """What ``save_image`` says; the folder must look afterwards as it did before."""
    before = (
        {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} if folder.is_dir() else {}
    )
    with pytest.raises(PictureError) as caught:
        save_image(path, image.rgb if rgb is None else rgb, image)
    after = (
        {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} if folder.is_dir() else {}
    )
    assert after == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def image(tmp_path):
    return load_image(make(tmp_path / "content.png"))


@pytest.mark.parametrize("name", ["out.xyz", "out", "out.gif"])
def test_an_unknown_ending(tmp_path, image, name):
    assert ".png .jpg .jpeg .tif" in unwritten(tmp_path, tmp_path / name, image)


def test_an_ending_in_capitals(tmp_path, image):
    save_image(tmp_path / "OUT.PNG", image.rgb, image)
    assert np.array_equal(load_image(tmp_path / "OUT.PNG").rgb, image.rgb)


@pytest.mark.parametrize("kind", KINDS)
def test_no_such_folder(tmp_path, image, kind):
    folder = tmp_path / "none"
    assert f"there is no folder {folder}" in unwritten(folder, folder / f"out.{kind}", image)


def test_a_folder_of_that_name(tmp_path, image):
    (tmp_path / "out.png").mkdir()
    assert "there is a folder of this name" in unwritten(tmp_path, tmp_path / "out.png", image)


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all"
)
def test_a_folder_that_may_not_be_written_to(tmp_path, image):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    assert "not writable" in unwritten(folder, folder / "out.png", image)


def test_a_folder_that_refuses(tmp_path, image, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    assert "not writable" in unwritten(tmp_path, tmp_path / "out.png", image)


def test_another_shape_than_the_original(tmp_path, image):
    small = np.zeros((1, 3, 5, 5), np.float32)
    assert "they must be equal" in unwritten(tmp_path, tmp_path / "out.png", image, small)


def test_larger_than_the_kind_can_be(tmp_path):
    image = load_image(make(tmp_path / "wide.png", (1, 16384)))
    sentence = unwritten(tmp_path, tmp_path / "out.webp", image)
    assert "16384 x 1" in sentence
    assert "16383" in sentence


def test_an_interruption_leaves_nothing(tmp_path, image, monkeypatch):
    (tmp_path / "out.png").write_bytes(b"what was there before")
    monkeypatch.setattr(
        "core.imaging.image._native", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        save_image(tmp_path / "out.png", image.rgb, image)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["content.png", "out.png"]
    assert (tmp_path / "out.png").read_bytes() == b"what was there before"


FULL_DISK = """
import resource, sys
from pathlib import Path
from core.errors import PictureError
from core.imaging.image import load_image, save_image
folder, hard = Path(sys.argv[1]), resource.getrlimit(resource.RLIMIT_FSIZE)[1]
for kind in sys.argv[2:]:
    image = load_image(folder / ("content.exr" if kind in ("exr", "hdr") else "content.png"))
    out = folder / "out" / f"out.{kind}"
    save_image(out, image.rgb, image)
    whole = out.read_bytes()
    size = len(whole)
    for limit in (0, 1, 100, *range(size // 7, size - 100, size // 7), size - 99, size - 30, size - 1):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            save_image(out, image.rgb, image)
            print(kind, "written although", limit, "of", size)
        except PictureError as error:
            if "\\n" in str(error) or "cannot write" not in str(error):
                print(kind, "unplain:", error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        if out.read_bytes() != whole or [p.name for p in out.parent.iterdir()] != [out.name]:
            print(kind, "left behind at", limit, [p.name for p in out.parent.iterdir()])
    out.unlink()
    print("tried", kind)
"""


@pytest.mark.fault
@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_leaves_what_was_there(tmp_path, python):
    """A file may not grow beyond a limit, at every stage of writing it. In a process of its own."""
    (tmp_path / "out").mkdir()
    make(tmp_path / "content.png", (90, 100))
    make(tmp_path / "content.exr", (90, 100))
    done = python("-c", FULL_DISK, tmp_path, *KINDS)
    assert done.stdout.splitlines() == [f"tried {kind}" for kind in KINDS], (
        done.stdout + done.stderr
    )
    assert done.returncode == 0
    assert done.stderr == ""
