import torch

from core.nn.lstm import ConvLSTM


def memory(keep, take, size=1):
    """A memory of one channel whose gates are constants; what is new is the input's first channel."""
    lstm = ConvLSTM(2, 1, size)
    with torch.no_grad():
        lstm.gates.weight.zero_()
        lstm.gates.weight[3, 0, size // 2, size // 2] = 1
        lstm.gates.bias.copy_(torch.tensor([take, keep, 100.0, 0.0]))
    return lstm.requires_grad_(False)


def test_it_begins_with_nothing():
    lstm = ConvLSTM(3, 4).requires_grad_(False)
    x, empty = torch.rand(2, 3, 5, 6), torch.zeros(2, 4, 5, 6)
    for one, two in zip(lstm(x), lstm(x, (empty, empty)), strict=True):
        assert one.shape == (2, 4, 5, 6)
        assert torch.equal(one, two)


def test_gates_keep_and_take():
    x, before = torch.rand(1, 2, 3, 3), torch.rand(1, 1, 3, 3)
    _, kept = memory(keep=100.0, take=-100.0)(x, (before, before))
    assert torch.allclose(kept, before)
    said, kept = memory(keep=-100.0, take=100.0)(x, (before, before))
    assert torch.allclose(kept, x[:, :1].tanh())
    assert torch.allclose(said, kept.tanh())


def test_what_is_kept_adds_up():
    lstm, x, state = memory(keep=100.0, take=100.0), torch.rand(1, 2, 3, 3), None
    for count in range(1, 4):
        state = lstm(x, state)
        assert torch.allclose(state[1], count * x[:, :1].tanh(), atol=1e-6)


def test_the_border_is_zero():
    lstm = ConvLSTM(1, 1).requires_grad_(False)
    lstm.gates.weight.fill_(1)
    lstm.gates.bias.zero_()
    flat = lstm(torch.ones(1, 1, 5, 5))[1]
    assert float(flat[0, 0, 2, 2]) > float(flat[0, 0, 0, 0])
