import pytest
import torch

from core.nn.propagation import DIRECTIONS, PropagationNet, normalise_gates, propagate, whiten


def by_hand(x, gates):
    """Left to right, cell by cell, as the equation says."""
    out = x.clone()
    height, width = x.shape[2:]
    for w in range(1, width):
        for h in range(height):
            own, value = 1.0, torch.zeros_like(x[:, :, 0, 0])
            for gate, step in zip(gates, (-1, 0, 1), strict=True):
                if 0 <= h + step < height:
                    own = own - gate[:, :, h, w]
                    value = value + gate[:, :, h, w] * out[:, :, h + step, w - 1]
            out[:, :, h, w] = own * x[:, :, h, w] + value
    return out


@pytest.fixture
def drawn():
    torch.manual_seed(0)
    x, *gates = torch.randn(4, 1, 2, 5, 6).double()
    return x, normalise_gates((gates[0], gates[1], gates[2]))


def test_a_sweep_is_the_equation(drawn):
    x, gates = drawn
    assert torch.allclose(propagate(x, gates, "right"), by_hand(x, gates))


def test_other_sweeps_are_the_same_turned(drawn):
    x, gates = drawn
    flipped = propagate(x.flip(3), tuple(g.flip(3) for g in gates), "right").flip(3)
    assert torch.allclose(propagate(x, gates, "left"), flipped)
    turned = propagate(x.mT, tuple(g.mT for g in gates), "right").mT
    assert torch.allclose(propagate(x, gates, "down"), turned)
    turned = propagate(x.mT, tuple(g.mT for g in gates), "left").mT
    assert torch.allclose(propagate(x, gates, "up"), turned)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_flat_picture_stays_flat(drawn, direction):
    _, gates = drawn
    x = torch.full((1, 2, 5, 6), 0.3).double()
    assert torch.allclose(propagate(x, gates, direction), x)


def test_gates_never_sum_beyond_one():
    gates = normalise_gates(tuple(torch.randn(3, 1, 1, 8, 8) * 3))
    assert float(sum(g.abs() for g in gates).max()) <= 1 + 1e-6
    small = tuple(torch.full((1, 1, 2, 2), v) for v in (0.1, -0.2, 0.0))
    assert all(torch.equal(a, b) for a, b in zip(normalise_gates(small), small, strict=True))


def test_the_guide_is_decorrelated():
    x = torch.rand(1, 3, 9, 9) * torch.tensor([100.0, 300.0, 50.0])[:, None, None]
    cov = whiten(x)[0].flatten(1).cov()
    assert torch.allclose(cov, torch.eye(3), atol=0.01)


def test_the_network_keeps_the_size():
    net = PropagationNet(4).requires_grad_(False)
    assert net(torch.rand(1, 3, 16, 24), torch.rand(1, 3, 16, 24)).shape == (1, 3, 16, 24)
