"""Recipe of munit for pairs whose results discriminators look at too.

Statistics of features leave open what is finer than they see, and a picture in another pair's code has no
picture to be compared with. Discriminators look at both, as MUNIT's do.
"""

from typing import Any

import torch
from torch import Tensor, nn

from ..methods.munit.network import COMPACT, Sizes
from ..nn.adversary import fool, tell
from .contest import Pools
from .critics import Rival, Sight
from .mixed import mixed
from .pairs import Paired
from .teacher import Judge
from .tolerant import Features, Tolerant

PIXELS, FEATURES = 0.2, 0.3
"""Weights of what discriminators of pixels and of features say."""
WIDTH = 32
"""First width of the discriminators of pixels."""


class JudgedPairs(Paired):
    """Train the generators of two domains on pairs, against discriminators.

    Args:
        pools: See ``Paired``.
        judge: See ``Paired``.
        teacher: Network whose features are looked at.
        sizes: Of the generators.
        options: The others of ``Paired``.
    """

    def __init__(
        self,
        pools: Pools,
        judge: Judge,
        teacher: Tolerant,
        sizes: Sizes = COMPACT,
        **options: Any,
    ) -> None:
        super().__init__(pools, judge, sizes, **options)
        self.rivals = {side: Rival(WIDTH, self.size) for side in "ab"}
        rival = nn.ModuleDict(self.rivals).to(self.device)
        self.rival: nn.Module = rival.to(memory_format=torch.channels_last)
        with torch.no_grad():
            some = torch.cat(self._draw(torch.Generator().manual_seed(0)))
            self.sight = Sight(teacher, some)
        self.shown: tuple[Tensor, Features] = (torch.empty(0), {})

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms of one batch, in one direction."""
        terms = super().losses(generator)
        shown = torch.cat(self.made).clamp(-1, 1)
        with mixed(self.device):
            seen = self.sight.see(shown)
            pixels, features = (fool(v) for v in self._rival().verdicts(shown, seen))
        self.shown = shown.detach(), {k: f.detach() for k, f in seen.items()}
        return terms | {"adv": PIXELS * pixels, "seen": FEATURES * features}

    def rival_losses(self, generator: torch.Generator) -> dict[str, Tensor]:  # noqa: ARG002  # contract
        """Return the discriminators' terms on what was made in this step."""
        rival = self._rival()
        with mixed(self.device):
            with torch.no_grad():
                seen = self.sight.see(self.real)
            pairs = zip(rival.verdicts(*self.shown), rival.verdicts(self.real, seen), strict=True)
            return {"tell": torch.stack([tell(made, real) for made, real in pairs]).sum()}

    def _rival(self) -> Rival:
        return self.rivals[self.target]
