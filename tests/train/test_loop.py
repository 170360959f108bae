import pytest
import torch
from torch import nn

from core.errors import Cancelled
from core.progress import ignore
from core.train.loop import Schedule, fit


class Line:
    """Fit y = 2 x."""

    def __init__(self):
        torch.manual_seed(0)
        self.module = nn.Linear(1, 1)

    def losses(self, generator):
        x = torch.randn(16, 1, generator=generator)
        return {"error": (self.module(x) - 2 * x).square().mean()}


SCHEDULE = Schedule(steps=120, rate=0.1, warm_up=5, save_every=20)


def test_it_learns(tmp_path):
    averaged, seconds = fit(Line(), SCHEDULE, tmp_path / "run", ignore)
    assert averaged.module.weight.item() == pytest.approx(2, abs=0.1)
    assert seconds > 0


def test_a_stopped_run_resumes_to_the_same_numbers(tmp_path):
    whole, _ = fit(Line(), SCHEDULE, tmp_path / "whole", ignore)

    def stop(progress):
        if progress.done == 60:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit(Line(), SCHEDULE, tmp_path / "part", stop)
    resumed, _ = fit(Line(), SCHEDULE, tmp_path / "part", ignore)
    assert torch.equal(resumed.module.weight, whole.module.weight)


def test_rate_warms_up_and_decays():
    rates = [SCHEDULE.rate_at(step) for step in range(SCHEDULE.steps)]
    assert rates[0] < rates[4]
    assert rates[-1] < 0.05 * max(rates)
