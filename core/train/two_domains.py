"""Train a translation between two folders of pictures, or go on with it."""

import hashlib
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, cast

from torch import Tensor, nn

from ..checkpoints.identify import shapes_of
from ..checkpoints.read import check_numbers, read_state
from ..checkpoints.store import SUFFIX, Store
from ..device import pick_device
from ..errors import ParamsError, WeightsError
from ..nn.resize import rescale
from ..progress import Progress, Report, ignore
from .converge import describe, frechet, has_converged
from .folders import Domain, match, read_domain
from .loop import History, Schedule, Trainee, fit
from .one_style import own_judge, target_of, write
from .pairs import Paired
from .pictures import write_rows
from .plot import write_curves
from .recipe import Recipe, Setup, averaged_state
from .recipes import find_recipe
from .teacher import Judge
from .tolerant import Tolerant, load_tolerant
from .train import LICENCE

LONGEST = 512
"""Pixels of the longer side of pictures in memory."""
SIDE = 256
"""Pixels of a sheet's pictures."""
ROWS = 4
MEASURED = 24
"""Held-out pictures that a distance is measured on."""
GENTLY = 0.25
"""Of the usual rate, what networks that begin with others learn by."""
AWAY = "distance to b"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Two domains, and how a network learns to go from one to the other."""

    a: Path
    b: Path
    steps: int | None = None
    seed: int = 0
    plot: bool = False
    pairs: bool = False
    """Whether files of one name in both folders are pictures of the same thing."""
    aligned: bool = False
    """Whether pairs fit spot for spot, and what changes is hardly chance: pixels are compared then."""
    critics: bool = False
    """Whether discriminators look at what is made of pairs too."""
    begin: Path | None = None
    """Networks of another translation to begin with."""
    teacher: Path | None = None
    """The published network that pairs are compared by; None: our own."""
    published: bool = False
    """Whether the networks have the published sizes; else they are our small ones."""
    device: str = "cpu"
    """Where they learn: ``cpu``, ``cuda``, or ``auto``."""

    @property
    def name(self) -> str:
        """Name of the translation: that of the folder of both, or of where it goes."""
        same = self.a.resolve().parent
        return same.name if same == self.b.resolve().parent and same.name else self.b.resolve().name

    def key(self, recipe: str) -> str:
        """Return a key that is different for other recipes, folders, and ways to learn."""
        names = f"{recipe} {self.a.resolve()} {self.b.resolve()} {self.pairs} {self.aligned} {self.published}"
        names += " critics" * self.critics
        return hashlib.sha256(names.encode()).hexdigest()[:16]


def train_domains(name: str, lesson: Lesson, out: Path, report: Report = ignore) -> list[Path]:
    """Train a recipe on two folders, or resume; return the files that were written.

    Every few minutes the current network, a sheet of held-out pictures and what was made of them are
    written, and with ``plot`` the curves; from a ``.checkpoint`` beside them a stopped run resumes.

    Raises:
        ParamsError: if the recipe is not for two domains.
        WeightsError: if the networks to begin with are none of this recipe.
        StylizeError: if a folder has too few pictures, or the checkpoint is another lesson's.
    """
    recipe = find_recipe(name)
    if not recipe.domains:
        raise ParamsError(f"{name} does not learn from two folders; name no --a and no --b")
    schedule = _schedule(recipe, lesson)
    a, b = (read_domain(folder, LONGEST, report) for folder in (lesson.a, lesson.b))
    a, b = match(a, b) if lesson.pairs else (a, b)
    target = target_of(out, lesson.name, recipe.id)
    target.parent.mkdir(parents=True, exist_ok=True)
    trainee, steps = recipe.build(_set_up(lesson, (a.learnt, b.learnt), report)), schedule.steps
    if lesson.begin:
        begin_with(trainee, lesson.begin)
    run = _Run(recipe, trainee, lesson, (a, b), target, steps=steps, report=report)
    averaged, seconds = fit(
        trainee,
        schedule,
        target.with_suffix(".checkpoint"),
        report,
        seed=lesson.seed,
        key=lesson.key(recipe.id),
        on_save=run.save,
        history=run.history,
    )
    if not all(path.exists() for path in run.files):
        run.save(averaged, steps, seconds)
    return run.files


def _set_up(lesson: Lesson, pools: tuple[list[Tensor], list[Tensor]], report: Report) -> Setup:
    load = Store().load
    return Setup(
        None,
        Judge(lesson.teacher) if lesson.teacher else own_judge(load),
        load,
        lesson.seed,
        report=report,
        pools=pools,
        paired=lesson.pairs,
        aligned=lesson.aligned,
        begin=lesson.begin,
        critics=lesson.critics,
        published=lesson.published,
        device=pick_device(lesson.device),
    )


def begin_with(trainee: Trainee, path: Path) -> None:
    """Fill networks with those of a weight file; of pairs, codes are learnt anew.

    Raises:
        WeightsError: if the file is missing, damaged, or of another network.
    """
    module = trainee.module
    state = check_numbers(read_state(path), path.name)
    state = {name: tensor for name, tensor in state.items() if not name.endswith(".codes")}
    if shapes_of(state) != shapes_of(module.state_dict()):
        raise WeightsError(
            f"{path} is not of this network; leave --begin out, or name a file of this recipe"
        )
    module.load_state_dict(state)
    if isinstance(trainee, Paired):
        trainee.forget_codes()


def _schedule(recipe: Recipe, lesson: Lesson) -> Schedule:
    named = "aligned" if lesson.aligned else "critics"
    if (lesson.aligned or lesson.critics) and not lesson.pairs:
        raise ParamsError(f"--{named} is for pairs; give --pairs too")
    size = "published" if lesson.published else ""
    kind = size if not lesson.pairs else "critics" if lesson.critics else "pairs"
    if lesson.pairs and "pairs" not in recipe.others:
        raise ParamsError(f"{recipe.id} does not learn from pairs; leave --pairs out")
    if (lesson.aligned or lesson.critics) and "critics" not in recipe.others:
        raise ParamsError(
            f"{recipe.id} compares pixels of pairs and has discriminators anyway; leave --{named} out"
        )
    chosen = recipe.others.get(kind, recipe.schedule)
    if lesson.begin:
        chosen = replace(chosen, rate=chosen.rate * GENTLY)
    return chosen if lesson.steps is None else replace(chosen, steps=lesson.steps)


class Translator(Protocol):
    """What a trainee of two domains offers besides its losses."""

    variants: int
    """How many styles are worth a look."""
    both_ways: bool
    """Whether it learns the way back too."""
    examples: bool
    """Whether it takes the style of an example."""

    def ready(self, network: nn.Module) -> nn.Module:
        """Return averaged networks as they are used."""
        ...

    def translate(
        self,
        network: nn.Module,
        x: Tensor,
        variant: int,
        *,
        back: bool = False,
        like: Tensor | None = None,
    ) -> Tensor:
        """Return a picture (1, 3, H, W) in [0, 1] in the other domain; ``like``: of an example's style."""
        ...


