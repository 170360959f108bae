"""Style codes of variants: random ones, and such as were seen."""

import pytest
import torch

from core.checkpoints.store import Store
from core.methods.munit.codes import choose_codes, draw_code
from core.methods.munit.network import COMPACT, Generator, sizes_of
from core.methods.munit.weights import generator_of, load_networks


@pytest.fixture
def clusters():
    """Codes in five clusters, the first in the middle and with most of them, and one beyond all."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.zeros(5, 8)
    for number in range(1, 5):
        centres[number, number] = 3.0
    codes = centres.repeat_interleave(torch.tensor([40, 10, 10, 10, 10]), 0)
    codes = codes + 0.05 * torch.randn(codes.shape, generator=generator)
    return torch.cat([codes, torch.full((1, 8), 20.0)])


def cluster(code):
    return int(code[1:5].argmax()) + 1 if float(code[1:5].max()) > 1 else 0


def test_the_middle_comes_first_and_then_what_is_farthest_from_all_before(clusters):
    chosen = choose_codes(clusters, 5)
    assert cluster(chosen[0]) == 0
    assert sorted(cluster(code) for code in chosen) == [0, 1, 2, 3, 4]
    assert float(chosen.max()) < 10, "what is beyond all others is no look"


def test_of_few_codes_all_are_taken_but_the_farthest():
    assert len(choose_codes(torch.eye(8), 24)) == 7
    assert len(choose_codes(torch.eye(8)[:2], 24)) == 2


def test_variants_are_the_codes_that_were_seen_one_going_over_into_the_next(clusters):
    known = choose_codes(clusters, 5)
    for number in range(5):
        assert torch.equal(draw_code(number, 0, known)[0], known[number])
    assert torch.allclose(draw_code(1.25, 0, known)[0], 0.75 * known[1] + 0.25 * known[2])
    later = draw_code(7, 0, known)
    assert torch.equal(draw_code(7, 0, known), later)
    assert float((later - known).norm(dim=1).min()) < 2
    assert not torch.equal(draw_code(0, 1, known), draw_code(0, 0, known)), "a seed draws others"


def test_a_network_brings_its_codes_through_a_file():
    network = Generator(COMPACT)
    network.keep_codes(torch.randn(6, 8))
    state = network.state_dict()
    assert sizes_of({k: tuple(v.shape) for k, v in state.items()}).looks == 6
    again = generator_of(dict(state), "x")
    assert torch.equal(again.get_buffer("codes"), network.get_buffer("codes"))
    assert Generator(COMPACT).known() == COMPACT.code


@pytest.mark.parametrize("name", ["rust", "snow", "wet", "night"])
def test_shipped_networks_bring_codes_both_ways(name):
    for side in load_networks(Store(), "compact", name):
        known = side.known()
        assert isinstance(known, torch.Tensor)
        assert known.shape == (24, 8)
        assert torch.pdist(known).min() > 0.05, "no look twice"
