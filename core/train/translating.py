"""The recipes that learn from two folders: munit, cyclegan and adaptive_style."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from torch import Tensor

from ..checkpoints.read import read_state
from ..methods.adaptive_style.network import PUBLISHED as ARTIST
from ..methods.cyclegan.network import PUBLISHED as CYCLE
from ..methods.munit.network import COMPACT, Sizes
from ..methods.munit.network import PUBLISHED as MUNIT
from ..methods.munit.weights import pair_of
from .artist import Artist
from .cyclegan import Cycle
from .judged_pairs import JudgedPairs
from .loop import Schedule, Trainee
from .pairs import Paired
from .recipe import Recipe, Setup, States, below
from .tolerant import load_tolerant
from .translation import Munit, Translation

PUBLISHED = Schedule(
    1_000_000, rate=1e-4, warm_up=1, clip=1e9, course="halving", betas=(0.5, 0.999), decay=1e-4
)
"""MUNIT's own."""
LEAN = 12
"""Width of small networks that discriminators teach, so that all that ship are few megabytes."""
BACK = "_back"
"""What follows the name of the network that goes the other way."""


def _by_the_clock(schedule: Schedule) -> Schedule:
    """Return a schedule whose checkpoints and sheets come every few minutes."""
    return replace(schedule, save_every=10**9, save_after=150)


def _munit(setup: Setup) -> Trainee:
    sizes, usual = _sizes(setup), _usual(setup)
    if setup.paired and not setup.critics:
        return Paired(setup.pools, setup.judge, sizes, aligned=setup.aligned, **usual)
    teacher = load_tolerant("vgg16")
    if setup.paired:
        many = {"batch": 8, "size": 160, "zoom": 1.5, "aligned": setup.aligned}
        return JudgedPairs(setup.pools, setup.judge, teacher, sizes, **many, **usual)
    if setup.published:
        return Munit(setup.pools, teacher, sizes, batch=1, size=256, **usual)
    lean = {"forth": 0.75, "lazy": 4, "bank": 600, **usual}
    return Munit(setup.pools, teacher, sizes, batch=3, size=96, zoom=2.0, **lean)


def _sizes(setup: Setup) -> Sizes:
    """Return the sizes of the networks that it begins with, or else those that were asked for."""
    if setup.published:
        return MUNIT
    if setup.begin:
        return pair_of(read_state(setup.begin), str(setup.begin)).here.sizes._replace(looks=0)
    return COMPACT._replace(dim=LEAN) if setup.critics else COMPACT


def _usual(setup: Setup) -> dict[str, Any]:
    return {"seed": setup.seed, "device": setup.device}


def _cyclegan(setup: Setup) -> Trainee:
    if setup.published:
        return Cycle(setup.pools, CYCLE, paired=setup.paired, width=64, size=256, **_usual(setup))
    return Cycle(setup.pools, paired=setup.paired, **_usual(setup))


def _adaptive_style(setup: Setup) -> Trainee:
    if setup.published:
        return Artist(setup.pools, ARTIST, width=64, size=768, **_usual(setup))
    return Artist(setup.pools, judge=setup.judge, **_usual(setup))


def _export_munit(trainee: Trainee, state: Mapping[str, Tensor]) -> States:
    munit = cast("Munit | Paired", trainee)
    networks = Translation(munit.networks.a.sizes)
    networks.load_state_dict(dict(state))
    return {"": munit.ready(networks).state_dict()}


def _export_cyclegan(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {"": below("there.", state), BACK: below("back.", state)}


def _export_artist(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {"": dict(state)}


TRANSLATIONS = (
    Recipe(
        "munit",
        "a translation between two domains in many styles, from two folders",
        _by_the_clock(Schedule(20000, rate=8e-4, warm_up=50, clip=10.0, betas=(0.5, 0.99))),
        _munit,
        _export_munit,
        domains=True,
        others={
            "pairs": _by_the_clock(Schedule(1500, rate=2e-3, warm_up=50, clip=10.0)),
            "critics": _by_the_clock(
                Schedule(3000, rate=1e-3, warm_up=50, clip=10.0, betas=(0.5, 0.99))
            ),
            "published": _by_the_clock(PUBLISHED),
        },
    ),
    Recipe(
        "cyclegan",
        "a change and the way back, a network each, from two folders",
        _by_the_clock(
            Schedule(20000, rate=2e-4, warm_up=1, clip=1e9, course="linear", betas=(0.5, 0.999))
        ),
        _cyclegan,
        _export_cyclegan,
        domains=True,
        others={
            "pairs": _by_the_clock(
                Schedule(2000, rate=2e-4, warm_up=1, clip=10.0, course="linear", betas=(0.5, 0.999))
            )
        },
        kinds=("", BACK),
    ),
    Recipe(
        "adaptive_style",
        "an artist's network, from a folder of photographs and one of their paintings",
        _by_the_clock(Schedule(3400, rate=2e-3, warm_up=50, clip=10.0, betas=(0.9, 0.99))),
        _adaptive_style,
        _export_artist,
        domains=True,
        others={
            "published": _by_the_clock(
                Schedule(300_000, rate=2e-4, warm_up=1, clip=1e9, floor=1.0, betas=(0.9, 0.999))
            )
        },
    ),
)
