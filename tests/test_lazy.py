import numpy as np
import pytest
import torch

from core.imaging.lazy import Lazy, Packed, map_pixels, materialize
from core.tiling import Box, read


@pytest.fixture
def pair():
    """Return a picture, and the same read by windows."""
    x = torch.rand(1, 3, 40, 50)

    def make(box):
        assert 0 <= box.top < box.bottom <= 40
        assert 0 <= box.left < box.right <= 50
        return x[..., box.top : box.bottom, box.left : box.right]

    return x, Lazy(x.shape, make)


def test_windows_are_the_picture(pair):
    x, lazy = pair
    assert lazy.shape == x.shape
    assert torch.equal(lazy[..., 3:9, 4:50], x[..., 3:9, 4:50])
    assert torch.equal(lazy[:, :, 5:9], x[:, :, 5:9])
    assert torch.equal(lazy[..., 5:9, :], x[..., 5:9, :])
    assert torch.equal(materialize(lazy), x)
    assert materialize(x) is x


def test_windows_go_on_by_reflection(pair):
    x, lazy = pair
    box = Box(-5, -3, 45, 60)
    assert torch.equal(read(lazy, box), read(x, box))


@pytest.mark.parametrize("kind", [torch.as_tensor, np.asarray], ids=["tensor", "array"])
def test_packed_pictures_keep_sixteen_bits(pair, kind):
    x = kind(pair[0])
    packed = Packed(x.shape)
    packed[..., 2:10, 3:20] = x[..., 2:10, 3:20] * 3 - 1
    kept = packed.lazy()[..., 2:10, 3:20]
    assert kept.dtype == np.float32
    assert np.abs(kept - np.asarray(x[..., 2:10, 3:20] * 3 - 1).clip(0, 1)).max() < 1 / 65535
    assert not packed.lazy()[..., 20:, :].any()
    packed[..., :1, :1] = x[..., :1, :1] * float("nan")
    assert not packed.lazy()[..., :1, :1].any()


def test_each_window_is_made_alone(pair):
    x, lazy = pair
    made = map_pixels(lambda a, b: a * 2 + b, lazy, x)
    assert torch.equal(made[..., 1:7, 2:9], x[..., 1:7, 2:9] * 3)
    assert torch.equal(map_pixels(lambda a, b: a - b, x, x), x - x)
