from itertools import product

import pytest
import torch

from core.nn.matting import EPS, matting_affinity, offsets


def by_hand(guide, radius, eps):
    """The dense affinity, window by window, as the equation says."""
    _, height, width = guide.shape
    side, count = 2 * radius + 1, (2 * radius + 1) ** 2
    found = torch.zeros(height * width, height * width, dtype=torch.float64)
    numbers = torch.arange(height * width).reshape(height, width)
    for top, left in product(range(height - side + 1), range(width - side + 1)):
        window = guide[:, top : top + side, left : left + side].flatten(1).double()
        members = numbers[top : top + side, left : left + side].flatten()
        centred = window - window.mean(1, keepdim=True)
        matrix = centred @ centred.T / count + eps / count * torch.eye(3, dtype=torch.float64)
        found[members[:, None], members] += (
            1 + centred.T @ torch.linalg.solve(matrix, centred)
        ) / count
    return found


def dense(affinity):
    count = affinity.weights[0].numel()
    every = torch.eye(count, dtype=torch.float64).reshape(count, *affinity.size)
    return affinity(every).flatten(1)


@pytest.fixture
def guide(photo):
    def make(height=7, width=9, seed=1):
        return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)[None].double() / 255

    return make


@pytest.mark.parametrize(("size", "radius"), [((7, 9), 1), ((5, 6), 2), ((3, 8), 1)])
def test_is_what_the_equation_says(guide, size, radius):
    x = guide(*size)
    assert torch.allclose(dense(matting_affinity(x, radius)), by_hand(x[0], radius, EPS), atol=1e-7)


def test_strips_do_not_show(guide):
    x = guide(83, 5)
    assert torch.allclose(dense(matting_affinity(x)), by_hand(x[0], 1, EPS), atol=1e-7)


def test_rows_sum_to_the_number_of_windows(guide):
    affinity = matting_affinity(guide(40, 37))
    ones = torch.ones(1, *affinity.size, dtype=torch.float64)
    assert torch.allclose(affinity(ones)[0], affinity.degree)
    assert affinity.degree[0, 0] == 1
    assert affinity.degree[20, 20] == 9
    assert affinity.laplacian(ones).abs().max() < 1e-9


def test_an_affine_function_of_the_colours_costs_nothing(guide):
    x = guide(40, 37)
    v = torch.einsum("ij,jhw->ihw", torch.rand(3, 3).double(), x[0]) + 0.2
    other = torch.rand_like(v)
    affinity = matting_affinity(x)
    assert (v * affinity.laplacian(v)).sum() < 1e-4 * (other * affinity.laplacian(other)).sum()


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (9, 2)])
def test_a_picture_without_a_window_couples_nothing(guide, size):
    affinity = matting_affinity(guide(*size))
    assert not bool(affinity.weights.any())
    assert not bool(affinity(torch.rand(2, *size).double()).any())


def test_a_flat_guide_averages(guide):
    affinity = matting_affinity(torch.full((1, 3, 5, 5), 0.4))
    v = torch.rand(1, 5, 5).double()
    assert torch.allclose(
        affinity(v)[0, 2, 2],
        sum(v[0, y : y + 3, x : x + 3].mean() for y in range(3) for x in range(3)),
    )


def test_half_a_plane_of_partners():
    assert offsets(1)[0] == (0, 0)
    assert len(offsets(1)) == 13
    assert len(set(offsets(2)) | {(-y, -x) for y, x in offsets(2)}) == 81
