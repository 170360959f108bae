"""Recipe of cyclegan (Zhu et al., ICCV 2017): two generators, each the other's way back, and two rivals."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from ..methods.cyclegan.losses import generator_terms, rival_loss
from ..methods.cyclegan.network import COMPACT, Generator, Sizes
from ..nn.adversary import Patches, ReplayPool
from .data import draw_crops


class Both(nn.Module):
    """The generators there and back."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.there, self.back = Generator(sizes), Generator(sizes)


class Rival(nn.Module):
    """A discriminator, and the pictures that it was shown before."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.patches, self.pool = Patches(width), ReplayPool(50, size)


class Cycle:
    """Train the generators of both ways.

    Args:
        pools: uint8 pictures (3, H, W) of each domain.
        sizes: Of the generators.
        width: First width of the discriminators.
        batch: Crops of each domain a step.
        size: Their side in pixels.
        seed: Of the first weights.
    """

    variants, both_ways, examples = 1, True, False

    def __init__(  # the recipe names them
        self,
        pools: tuple[list[Tensor], list[Tensor]],
        sizes: Sizes = COMPACT,
        *,
        width: int = 32,
        batch: int = 1,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.pools, self.batch, self.size = pools, batch, size
        self.networks = Both(sizes).to(memory_format=torch.channels_last)
        self.rivals = Rival(width, size), Rival(width, size)
        self.module: nn.Module = self.networks
        self.rival: nn.Module = nn.ModuleList(self.rivals).to(memory_format=torch.channels_last)
        for part in (self.module, self.rival):
            begin_(part)
        self.real: list[Tensor] = []
        self.made: list[Tensor] = []

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return both generators' weighted terms for one batch."""
        a, b = (self._draw(pool, generator) for pool in self.pools)
        self.real = [b, a]
        with torch.autocast("cpu", torch.bfloat16):
            rivals = self.rivals[0].patches, self.rivals[1].patches
            terms, made = generator_terms(self.networks.there, self.networks.back, rivals, (a, b))
        self.made = [x.detach() for x in made]
        return terms

    def rival_losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the discriminators' terms on what was made in this step or an earlier one."""
        terms: dict[str, Tensor] = {}
        with torch.autocast("cpu", torch.bfloat16):
            for side, rival, made, real in zip(
                "ba", self.rivals, self.made, self.real, strict=True
            ):
                shown = rival.pool.swap(made.float(), generator)
                terms[f"tell {side}"] = rival_loss(rival.patches, shown, real)
        return terms

    def ready(self, network: nn.Module) -> nn.Module:
        """Return averaged networks as they are used."""
        return network

    @torch.no_grad()
    def translate(
        self,
        network: nn.Module,
        x: Tensor,
        variant: int,  # noqa: ARG002  # it knows one
        *,
        back: bool = False,
        like: Tensor | None = None,  # noqa: ARG002  # it takes no example
    ) -> Tensor:
        """Return a picture (1, 3, H, W) in [0, 1] in the other domain."""
        both = cast("Both", network)
        with torch.autocast("cpu", torch.bfloat16):
            made = (both.back if back else both.there)(x * 2 - 1)
        return made.float() * 0.5 + 0.5

    def _draw(self, pool: Sequence[Tensor], generator: torch.Generator) -> Tensor:
        return draw_crops(pool, self.batch, self.size, generator, zoom=286 / 256) * 2 - 1


def begin_(network: nn.Module) -> None:
    """Give every convolution the authors' weights, normal with a deviation of 0.02, in place."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, std=0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
