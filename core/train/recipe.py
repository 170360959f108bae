"""Recipes: their inputs, their training, and their weight files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import styles
from ..errors import StylizeError, WeightsError
from ..nn.decoder import Decoder
from ..nn.encoder import COMPACT, Encoder
from ..progress import Report, ignore
from . import sources
from .data import load_pool
from .loop import Schedule, Trainee
from .mixed import CPU
from .renders import Shard, load_shards
from .teacher import Judge

States = dict[str, dict[str, Tensor]]


@dataclass(frozen=True, slots=True)
class Setup:
    """A recipe's inputs: pictures, the teacher, and the weights trained before."""

    data: Path | None
    judge: Judge
    load: Callable[[str], dict[str, Tensor]]
    seed: int = 0
    style: Tensor | None = None
    """The style picture, (1, 3, H, W), for a recipe of one style."""
    report: Report = ignore
    name: str = ""
    """The name of that style, if it is a built-in one."""
    renders: Path | None = None
    """Folder of sequences that tools/render_flow.py rendered, if there is one."""
    pools: tuple[list[Tensor], list[Tensor]] = ((), ())  # pyright: ignore[reportAssignmentType]  # none
    """Pictures of two domains, uint8 (3, H, W), for a recipe of two."""
    paired: bool = False
    """Whether equal places of ``pools`` are pairs."""
    aligned: bool = False
    """Whether those fit spot for spot."""
    begin: Path | None = None
    """Networks of another translation to begin with."""
    critics: bool = False
    """Whether discriminators look at what is made of pairs too."""
    published: bool = False
    """Whether a recipe of two domains is to make networks of the published sizes."""
    device: torch.device = CPU
    """Where a recipe of two domains is to learn."""

    def contents(self, shorter: int) -> list[Tensor]:
        """Return the content pictures in memory."""
        return load_pool(sources.contents(self._data), shorter)

    def styles(self, shorter: int) -> list[Tensor]:
        """Return the style pictures in memory."""
        return load_pool(sources.styles(self._data), shorter)

    def paintings(self, shorter: int) -> list[Tensor]:
        """Return the style pictures, and each built-in style three times."""
        ours = load_pool([styles.path(name) for name in styles.names()], shorter)
        return self.styles(shorter) + 3 * ours

    @property
    def _data(self) -> Path:
        if self.data is None:
            raise StylizeError("there are no training pictures here; name their folder", "data")
        return self.data

    def rendered(self) -> list[Shard]:
        """Return the rendered sequences in memory; empty if no folder was given."""
        return load_shards(self.renders) if self.renders else []

    def find(self, name: str) -> dict[str, Tensor] | None:
        """Return the weights of a name, or nothing if they are missing or damaged."""
        try:
            return self.load(name)
        except WeightsError:
            return None

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
    """Makes weight files by name from the trainee and its averaged parameters."""
    styled: bool = False
    """Whether it trains a network for one style, which must be given."""
    domains: bool = False
    """Whether it learns from two folders, which must be given."""
    others: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    """Schedules where it learns from ``pairs``, or networks of the ``published`` sizes."""
    kinds: tuple[str, ...] = ("",)
    """What follows the name in the names of its files, where it learns from two folders."""


def below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, with the prefix removed."""
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def averaged_state(module: nn.Module) -> dict[str, Tensor]:
    """Return the averaged parameters under their own names."""
    return below("module.", module.state_dict())
