import pytest
import torch

from core.train.microast import Micro
from core.train.teacher import Judge


def test_every_part_learns_from_a_step(shared, photo):
    judge = Judge(shared / "teachers" / "cd16x" / "encoder5.pth")
    pool = [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(2)]
    trainee = Micro(judge, (pool, pool), batch=2, size=64)
    terms = trainee.losses(torch.Generator().manual_seed(0))
    torch.stack(list(terms.values())).sum().backward()
    assert all(bool(torch.isfinite(term)) for term in terms.values())
    assert all(p.grad is not None for p in trainee.module.parameters())
    assert float(terms["signal"].detach()) == pytest.approx(0.1, abs=0.1), (
        "alike at first, so neither near nor far"
    )
