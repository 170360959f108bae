"""Recipe of PhotoWCT's decoders: the picture from one level and the positions of the encoder's maxima."""

import torch
from torch import Tensor, nn

from ..methods.photowct.network import decode, encode
from ..nn.decoder import Decoder
from ..nn.encoder import Encoder
from .data import draw_crops
from .decoders import rebuilding_loss
from .mixed import mixed
from .teacher import Judge

MEASURED = 16
"""Batches over which the mean activations are taken."""


class Unpooling:
    """Train one unpooling decoder per level, all on the same features of a fixed encoder."""

    def __init__(  # noqa: PLR0913  # the recipe names them
        self,
        encoder: Encoder,
        decoders: dict[str, Decoder],
        judge: Judge,
        pool: list[Tensor],
        *,
        batch: int = 8,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        self.encoder, self.decoders, self.judge, self.pool = encoder, decoders, judge, pool
        self.batch, self.size = batch, size
        self.module: nn.Module = nn.ModuleDict({f"decoder{k[4]}": d for k, d in decoders.items()})
        self.units = self._units(torch.Generator().manual_seed(seed))

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return per level the loss of the rebuilt picture; see ``rebuilding_loss``."""
        x = self._draw(generator)
        with mixed():
            with torch.no_grad():
                features, masks = encode(self.encoder, x)
                wanted = self.judge(x)
            return {
                k[4:]: rebuilding_loss(
                    self.judge,
                    k,
                    decode(decoder, features[k], masks[: int(k[4]) - 1]).float(),
                    x,
                    wanted,
                )
                for k, decoder in self.decoders.items()
            }

    def _draw(self, generator: torch.Generator) -> Tensor:
        return draw_crops(self.pool, self.batch, self.size, generator, zoom=2.0, recolor=0.2)

    @torch.no_grad()
    def _units(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the mean activation of each level."""
        seen = [self.encoder(self._draw(generator)) for _ in range(MEASURED)]
        return {k: torch.stack([levels[k].mean() for levels in seen]).mean() for k in self.decoders}
