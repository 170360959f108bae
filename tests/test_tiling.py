"""Tiles cover a picture once, windows see what they need, and tiled equals whole."""

import pytest
import torch
import torch.nn.functional as F

from core.errors import Cancelled
from core.nn.tiles import TileRun, fill_tiles, map_tiles
from core.tiling import Box, Grid, cut, padded_size, read, reflect

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
        reach = -(-halo // multiple) * multiple
        assert part.window.left == max(0, part.core.left - reach)
        assert part.window.right == min(columns, part.core.right + reach)
        assert part.window.bottom == min(rows, part.core.bottom + reach)
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


@pytest.mark.parametrize("box", [Box(2, 1, 5, 6), Box(0, 0, 9, 7)])
def test_read_inside_is_a_view(box):
    x = torch.rand(1, 3, 9, 7)
    window = read(x, box)
    assert torch.equal(window, x[..., box.top : box.bottom, box.left : box.right])
    assert window.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()


@pytest.mark.parametrize("outside", [(2, 0, 0, 0), (0, 3, 0, 0), (0, 0, 2, 0), (0, 0, 0, 3)])
def test_read_continues_on_every_side(outside):
    top, left, bottom, right = outside
    x = torch.rand(1, 3, 9, 7)
    window = read(x, Box(-top, -left, 9 + bottom, 7 + right))
    assert torch.equal(window, F.pad(x, (left, right, top, bottom), mode="reflect"))


def test_a_box_is_told_in_another_ones_rows_and_columns_and_in_cells():
    box = Box(4, 8, 12, 20)
    assert box.within(Box(2, 1, 40, 50)) == (slice(2, 10), slice(7, 19))
    assert box.shrink(4) == Box(1, 2, 3, 5)


def test_without_a_tile_size_the_whole_picture_is_one():
    assert [part.core for part in cut(30, 500, Grid(0), halo=8, multiple=4)] == [Box(0, 0, 32, 500)]


def blur(x: torch.Tensor) -> torch.Tensor:
    """A network in small: pads at the picture's edge as convolutions do, and sees 3 pixels around."""
    return F.avg_pool2d(F.pad(x, (3, 3, 3, 3), mode="reflect"), 7, stride=1)


@pytest.mark.parametrize("size", [(64, 64), (100, 133), (41, 90)])
@pytest.mark.parametrize("tile", [16, 32, 50])
def test_tiled_equals_whole(size, tile):
    x = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    whole, tiled = (map_tiles(blur, x, TileRun(Grid(t)), halo=4, multiple=4) for t in (0, tile))
    assert (whole - tiled).abs().max() < 1e-6


def test_without_a_halo_tiles_would_show():
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    whole, tiled = (map_tiles(blur, x, TileRun(Grid(t)), halo=0, multiple=4) for t in (0, 16))
    assert (whole - tiled).abs().max() > 0.01


@pytest.mark.parametrize("size", [*SIZES, (5, 20), (20, 5), (8, 8)])
@pytest.mark.parametrize("tile", [8, 32])
def test_the_identity_gives_the_picture_back(size, tile):
    x = torch.rand(1, 3, *size)
    assert torch.equal(map_tiles(lambda w: w, x, TileRun(Grid(tile)), halo=8, multiple=8), x)


@pytest.mark.parametrize(("size", "shown"), [((5, 20), 3), ((20, 5), 3), ((8, 8), 1), ((9, 9), 4)])
def test_what_only_continues_the_picture_is_not_computed(size, shown):
    """At least two cells a side are needed, and a tile may be one of them that shows nothing."""
    computed = []

    def apply(window):
        computed.append(window.shape)
        return window

    map_tiles(apply, torch.rand(1, 3, *size), TileRun(Grid(8)), halo=0, multiple=8)
    assert len(computed) == shown


class Made:
    """A picture that is made as it is read."""

    def __init__(self, picture):
        self.picture, self.shape = picture, picture.shape

    def __getitem__(self, key):
        return self.picture[key]


def test_a_picture_that_is_made_as_it_is_read_gives_the_same():
    x = torch.rand(1, 3, 41, 50)
    kept, made = (map_tiles(blur, p, TileRun(Grid(16)), halo=4, multiple=4) for p in (x, Made(x)))
    assert torch.equal(kept, made)


def test_the_result_is_where_the_picture_is():
    """Pictures without values stand for a GPU's."""
    device = torch.device("meta")
    x = torch.empty(1, 3, 40, 30, device=device)
    out = map_tiles(lambda w: w, x, TileRun(Grid(16), device), halo=4, multiple=4)
    assert out.device == device
    assert out.shape == x.shape


@pytest.mark.parametrize("form", [torch.float16, torch.float64])
def test_windows_and_results_are_float32_and_windows_in_the_order_convolutions_like(form):
    def apply(window):
        assert window.dtype == torch.float32
        assert window.is_contiguous(memory_format=torch.channels_last)
        return window

    x = torch.rand(1, 3, 40, 30).to(form)
    assert map_tiles(apply, x, TileRun(Grid(16)), halo=4, multiple=4).dtype == torch.float32


def test_each_result_is_written_before_the_next_is_computed():
    order = []

    class Canvas:
        def __setitem__(self, key, window):
            order.append("written")

    def apply(window):
        order.append("computed")
        return window

    fill_tiles(Canvas(), apply, torch.rand(1, 3, 40, 30), TileRun(Grid(16)), halo=4, multiple=4)
    assert order == ["computed", "written"] * 6


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_gpu_gives_what_the_processor_gives():
    """Also where a result is overtaken by the next tile: all are there at the end."""
    x, device = torch.rand(1, 3, 300, 333), torch.device("cuda")
    wanted = map_tiles(blur, x, TileRun(Grid(0)), halo=4, multiple=4)
    tiled = map_tiles(blur, x, TileRun(Grid(32), device), halo=4, multiple=4)
    assert tiled.device.type == "cpu"
    assert (tiled - wanted).abs().max() < 1e-5


def test_each_tile_is_reported_and_may_cancel():
    seen = []

    def stop_at_three(progress):
        seen.append((progress.stage, progress.done, progress.total))
        if progress.done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        map_tiles(
            blur,
            torch.rand(1, 3, 64, 64),
            TileRun(Grid(16), report=stop_at_three),
            halo=4,
            multiple=4,
        )
    assert seen == [("stylize", done, 16) for done in (1, 2, 3)]
