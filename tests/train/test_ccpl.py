import pytest
import torch

from core.methods.ccpl import MODES
from core.methods.ccpl.network import LEVELS, CovarianceTransform
from core.nn.decoder import Decoder
from core.nn.encoder import COMPACT, Encoder
from core.train.ccpl import Coherent, begin_principal, beginning, stats_apart
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


@pytest.mark.parametrize("halvings", [1, 2])
def test_it_begins_along_the_principal_directions(halvings):
    """With a style as varied as usual, the content's contrast in its directions becomes the style's."""
    generator = torch.Generator().manual_seed(0)
    spread = torch.linspace(0.05, 3, 64).view(1, 64, 1, 1)
    style = spread * torch.randn(6, 64, 20, 20, generator=generator)
    content = torch.randn(6, 64, 20, 20, generator=generator)
    transform = CovarianceTransform(64, halvings)
    begin_principal(transform, content, style)
    with torch.no_grad():
        out = transform(content, style)
    top = out[:, -8:].std((0, 2, 3)) / style[:, -8:].std((0, 2, 3))
    assert top.mean() == pytest.approx(1, abs=0.2)
    assert out[:, :8].std() < 0.3
