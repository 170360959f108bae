"""What trainees of two domains share: crops of both, networks and their rival, and how sheets use them."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from .data import draw_crops
from .mixed import CPU, mixed

Pools = tuple[list[Tensor], list[Tensor]]
"""uint8 pictures (3, H, W) of a and b."""


def to_device(pool: Sequence[Tensor], device: torch.device) -> list[Tensor]:
    """Return pictures on a device."""
    return [picture.to(device) for picture in pool]


class Contest:
    """Networks that learn to translate against a rival; a subclass has ``losses`` and ``rival_losses``.

    Args:
        pools: Pictures of each domain.
        module: The networks that are trained.
        rival: Their discriminators.
        batch: Crops of each domain a step.
        size: Their side in pixels.
        zoom: Crops are cut up to so many times larger, and shrunk.
        device: Where all of them are, and learn.
    """

    variants, both_ways, examples = 1, False, False

    def __init__(  # noqa: PLR0913  # those that a subclass passes on
        self,
        pools: Pools,
        module: nn.Module,
        rival: nn.Module,
        *,
        batch: int,
        size: int,
        zoom: float,
        device: torch.device = CPU,
    ) -> None:
        self.device, self.batch, self.size, self.zoom = device, batch, size, zoom
        self.pools = [to_device(pool, device) for pool in pools]
        self.module: nn.Module = module.to(device).to(memory_format=torch.channels_last)
        self.rival: nn.Module = rival.to(device).to(memory_format=torch.channels_last)

    def draw(self, side: str, generator: torch.Generator) -> Tensor:
        """Return crops (B, 3, size, size) in [-1, 1] of a or b."""
        pool = self.pools["ab".index(side)]
        return draw_crops(pool, self.batch, self.size, generator, zoom=self.zoom) * 2 - 1

    def ready(self, network: nn.Module) -> nn.Module:
        """Return averaged networks as they are used."""
        return network

    def way(self, network: nn.Module, *, back: bool) -> nn.Module:  # noqa: ARG002  # of those with a way back
        """Return the network that goes there, or back."""
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
        with mixed(x.device):
            made = cast("Tensor", self.way(network, back=back)(x * 2 - 1))
        return made.float() * 0.5 + 0.5
