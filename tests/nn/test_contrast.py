import pytest
import torch

from core.nn.contrast import (
    Heads,
    Pairs,
    ccpl_loss,
    differences,
    draw_all,
    draw_pairs,
    info_nce,
)


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def test_pairs_are_inner_pixels_and_their_eight_neighbours(generator):
    pairs = draw_pairs(7, 9, 5, generator)
    assert pairs.centres.shape == pairs.neighbours.shape == (40,)
    rows, columns = pairs.centres // 9, pairs.centres % 9
    assert int(rows.min()) >= 1
    assert int(rows.max()) <= 5
    assert int(columns.min()) >= 1
    assert int(columns.max()) <= 7
    around = sorted((pairs.neighbours - pairs.centres)[::5].tolist())
    assert around == [-10, -9, -8, -1, 1, 8, 9, 10]
    assert len(set(pairs.centres.tolist())) == 5


def test_a_small_map_gives_all_that_it_has(generator):
    assert len(draw_pairs(3, 4, 8, generator).centres) == 2 * 8


def test_differences_are_centre_minus_neighbour():
    features = torch.arange(2 * 3 * 4.0).reshape(1, 2, 3, 4)
    found = differences(features, Pairs(torch.tensor([5, 6]), torch.tensor([0, 11])))
    assert found.tolist() == [[[5.0, 5.0], [-5.0, -5.0]]]


def test_contrast_of_orthogonal_vectors_is_known():
    """Each query is like its own key by 1 and like the other three by 0."""
    own = torch.eye(4)[None]
    wanted = -torch.log(torch.tensor(2.0).exp() / (torch.tensor(2.0).exp() + 3))
    assert torch.allclose(info_nce(own, own, temperature=0.5), wanted)
    assert info_nce(own, own.roll(1, 1), temperature=0.5) > wanted + 1.9


def test_the_content_itself_is_best_and_gets_no_gradient(generator):
    torch.manual_seed(0)
    content = {k: torch.rand(2, 8, 9, 9, requires_grad=True) for k in ("relu1_1", "relu2_1")}
    other = {k: torch.rand(2, 8, 9, 9, requires_grad=True) for k in content}
    heads, pairs = Heads(dict.fromkeys(content, 8)), draw_all(content, list(content), 4, generator)
    same = ccpl_loss(content, content, heads, pairs)
    apart = ccpl_loss(other, content, heads, pairs)
    assert same < apart
    apart.backward()
    assert all(f.grad is None for f in content.values())
    assert all(f.grad is not None and float(f.grad.abs().sum()) > 0 for f in other.values())
    assert all(p.grad is not None for p in heads.parameters())
