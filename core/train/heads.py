"""Recipe of the compact encoder's heads: linear maps onto the channels of the teacher's projections.

They are solved by least squares when the recipe is built, and improved by descent; only the triangular factor
of each is stored (``nn.projected``), with which Gatys' method compares styles.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.encoder import LEVELS, Encoder
from ..nn.projected import factor_of
from .data import draw_crops
from .teacher import Judge

DRAWS = 60
"""Batches whose least squares the heads begin with."""
CELLS = 20_000
"""Cells of a level that are taken from each of them."""
RIDGE = 1e-6
"""Share of the features' mean square that is added to each."""
NOISE = 0.06
"""Largest deviation of the noise that half of the crops are under, as the method's pictures are."""


class Projection:
    """Fit a 1x1 head per level of a fixed encoder to the judge's projected features."""

    def __init__(
        self,
        encoder: Encoder,
        judge: Judge,
        pool: list[Tensor],
        *,
        batch: int = 8,
        size: int = 160,
        seed: int = 0,
    ) -> None:
        self.encoder, self.judge, self.pool, self.batch, self.size = (
            encoder, judge, pool, batch, size,
        )  # fmt: skip  # one line of names
        widths = dict(zip(LEVELS, encoder.widths, strict=True))
        heads = nn.ModuleDict({k: nn.Conv2d(widths[k], judge.channels[k], 1) for k in LEVELS})
        self.heads = heads
        self.module: nn.Module = heads
        self._solve(torch.Generator().manual_seed(seed))

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return per level the mean squared error divided by the target's mean square."""
        ours, wanted = self._features(generator)
        return {
            k[4:]: F.mse_loss(self.heads[k](f), wanted[k]) / wanted[k].square().mean()
            for k, f in ours.items()
        }

    @torch.no_grad()
    def _features(self, generator: torch.Generator) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        x = draw_crops(self.pool, self.batch, self.size, generator, zoom=2.0, recolor=0.2)
        strength = NOISE * torch.rand(self.batch, 1, 1, 1, generator=generator)
        strength *= torch.rand(self.batch, 1, 1, 1, generator=generator) < 0.5
        x = x + strength * torch.randn(x.shape, generator=generator)
        return self.encoder(x), self.judge.projected(x)

    @torch.no_grad()
    def _solve(self, generator: torch.Generator) -> None:
        squares: dict[str, Tensor] = {}
        products: dict[str, Tensor] = {}
        for _ in range(DRAWS):
            ours, wanted = self._features(generator)
            for level, features in ours.items():
                a, b = _rows(features), _rows(wanted[level])
                a = F.pad(a, (0, 1), value=1.0)
                squares[level] = squares.get(level, torch.zeros(())) + a.mT @ a
                products[level] = products.get(level, torch.zeros(())) + a.mT @ b
        for level, square in squares.items():
            ridge = RIDGE * square.diagonal().mean() * torch.eye(len(square))
            solution = torch.linalg.solve(square + ridge, products[level]).mT.float()
            state = {"weight": solution[:, :-1, None, None], "bias": solution[:, -1]}
            self.heads[level].load_state_dict(state)


def _rows(features: Tensor) -> Tensor:
    rows = features.permute(0, 2, 3, 1).flatten(0, 2)
    return rows[:: max(1, len(rows) // CELLS)].double()


def factors(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the triangular factor of each level's head, (C + 1, C + 1)."""
    return {
        level: factor_of(state[f"{level}.weight"].flatten(1), state[f"{level}.bias"])
        for level in LEVELS
    }