class _Run:
    """What is written and measured each time that a checkpoint is."""

    def __init__(  # noqa: PLR0913  # all that a run is made of
        self,
        recipe: Recipe,
        trainee: Trainee,
        lesson: Lesson,
        domains: tuple[Domain, Domain],
        target: Path,
        *,
        steps: int,
        report: Report,
    ) -> None:
        self.recipe, self.trainee, self.lesson, self.domains = recipe, trainee, lesson, domains
        self.target, self.steps, self.report = target, steps, report
        self.history, self.watch = History(), _Watch(domains[1], _measuring())

    @property
    def files(self) -> list[Path]:
        """All files, weights first."""
        names = [f"{self.stem}{kind}{SUFFIX}" for kind in self.recipe.kinds]
        names += [f"{self.stem}.png"] + [f"{self.stem}.curves.png"] * self.lesson.plot
        return [self.target.with_name(name) for name in names]

    @property
    def stem(self) -> str:
        """Name of the weights without what follows."""
        return self.target.name.removesuffix(SUFFIX)

    def save(self, averaged: nn.Module, step: int, seconds: float) -> None:
        """Write weights, sheet and curves, and measure how far it is."""
        (a, b), facts = self.domains, self._facts() | {"steps": step, "seconds": round(seconds)}
        states = self.recipe.export(self.trainee, averaged_state(averaged))
        for kind, state in states.items():
            write(self.target.with_name(f"{self.stem}{kind}{SUFFIX}"), state, facts)
        trainee = cast("Translator", self.trainee)
        network = deepcopy(trainee.ready(cast("nn.Module", averaged.module))).cpu()
        self.history.add(step, {AWAY: self.watch.measure(network, trainee, a)})
        if has_converged(self.history, AWAY):
            self.report(Progress(f"{AWAY} falls no more: it has converged", step, self.steps))
        sheet = self.target.with_name(f"{self.stem}.png")
        write_sheet(sheet, trainee, network, a, b)
        if self.lesson.plot:
            title = f"{self.recipe.id}: {a.folder.name} to {b.folder.name}"
            write_curves(self.target.with_name(f"{self.stem}.curves.png"), self.history, title)

    def _facts(self) -> dict[str, str]:
        named = ("pairs", "aligned", "critics", "published")
        size = "".join(f" --{name}" for name in named if getattr(self.lesson, name))
        size += f" --begin {self.lesson.begin.name}" if self.lesson.begin else ""
        command = f"python -m core train {self.recipe.id} --a DIR --b DIR --steps {self.steps}"
        counts = " and ".join(f"{len(x.pictures)} pictures" for x in self.domains)
        return {
            "recipe": f"{command} --seed {self.lesson.seed}{size}",
            "licence": LICENCE,
            "data": f"{self.lesson.name}: {counts} of a and b",
        }


