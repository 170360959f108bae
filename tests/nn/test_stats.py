import pytest
import torch

from core.nn.encoder import Encoder, radius_of, scale_of
from core.nn.stats import blend, measure, moments
from core.tiling import Grid


def pixels(x):
    return {"rgb": x}


def test_moments_of_known_values():
    found = moments(torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]]))
    assert found.mean.tolist() == [2, 2]
    assert found.cov.tolist() == [[1, 2], [2, 4]]
    assert found.std(unbiased=True)[0] == pytest.approx(2**0.5)


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
    found, wanted = moments(x), moments(x.double())
    assert torch.allclose(found.mean, wanted.mean, atol=2e-6)
    assert torch.allclose(found.cov, wanted.cov, atol=3e-5)


@pytest.mark.parametrize("tile", [16, 24, 0])
@pytest.mark.parametrize("size", [(50, 61), (7, 90), (1, 1)])
def test_pooling_over_tiles_is_exact(size, tile):
    x = torch.rand(1, 3, *size)
    found = measure(x, pixels, {"rgb": 1}, grid=Grid(tile), halo=0, multiple=4)["rgb"]
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
            measure(x, encoder, scales, grid=Grid(tile), halo=radius_of("relu3_1"), multiple=4)
            for tile in (0, 32)
        ]
    for level in scales:
        assert torch.allclose(runs[0][level].cov, runs[1][level].cov, rtol=1e-5, atol=1e-6)


def test_continuation_to_the_grid_does_not_count():
    x = torch.zeros(1, 3, 5, 5)
    x[..., 4, 4] = 1
    found = measure(x, pixels, {"rgb": 1}, grid=Grid(4), halo=0, multiple=4)["rgb"]
    assert found.mean[0] == pytest.approx(1 / 25)


def test_blend_of_one_is_itself():
    part = moments(torch.rand(1, 3, 4, 4))
    assert torch.equal(blend([part, part], [1.0, 3.0]).cov, part.cov)
