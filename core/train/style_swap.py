"""Recipe of style_swap's decoder: an inverse of the encoder, trained on swapped features too.

Training begins with an auto-encoder's decoder. Like the paper's inverse network, its picture must have the
given features again, swapped or not; and pictures of swapped features must have the style's statistics, which
the author recommends where the paper's own training leaves spots (rtqichen/style-swap, issue 19).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..methods.style_swap.network import patches_of, swap
from ..nn.decoder import Decoder
from ..nn.encoder import Encoder
from ..nn.grain import grain_loss
from .data import draw_crops
from .mixed import mixed
from .teacher import Judge, raw_moments, style_distances

LEVEL = "relu3_1"
PATCH, BLEND = 3, 0.002
WEIGHTS = {"pixels": 2.0, "back": 1.0, "gram": 0.3, "cov": 0.1, "grain": 0.5, "outside": 10.0}


class Swapped:
    """Train a decoder from relu3_1 on features of contents, of styles, and of contents made of styles."""

    def __init__(  # the recipe names them
        self,
        encoder: Encoder,
        decoder: Decoder,
        judge: Judge,
        pools: tuple[list[Tensor], list[Tensor]],
        *,
        batch: int = 3,
        size: int = 128,
    ) -> None:
        self.encoder, self.decoder, self.judge = encoder, decoder, judge
        self.contents, self.styles = pools
        self.batch, self.size = batch, size
        self.module: nn.Module = decoder

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch."""
        x = draw_crops(self.contents, self.batch, self.size, generator, zoom=2.5)
        y = draw_crops(self.styles, self.batch, self.size, generator, zoom=3.0, recolor=0.15)
        own = torch.cat([x, y])
        with mixed():
            with torch.no_grad():
                true = self.encoder(own, LEVEL)[LEVEL].float()
                target = {f"judge.{k}": raw_moments(f) for k, f in self.judge(y).items()}
                features = torch.cat([true, self._swapped(*true.chunk(2))])
            pictures = self.decoder(features).float()
            back = self.encoder(pictures, LEVEL)[LEVEL].float()
            swapped = pictures[len(own) :]
            styles = style_distances(self.judge, self.judge(swapped), target)
        terms = {
            "pixels": F.mse_loss(pictures[: len(own)], own) / own.var(),
            "back": F.mse_loss(back, features) / features.var(),
            "gram": styles["gram"],
            "cov": styles["cov"],
            "grain": grain_loss(swapped),
            "outside": (pictures - pictures.clamp(0, 1)).square().mean(),
        }
        return {k: WEIGHTS[k] * v for k, v in terms.items()}

    @torch.autocast("cpu", enabled=False)
    def _swapped(self, content: Tensor, style: Tensor) -> Tensor:
        pairs = zip(content.split(1), style.split(1), strict=True)
        return torch.cat([swap(c, patches_of(s, PATCH), BLEND) for c, s in pairs])
