import pytest
import torch

from core.nn.decoder import Decoder
from core.nn.encoder import COMPACT, Encoder
from core.nn.initial import he_
from core.nn.propagation import COMPACT as WIDTH
from core.nn.propagation import PropagationNet
from core.train.data import draw_crops
from core.train.propagation import Restoration


@pytest.fixture
def trainee(photo):
    torch.manual_seed(0)
    pool = [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(2)]
    encoder = Encoder(COMPACT, "relu3_1").requires_grad_(False)
    return Restoration(encoder, Decoder(COMPACT, "relu3_1"), pool, batch=2, size=32)


def error(trainee, seed=0):
    (term,) = trainee.losses(torch.Generator().manual_seed(seed)).values()
    return term


def drawn(trainee, seed=0):
    """The crops that a seed gives."""
    generator = torch.Generator().manual_seed(seed)
    return draw_crops(trainee.pool, trainee.batch, trainee.size, generator, zoom=2.0)


def test_the_network_learns_from_a_step_and_what_lies_above_does_not(trainee):
    error(trainee).backward()
    assert all(p.grad is not None for p in trainee.module.parameters())
    fixed = (*trainee.encoder.parameters(), *trainee.decoder.parameters())
    assert not any(p.requires_grad for p in fixed)


def test_contents_are_restored_better_after_some_steps(trainee):
    descent = torch.optim.Adam(trainee.module.parameters(), 3e-3)
    before = error(trainee).item()
    for _ in range(8):
        descent.zero_grad()
        error(trainee).backward()
        descent.step()
    assert error(trainee).item() < 0.8 * before


def test_the_error_is_a_share_of_the_pictures_variance(trainee):
    x = drawn(trainee)
    trainee.module = lambda picture, guide: x.mean().expand_as(x)
    assert error(trainee).item() == pytest.approx(1, rel=1e-3)


def test_it_sees_what_the_decoder_made_and_a_guide_of_each_content_alone(trainee):
    seen = []
    trainee.module = lambda picture, guide: seen.extend((picture, guide)) or picture
    x, found = drawn(trainee), error(trainee).item()
    picture, guide = seen
    with torch.no_grad():
        wanted = trainee.decoder(trainee.encoder(x)["relu3_1"])
    assert torch.allclose(picture, wanted, atol=1e-5)
    assert found == pytest.approx(float((wanted - x).square().mean() / x.var()), rel=1e-4)
    assert guide.shape == x.shape
    assert guide.mean((2, 3)).abs().max() < 1e-5
    assert (guide - guide_of(x)).abs().max() < 1e-5


def guide_of(x):
    """Each picture's colours times (covariance + I)^-1/2, by hand."""
    flat = x.double().flatten(2)
    flat = flat - flat.mean(2, keepdim=True)
    cov = flat @ flat.mT / (flat.shape[2] - 1) + torch.eye(3, dtype=flat.dtype)
    values, vectors = torch.linalg.eigh(cov)
    return ((vectors * values.rsqrt()[:, None]) @ vectors.mT @ flat).reshape(x.shape).float()


def test_gates_are_weak_at_first(trainee):
    torch.manual_seed(0)
    usual = PropagationNet(WIDTH)
    he_(usual)
    found, wanted = (net.gates.weight.std().item() for net in (trainee.module, usual))
    assert found == pytest.approx(0.1 * wanted, rel=0.05)
