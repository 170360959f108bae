import pytest
import torch

from core.nn.neighbours import DEAREST, balance, directions, nearest, prices


def rows(count, seed, width=12):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def test_the_most_alike_by_cosine_is_found_whatever_the_blocks():
    queries, keys = rows(101, 1), rows(37, 2)
    cosines = torch.nn.functional.cosine_similarity(queries[:, None], keys[None], dim=2)
    for block in (1, 7, 1000):
        assert torch.equal(nearest(queries, keys, block=block), cosines.argmax(1))


def test_length_does_not_count():
    queries, keys = rows(50, 1), rows(20, 2)
    longer = keys * torch.linspace(0.1, 50, 20)[:, None]
    assert torch.equal(nearest(queries, keys), nearest(3 * queries, longer))


def test_sets_of_other_levels_meet_when_centred():
    """What is centred by its own mean finds its like, though the whole set lies elsewhere."""
    keys = rows(40, 2)
    queries = keys[torch.randperm(40, generator=torch.Generator().manual_seed(3))] + 20
    back = nearest(directions(queries), directions(keys))
    assert torch.allclose(keys[back], queries - 20, atol=1e-5)
    assert not torch.equal(nearest(queries, keys), back)


def test_what_lies_at_the_mean_has_no_direction_and_still_a_neighbour():
    flat = torch.full((5, 12), 0.3)
    assert torch.equal(directions(flat), torch.zeros(5, 12))
    found = nearest(directions(flat), directions(rows(9, 1)))
    assert bool(((found >= 0) & (found < 9)).all())


def test_a_given_mean_makes_a_window_like_the_whole():
    whole = rows(64, 4)
    window = directions(whole[:16], whole.mean(0))
    assert torch.allclose(window, directions(whole)[:16], atol=1e-6)


def test_a_penalty_drives_away():
    queries, keys = rows(200, 1), rows(20, 2)
    favourite = int(torch.bincount(nearest(queries, keys), minlength=20).argmax())
    penalty = torch.zeros(20)
    penalty[favourite] = 3
    assert favourite not in nearest(queries, keys, penalty=penalty)


def most_used(queries, keys, reuse=None):
    penalty = None if reuse is None else prices(queries, keys, reuse=reuse)
    used = torch.bincount(nearest(queries, keys, penalty=penalty), minlength=len(keys))
    return int(used.max()) / (len(queries) / len(keys))


@pytest.mark.parametrize("reuse", [2, 4])
def test_favourites_are_chosen_about_as_often_as_allowed(reuse):
    """Queries crowd around one of thirty keys that are much alike."""
    keys = directions(rows(10, 2).repeat_interleave(30, 0) + 0.15 * rows(300, 5))
    queries = directions(keys[::30].repeat(200, 1) + 0.05 * rows(2000, 7), keys.mean(0))
    free, held = most_used(queries, keys), most_used(queries, keys, reuse)
    assert free > 10
    assert held < 1.6 * reuse


def test_what_has_no_other_match_is_chosen_all_the_same():
    """A price has an upper end: of two opposite keys the far one is never taken."""
    keys = torch.eye(12)[:2] * torch.tensor([[1.0], [-1.0]])
    penalty = prices(torch.eye(12)[:1].repeat(64, 1), keys, reuse=1)
    assert float(penalty.max()) <= DEAREST
    assert bool((nearest(torch.eye(12)[:1].repeat(64, 1), keys, penalty=penalty) == 0).all())


def test_prices_cost_nothing_where_nobody_crowds():
    keys = rows(50, 1)
    assert float(prices(keys, keys, reuse=2).max()) == 0


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_groups_get_their_shares_though_one_is_nearer(share):
    keys = directions(rows(200, 2))
    queries = directions(keys[:100].repeat(10, 1) + 0.15 * rows(1000, 3))
    groups = (torch.arange(200) >= 100).long()
    shares = torch.tensor([1 - share, share])
    free = groups[nearest(queries, keys)].float().mean()
    held = groups[nearest(queries, keys, penalty=balance(queries, keys, groups, shares))]
    assert free < 0.15
    assert held.float().mean() == pytest.approx(share, abs=0.06)
