"""TensorFlow's checkpoints, by one of three variables that TensorFlow 2.21 wrote."""

import base64

import numpy as np
import pytest
import torch

from core.checkpoints.read import read_state
from core.errors import WeightsError

INDEX = base64.b64decode(
    "AAAGCAEaAggBABwOX0NIRUNLUE9JTlRBQkxFX09CSkVDVF9HUkFQSAgHEgAgKCiuAjX+asSqACgRbmV0L2NvbnYvYmlhcy8uQVRU"
    "UklCVVRFUy9WQVJJQUJMRV9WQUxVRQgBEgQSAggCICAoCDWaJRrGCSEVa2VybmVsLy5BVFRSSUJVVEVTL1ZBUklBQkxFX1ZBTFVF"
    "CAESCBICCAISAggDIAgoGDXA2z0XBh4LdW50Ly5BVFRSSUJVVEVTL1ZBUklBQkxFX1ZBTFVFCAkSACgINbvXnxEAAAAAAQAAAACN"
    "u7O9AAAAAAEAAAAAwPKhsAABA28A3wEAAAAAAQAAAABTaCBf5AEI8QEPAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AFf7gIskdUfb"
)
NUMBERS = np.array([7], "<i8").tobytes() + np.array([0, 1, 2, 3, 4, 5, 0.5, -1.5], "<f4").tobytes()
DATA = NUMBERS + bytes(302)
"""After the numbers TensorFlow describes its objects, which nothing here reads."""


@pytest.fixture
def checkpoint(tmp_path):
    def write(index=INDEX, data=DATA):
        path = tmp_path / "tiny.index"
        path.write_bytes(index)
        path.with_suffix(".data-00000-of-00001").write_bytes(data)
        return path

    return write


def test_variables_are_read_by_name(checkpoint):
    found = read_state(checkpoint())
    assert sorted(found) == ["net/conv/bias", "net/conv/kernel", "net/count"]
    assert torch.equal(found["net/conv/kernel"], torch.arange(6.0).reshape(2, 3))
    assert found["net/conv/bias"].tolist() == [0.5, -1.5]
    assert found["net/count"].item() == 7


def test_the_other_half_must_lie_beside_it(checkpoint):
    path = checkpoint()
    path.with_suffix(".data-00000-of-00001").unlink()
    with pytest.raises(WeightsError, match=r"put tiny\.data-00000-of-00001 beside it"):
        read_state(path)


def test_a_file_that_was_cut_short_is_refused_at_every_length(checkpoint):
    for length in range(0, len(INDEX), 5):
        with pytest.raises(WeightsError, match=r"tiny\.index"):
            read_state(checkpoint(index=INDEX[:length]))
    for length in range(0, len(NUMBERS), 5):
        with pytest.raises(WeightsError, match="beyond its numbers"):
            read_state(checkpoint(data=DATA[:length]))


def test_a_changed_byte_is_an_error_or_another_number_and_nothing_else(checkpoint):
    for place in range(len(INDEX)):
        changed = bytearray(INDEX)
        changed[place] ^= 0x5A
        try:
            found = read_state(checkpoint(index=bytes(changed)))
        except WeightsError:
            continue
        assert all(isinstance(value, torch.Tensor) for value in found.values())
