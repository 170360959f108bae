"""Recipe of the auto-encoding decoders of WCT and Linear: the picture from the features of one level."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.decoder import Decoder
from ..nn.encoder import Encoder
from ..nn.grain import lattice_loss
from .data import draw_crops
from .mixed import mixed
from .teacher import Judge

PERCEPTUAL = ("relu1_1", "relu2_1", "relu3_1")
STRAIGHT = 0.5
"""Weight of lines along the axes that the picture does not have: without it small decoders weave."""


class Reconstruction:
    """Train one decoder per level, all on the same features, by pixel and perceptual loss."""

    def __init__(  # the recipe names them
        self,
        encoder: Encoder,
        decoders: dict[str, Decoder],
        judge: Judge,
        pool: list[Tensor],
        *,
        batch: int = 8,
        size: int = 128,
    ) -> None:
        self.encoder, self.decoders, self.judge, self.pool = encoder, decoders, judge, pool
        self.batch, self.size = batch, size
        self.module: nn.Module = nn.ModuleDict(decoders)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return per level the relative errors of pixels and of judged features, and the lattice loss."""
        x = draw_crops(self.pool, self.batch, self.size, generator, zoom=2.0, recolor=0.2)
        with mixed():
            with torch.no_grad():
                features = self.encoder(x)
                wanted = self.judge(x)
            pictures = {k: decoder(features[k]).float() for k, decoder in self.decoders.items()}
            return {
                k[4:]: rebuilding_loss(self.judge, k, p, x, wanted)
                + STRAIGHT * lattice_loss(p, x, evenly=True)
                for k, p in pictures.items()
            }


def rebuilding_loss(
    judge: Judge, level: str, picture: Tensor, x: Tensor, wanted: Mapping[str, Tensor]
) -> Tensor:
    """Return the loss of a picture rebuilt from ``level`` against ``x``, whose features are ``wanted``."""
    loss = 4 * F.mse_loss(picture, x) / x.var()
    if level in ("relu1_1", "relu2_1"):
        return loss
    got = judge.encoder(picture, PERCEPTUAL[-1])
    errors = [
        F.mse_loss(got[k].float(), wanted[k].float()) / wanted[k].float().var() for k in PERCEPTUAL
    ]
    return loss + torch.stack(errors).sum()
