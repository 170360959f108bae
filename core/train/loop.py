"""The training loop: Adam, averaged weights, resume, and a way back from what went wrong.

The randomness of a step depends on (seed, step) alone, so a run that was stopped and resumed gives the same
numbers as one that was not. A trainee may have a rival (a discriminator), which takes a step after each of
its own.
"""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ..errors import Cancelled, ParamsError, StylizeError, is_out_of_memory
from ..files.damage import explain_damage
from ..progress import Progress, Report
from .hold import hold

Course = Literal["cosine", "linear", "halving"]


class Trainee(Protocol):
    """What the loop needs from a recipe."""

    module: nn.Module
    """The parameters that are trained."""

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the terms whose sum is minimised, for one batch."""
        ...


@runtime_checkable
class Opposed(Protocol):
    """A trainee that a rival learns to see through."""

    rival: nn.Module
    """The rival's parameters, and what it remembers."""

    def rival_losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the rival's terms on what ``losses`` has just made; none: it rests in this step."""
        ...


@runtime_checkable
class Uneven(Protocol):
    """A trainee of which some parts learn slower than others."""

    rates: Mapping[str, float]
    """By the beginning of parameters' names, a rival's too, the share of the rate that they learn by."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train."""

    steps: int
    rate: float = 2e-3
    warm_up: int = 200
    floor: float = 0.02
    clip: float = 1.0
    course: Course = "cosine"
    """How the rate goes down: to ``floor`` along a cosine; straight to nothing in the second half; or by half
    every tenth of the run."""
    betas: tuple[float, float] = (0.9, 0.99)
    decay: float = 0.0
    """Weight decay."""
    save_every: int = 200
    """Steps between two checkpoints."""
    save_after: float = math.inf
    """Longest time between two checkpoints, seconds."""

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ParamsError(f"a training has one step or more, not {self.steps}", "steps")

    @property
    def average(self) -> float:
        """Decay of the averaged weights: they average about 1/25 of the run."""
        return 1 - min(0.5, max(0.002, 25 / self.steps))

    def rate_at(self, step: int) -> float:
        """Return the learning rate: linear warm-up, then down along its course."""
        done = step / self.steps
        down = {
            "cosine": self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * done)),
            "linear": min(1.0, 2 * (1 - done)),
            "halving": 0.5 ** int(10 * done),
        }[self.course]
        return self.rate * min(1.0, (step + 1) / self.warm_up) * down


@dataclass(slots=True)
class _Side:
    """One of those who learn: its parameters and their optimiser."""

    module: nn.Module
    optimiser: torch.optim.Optimizer
    shares: tuple[float, ...]
    """Of the rate, what each of the optimiser's groups learns by."""

    def step(self, terms: dict[str, Tensor], rate: float, clip: float) -> bool:
        """Go down the terms' sum; return False, and do nothing, where it is no number."""
        for group, share in zip(self.optimiser.param_groups, self.shares, strict=True):
            group["lr"] = rate * share
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        norm = nn.utils.clip_grad_norm_(self.module.parameters(), clip)
        if not torch.isfinite(norm):  # a rare overflow in bf16 must not get into the averages
            return False
        self.optimiser.step()
        return True


@dataclass(slots=True)
class History:
    """What was measured on the way, for curves: rows of numbers by name, with their ``step``."""

    rows: list[dict[str, float]] = field(default_factory=list[dict[str, float]])

    def add(self, step: int, numbers: dict[str, float]) -> None:
        """Note numbers of a step."""
        self.rows.append({"step": float(step), **numbers})

    def of(self, name: str) -> list[tuple[float, float]]:
        """Return the steps at which a number was noted, with it."""
        return [(row["step"], row[name]) for row in self.rows if name in row]


