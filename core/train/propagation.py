"""Recipe of the propagation network: restore the content from its picture after encoder and decoder.

Li et al., "Learning Linear Transformations for Fast Image and Video Style Transfer", CVPR 2019, section 4.4.
Its input is the blurred and distorted picture and, as the guide, the content with decorrelated colours.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.decoder import Decoder
from ..nn.encoder import Encoder
from ..nn.initial import he_
from ..nn.propagation import COMPACT, PropagationNet, whiten
from .data import draw_crops


class Restoration:
    """Train ``PropagationNet`` below a fixed encoder and decoder."""

    def __init__(  # the recipe names them
        self,
        encoder: Encoder,
        decoder: Decoder,
        pool: list[Tensor],
        *,
        batch: int = 4,
        size: int = 96,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.encoder, self.decoder, self.pool = encoder, decoder.requires_grad_(False), pool
        self.batch, self.size = batch, size
        network = PropagationNet(COMPACT)
        he_(network)
        with torch.no_grad():  # weak gates at first: values that are swept far grow
            network.gates.weight.mul_(0.1)
        self.module: nn.Module = network

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the pixel error divided by the pixels' variance."""
        x = draw_crops(self.pool, self.batch, self.size, generator, zoom=2.0)
        with torch.no_grad():
            level = self.decoder.level
            picture = self.decoder(self.encoder(x, level)[level])
            guide = torch.cat([whiten(one[None]) for one in x])
        return {"pixels": F.mse_loss(self.module(picture, guide), x) / x.var()}
