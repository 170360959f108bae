import pytest
import torch

from core.methods.pca_kd import STUDENTS
from core.train.pca_kd import VARIANCE, Distilled, eigenbasis
from core.train.teacher import Judge


@pytest.mark.parametrize("kind", STUDENTS)
def test_every_part_learns_from_a_step(shared, photo, kind):
    judge = Judge(shared / "teachers" / "cd16x" / "encoder5.pth")
    pool = [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(2)]
    trainee = Distilled(kind, judge, pool, batch=2, size=64)
    terms = trainee.losses(torch.Generator().manual_seed(0))
    torch.stack(list(terms.values())).sum().backward()
    assert all(bool(torch.isfinite(term)) for term in terms.values())
    assert all(p.grad is not None for p in trainee.module.parameters())


def test_features_along_the_basis_are_the_principal_ones():
    """A student that reaches its aim has uncorrelated features of the wanted variance."""
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(12, 12, generator=generator)
    flat = torch.randn(4000, 12, generator=generator) @ mixed
    features = flat.T.reshape(1, 12, 40, 100)
    basis = eigenbasis(features, 5)
    students = torch.linalg.lstsq(basis.T, (flat - flat.mean(0)).T).solution
    covariance = students @ students.T / 4000
    assert covariance.diagonal().mean() == pytest.approx(VARIANCE, rel=0.01)
    assert (covariance - covariance.diagonal().diag()).abs().max() < 0.05
