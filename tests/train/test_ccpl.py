import pytest
import torch

from core.methods.ccpl import MODES
from core.methods.ccpl.network import LEVELS
from core.nn.decoder import Decoder
from core.nn.encoder import COMPACT, Encoder
from core.train.ccpl import Coherent, beginning, stats_apart
from core.train.teacher import Judge


@pytest.fixture(scope="module")
def judge(shared):
    return Judge(shared / "teachers" / "cd16x" / "encoder5.pth")


@pytest.fixture
def pool(photo):
    return [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(2)]


@pytest.mark.parametrize("mode", MODES)
def test_every_part_learns_from_a_step(judge, pool, mode):
    torch.manual_seed(0)
    encoder = Encoder(COMPACT).requires_grad_(False)
    start = Decoder(COMPACT, LEVELS[mode])
    trainee = Coherent(mode, encoder, start, judge, (pool, pool), batch=2, size=64)
    terms = trainee.losses(torch.Generator().manual_seed(0))
    torch.stack(list(terms.values())).sum().backward()
    assert all(bool(torch.isfinite(term)) for term in terms.values())
    assert all(p.grad is not None for p in trainee.module.parameters())
    parts = trainee.parts(trainee.module.state_dict())
    assert set(parts) == {f"compact.ccpl_{mode}", f"compact.ccpl_sct_{mode}"}
    assert not any(name.startswith("heads") for state in parts.values() for name in state)


def test_a_convolution_more_changes_nothing_at_first():
    torch.manual_seed(0)
    start = Decoder(COMPACT, "relu3_1").requires_grad_(False)
    decoder, features = beginning("photo", start), torch.rand(1, 64, 5, 6)
    assert decoder.names[0] == "conv3_2"
    with torch.no_grad():
        assert torch.allclose(decoder(features), start(features), atol=1e-5)


def test_statistics_of_the_style_itself_are_not_apart():
    style = {"relu1_1": torch.rand(2, 4, 6, 6), "relu2_1": torch.rand(2, 8, 3, 3)}
    flipped = {k: f.flip(3) for k, f in style.items()}
    assert stats_apart(flipped, style) == pytest.approx(0, abs=1e-9)
    assert stats_apart({k: 2 * f for k, f in style.items()}, style) > 0.1
