import pytest
import torch

from core.nn.neighbours import DEAREST, balance, directions, middle, nearest, prices


def rows(count, seed, width=12):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def ways(count, seed):
    """Return rows of length 1."""
    return torch.nn.functional.normalize(rows(count, seed), dim=1)


@pytest.mark.parametrize("count", [1, 127, 128, 300])
def test_the_most_alike_by_cosine_is_found_whatever_the_blocks(count):
    queries, keys = rows(count, 1), rows(37, 2)
    cosines = torch.nn.functional.cosine_similarity(queries[:, None], keys[None], dim=2)
    zero = torch.zeros(12)
    assert torch.equal(
        nearest(directions(queries, zero), directions(keys, zero)), cosines.argmax(1)
    )


def test_no_query_finds_nothing():
    assert len(nearest(rows(0, 1), rows(9, 2))) == 0


def test_a_lively_picture_is_seen_from_its_own_mean_and_an_even_one_from_the_styles():
    share, theirs = torch.full((50,), 1 / 50), torch.full((12,), 3.0)
    lively = rows(50, 1)
    assert torch.allclose(middle(lively, share, theirs, 1.0), lively.mean(0), atol=1e-5)
    assert torch.allclose(middle(lively[:1].expand(50, -1), share, theirs, 1.0), theirs, atol=1e-4)


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
    queries, keys = ways(200, 1), ways(20, 2)
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
    keys = ways(50, 1)
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
