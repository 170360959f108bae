import pytest
import torch

from core.nn.local_affine import apply_maps, average_maps, fit_maps, follow_colours


@pytest.fixture
def picture(photo):
    def make(height=40, width=52, seed=1):
        return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)[None].float() / 255

    return make


def test_one_map_for_all_is_found_again():
    content = torch.rand(1, 3, 40, 52)
    matrix = torch.tensor([[0.5, 0.2, 0.1], [0.0, 0.8, 0.1], [-0.3, 0.2, 0.9]])
    target = torch.einsum("ij,bjhw->bihw", matrix, content) + 0.1
    maps = fit_maps(content, target).unflatten(0, (3, 4))
    inner = maps[..., 1:-1, 1:-1]
    assert (inner[:, :3].mean((2, 3)) - matrix).abs().max() < 0.02
    assert (apply_maps(maps.flatten(0, 1), content) - target).abs().max() < 0.05


def test_strips_do_not_show(picture):
    content, target = picture(75), picture(75, 52, 2)
    whole, part = fit_maps(content, target), fit_maps(content[..., 24:, :], target[..., 24:, :])
    assert torch.allclose(whole[:, 25:], part[:, 1:], atol=1e-9)


def test_averages_are_what_the_weights_say(picture):
    content, maps = picture(9, 11), torch.randn(12, 9, 11)
    found = average_maps(maps, content, 3, 0.2)
    rows, columns = torch.meshgrid(torch.arange(9), torch.arange(11), indexing="ij")
    for y, x in ((0, 0), (4, 5), (8, 3)):
        far = (rows - y) ** 2 + (columns - x) ** 2
        apart = (content[0] - content[0, :, y, x, None, None]).square().mean(0)
        weights = torch.exp(-far / 2 - apart / (2 * 0.2**2))
        weights = weights * ((rows - y).abs() <= 3) * ((columns - x).abs() <= 3)
        wanted = (maps * weights).sum((1, 2)) / weights.sum()
        assert torch.allclose(found[:, y, x], wanted, atol=1e-5)


def test_detail_comes_from_the_content_and_colour_from_the_picture(picture):
    content = picture(64, 64)
    wanted = content.flip(1) * 0.7
    noisy = wanted + 0.05 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = follow_colours(noisy, content)
    assert (found - wanted).abs().mean() < 0.4 * (noisy - wanted).abs().mean()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 2)])
def test_the_smallest_pictures_stay_finite(picture, size):
    assert bool(torch.isfinite(follow_colours(picture(*size), picture(*size, 2))).all())