@dataclass(slots=True)
class _Run:
    """The contents of a checkpoint."""

    side: _Side
    averaged: torch.optim.swa_utils.AveragedModel
    rival: _Side | None = None
    key: str = ""
    step: int = 0
    seconds: float = 0.0
    detours: int = 0
    """How often it went back to a checkpoint: each time other batches are drawn."""
    history: History = field(default_factory=History)

    def save(self, path: Path) -> None:
        state: dict[str, Any] = {
            "key": self.key,
            "module": self.side.module.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.side.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "detours": self.detours,
            "history": self.history.rows,
        }
        if self.rival:
            state["rival"] = self.rival.module.state_dict()
            state["rival_optimiser"] = self.rival.optimiser.state_dict()
        part = path.with_suffix(".part")
        with explain_damage(StylizeError, f"{path} cannot be written ({{reason}})"):
            torch.save(state, part)
            part.replace(path)

    def load(self, path: Path) -> None:
        other = f"{path} belongs to another run; remove it or choose another output"
        with explain_damage(StylizeError, f"{path} is damaged; remove it and begin anew"):
            state = torch.load(path, map_location="cpu", weights_only=True)
        if state.get("key", "") != self.key:
            raise StylizeError(other)
        with explain_damage(StylizeError, other):  # networks of other kinds or sizes
            self.take(state)

    def take(self, state: dict[str, Any]) -> None:
        self.side.module.load_state_dict(state["module"])
        self.averaged.load_state_dict(state["averaged"])
        self.side.optimiser.load_state_dict(state["optimiser"])
        if self.rival:
            self.rival.module.load_state_dict(state["rival"])
            self.rival.optimiser.load_state_dict(state["rival_optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.detours = max(self.detours, state.get("detours", 0))
        self.history.rows[:] = state.get("history", [])


EVERY = 20
"""Steps between two rows of the history."""
PATIENCE = 3
"""Steps without a number after which a run goes back to its checkpoint."""
MOST_DETOURS = 5

OnSave = Callable[[nn.Module, int, float], None]


def fit(  # noqa: PLR0913  # all but the first four are named by the caller
    trainee: Trainee,
    schedule: Schedule,
    checkpoint: Path,
    report: Report,
    *,
    seed: int = 0,
    key: str = "",
    on_save: OnSave | None = None,
    history: History | None = None,
) -> tuple[nn.Module, float]:
    """Train until the schedule ends; return the averaged module and the total seconds.

    Resumes from ``checkpoint`` if it exists, and writes it as often as the schedule says; then calls
    ``on_save(averaged module, step, seconds)``. ``history`` is filled on the way. On Ctrl-C the step is
    finished and the checkpoint written. Of losses that are no numbers it goes back to the checkpoint.

    Raises:
        StylizeError: if the checkpoint is of a run with another ``key``, or damaged, or another training
            writes it; or if losses stay no numbers.
        Cancelled: on Ctrl-C.
    """
    with hold(checkpoint):
        run = _start(trainee, schedule, key, history, checkpoint)
        _go_on(trainee, schedule, run, _Place(checkpoint, report, on_save, saved=run.seconds), seed)
    return run.averaged, run.seconds


def _go_on(trainee: Trainee, schedule: Schedule, run: _Run, place: "_Place", seed: int) -> None:
    """Take steps until the schedule ends."""
    began, failed, smooth = time.monotonic() - run.seconds, 0, dict[str, float]()
    with _finish_step_on_interrupt() as stop:
        while run.step < schedule.steps:
            terms, good = _step(trainee, schedule, run, seed, place.report)
            failed = 0 if good else failed + 1
            if failed >= PATIENCE:
                failed = _go_back(run, place, schedule)
                continue
            run.step, run.seconds = run.step + 1, time.monotonic() - began
            stage = _note(terms, smooth, run)
            if good:
                place.keep(run, schedule, stopped=stop.is_set())
            if stop.is_set():
                raise Cancelled
            place.report(Progress(stage, run.step, schedule.steps, sum(smooth.values())))


@dataclass(slots=True)
class _Place:
    """Where a run is kept, and who is told."""

    checkpoint: Path
    report: Report
    on_save: OnSave | None
    saved: float
    """When the last checkpoint was written, in the run's seconds."""

    def keep(self, run: _Run, schedule: Schedule, *, stopped: bool) -> None:
        """Write a checkpoint if it is time, or the run is stopped."""
        late = run.seconds - self.saved >= schedule.save_after
        due = late or run.step % schedule.save_every == 0 or run.step == schedule.steps
        if due or stopped:
            run.save(self.checkpoint)
            self.saved = run.seconds
        if due and self.on_save:
            self.on_save(run.averaged, run.step, run.seconds)


def _note(terms: dict[str, float], smooth: dict[str, float], run: _Run) -> str:
    """Smooth the terms of a step, and return them in words."""
    for name, value in terms.items():
        if math.isfinite(value):
            smooth[name] = 0.98 * smooth.get(name, value) + 0.02 * value
    if run.step % EVERY == 0:
        run.history.add(run.step, dict(smooth))
    return " ".join(f"{name} {value:.4f}" for name, value in smooth.items())


@contextmanager
def _finish_step_on_interrupt() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C sets, in place of an exception in the middle of a step."""
    stop = threading.Event()

    def ask(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # signal's signature
        if stop.is_set():
            raise KeyboardInterrupt  # asked twice: at once
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _go_back(run: _Run, place: _Place, schedule: Schedule) -> int:
    """Load the last checkpoint, and go on with other batches; return how many steps have failed since."""
    if not place.checkpoint.exists() or run.detours >= MOST_DETOURS:
        raise StylizeError(
            f"the losses are no numbers any more at step {run.step}; look for pictures that differ from all "
            "others, or train in float32"
        )
    at = run.step
    run.detours += 1
    run.load(place.checkpoint)
    said = f"losses were no numbers at step {at}: back to step {run.step}"
    place.report(Progress(said, run.step, schedule.steps))
    return 0


def _start(
    trainee: Trainee, schedule: Schedule, key: str, history: History | None, checkpoint: Path
) -> _Run:
    average = torch.optim.swa_utils.get_ema_multi_avg_fn(schedule.average)
    averaged = torch.optim.swa_utils.AveragedModel(trainee.module, multi_avg_fn=average)
    rates = trainee.rates if isinstance(trainee, Uneven) else {}
    rival = _side(trainee.rival, schedule, rates) if isinstance(trainee, Opposed) else None
    side, noted = _side(trainee.module, schedule, rates), History() if history is None else history
    run = _Run(side, averaged, rival, key, history=noted)
    if checkpoint.exists():
        run.load(checkpoint)
    return run


def _side(module: nn.Module, schedule: Schedule, rates: Mapping[str, float]) -> _Side:
    options = {"betas": schedule.betas, "weight_decay": schedule.decay}
    parts: dict[float, list[nn.Parameter]] = {1.0: []}
    for name, parameter in module.named_parameters():
        share = next((rates[start] for start in rates if name.startswith(start)), 1.0)
        parts.setdefault(share, []).append(parameter)
    parts = {share: part for share, part in parts.items() if part}
    groups = [{"params": part} for part in parts.values()]
    return _Side(module, torch.optim.Adam(groups, schedule.rate, **options), tuple(parts))


def _step(
    trainee: Trainee, schedule: Schedule, run: _Run, seed: int, report: Report
) -> tuple[dict[str, float], bool]:
    """Return the terms of a step, and whether it could be taken; halve the batch until memory suffices."""
    while True:
        try:
            return _try_step(trainee, schedule, run, seed)
        except (MemoryError, RuntimeError) as error:
            batch = getattr(trainee, "batch", 1)
            if not is_out_of_memory(error) or batch < 2:
                raise
            trainee.batch = batch // 2  # pyright: ignore[reportAttributeAccessIssue]  # it has one
            said = f"memory is short: {batch // 2} pictures a step instead of {batch}"
            report(Progress(said, run.step, schedule.steps))


def _try_step(
    trainee: Trainee, schedule: Schedule, run: _Run, seed: int
) -> tuple[dict[str, float], bool]:
    number = seed * 1_000_003 + run.detours * 15_485_863 + run.step
    generator = torch.Generator().manual_seed(number)
    rate, good = schedule.rate_at(run.step), True
    terms = trainee.losses(generator)
    if terms:
        good = run.side.step(terms, rate, schedule.clip)
        if good:
            run.averaged.update_parameters(run.side.module)
    if run.rival and isinstance(trainee, Opposed):
        against = trainee.rival_losses(generator)
        if against:
            good = run.rival.step(against, rate, schedule.clip) and good
        terms = terms | against
    return {name: float(value.detach()) for name, value in terms.items()}, good
