"""Tiles cover a picture once, windows see what they need, and tiled equals whole."""

import pytest
import torch
import torch.nn.functional as F

from core.errors import Cancelled
from core.tiling import Box, Grid, cut, fill_tiles, map_tiles, padded_size, read, reflect

SIZES = [(1, 1), (3, 200), (64, 64), (100, 133), (129, 65)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("tile", "halo", "multiple"), [(32, 8, 4), (50, 13, 8), (0, 8, 16), (64, 0, 1)]
)
def test_cores_cover_the_padded_picture_once(size, tile, halo, multiple):
    rows, columns = padded_size(*size, multiple)
    count = torch.zeros(rows, columns)
    for part in cut(*size, Grid(tile), halo=halo, multiple=multiple):
        count[part.core.top : part.core.bottom, part.core.left : part.core.right] += 1
        sides = (part.window.top, part.window.left, part.window.bottom, part.window.right)
        assert all(side % multiple == 0 for side in sides)
        assert part.window.top == max(0, part.core.top - -(-halo // multiple) * multiple)
        assert part.window.right == min(columns, part.core.right + -(-halo // multiple) * multiple)
    assert bool((count == 1).all())


def test_padded_size_is_two_cells_at_least():
    assert padded_size(1, 1, 16) == (32, 32)
    assert padded_size(33, 64, 16) == (48, 64)


def test_reflect_mirrors_without_repeating_the_edge():
    assert reflect(-2, 7, 4).tolist() == [2, 1, 0, 1, 2, 3, 2, 1, 0]
    assert reflect(0, 5, 1).tolist() == [0, 0, 0, 0, 0]


def test_read_continues_as_reflection_padding_does():
    x = torch.rand(1, 3, 9, 7)
    window = read(x, Box(0, 0, 12, 10))
    assert torch.equal(window, F.pad(x, (0, 3, 0, 3), mode="reflect"))


def test_read_inside_is_a_view():
    x = torch.rand(1, 3, 9, 7)
    assert torch.equal(read(x, Box(2, 1, 5, 6)), x[..., 2:5, 1:6])


def blur(x: torch.Tensor) -> torch.Tensor:
    """A network in small: pads at the picture's edge as convolutions do, and sees 3 pixels around."""
    return F.avg_pool2d(F.pad(x, (3, 3, 3, 3), mode="reflect"), 7, stride=1)


@pytest.mark.parametrize("size", [(64, 64), (100, 133), (41, 90)])
@pytest.mark.parametrize("tile", [16, 32, 50])
def test_tiled_equals_whole(size, tile):
    x = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    whole, tiled = (map_tiles(blur, x, Grid(t), halo=4, multiple=4) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-6


def test_without_a_halo_tiles_would_show():
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    whole, tiled = (map_tiles(blur, x, Grid(t), halo=0, multiple=4) for t in (0, 16))
    assert (whole - tiled).abs().max() > 0.01


@pytest.mark.parametrize("size", SIZES)
def test_the_identity_gives_the_picture_back(size):
    x = torch.rand(1, 3, *size)
    assert torch.equal(map_tiles(lambda w: w, x, Grid(32), halo=8, multiple=8), x)


def test_each_result_is_written_before_the_next_is_computed():
    order = []

    class Canvas:
        def __setitem__(self, key, window):
            order.append("written")

    def apply(window):
        order.append("computed")
        return window

    fill_tiles(Canvas(), apply, torch.rand(1, 3, 40, 30), Grid(16), halo=4, multiple=4)
    assert order == ["computed", "written"] * 6


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_gpu_gives_what_the_processor_gives():
    """Also where a result is overtaken by the next tile: all are there at the end."""
    x, device = torch.rand(1, 3, 300, 333), torch.device("cuda")
    wanted = map_tiles(blur, x, Grid(0), halo=4, multiple=4)
    tiled = map_tiles(blur, x, Grid(32), halo=4, multiple=4, device=device)
    assert tiled.device.type == "cpu"
    assert (tiled - wanted).abs().max() < 1e-5


def test_each_tile_is_reported_and_may_cancel():
    seen = []

    def stop_at_three(progress):
        seen.append((progress.done, progress.total))
        if progress.done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        map_tiles(
            blur, torch.rand(1, 3, 64, 64), Grid(16), halo=4, multiple=4, report=stop_at_three
        )
    assert seen == [(1, 16), (2, 16), (3, 16)]
