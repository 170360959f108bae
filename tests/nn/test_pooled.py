import torch

from core.nn.pooled import sum_of_blocks


def rows():
    return torch.rand(23, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()


def part(x, some):
    weights = torch.arange(23.0)[some]
    return weights @ (x.exp() * x).sum(1)


def test_a_sum_of_blocks_is_the_sum_and_has_its_gradient():
    x = rows()
    whole, blocks = part(x, slice(None)), sum_of_blocks(x, part, 7)
    wanted, found = (torch.autograd.grad(3 * value, x)[0] for value in (whole, blocks))
    assert torch.allclose(blocks, whole, rtol=1e-5)
    assert torch.allclose(found, wanted, rtol=1e-5)
    with torch.no_grad():
        assert not sum_of_blocks(x, part, 7).requires_grad


def test_of_what_a_block_took_nothing_is_kept():
    x, kept = rows(), []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        made = sum_of_blocks(x, part, 7)
    assert made.requires_grad
    assert [t.shape for t in kept if len(t) == 23] == [x.shape]  # its gradient alone
