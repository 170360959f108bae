import pytest
import torch

from core.nn.encoder import Encoder, radius_of, scale_of
from core.nn.stats import Moments, blend, cell_weights, measure, moments
from core.nn.tiles import TileRun
from core.tiling import Box, Grid


def pixels(x):
    return {"rgb": x}


def test_moments_of_known_values():
    found = moments(torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]]))
    assert found.mean.tolist() == [2, 2]
    assert found.cov.tolist() == [[1, 2], [2, 4]]
    assert found.std(unbiased=True)[0] == pytest.approx(2**0.5)


def known(x, weights=None):
    """Return mean and covariance as their definitions say, in float64."""
    v = x[0].flatten(1).double()
    w = torch.ones(v.shape[1]).double() if weights is None else weights.flatten().double()
    mean = (v * w).sum(1) / w.sum()
    return mean, ((v - mean[:, None]) * w) @ (v - mean[:, None]).T / w.sum()


@pytest.mark.parametrize("size", [(1, 1), (64, 128), (64, 129), (90, 1000)])
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_are_what_their_definitions_say(size, weighted):
    """Also where sums are handed over once, at the very end of a block, and often."""
    torch.manual_seed(0)
    x = torch.rand(1, 3, *size) + torch.linspace(0, 5, size[1])
    weights = torch.rand(1, 1, *size) if weighted else None
    found, (mean, cov) = moments(x, weights), known(x, weights)
    assert found.weight == pytest.approx(size[0] * size[1] if weights is None else weights.sum())
    assert found.mean.dtype == found.cov.dtype == torch.float64
    assert torch.allclose(found.mean, mean, atol=1e-5)
    assert torch.allclose(found.cov, cov, atol=1e-4)


def test_features_in_float64_keep_its_digits():
    x = torch.rand(1, 3, 64, 129).double() + 1e6
    found, (mean, cov) = moments(x), known(x)
    assert torch.allclose(found.mean, mean, rtol=1e-14, atol=0)
    assert torch.allclose(found.cov, cov, rtol=1e-6)


def test_one_cell_of_many_may_be_all_that_counts():
    x, weights = torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    weights[..., 0, 1] = 1
    found = moments(x, weights)
    assert torch.allclose(found.mean, x[0, :, 0, 1].double(), atol=1e-6)
    assert float(found.cov.abs().max()) < 1e-6


def test_where_nothing_counts_there_are_no_moments_and_they_add_nothing():
    none, some = (
        moments(torch.rand(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)),
        moments(torch.rand(1, 3, 4, 4)),
    )
    assert none.weight == 0
    assert none.mean.dtype == none.cov.dtype == torch.float64
    assert torch.equal(none.mean, torch.zeros(3).double())
    assert torch.equal(none.cov, torch.zeros(3, 3).double())
    assert none.merge(none).weight == 0
    for both in (none.merge(some), some.merge(none)):
        assert both.weight == some.weight
        assert torch.equal(both.mean, some.mean)
        assert torch.equal(both.cov, some.cov)


@pytest.mark.parametrize("weight", [0.5, 3.0])
def test_two_sets_together_have_the_moments_of_their_union(weight):
    x = torch.rand(1, 2, 6, 8)
    weights = torch.full((1, 1, 6, 8), weight / 48)
    weights[..., 4:] *= 3
    parts = [moments(x[..., k : k + 4], weights[..., k : k + 4]) for k in (0, 4)]
    both, whole = parts[0].merge(parts[1]), moments(x, weights)
    assert both.weight == pytest.approx(2 * weight)
    assert torch.allclose(both.mean, whole.mean, atol=1e-6)
    assert torch.allclose(both.cov, whole.cov, atol=1e-6)


def test_deviations_are_the_sets_unless_a_samples_are_asked_for():
    found = Moments(4, torch.zeros(1).double(), torch.tensor([[9.0]]).double())
    assert found.std() == 3
    assert found.std(16) == 5
    assert found.std(unbiased=True) == pytest.approx(12**0.5)
    assert moments(torch.rand(1, 3, 1, 1)).std(unbiased=True).tolist() == [0, 0, 0]


