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
from ..nn.grain import grain_loss, lattice_loss
from ..nn.initial import he_
from .contest import Contest, Pools
from .mixed import CPU, mixed
from .teacher import Judge, content_distance, raw_moments, style_distances
from .works import Works, hand_loss

PUBLISHED = {"adv": 1.0, "image": IMAGE, "feature": FEATURE}
"""Weights of the authors' terms."""
WEIGHTS = {
    "adv": 0.3, "image": 20.0, "feature": 1.0, "keep": 2.0, "grain": 0.2, "lattice": 0.5,
    "gram": 0.6, "cov": 0.3, "far": 1.0, "hand": 6.0,
}  # fmt: skip  # two lines
"""Those of a small network, which a judge teaches too."""
CALM = 0.2
"""Of the rate of a small network, what its discriminator learns by."""
REST = 0.5
"""Of the steps, the share in which that one rests."""
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
        judge: By whose features small networks are compared with all paintings; None: they are not.
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
        judge: Judge | None = None,
        width: int = 16,
        batch: int = 1,
        size: int = 256,
        seed: int = 0,
        device: torch.device = CPU,
    ) -> None:
        torch.manual_seed(seed)
        self.network, self.critic, self.judge = Generator(sizes), Rival(width), judge
        super().__init__(
            pools, self.network, self.critic, batch=batch, size=size, zoom=1.25, device=device
        )
        if judge:
            begin_(self.network)
            judge.to(device)
            self.works = Works(self.pools[1], size=size, zoom=self.zoom, seed=seed)
            self.rates = {"network.": CALM}
        self.photo = torch.empty(0)
        self.painting = torch.empty(0)
        self.rests = True
        """Whether the discriminator does nothing in this step."""

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the network's weighted terms; none if it is the discriminator's turn."""
        self.photo, self.painting = (self.draw(side, generator) for side in "ab")
        if self.judge:
            self.rests = float(torch.rand((), generator=generator)) < REST
        else:
            self.rests = float(self.critic.success) >= WANTED
            if not self.rests:
                return {}
        with mixed(self.device):
            code = self.network.encoder(self.photo)
            made = self.network.decode(code, self.photo)
            verdicts = self.critic.network(made)
            self.critic.follow(1 - share_right(verdicts, real=True))
            terms = {
                "adv": taken_for(verdicts, 1.0),
                "image": image_loss(made.float(), self.photo),
                "feature": feature_loss(self.network.encoder(made), code),
            }
            if not self.judge:
                return {name: PUBLISHED[name] * term for name, term in terms.items()}
            terms |= self._by_judge(self.judge, made.float(), generator)
        return {name: WEIGHTS[name] * term for name, term in terms.items()}

    def _by_judge(
        self, judge: Judge, made: Tensor, generator: torch.Generator
    ) -> dict[str, Tensor]:
        made, photo = (x * 0.5 + 0.5 for x in (made, self.photo))
        with torch.no_grad():
            wanted = judge.encoder(photo, "relu4_1")
            hand = judge(self.works.near(photo, generator))
        target = {f"judge.{level}": raw_moments(f) for level, f in hand.items()}
        got = judge(made)
        return {
            "keep": content_distance(judge, got, wanted),
            **style_distances(judge, got, target),
            "hand": hand_loss(got, hand, generator),
            "grain": grain_loss(made),
            "lattice": lattice_loss(made, self.painting, evenly=True),
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


def begin_(network: Generator) -> None:
    """Give a small network He's weights, and such that it shows the picture at first, in place."""
    he_(network)
    weight, count = network.last.conv.weight, network.sizes.up[-1]
    with torch.no_grad():
        weight[:, :count] *= 0.3
        weight[:, count:] = 0
        for color in range(3):
            weight[color, count + color, 3, 3] = 2  # a sigmoid's slope, undone
