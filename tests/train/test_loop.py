"""The loop of all trainings: it learns, stops and goes on, and what goes wrong is said."""

import os
import signal

import pytest
import torch
from torch import nn

from core.errors import Cancelled, StylizeError
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


class Sick:
    """Fit y = 2 x, with losses that are no number, or no memory, for a while."""

    def __init__(self, *, sick=(), short=0):
        torch.manual_seed(0)
        self.module: nn.Module = nn.Linear(1, 1)
        self.sick, self.short, self.calls, self.batch = sick, short, 0, 8

    def losses(self, generator):
        self.calls += 1
        if self.batch > self.short > 0:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        x = torch.randn(self.batch, 1, generator=generator)
        error = (self.module(x) - 2 * x).square().mean()
        return {"error": error * float("nan") if self.calls in self.sick else error}


QUICK = Schedule(steps=60, rate=0.1, warm_up=5, save_every=10)


def test_without_numbers_it_goes_back_to_the_checkpoint(tmp_path):
    said = []
    trainee = Sick(sick=(26, 27, 28))
    averaged, _ = fit(trainee, QUICK, tmp_path / "run", lambda p: said.append(p.stage))
    assert [s for s in said if "back to" in s] == [
        "losses were no numbers at step 27: back to step 20"
    ]
    assert averaged.module.weight.item() == pytest.approx(2, abs=0.2)


def test_a_single_step_without_numbers_is_passed_over(tmp_path):
    said = []
    fit(Sick(sick=(26,)), QUICK, tmp_path / "run", lambda p: said.append(p.stage))
    assert not [s for s in said if "back to" in s]


def test_without_numbers_for_ever_it_ends_in_words(tmp_path):
    with pytest.raises(StylizeError, match="the losses are no numbers any more at step 22"):
        fit(Sick(sick=range(21, 999)), QUICK, tmp_path / "run", ignore)


def test_when_memory_is_short_batches_are_halved(tmp_path):
    said, trainee = [], Sick(short=3)
    fit(trainee, QUICK, tmp_path / "run", lambda p: said.append(p.stage))
    assert trainee.batch == 2
    assert [s for s in said if "memory" in s] == [
        "memory is short: 4 pictures a step instead of 8",
        "memory is short: 2 pictures a step instead of 4",
    ]


def test_other_errors_are_not_taken_for_lack_of_memory(tmp_path):
    trainee = Sick()
    trainee.losses = lambda generator: torch.ones(2) @ torch.ones(3)
    with pytest.raises(RuntimeError, match="size"):
        fit(trainee, QUICK, tmp_path / "run", ignore)


def test_ctrl_c_ends_a_step_and_keeps_it(tmp_path):
    def stop(progress):
        if progress.done == 33:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Cancelled):
        fit(Sick(), QUICK, tmp_path / "run", stop)
    assert signal.getsignal(signal.SIGINT) is before
    assert torch.load(tmp_path / "run", weights_only=True)["step"] == 34
    whole, _ = fit(Sick(), QUICK, tmp_path / "whole", ignore)
    resumed, _ = fit(Sick(), QUICK, tmp_path / "run", ignore)
    assert torch.equal(resumed.module.weight, whole.module.weight)


@pytest.mark.parametrize("course", ["linear", "halving"])
def test_other_courses_of_the_rate(course):
    rates = [Schedule(100, rate=1.0, warm_up=1, course=course).rate_at(s) for s in range(100)]
    if course == "linear":
        assert rates[:51] == [1.0] * 51
        assert rates[75] == pytest.approx(0.5)
    else:
        assert [rates[k] for k in (0, 9, 10, 25, 99)] == [1, 1, 0.5, 0.25, 0.5**9]


def test_a_checkpoint_of_another_network_or_damaged_is_an_error(tmp_path):
    fit(Sick(), QUICK, tmp_path / "run", ignore)
    wide = Sick()
    wide.module = nn.Linear(2, 2)
    with pytest.raises(StylizeError, match="run belongs to another run"):
        fit(wide, QUICK, tmp_path / "run", ignore)
    (tmp_path / "run").write_bytes((tmp_path / "run").read_bytes()[:100])
    with pytest.raises(StylizeError, match="run is damaged; remove it"):
        fit(Sick(), QUICK, tmp_path / "run", ignore)


def test_only_one_training_writes_a_checkpoint(tmp_path):
    refused = []

    def begin_another(progress):
        if not refused:
            with pytest.raises(
                StylizeError, match=r"another training is writing .*run; wait"
            ) as said:
                fit(Sick(), QUICK, tmp_path / "run", ignore)
            refused.append(said)
            fit(Sick(), QUICK, tmp_path / "else", ignore)

    fit(Sick(), QUICK, tmp_path / "run", begin_another)
    assert refused
    assert {path.name for path in tmp_path.iterdir()} == {"run", "else"}


def test_what_a_killed_training_has_left_keeps_nobody_out(tmp_path, python):
    code = (
        "import os, sys; from pathlib import Path; from core.train.hold import hold\n"
        "with hold(Path(sys.argv[1])): os._exit(7)"
    )
    assert python("-c", code, str(tmp_path / "run")).returncode == 7
    assert (tmp_path / "run.lock").exists()
    fit(Sick(), QUICK, tmp_path / "run", ignore)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
