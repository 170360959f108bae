"""Recipe of cyclegan (Zhu et al., ICCV 2017): two generators, each the other's way back, and two rivals.

Where files of one name show the same thing, what is made is compared with it too, as Isola et al. do, 2017.
"""

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..methods.cyclegan.losses import generator_terms, rival_loss
from ..methods.cyclegan.network import COMPACT, Generator, Sizes
from ..nn.adversary import Patches, ReplayPool
from .contest import Contest, Pools
from .data import draw_crops
from .mixed import CPU, mixed
from .translation import draw_weights_

PAIR = 100.0
"""Weight of the distance to what a pair shows in the other state, that of Isola et al., or little changes."""


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


class Cycle(Contest):
    """Train the generators of both ways.

    Args:
        pools: Pictures of each domain.
        paired: Whether those at equal places are of one size and show the same thing.
        sizes: Of the generators.
        width: First width of the discriminators.
        batch: Crops of each domain a step.
        size: Their side in pixels.
        seed: Of the first weights.
        device: Where they learn.
    """

    both_ways = True

    def __init__(  # noqa: PLR0913  # the recipe names them
        self,
        pools: Pools,
        sizes: Sizes = COMPACT,
        *,
        paired: bool = False,
        width: int = 32,
        batch: int = 1,
        size: int = 128,
        seed: int = 0,
        device: torch.device = CPU,
    ) -> None:
        torch.manual_seed(seed)
        self.networks, self.rivals = Both(sizes), (Rival(width, size), Rival(width, size))
        rival = nn.ModuleList(self.rivals)
        options = {"batch": batch, "size": size, "zoom": 286 / 256, "device": device}
        super().__init__(pools, self.networks, rival, **options)
        for part in (self.module, self.rival):
            begin_(part)
        if sizes.keeps:
            change_little_(self.networks)
        self.pairs = [torch.cat(pair) for pair in zip(*self.pools, strict=True)] if paired else []
        self.real: list[Tensor] = []
        self.made: list[Tensor] = []

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return both generators' weighted terms for one batch."""
        a, b = self._draw(generator)
        self.real = [b, a]
        with mixed(self.device):
            rivals = self.rivals[0].patches, self.rivals[1].patches
            terms, made = generator_terms(self.networks.there, self.networks.back, rivals, (a, b))
            if self.pairs:
                terms |= {
                    f"pair {side}": PAIR * F.l1_loss(x.float(), real)
                    for side, x, real in zip("ba", made, self.real, strict=True)
                }
        self.made = [x.detach() for x in made]
        return terms

    def _draw(self, generator: torch.Generator) -> Sequence[Tensor]:
        if not self.pairs:
            return [self.draw(side, generator) for side in "ab"]
        crops = draw_crops(self.pairs, self.batch, self.size, generator, zoom=self.zoom)
        return (crops * 2 - 1).chunk(2, 1)

    def rival_losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the discriminators' terms on what was made in this step or an earlier one."""
        terms: dict[str, Tensor] = {}
        with mixed(self.device):
            for side, rival, made, real in zip(
                "ba", self.rivals, self.made, self.real, strict=True
            ):
                shown = rival.pool.swap(made.float(), generator)
                terms[f"tell {side}"] = rival_loss(rival.patches, shown, real)
        return terms

    def way(self, network: nn.Module, *, back: bool) -> nn.Module:
        """Return the generator there, or back."""
        both = cast("Both", network)
        return both.back if back else both.there


def change_little_(networks: Both) -> None:
    """Give small generators He's weights, and such that they change no picture at first, in place.

    What is small and random there is driven back to nothing first, which shuts channels for good.
    """
    for network in (networks.there, networks.back):
        draw_weights_(network)
        for last in (network.retouch.last, network.retouch.fine):
            nn.init.zeros_(last.weight)


def begin_(network: nn.Module) -> None:
    """Give every convolution the authors' weights, normal with a deviation of 0.02, in place."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, std=0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