def _measuring() -> Tolerant:
    """Return the network that measures: one that teaches nobody here."""
    return load_tolerant("alexnet")


class _Watch:
    """Measures how far what is made is from the real ones."""

    def __init__(self, real: Domain, network: Tolerant) -> None:
        self.network = network
        pictures = [_shown(x) for x in real.pictures[-MEASURED:]]
        self.real = describe(network, pictures)

    def measure(self, network: nn.Module, trainee: "Translator", a: Domain) -> float:
        """Return the distance."""
        contents = [_shown(x) for x in a.held[:MEASURED]]
        made = [trainee.translate(network, x, number) for number, x in enumerate(contents)]
        return frechet(describe(self.network, made), self.real)


def _shown(picture: Tensor, side: int = SIDE) -> Tensor:
    """Return the middle of a picture, (1, 3, side, side) in [0, 1], enlarged where it is smaller."""
    x = picture[None].float() / 255
    x = rescale(x, max(1.0, side / min(x.shape[-2:])))
    top, left = ((length - side) // 2 for length in x.shape[-2:])
    return x[..., top : top + side, left : left + side]


def write_sheet(path: Path, trainee: Translator, network: nn.Module, a: Domain, b: Domain) -> None:
    """Write rows of held-out pictures: as they are, then translated, in styles and in an example's."""
    rows = [_row(trainee, network, x, y, back=False) for x, y in _pairs(a.held, b.held, ROWS)]
    if trainee.both_ways:
        rows += [_row(trainee, network, x, y, back=True) for x, y in _pairs(b.held, a.held, 2)]
    write_rows(path, rows)


def _pairs(x: Sequence[Tensor], y: Sequence[Tensor], count: int) -> list[tuple[Tensor, Tensor]]:
    return [(_shown(x[i % len(x)]), _shown(y[i % len(y)])) for i in range(count)]


def _row(
    trainee: Translator, network: nn.Module, x: Tensor, like: Tensor, *, back: bool
) -> list[Tensor]:
    made = [trainee.translate(network, x, k, back=back) for k in range(trainee.variants)]
    shown = [x, *made]
    if trainee.examples:
        shown += [like, trainee.translate(network, x, 0, back=back, like=like)]
    return shown
