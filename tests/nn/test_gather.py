import torch
from torch import nn

from core.nn.gather import gather
from core.nn.thumbnail import thumbnail
from core.nn.tiles import TileRun
from core.tiling import Grid


def test_features_of_tiles_are_those_of_the_whole():
    torch.manual_seed(0)
    x, conv = torch.rand(1, 3, 32, 56), nn.Conv2d(3, 5, 3, 2, 1)
    with torch.no_grad():
        for tile in (0, 8, 24):
            found = gather(x, conv, run=TileRun(Grid(tile)), halo=2, multiple=2)
            assert torch.allclose(found, conv(x), atol=1e-6)


def test_features_go_on_to_the_pooling_grid():
    found = gather(
        torch.rand(1, 3, 13, 9), nn.AvgPool2d(4), run=TileRun(Grid(8)), halo=0, multiple=4
    )
    assert found.shape == (1, 3, 4, 3)


def test_a_small_picture_is_its_own_thumbnail():
    x, coverage = torch.rand(1, 3, 30, 40), torch.rand(1, 1, 30, 40)
    small, weights = thumbnail(x, coverage, 40)
    assert small is x
    assert weights is coverage


def test_a_thumbnail_keeps_mean_and_coverage():
    x, coverage = torch.rand(1, 3, 60, 160), torch.zeros(1, 1, 60, 160)
    coverage[..., :80] = 1
    small, weights = thumbnail(x, coverage, 40)
    assert small.shape == (1, 3, 15, 40)
    assert torch.allclose(small.mean((2, 3)), x.mean((2, 3)), atol=0.01)
    assert weights is not None
    assert weights.mean() == 0.5
    assert thumbnail(x, None, 40)[1] is None
