"""Recipe of the compact encoder: distillation of a teacher's features through heads of our own.

The teacher is a VGG-19 compressed by collaborative distillation (Wang et al., CVPR 2020); it projects its
five levels to the channels of the full VGG-19. Ours learns its own basis: per level a 1x1 head, not needed
afterwards, maps our channels to the same projection. The heads' input is features divided by their
deviation, so all levels have equal weight.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.encoder import COMPACT, LEVELS, Encoder
from ..nn.initial import he_
from .data import draw_crops
from .mixed import mixed
from .teacher import Judge


class Distillation:
    """Distil ``Encoder(COMPACT)`` from the judge's projected features."""

    def __init__(
        self, judge: Judge, pool: list[Tensor], *, batch: int = 8, size: int = 128, seed: int = 0
    ) -> None:
        torch.manual_seed(seed)
        self.judge, self.pool, self.batch, self.size = judge, pool, batch, size
        encoder = Encoder(COMPACT)
        he_(encoder)
        with torch.no_grad():  # only centre the picture; the network learns the rest
            encoder.input.weight.copy_(4 * torch.eye(3)[:, :, None, None])
            nn.init.constant_(encoder.input.bias, -1.8)  # pyright: ignore[reportArgumentType]  # it has one
        heads = nn.ModuleDict(
            {k: nn.Conv2d(w, judge.channels[k], 1) for k, w in zip(LEVELS, COMPACT, strict=True)}
        )
        self.encoder, self.heads = encoder, heads
        self.module: nn.Module = nn.ModuleDict({"encoder": encoder, "heads": heads})
        self.module.to(memory_format=torch.channels_last)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return per level the mean squared error divided by the target's variance."""
        x = draw_crops(self.pool, self.batch, self.size, generator, zoom=2.0, recolor=0.2)
        with mixed():
            with torch.no_grad():
                wanted = self.judge.projected(x)
            ours = self.encoder(x)
            got = {k: self.heads[k](ours[k]) for k in LEVELS}
        return {
            k[4:]: F.mse_loss(got[k].float(), w.float()) / w.float().var()
            for k, w in wanted.items()
        }
