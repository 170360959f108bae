"""Arrays as pictures: which are, how they are held, and what is said of others."""

import struct

import numpy as np
import pytest

from core.errors import PictureError
from core.formats.npy import map_npy

NUMBERS = ("uint8", "uint16", "float16", "float32")
FIRST = {1: "<H", 2: "<I", 3: "<I"}
"""How each version of the format counts the bytes of its header."""


def put(path, length, version=1, shape=(4, 5, 3)):
    """Write an array of bytes whose header has so many bytes."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}".ljust(length - 1) + "\n"
    start = b"\x93NUMPY" + bytes((version, 0)) + struct.pack(FIRST[version], length)
    path.write_bytes(start + text.encode() + bytes(range(np.prod(shape))))
    return path


def refusal(path):
    with pytest.raises(PictureError) as caught:
        map_npy(path)
    return str(caught.value)


@pytest.mark.parametrize("shape", [(4, 5), (1, 1), (4, 5, 1), (4, 5, 2), (1, 5, 3), (4, 1, 4)])
@pytest.mark.parametrize("number", [*NUMBERS, ">u2", ">f4"])
def test_what_is_a_picture(tmp_path, shape, number):
    x = np.arange(np.prod(shape)).reshape(shape).astype(number)
    np.save(tmp_path / "in.npy", x)
    found = map_npy(tmp_path / "in.npy")
    assert found.dtype == x.dtype
    assert np.array_equal(found, x)


def test_it_stays_in_the_file_and_cannot_be_written_to(tmp_path):
    np.save(tmp_path / "in.npy", np.zeros((4, 5, 3), np.uint8))
    found = map_npy(tmp_path / "in.npy")
    assert isinstance(found, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0, 0] = 1


@pytest.mark.parametrize(
    "shape",
    [
        (),
        (5,),
        (3,),
        (4, 5, 5),
        (4, 5, 0),
        (0, 5),
        (4, 0, 3),
        (4, 5, 3, 2),
        (4, 5, 1, 1),
        (2, 4, 5, 3),
    ],
)
def test_what_has_another_shape_is_no_picture(tmp_path, shape):
    np.save(tmp_path / "in.npy", np.zeros(shape, np.uint8))
    assert refusal(tmp_path / "in.npy") == (
        f"cannot read {tmp_path / 'in.npy'}: an array of shape {shape} is no picture;"
        " it must be (height, width) or (height, width, 1 to 4)"
    )


@pytest.mark.parametrize("number", ["int8", "float64", "bool", "complex64", "uint32"])
def test_other_numbers_are_named_with_those_that_are_read(tmp_path, number):
    np.save(tmp_path / "in.npy", np.zeros((4, 5), number))
    assert refusal(tmp_path / "in.npy") == (
        f"cannot read {tmp_path / 'in.npy'}: its numbers are {number};"
        f" these are read: {', '.join(NUMBERS)}"
    )


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("length", [64, 256, 9999, 10_000])
def test_headers_of_every_version_are_read(tmp_path, version, length):
    found = map_npy(put(tmp_path / "in.npy", length, version))
    assert np.array_equal(found.ravel(), range(60))


@pytest.mark.parametrize(
    ("version", "length"), [(1, 10_001), (1, 65_535), (2, 10_001), (3, 10_001), (2, 70_000)]
)
def test_longer_headers_are_refused(tmp_path, version, length):
    path = put(tmp_path / "in.npy", length, version)
    words = "the npy file is damaged or cut off (its header claims"
    assert refusal(path) == f"cannot read {path}: {words} {length} bytes)"


@pytest.mark.parametrize("kept", [0, 5, 9, 11, 40, 190])
def test_what_is_cut_off_is_told_with_the_reason(tmp_path, kept):
    np.save(tmp_path / "in.npy", np.zeros((8, 8), np.uint8))
    whole = (tmp_path / "in.npy").read_bytes()
    (tmp_path / "in.npy").write_bytes(whole[:kept])
    start = f"cannot read {tmp_path / 'in.npy'}: the npy file is damaged or cut off ("
    said = refusal(tmp_path / "in.npy")
    assert said.startswith(start)
    assert len(said) > len(start) + 5
    assert "{" not in said
    assert "reason" not in said


@pytest.mark.parametrize("start", [b"\x80\x02", b"\x80\x02C\x0a" + bytes(10) + b"0"])
def test_nothing_is_unpickled(tmp_path, start):
    """Not even what begins as an array with a short header does."""
    np.save(tmp_path / "in.npy", np.array([[print]], dtype=object), allow_pickle=True)
    assert "damaged or cut off" in refusal(tmp_path / "in.npy")
    made = f"cos\nmkdir\n(V{tmp_path.as_posix()}/made\ntR."
    (tmp_path / "in.npy").write_bytes(start + made.encode())
    assert "damaged or cut off" in refusal(tmp_path / "in.npy")
    assert not (tmp_path / "made").exists()