def test_weights_choose_pixels():
    x = torch.rand(1, 3, 8, 8)
    weights = torch.zeros(1, 1, 8, 8)
    weights[..., :4] = 1
    whole, part = moments(x, weights), moments(x[..., :4])
    assert torch.allclose(whole.mean, part.mean, atol=1e-6)
    assert torch.allclose(whole.cov, part.cov, atol=1e-6)


def test_a_large_picture_is_measured_as_exactly_as_a_small_one():
    """Its columns differ, and summed in float32 alone a million cells would lose digits."""
    torch.manual_seed(0)
    x = torch.rand(1, 3, 1024, 1024) + torch.linspace(0, 40, 1024)
    found, (mean, cov) = moments(x), known(x)
    assert torch.allclose(found.mean, mean, atol=2e-6)
    assert torch.allclose(found.cov, cov, atol=3e-5)


@pytest.mark.parametrize("tile", [4, 16, 24, 0])
@pytest.mark.parametrize("size", [(50, 61), (7, 90), (3, 3), (1, 1)])
def test_pooling_over_tiles_is_exact(size, tile):
    x = torch.rand(1, 3, *size)
    found = measure(x, pixels, {"rgb": 1}, run=TileRun(Grid(tile)), halo=0, multiple=4)["rgb"]
    direct = moments(x)
    assert found.weight == direct.weight
    assert torch.allclose(found.mean, direct.mean, atol=1e-6)
    assert torch.allclose(found.cov, direct.cov, atol=1e-6)


def test_features_are_the_same_in_any_tiles():
    torch.manual_seed(0)
    encoder, x = Encoder(last="relu3_1").eval(), torch.rand(1, 3, 83, 101)
    scales = {level: scale_of(level) for level in ("relu1_1", "relu3_1")}
    with torch.no_grad():
        runs = [
            measure(
                x, encoder, scales, run=TileRun(Grid(tile)), halo=radius_of("relu3_1"), multiple=4
            )
            for tile in (0, 32)
        ]
    for level in scales:
        assert torch.allclose(runs[0][level].cov, runs[1][level].cov, rtol=1e-5, atol=1e-6)


def test_continuation_to_the_grid_does_not_count():
    x = torch.zeros(1, 3, 5, 5)
    x[..., 4, 4] = 1
    found = measure(x, pixels, {"rgb": 1}, run=TileRun(Grid(4)), halo=0, multiple=4)["rgb"]
    assert found.mean[0] == pytest.approx(1 / 25)


def test_covered_pixels_count_and_the_picture_ends_where_it_ends():
    x, covered = torch.rand(1, 3, 6, 6), torch.ones(1, 1, 6, 6)
    assert cell_weights(x, Box(0, 0, 6, 6), 1, None) is None
    assert cell_weights(x, Box(4, 4, 8, 8), 2, None).tolist() == [[[[1, 0], [0, 0]]]]
    assert cell_weights(x, Box(8, 0, 12, 4), 2, None).tolist() == [[[[0, 0], [0, 0]]]]
    covered[..., :3] = 0
    assert cell_weights(x, Box(0, 0, 6, 6), 3, covered).tolist() == [[[[0, 1], [0, 1]]]]
    for form in (torch.float32, torch.bool):
        weights = cell_weights(x, Box(4, 0, 8, 8), 4, covered.to(form))
        assert weights.tolist() == [[[[2 / 16, 4 / 16]]]]
    assert covered.sum() == 18


def test_each_tile_is_told():
    told = []
    measure(
        torch.rand(1, 3, 8, 8),
        pixels,
        {"rgb": 1},
        run=TileRun(Grid(4), report=told.append),
        halo=0,
        multiple=4,
    )
    assert [(step.stage, step.done, step.total) for step in told] == [
        ("measure", k, 4) for k in (1, 2, 3, 4)
    ]


def test_blend_lies_between_by_the_shares():
    one, other = moments(torch.rand(1, 3, 4, 4)), moments(torch.rand(1, 3, 5, 5))
    found = blend([one, other], [2.0, 6.0])
    assert torch.allclose(found.mean, 0.25 * one.mean + 0.75 * other.mean)
    assert torch.allclose(found.cov, 0.25 * one.cov + 0.75 * other.cov)
    assert found.weight == one.weight


def test_blend_of_one_is_itself():
    part = moments(torch.rand(1, 3, 4, 4))
    assert torch.equal(blend([part, part], [1.0, 3.0]).cov, part.cov)
