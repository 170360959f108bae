import pytest
import torch

from core.errors import Cancelled
from core.nn import multigrid
from core.nn.closed_form import smooth_closed_form, solve
from core.nn.matting import matting_affinity
from core.nn.multigrid import preconditioner


@pytest.fixture
def picture(photo):
    def make(height=64, width=80, seed=1):
        return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)[None].float() / 255

    return make


def dense(system):
    count = system.weights[0].numel()
    every = torch.eye(count, dtype=torch.float64).reshape(count, *system.size)
    return system(every).flatten(1)


@pytest.mark.parametrize("size", [(20, 24), (31, 17), (3, 40), (30, 3), (12, 4)])
@pytest.mark.parametrize("fidelity", [1e-4, 0.05])
def test_solves_the_system(picture, size, fidelity):
    guide, shown = picture(*size), picture(*size, 2)
    system = matting_affinity(guide).system(1 - fidelity)
    wanted = fidelity * system.degree * shown[0].double()
    exact = torch.linalg.solve(dense(system), wanted.flatten(1).T).T.reshape(wanted.shape)
    found = solve(system, guide, wanted, enough=1e-7)
    assert (found - exact).abs().max() < 1e-4
    assert (smooth_closed_form(shown, guide, fidelity) - exact).abs().max() < 5e-3


def test_coarser_grids_below_the_first_solve_it_too(picture, monkeypatch):
    monkeypatch.setattr(multigrid, "SMALL", 100)
    guide, shown = picture(), picture(64, 80, 2)
    system = matting_affinity(guide).system(1 - 1e-4)
    wanted = 1e-4 * system.degree * shown[0].double()
    seen = []
    found = solve(system, guide, wanted, report=seen.append)
    assert (system(found) - wanted).norm() < 0.02 * wanted.norm()
    assert sum(step.stage == "smooth" for step in seen) < 40


def test_the_preconditioner_is_symmetric(picture):
    guide = picture(40, 48)
    roughly = preconditioner(matting_affinity(guide).system(1 - 1e-4), guide)
    a, b = torch.randn(2, 1, 40, 48)
    assert (a * roughly(b)).sum().item() == pytest.approx((b * roughly(a)).sum().item(), rel=1e-3)
    assert (a * roughly(a)).sum() > 0


def test_an_affine_function_of_the_guide_stays(picture):
    guide = picture()
    shown = 0.5 * guide.flip(1) + 0.1
    assert (smooth_closed_form(shown, guide) - shown).abs().max() < 0.01


def test_noise_goes_and_the_guides_edges_stay(picture):
    guide = torch.full((1, 3, 64, 64), 0.2)
    guide[..., 32:] = 0.8
    noisy = 1 - guide + 0.1 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = smooth_closed_form(noisy, guide)
    assert (found - (1 - guide)).abs().max() < 0.05
    assert ((found[..., 31] - found[..., 32]).mean() - 0.6).abs() < 0.03


def test_a_flat_guide_gives_the_mean(picture):
    shown = picture(24, 24)
    found = smooth_closed_form(shown, torch.full_like(shown, 0.5))
    assert (found - found.mean((2, 3), keepdim=True)).abs().max() < 0.02


@pytest.mark.parametrize("size", [(1, 1), (2, 30), (30, 1)])
def test_what_holds_no_window_stays(picture, size):
    shown = picture(*size)
    assert torch.equal(smooth_closed_form(shown, picture(*size, 2)), shown)


def test_a_report_may_cancel(picture):
    def stop(progress):
        if progress.stage == "smooth":
            raise Cancelled

    with pytest.raises(Cancelled):
        smooth_closed_form(picture(), picture(64, 80, 2), report=stop)
