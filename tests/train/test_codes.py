"""Style codes of pairs: what keeps looks apart, and what lets networks heed codes."""

import pytest
import torch
from torch import nn

from core.checkpoints.store import Store
from core.errors import StylizeError
from core.methods.munit.network import Generator, Pair
from core.progress import ignore
from core.train.loop import Schedule, fit
from core.train.one_style import own_judge
from core.train.pairs import BLACK, Paired, swapped_terms, whiten_codes_
from core.train.revive import revive_
from core.train.translation import Translation, begin_


def seeded(number=0):
    return torch.Generator().manual_seed(number)


@pytest.fixture
def pictures(photo):
    return [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(3)]


@pytest.fixture
def pair():
    torch.manual_seed(0)
    networks = Translation(Generator().sizes)
    begin_(networks)
    return Pair(networks.a, networks.b)


class Lamp:
    """Stands for a generator: light is multiplied by a code, as far as it heeds codes."""

    def __init__(self, heed):
        self.heed = heed

    def decode(self, content, code, x):
        light = (x / 2 + 0.5 + BLACK) * (1 + self.heed * code[:, :3, None, None])
        return 2 * (light - BLACK) - 1

    def style(self, picture):
        light = picture.mean((2, 3)) / 2 + 0.5 + BLACK
        return torch.cat([light / (0.5 + BLACK) - 1, torch.zeros(len(picture), 5)], 1)


def test_looks_are_held_as_far_apart_as_pairs_are():
    """One that heeds codes as pairs do has no loss; one look for all codes has all of it."""
    x = torch.zeros(2, 3, 8, 8)
    code = torch.zeros(2, 8)
    code[0, :3], code[1, :3] = torch.tensor([-0.3, -0.2, -0.1]), torch.tensor([-0.5, 0.1, 0.2])
    y = Lamp(1.0).decode(x, code, x)
    lamps = {heed: Lamp(heed) for heed in (0.0, 0.5, 1.0)}
    swapped = {heed: lamp.decode(x, code.roll(1, 0), x) for heed, lamp in lamps.items()}
    lost = {k: swapped_terms(lamp, swapped[k], code, x, y) for k, lamp in lamps.items()}
    all_of_it = float(code[:, :3].abs().mean()) * (0.5 + BLACK)
    for heed, terms in lost.items():
        assert float(terms["apart"]) == pytest.approx((1 - heed) * all_of_it, abs=1e-6)
    assert float(lost[1.0]["style"]) == pytest.approx(0, abs=1e-6)
    assert float(lost[0.0]["style"]) > 0.3


def test_pairs_are_taught_in_each_others_codes_there_and_not_back(pictures):
    trainee = Paired((pictures, [x // 2 for x in pictures]), own_judge(Store().load), size=64)
    found = [trainee.losses(seeded(n)) for n in range(12)]
    there = [terms for terms in found if "pixels" not in terms]
    assert there
    assert all({"style", "apart"} <= set(terms) for terms in there)
    assert not any({"style", "apart"} & set(terms) for terms in found if "pixels" in terms)


@torch.no_grad()
def test_shut_channels_are_opened_and_pictures_stay(pair, pictures):
    retouch, code = pair.there.retouch, torch.zeros(1, 8)
    nn.init.normal_(retouch.last.weight, std=0.1)
    retouch.conv1.bias[:20] -= 1000
    x = pictures[0][None].float() / 127.5 - 1
    before = pair.translate(x, code)
    assert revive_(pair, pictures) >= 20
    assert torch.allclose(pair.translate(x, code), before, atol=1e-4)
    seen = []
    retouch.conv1.register_forward_hook(lambda _, __, out: seen.append(out))
    pair.translate(x, code)
    share = (seen[0] > 0).float().mean((0, 2, 3))
    assert (share[:20] > 0.2).all()
    assert revive_(pair, pictures) == 0


@torch.no_grad()
def test_networks_that_begin_with_deaf_ones_hear_again(pictures):
    """As the night that shipped first: no channel was open, so no code changed a picture."""
    trainee = Paired((pictures, pictures), own_judge(Store().load), size=64)
    for side in (trainee.networks.a, trainee.networks.b):
        side.retouch.conv1.bias -= 1000
    trainee.forget_codes()
    learnable = trainee.networks.b.retouch.conv2
    seen = []
    learnable.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    x = pictures[0][None].float() / 127.5 - 1
    for number in range(2):
        trainee.networks.b.decode(
            trainee.networks.a.content(x), torch.randn(1, 8, generator=seeded(number)), x
        )
    assert (seen[0] - seen[1]).abs().mean() > 0.01


@torch.no_grad()
def test_a_number_that_hardly_differs_is_not_blown_up(pictures):
    """A picture unlike all others would have a code beyond everything."""
    networks = Translation(Generator().sizes)
    begin_(networks)
    networks.b.style.last.weight[3:] = networks.b.style.last.weight[:1]
    whiten_codes_(networks, [pictures, pictures])
    strange = torch.rand(1, 3, 64, 64, generator=seeded()) * 2 - 1
    assert networks.b.style(strange).abs().max() < 60


class Two:
    """One part learns slower."""

    def __init__(self, **rates):
        self.rates = rates
        self.module = nn.ModuleDict({"slow": nn.Linear(1, 1), "usual": nn.Linear(1, 1)})

    def losses(self, generator):
        return {"sum": sum(p.sum() for p in self.module.parameters())}


def test_parts_learn_slower_than_others(tmp_path):
    trainee = Two(slow=0.1)
    before = {k: v.clone() for k, v in trainee.module.state_dict().items()}
    fit(trainee, Schedule(1, rate=1e-2, warm_up=1), tmp_path / "x", ignore, seed=0, key="x")
    moved = {k: float((v - before[k]).abs().max()) for k, v in trainee.module.state_dict().items()}
    assert moved["slow.weight"] == pytest.approx(moved["usual.weight"] / 10, rel=0.01)


def test_a_checkpoint_of_before_goes_on_where_all_learn_alike(tmp_path):
    """Those of earlier versions say nothing of shares, and are another run where parts differ."""
    fit(Two(), Schedule(2), tmp_path / "x", ignore)
    state = torch.load(tmp_path / "x", weights_only=True)
    assert all("share" not in group for group in state["optimiser"]["param_groups"])
    fit(Two(), Schedule(3), tmp_path / "x", ignore)
    assert torch.load(tmp_path / "x", weights_only=True)["step"] == 3
    with pytest.raises(StylizeError, match="belongs to another run"):
        fit(Two(slow=0.1), Schedule(4), tmp_path / "x", ignore)
