"""Recipe of the decoders' common start: each block inverts one block of the encoder.

A decoder from relu5_1 contains the decoders from the shallower levels as its tails, and the input of the tail
of level k has the shape of relu{k}_1. So one decoder is trained block by block, each from the encoder's true
features to those of the level below, and end to end; its tails are then the start of all levels' decoders.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.decoder import Decoder, mirrored_names
from ..nn.encoder import COMPACT, LEVELS, Encoder
from ..nn.initial import he_
from ..nn.pad import reflect
from .data import draw_crops
from .mixed import mixed


class Inversion:
    """Train ``Decoder(COMPACT, "relu5_1")`` block by block."""

    def __init__(
        self,
        encoder: Encoder,
        pool: list[Tensor],
        *,
        batch: int = 8,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.encoder, self.pool, self.batch, self.size = encoder, pool, batch, size
        self.decoder = Decoder(COMPACT, LEVELS[-1])
        he_(self.decoder)
        self.module: nn.Module = self.decoder.to(memory_format=torch.channels_last)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return per block the error relative to the target's variance, of true and of decoded features."""
        x = draw_crops(self.pool, self.batch, self.size, generator, zoom=2.0, recolor=0.2)
        terms = {}
        with mixed():
            with torch.no_grad():
                features = {"relu0_1": x, **self.encoder(x)}
            decoded = features[LEVELS[-1]]
            for level in reversed(LEVELS):
                below = f"relu{int(level[4]) - 1}_1"
                wanted = features[below].float()
                true = self.block(features[level], level).float()
                decoded = self.block(decoded, level)
                errors = [F.mse_loss(f.float(), wanted) / wanted.var() for f in (true, decoded)]
                terms[level[4:]] = errors[0] + 0.5 * errors[1]
        return terms

    def block(self, x: Tensor, level: str) -> Tensor:
        """Return the input of the next shallower level's tail, or the picture, from features at ``level``."""
        for name in block_names(level):
            x = self.decoder.get_submodule(name)(reflect(x))
            if name == "conv1_1":
                break
            x = F.relu(x)
            if name.endswith("_1"):
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return x


def block_names(level: str) -> list[str]:
    """Return the convolutions between a level and the next shallower one: conv3_1, conv2_2 for relu3_1."""
    names, k = mirrored_names(level), int(level[4])
    return [
        name
        for name in names
        if name == f"conv{k}_1" or (name[4] == str(k - 1) and name[-1] != "1")
    ]


def tails(state: dict[str, Tensor]) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield each level's decoder, cut out of the deepest one's parameters."""
    for level in LEVELS:
        names = mirrored_names(level)
        yield level, {k: v for k, v in state.items() if k.rsplit(".", 1)[0] in names}
