import pytest
import torch
import torch.nn.functional as F

from core.nn.guided import filter_reach, guided_filter
from core.nn.tiles import TileRun, map_tiles
from core.tiling import Grid


@pytest.fixture
def picture(photo):
    def make(height=96, width=128, seed=1):
        return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)[None].float() / 255

    return make


def test_a_flat_picture_stays_flat(picture):
    flat = torch.full((1, 3, 96, 128), 0.3)
    assert torch.allclose(guided_filter(flat, picture(), 8, 1e-4), flat, atol=1e-5)


def test_an_affine_function_of_the_guide_is_found(picture):
    """What the filter can express comes back as it was, edges and all."""
    guide = picture()
    matrix = torch.tensor([[0.5, 0.2, 0.1], [0.0, 0.8, 0.1], [-0.3, 0.2, 0.9]])
    wanted = torch.einsum("ij,bjhw->bihw", matrix, guide) + 0.1
    assert (guided_filter(wanted, guide, 16, 1e-7) - wanted).abs().max() < 5e-3


def test_lost_edges_come_back():
    guide = torch.zeros(1, 3, 96, 96)
    guide[..., 50:] = 1
    soft = F.avg_pool2d(F.pad(guide, (8, 8, 8, 8), mode="replicate"), 17, 1)
    found = guided_filter(soft, guide, 24, 4e-4)
    steep, blurred = ((x[..., 50] - x[..., 49]).mean() for x in (found, soft))
    assert blurred < 0.1
    assert steep > 0.7


def test_noise_that_the_guide_does_not_have_goes_away(picture):
    guide = torch.full((1, 3, 96, 128), 0.5)
    guide[..., 64:] = 0.2
    noisy = guide + 0.1 * torch.randn(1, 3, 96, 128, generator=torch.Generator().manual_seed(0))
    found = guided_filter(noisy, guide, 16, 4e-4)
    assert (found - guide).abs().mean() < 0.2 * (noisy - guide).abs().mean()


@pytest.mark.parametrize("radius", [5, 16])
def test_tiled_equals_whole_with_the_reach_that_it_states(picture, radius):
    both = torch.cat([picture(200, 260), picture(200, 260, 2)], 1)

    def apply(x):
        return guided_filter(x[:, :3], x[:, 3:], radius, 4e-4)

    whole, tiled = (
        map_tiles(apply, both, TileRun(Grid(tile)), halo=filter_reach(radius), multiple=4)
        for tile in (0, 64)
    )
    assert (whole - tiled).abs().max() < 1e-5
