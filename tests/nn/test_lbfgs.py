import pytest
import torch

from core.nn import lbfgs as module
from core.nn.lbfgs import LEAST, lbfgs

TURN = torch.linalg.qr(torch.randn(12, 12, generator=torch.Generator().manual_seed(3)))[0]
HESSIAN = TURN @ torch.diag(torch.logspace(0, 2, 12)) @ TURN.T


def bowl(leaf, seen, scale=1.0):
    def closure():
        loss = scale * (0.5 * leaf.view(-1) @ HESSIAN @ leaf.view(-1) + leaf.sin().sum())
        (leaf.grad,) = torch.autograd.grad(loss, leaf)
        seen.append(loss.detach())
        return float(loss.detach())

    return closure


def start():
    return torch.linspace(-2, 3, 12).view(3, 4).requires_grad_()


@pytest.mark.parametrize("history", [5, 20])
def test_it_walks_as_torchs_own(history):
    ours, theirs, seen, wanted = start(), start(), [], []
    lbfgs(ours, bowl(ours, seen), 25, history=history)
    torch.optim.LBFGS(
        [theirs], max_iter=25, max_eval=25, history_size=history,
        tolerance_grad=-1, tolerance_change=-1,
    ).step(bowl(theirs, wanted))  # fmt: skip  # one call
    assert len(seen) == len(wanted) == 25
    assert torch.allclose(torch.stack(seen), torch.stack(wanted), rtol=1e-3, atol=1e-3)
    assert torch.allclose(ours, theirs, atol=1e-3)
    assert seen[-1] < seen[0]


def test_a_faint_loss_is_walked_down_as_well():
    leaf = start()
    lbfgs(leaf, bowl(leaf, seen := [], 1e-12), 40)
    assert seen[-1] < 0.01 * seen[0]


def test_where_there_is_no_room_the_last_steps_are_remembered(monkeypatch):
    """As where that is all that is to be remembered."""
    few, little = start(), start()
    lbfgs(few, bowl(few, []), 15, history=LEAST)
    monkeypatch.setattr(module, "ROOM", 0)
    lbfgs(little, bowl(little, []), 15, history=100)
    assert torch.equal(few, little)


def test_level_ground_is_not_left():
    leaf = torch.ones(4, requires_grad=True)

    def closure():
        leaf.grad = torch.zeros(4)
        return 0.0

    lbfgs(leaf, closure, 4)
    assert torch.equal(leaf, torch.ones(4))


def test_a_straight_slope_has_no_curvature_to_learn():
    leaf = torch.zeros(4, requires_grad=True)

    def closure():
        leaf.grad = torch.ones(4)
        return float(leaf.detach().sum())

    lbfgs(leaf, closure, 4, rate=0.5)
    assert torch.allclose(leaf, torch.full((4,), -0.5 / 4 - 2 * 0.5))
