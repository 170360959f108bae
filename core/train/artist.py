"""Recipe of adaptive_style: a network learns an artist's hand from their paintings.

Sanakoyeu et al., ECCV 2018. In each step either the network learns or the discriminator, whichever is behind:
the discriminator's success is followed, and it rests while that is above ``WANTED``.
"""

import torch
from torch import Tensor, nn

from ..methods.adaptive_style.losses import (
    FEATURE,
    IMAGE,
    feature_loss,
    image_loss,
    rival_loss,
    share_right,
    taken_for,
)
from ..methods.adaptive_style.network import COMPACT, Generator, Sizes
from ..methods.adaptive_style.rival import Rival as Network
from .contest import Contest, Pools
from .mixed import CPU, mixed

WANTED, FOLLOW = 0.8, 0.05
"""The discriminator's success that is aimed at, and how quickly it is followed."""


class Rival(nn.Module):
    """The discriminator, and how well it did lately."""

    success: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.network = Network(width)
        self.register_buffer("success", torch.tensor(WANTED))

    def follow(self, share: float) -> None:
        """Take note of the share of its verdicts that were right."""
        self.success.mul_(1 - FOLLOW).add_(FOLLOW * share)


class Artist(Contest):
    """Train an artist's network.

    Args:
        pools: Photographs, and paintings.
        sizes: Of the network.
        width: Of the discriminator.
        batch: Crops of each a step.
        size: Their side in pixels, a multiple of 16; the discriminator halves it seven times.
        seed: Of the first weights.
        device: Where they learn.
    """

    def __init__(  # noqa: PLR0913  # the recipe names them
        self,
        pools: Pools,
        sizes: Sizes = COMPACT,
        *,
        width: int = 16,
        batch: int = 1,
        size: int = 256,
        seed: int = 0,
        device: torch.device = CPU,
    ) -> None:
        torch.manual_seed(seed)
        self.network, self.critic = Generator(sizes), Rival(width)
        super().__init__(
            pools, self.network, self.critic, batch=batch, size=size, zoom=1.25, device=device
        )
        self.photo = torch.empty(0)
        self.painting = torch.empty(0)
        self.rests = True
        """Whether the discriminator does nothing in this step."""

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the network's weighted terms; none if it is the discriminator's turn."""
        self.photo, self.painting = (self.draw(side, generator) for side in "ab")
        self.rests = float(self.critic.success) >= WANTED
        if not self.rests:
            return {}
        with mixed(self.device):
            code = self.network.encoder(self.photo)
            made = self.network.decode(code)
            verdicts = self.critic.network(made)
            self.critic.follow(1 - share_right(verdicts, real=True))
            return {
                "adv": taken_for(verdicts, 1.0),
                "image": IMAGE * image_loss(made.float(), self.photo),
                "feature": FEATURE * feature_loss(self.network.encoder(made), code),
            }

    def rival_losses(self, generator: torch.Generator) -> dict[str, Tensor]:  # noqa: ARG002  # contract
        """Return the discriminator's terms; none if it rests."""
        if self.rests:
            return {}
        with mixed(self.device):
            with torch.no_grad():
                made = self.network(self.photo)
            painting, photo, fake = (
                self.critic.network(x) for x in (self.painting, self.photo, made)
            )
            shares = (
                share_right(painting, real=True),
                share_right(photo, real=False),
                share_right(fake, real=False),
            )
            self.critic.follow(sum(shares) / len(shares))
            return {"tell": rival_loss(painting, photo, fake)}
