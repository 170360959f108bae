"""Recipes of networks for video."""

from collections.abc import Mapping
from functools import partial
from typing import cast

import torch
from torch import Tensor

from .. import styles
from ..checkpoints.flow import flownet_of
from ..checkpoints.networks import reconet_of
from ..errors import ParamsError
from ..imaging.image import load_image
from ..picture.tensors import to_tensor
from . import sources
from .clips import Clip, draw_clips, repeat_first
from .covst import Online
from .fast_multi_video import ClipTrainee
from .layers import Pair, draw_pairs
from .loop import Schedule, Trainee
from .msgnet import NORMAL, shown_at
from .recipe import Recipe, Setup, States
from .reconet import Steady
from .renders import Shard, draw_rendered

SIZE = (128, 192)
"""Height and width of the frames, pixels."""
FRAMES = 3
"""Of a rendered sequence."""
START, CARRIED = "compact.johnson_{}", "compact.reconet_{}"
"""Networks with which others begin, and those whose features are carried on."""


def _pairs(pool: list[Tensor], shards: list[Shard], count: int, generator: torch.Generator) -> Pair:
    """Return pairs of moving layers or, in half of all calls if there are any, of rendered frames."""
    if shards and int(torch.randint(2, (), generator=generator)):
        return draw_rendered(shards, count, SIZE, generator)
    return draw_pairs(pool, count, SIZE, generator)


def _draw_clips(pool: list[Tensor], shards: list[Shard], generator: torch.Generator) -> Clip:
    """Return a sequence of layers that rest and then move or, in some calls, of rendered frames."""
    if shards and int(torch.randint(2, (), generator=generator)):
        return draw_clips(shards, 1, SIZE, FRAMES, generator)
    return repeat_first(draw_pairs(pool, 1, SIZE, generator))


def _reconet(setup: Setup) -> Trainee:
    if setup.style is None:
        raise ParamsError("reconet learns one style: give its picture", "style")
    contents = sources.any_contents(setup.data, 320, setup.report)
    draw = partial(_pairs, contents, setup.rendered(), 2)
    start = setup.find(START.format(setup.name)) if setup.name else None
    return Steady(setup.judge, setup.style, contents, draw, start=start, seed=setup.seed)


def _covst(setup: Setup) -> Trainee:
    states = {name: setup.find(CARRIED.format(name)) for name in styles.names()}
    nets = {k: reconet_of(state, CARRIED.format(k)) for k, state in states.items() if state}
    if not nets:
        raise ParamsError(
            "covst carries on what ReCoNet's networks paint: train some of them first"
        )
    flow = flownet_of(setup.load("compact.flownet"), "compact.flownet")
    draw = partial(_pairs, setup.contents(320), setup.rendered(), 4)
    return Online(nets, flow, draw, seed=setup.seed)


def _fast_multi_video(setup: Setup) -> Trainee:
    style_pictures = {
        k: shown_at(to_tensor(load_image(styles.path(k)).rgb), NORMAL) for k in styles.names()
    }
    states = (setup.find(START.format(name)) for name in styles.names())
    start = next((state for state in states if state), None)
    draw = partial(_draw_clips, setup.contents(320), setup.rendered())
    return ClipTrainee(setup.judge, style_pictures, draw, start=start, seed=setup.seed)


def _export(name: str, _: Trainee, state: Mapping[str, Tensor]) -> States:
    return {f"compact.{name}": dict(state)}


def _export_clip_network(trainee: Trainee, state: Mapping[str, Tensor]) -> States:
    return {"compact.fast_multi_video": cast("ClipTrainee", trainee).named(state)}


VIDEO = (
    Recipe(
        "reconet",
        "a small network of one style, calm in video, of a picture that is given (after johnson)",
        Schedule(2000, rate=1e-3, warm_up=50, save_after=60),
        _reconet,
        partial(_export, "reconet"),
        styled=True,
    ),
    Recipe(
        "covst",
        "masks by which what ReCoNet's networks paint is carried on (after reconet and flownet)",
        Schedule(2000, rate=1e-3),
        _covst,
        partial(_export, "covst"),
    ),
    Recipe(
        "fast_multi_video",
        "one small network of all built-in styles that remembers the frames before (after johnson)",
        Schedule(5000),
        _fast_multi_video,
        _export_clip_network,
    ),
)
