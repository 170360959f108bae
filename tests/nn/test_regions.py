import pytest
import torch
from torch import nn

from core.nn.regions import by_region, cells, measure_regions, sizes, usable
from core.nn.stats import moments
from core.nn.tiles import TileRun
from core.tiling import Grid


def halves(height, width, at):
    labels = torch.zeros(1, 1, height, width)
    labels[..., at:] = 2
    return labels


@pytest.mark.parametrize("tile", [0, 8, 24])
def test_moments_by_region_are_those_of_its_cells(tile):
    torch.manual_seed(0)
    x, conv, labels = torch.rand(1, 3, 32, 56), nn.Conv2d(3, 5, 3, 2, 1), halves(32, 56, 20)
    coverage = torch.rand(1, 1, 32, 56)

    def encode(window):
        with torch.no_grad():
            return {"level": conv(window[:, :3])}

    found = measure_regions(
        x,
        labels,
        encode,
        {"level": 2},
        run=TileRun(Grid(tile)),
        halo=2,
        multiple=2,
        coverage=coverage,
    )["level"]
    assert set(found) == {0, 2}
    weights = torch.nn.functional.avg_pool2d(coverage, 2)
    for number, got in found.items():
        wanted = moments(encode(x)["level"], weights * (cells(labels, 2) == number))
        assert got.weight == pytest.approx(wanted.weight)
        assert torch.allclose(got.mean, wanted.mean, atol=1e-6)
        assert torch.allclose(got.cov, wanted.cov, atol=1e-6)


def test_each_region_has_its_map():
    x, numbers = torch.rand(1, 2, 4, 6), halves(4, 6, 2)
    matrix, offset = torch.rand(2, 2, 1, 1), torch.rand(2)
    found = by_region(x, numbers, {2: (matrix, offset)})
    assert torch.equal(found[..., :2], x[..., :2])
    wanted = torch.nn.functional.conv2d(x, matrix, offset)
    assert torch.allclose(found[..., 2:], wanted[..., 2:])
    assert torch.allclose(by_region(x, torch.full_like(numbers, 2), {2: (matrix, offset)}), wanted)


def test_tiny_and_lopsided_regions_are_not_used():
    content, style = torch.zeros(1, 1, 60, 60), torch.zeros(1, 1, 60, 60)
    content[0, 0, 0, :10], style[0, 0, :30] = 1, 1  # 10 pixels: too few
    content[0, 0, 1, :11], style[0, 0, 30, :11] = 2, 2
    content[0, 0, 2:40], style[0, 0, 31, :20] = 3, 3  # 2280 to 20
    assert sizes(content)[1] == 10
    assert usable(content, style) == [0, 2]
