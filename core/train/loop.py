"""The training loop: Adam with warm-up and cosine decay, averaged weights, resume.

The randomness of a step depends on (seed, step) alone, so a run that was stopped and resumed gives the same
numbers as one that was not.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from ..errors import StylizeError
from ..progress import Progress, Report


class Trainee(Protocol):
    """What the loop needs from a recipe."""

    module: nn.Module
    """The parameters that are trained."""

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the terms whose sum is minimised, for one batch."""
        ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train."""

    steps: int
    rate: float = 2e-3
    warm_up: int = 200
    floor: float = 0.02
    clip: float = 1.0
    save_every: int = 200
    """Steps between two checkpoints."""
    save_after: float = math.inf
    """Longest time between two checkpoints, seconds."""

    @property
    def average(self) -> float:
        """Decay of the averaged weights: they average about 1/25 of the run."""
        return 1 - min(0.5, max(0.002, 25 / self.steps))

    def rate_at(self, step: int) -> float:
        """Return the learning rate: linear warm-up, then cosine decay to ``floor`` of ``rate``."""
        cosine = 0.5 * (1 + math.cos(math.pi * step / self.steps))
        warm = min(1.0, (step + 1) / self.warm_up)
        return self.rate * warm * (self.floor + (1 - self.floor) * cosine)


@dataclass(slots=True)
class _Run:
    """The contents of a checkpoint."""

    module: nn.Module
    averaged: torch.optim.swa_utils.AveragedModel
    optimiser: torch.optim.Optimizer
    key: str = ""
    step: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        state = {
            "key": self.key,
            "module": self.module.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state.get("key", "") != self.key:
            raise StylizeError(
                f"{path} belongs to a run with another style; remove it or choose another output"
            )
        self.module.load_state_dict(state["module"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]


def fit(  # noqa: PLR0913  # all but the first four are named by the caller
    trainee: Trainee,
    schedule: Schedule,
    checkpoint: Path,
    report: Report,
    *,
    seed: int = 0,
    key: str = "",
    on_save: Callable[[nn.Module, int, float], None] | None = None,
) -> tuple[nn.Module, float]:
    """Train until the schedule ends; return the averaged module and the total seconds.

    Resumes from ``checkpoint`` if it exists, and writes it as often as the schedule says; then calls
    ``on_save(averaged module, step, seconds)``, which can export or preview.

    Raises:
        StylizeError: if the checkpoint is of a run with another ``key``.
    """
    run = _start(trainee, schedule, key)
    if checkpoint.exists():
        run.load(checkpoint)
    began, saved = time.monotonic() - run.seconds, run.seconds
    smooth: dict[str, float] = {}
    while run.step < schedule.steps:
        terms = _step(trainee, schedule, run, seed)
        run.step, run.seconds = run.step + 1, time.monotonic() - began
        for name, value in terms.items():
            smooth[name] = 0.98 * smooth.get(name, value) + 0.02 * value
        late = run.seconds - saved >= schedule.save_after
        if late or run.step % schedule.save_every == 0 or run.step == schedule.steps:
            run.save(checkpoint)
            saved = run.seconds
            if on_save:
                on_save(run.averaged, run.step, run.seconds)
        stage = " ".join(f"{name} {value:.4f}" for name, value in smooth.items())
        report(Progress(stage, run.step, schedule.steps, sum(smooth.values())))
    return run.averaged, run.seconds


def _start(trainee: Trainee, schedule: Schedule, key: str) -> _Run:
    average = torch.optim.swa_utils.get_ema_multi_avg_fn(schedule.average)
    averaged = torch.optim.swa_utils.AveragedModel(trainee.module, multi_avg_fn=average)
    optimiser = torch.optim.Adam(trainee.module.parameters(), schedule.rate, betas=(0.9, 0.99))
    return _Run(trainee.module, averaged, optimiser, key)


def _step(trainee: Trainee, schedule: Schedule, run: _Run, seed: int) -> dict[str, float]:
    generator = torch.Generator().manual_seed(seed * 1_000_003 + run.step)
    for group in run.optimiser.param_groups:
        group["lr"] = schedule.rate_at(run.step)
    terms = trainee.losses(generator)
    run.optimiser.zero_grad(set_to_none=True)
    torch.stack(list(terms.values())).sum().backward()
    norm = nn.utils.clip_grad_norm_(run.module.parameters(), schedule.clip)
    if torch.isfinite(norm):  # a rare overflow in bf16 must not get into the averages
        run.optimiser.step()
        run.averaged.update_parameters(run.module)
    return {name: float(value.detach()) for name, value in terms.items()}
