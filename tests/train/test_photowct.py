import pytest
import torch

from core.nn.decoder import Decoder
from core.nn.encoder import COMPACT, LEVELS, Encoder
from core.train.decoders import rebuilding_loss
from core.train.photowct import MEASURED, Unpooling
from core.train.teacher import Judge


@pytest.fixture(scope="module")
def judge(shared):
    return Judge(shared / "teachers" / "cd16x" / "encoder5.pth")


@pytest.fixture
def trainee(judge, photo):
    torch.manual_seed(0)
    pool = [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(2)]
    encoder = Encoder(COMPACT, LEVELS[3]).requires_grad_(False)
    decoders = {level: Decoder(COMPACT, level) for level in LEVELS[:4]}
    return Unpooling(encoder, decoders, judge, pool, batch=2, size=48)


def total(trainee, seed=0):
    return torch.stack(list(trainee.losses(torch.Generator().manual_seed(seed)).values())).sum()


def test_every_decoder_learns_from_a_step_and_the_encoder_does_not(trainee):
    terms = trainee.losses(torch.Generator().manual_seed(0))
    assert list(terms) == ["1_1", "2_1", "3_1", "4_1"]
    assert all(bool(torch.isfinite(term)) for term in terms.values())
    torch.stack(list(terms.values())).sum().backward()
    assert all(p.grad is not None for p in trainee.module.parameters())
    assert not any(p.requires_grad for p in trainee.encoder.parameters())


def test_pictures_are_rebuilt_better_after_some_steps(trainee):
    descent = torch.optim.Adam(trainee.module.parameters(), 3e-3)
    before = total(trainee).item()
    for _ in range(6):
        descent.zero_grad()
        total(trainee).backward()
        descent.step()
    assert total(trainee).item() < 0.9 * before


def test_names_are_those_that_the_method_loads(trainee):
    parts = {name.split(".")[0] for name in trainee.module.state_dict()}
    assert parts == {f"decoder{k}" for k in (1, 2, 3, 4)}


def test_units_are_the_mean_activations(trainee):
    generator = torch.Generator().manual_seed(0)
    seen = [trainee.encoder(trainee._draw(generator)) for _ in range(MEASURED)]
    for level, unit in trainee.units.items():
        assert float(unit) == pytest.approx(sum(float(f[level].mean()) for f in seen) / MEASURED)


@pytest.mark.parametrize("level", LEVELS[:4])
def test_the_picture_itself_costs_nothing_and_grey_its_variance(judge, photo, level):
    x = torch.from_numpy(photo(48, 48)).permute(2, 0, 1)[None].float() / 255
    x -= x.mean()
    wanted = judge(x)
    assert float(rebuilding_loss(judge, level, x, x, wanted)) == pytest.approx(0, abs=1e-6)
    grey = float(rebuilding_loss(judge, level, torch.zeros_like(x), x, wanted))
    if level in ("relu1_1", "relu2_1"):
        assert grey == pytest.approx(4, rel=1e-3)
    else:
        assert grey > 4
