"""Every network that is trained here: what it needs, how long it takes, what files come out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import ParamsError
from ..nn.decoder import Decoder
from ..nn.encoder import COMPACT, LEVELS, Encoder
from . import sources
from .chain import Inversion, tails
from .data import draw_crops, load_pool
from .decoders import Reconstruction
from .encoder import Distillation
from .feedforward import FeedForward, Kind
from .loop import Schedule, Trainee
from .teacher import Judge
from .transport import StyleBank, Transport

States = dict[str, dict[str, Tensor]]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a recipe may use: pictures, the teacher, and the weights made so far."""

    data: Path
    judge: Judge
    load: Callable[[str], dict[str, Tensor]]
    seed: int = 0

    def contents(self, shorter: int) -> list[Tensor]:
        """Return the content pictures in memory."""
        return load_pool(sources.contents(self.data), shorter)

    def styles(self, shorter: int) -> list[Tensor]:
        """Return the style pictures in memory."""
        return load_pool(sources.styles(self.data), shorter)

    def encoder(self) -> Encoder:
        """Return the trained compact encoder, fixed."""
        encoder = Encoder()
        encoder.load_state_dict(self.load("compact.encoder"))
        return encoder.requires_grad_(False).to(memory_format=torch.channels_last)

    def decoder(self, level: str) -> Decoder:
        """Return the trained auto-encoding decoder of a level."""
        decoder = Decoder(COMPACT, level)
        decoder.load_state_dict(self.load(f"compact.decoder_{level}"))
        return decoder.to(memory_format=torch.channels_last)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One run of training."""

    id: str
    summary: str
    schedule: Schedule
    build: Callable[[Setup], Trainee]
    export: Callable[[Trainee, Mapping[str, Tensor]], States]
    """From the trainee and its averaged parameters to weight files by name."""


def _encoder(setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    return Distillation(setup.judge, pool, seed=setup.seed)


def _chain(setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    return Inversion(setup.encoder(), pool, seed=setup.seed)


def _decoders(setup: Setup) -> Trainee:
    pool = setup.contents(320) + setup.styles(320)
    decoders = {level: setup.decoder(level) for level in LEVELS}
    return Reconstruction(setup.encoder(), decoders, setup.judge, pool)


def _feedforward(kind: Kind, level: str, setup: Setup) -> Trainee:
    pools = (setup.contents(384), setup.styles(480))
    encoder, decoder = setup.encoder(), setup.decoder(level)
    return FeedForward(kind, level, encoder, decoder, setup.judge, pools, seed=setup.seed)


def _transport(setup: Setup) -> Trainee:
    pool, encoder = setup.styles(480), setup.encoder()
    draw = partial(_style_crops, pool)
    bank = StyleBank(encoder, setup.judge, draw, 1200, setup.seed + 1)
    return Transport(encoder, setup.judge, bank, setup.contents(384), seed=setup.seed)


def _style_crops(pool: list[Tensor], count: int, generator: torch.Generator) -> Tensor:
    return draw_crops(pool, count, 256, generator, zoom=1.8, recolor=0.15)


def _part(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def _export_encoder(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {"compact.encoder": _part("encoder.", state)}


def _export_chain(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {f"compact.decoder_{level}": tail for level, tail in tails(dict(state))}


def _export_decoders(_: Trainee, state: Mapping[str, Tensor]) -> States:
    return {f"compact.decoder_{level}": _part(f"{level}.", state) for level in LEVELS}


def _export_named(name: str, _: Trainee, state: Mapping[str, Tensor]) -> States:
    return {name: dict(state)}


def _export_transport(trainee: Trainee, state: Mapping[str, Tensor]) -> States:
    constants = {f"scale.{k}": torch.tensor(v) for k, v in trainee.scale.items()}  # pyright: ignore[reportAttributeAccessIssue]
    return {"compact.transport": {**state, **constants}}


def _on_level(kind: Kind, level: str, schedule: Schedule) -> Recipe:
    return Recipe(
        f"{kind}-{level}",
        f"{kind} at {level} on the compact encoder",
        schedule,
        partial(_feedforward, kind, level),
        partial(_export_named, f"compact.{kind}_{level}"),
    )


RECIPES = (
    Recipe(
        "encoder",
        "the compact encoder, distilled from a published VGG-19 (first)",
        Schedule(5600, rate=3e-3),
        _encoder,
        _export_encoder,
    ),
    Recipe(
        "transport", "the default method's decoder", Schedule(7000), _transport, _export_transport
    ),
    Recipe(
        "chain",
        "a first version of the auto-encoding decoders, block by block",
        Schedule(1200),
        _chain,
        _export_chain,
    ),
    Recipe(
        "decoders",
        "auto-encoding decoders relu1_1 to relu5_1, for WCT and Linear (after chain)",
        Schedule(400, rate=1e-3),
        _decoders,
        _export_decoders,
    ),
    _on_level("adain", "relu3_1", Schedule(500)),
    _on_level("adain", "relu4_1", Schedule(500)),
    _on_level("linear", "relu3_1", Schedule(500, rate=1e-3)),
    _on_level("linear", "relu4_1", Schedule(500, rate=1e-3)),
)


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its id.

    Raises:
        ParamsError: for an unknown one, listing the known.
    """
    for recipe in RECIPES:
        if recipe.id == name:
            return recipe
    known = ", ".join(recipe.id for recipe in RECIPES)
    raise ParamsError(f"there is no recipe {name!r}; choose one of: {known}")


def averaged_state(module: nn.Module) -> dict[str, Tensor]:
    """Return the averaged parameters under their own names."""
    return _part("module.", module.state_dict())
