import pytest
import torch
from torch import nn
from torch.nn import functional as F

from core.errors import Cancelled
from core.nn.fix import Stage, fix_norms
from core.nn.instance import EPS, FixedNorm, InstanceNorm, spread
from core.nn.tiles import TileRun, map_tiles
from core.tiling import Grid

HALO = 4 + 8


class Down(nn.Module):
    """Half the size, two norms, the second without weight and bias."""

    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(3, 8, 3, padding=1), InstanceNorm(8)
        self.conv2, self.norm2 = nn.Conv2d(8, 8, 3, 2, 1), InstanceNorm(8, affine=False)

    def forward(self, x):
        return self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))


class Up(nn.Module):
    """Back to the full size, with a residual around a norm."""

    def __init__(self):
        super().__init__()
        self.conv1, self.norm = nn.Conv2d(8, 8, 3, padding=1), InstanceNorm(8)
        self.conv2 = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, x):
        x = x + self.norm(F.relu(self.conv1(x)))
        return self.conv2(F.interpolate(x, scale_factor=2.0))


@pytest.fixture
def stages():
    torch.manual_seed(0)
    down, up = Down(), Up()
    for norm in (down.norm1, up.norm):
        nn.init.uniform_(norm.weight, 0.5, 2)
        nn.init.uniform_(norm.bias, -1, 1)
    return [Stage(down, 4), Stage(up, 8, 2)]


@pytest.fixture
def picture(photo):
    return torch.from_numpy(photo(64, 96, 1)).permute(2, 0, 1)[None].float() / 255


def whole(stages, x):
    with torch.no_grad():
        return stages[1].net(stages[0].net(x))


def run(network, x, tile):
    with torch.no_grad():
        return map_tiles(network, x, TileRun(Grid(tile)), halo=HALO, multiple=2)


def test_the_norm_is_the_published_one():
    x = torch.randn(2, 5, 7, 9) * 3 + 1
    norm = InstanceNorm(5)
    nn.init.uniform_(norm.weight, 0.5, 2)
    assert torch.allclose(
        norm(x), F.instance_norm(x, weight=norm.weight, bias=norm.bias), atol=1e-5
    )
    assert torch.allclose(InstanceNorm(5, affine=False)(x), F.instance_norm(x), atol=1e-5)


def test_gradients_flow_through_the_moments():
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    norm = InstanceNorm(2).double()
    ours, theirs = (torch.autograd.grad((f(x) ** 3).sum(), x)[0] for f in (norm, F.instance_norm))
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_spread_merges_and_weighs():
    x = torch.randn(1, 3, 10, 12) + 100
    weights = torch.ones(1, 1, 10, 12)
    weights[..., :4] = 0
    parts = spread(x[..., :7]).merge(spread(x[..., 7:]))
    assert torch.allclose(parts.mean, x.double().mean((0, 2, 3)), atol=1e-5)
    assert torch.allclose(parts.var, x.double().var((0, 2, 3), correction=0), atol=1e-5)
    assert torch.allclose(spread(x, weights).var, spread(x[..., 4:]).var, atol=1e-5)
    nothing = spread(x, torch.zeros(1, 1, 10, 12))
    assert nothing.merge(parts) is not nothing
    assert torch.equal(nothing.merge(parts).mean, parts.mean)
    assert parts.merge(nothing) is parts


def test_a_fixed_norm_is_a_function_of_each_cell():
    norm = FixedNorm(torch.tensor([2.0]), torch.tensor([4.0 - EPS]), bias=torch.tensor([1.0]))
    assert norm(torch.full((1, 1, 2, 2), 6.0)).tolist() == [[[[3.0, 3.0], [3.0, 3.0]]]]


@pytest.mark.parametrize("tile", [0, 16, 32, 40, 64])
def test_fixed_in_tiles_is_what_the_network_does_whole(stages, picture, tile):
    fixed = fix_norms(stages, picture, multiple=2, run=TileRun(Grid(tile)))
    wanted = whole(stages, picture)
    assert torch.allclose(run(fixed, picture, 0), wanted, atol=1e-5)
    assert torch.allclose(run(fixed, picture, 24), wanted, atol=1e-5)
    assert not any(isinstance(part, InstanceNorm) for part in fixed.modules())


def test_each_tile_by_itself_would_be_another_picture(stages, picture):
    alone = run(nn.Sequential(*(stage.net for stage in stages)), picture, 32)
    assert (alone - whole(stages, picture)).abs().max() > 0.1


def test_odd_sizes_and_coverage_are_cut_alike(stages, picture):
    x, coverage = picture[..., :51, :77], torch.zeros(1, 1, 51, 77)
    coverage[..., 13:40, 9:61] = 1
    one, many = (
        run(fix_norms(stages, x, multiple=2, run=TileRun(Grid(tile)), coverage=coverage), x, 0)
        for tile in (0, 16)
    )
    assert torch.allclose(one, many, atol=1e-5)
    assert (
        one - run(fix_norms(stages, x, multiple=2, run=TileRun(Grid(0))), x, 0)
    ).abs().max() > 0.01


def test_the_network_itself_is_left_alone(stages, picture):
    before = whole(stages, picture)
    fix_norms(stages, 1 - picture, multiple=2, run=TileRun(Grid(32)))
    assert torch.equal(whole(stages, picture), before)


def test_passes_are_reported_and_may_be_cancelled(stages, picture):
    seen = []
    fix_norms(stages, picture, multiple=2, run=TileRun(Grid(64), report=seen.append))
    assert [(step.done, step.total) for step in seen] == [(1, 2), (2, 2)] * 4

    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        fix_norms(stages, picture, multiple=2, run=TileRun(Grid(64), report=stop))


@pytest.mark.parametrize("size", [(1, 1), (3, 4)])
def test_what_continues_a_picture_of_one_cell_does_not_grow_from_norm_to_norm(size):
    """Of four cells one is measured; the three that the pooling grid added differ from it."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 16, 4, 4)]
    for _ in range(6):
        layers += [InstanceNorm(16), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1)]
    fixed = fix_norms(
        [Stage(nn.Sequential(*layers), 4)],
        torch.rand(1, 3, *size),
        multiple=4,
        run=TileRun(Grid(0)),
    )
    with torch.no_grad():
        out = fixed(torch.rand(1, 3, 8, 8))
    assert out.abs().max() < 10
