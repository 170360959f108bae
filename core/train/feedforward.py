"""Recipes of AdaIN's decoders and of Linear's transformation modules on the compact backbone.

The input of both is one level of a fixed encoder; they are trained by the judge's relative Gram and content
distances, like transport.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from ..methods.linear.network import LinearModule
from ..nn.decoder import Decoder
from ..nn.encoder import Encoder
from ..nn.grain import grain_loss
from .data import draw_crops
from .mixed import mixed
from .teacher import Judge, content_distance, raw_moments, style_distances

WEIGHTS = {"keep": 2.0, "gram": 1.0, "cov": 0.2, "far": 0.25, "grain": 0.2, "outside": 10.0}
INNER = 24
"""Channels of Linear's map here; with the paper's 32 its file would be three times as large."""
Kind = Literal["adain", "linear"]


class FeedForward:
    """Train AdaIN's decoder, or Linear's module below a fixed decoder, at one level."""

    def __init__(  # noqa: PLR0913  # the recipe names them
        self,
        kind: Kind,
        level: str,
        encoder: Encoder,
        decoder: Decoder,
        judge: Judge,
        pools: tuple[list[Tensor], list[Tensor]],
        *,
        batch: int = 8,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.kind, self.level, self.encoder, self.decoder = kind, level, encoder, decoder
        self.judge, self.contents, self.styles = judge, *pools
        self.batch, self.size = batch, size
        channels = encoder.widths[int(level[4]) - 1]
        self.module: nn.Module = decoder if kind == "adain" else LinearModule(channels, INNER)
        if kind == "linear":
            decoder.requires_grad_(False)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch."""
        x = draw_crops(self.contents, self.batch, self.size, generator, zoom=2.5)
        y = draw_crops(self.styles, self.batch, self.size, generator, zoom=3.0, recolor=0.15)
        with mixed():
            with torch.no_grad():
                content, style = (self.encoder(p, self.level)[self.level] for p in (x, y))
                wanted = self.judge.encoder(x, "relu4_1")
                target = {f"judge.{k}": raw_moments(f) for k, f in self.judge(y).items()}
            picture = self.decoder(self._transfer(content.float(), style.float())).float()
            got = self.judge(picture)
            terms = {
                "keep": content_distance(self.judge, got, wanted),
                **style_distances(self.judge, got, target),
                "grain": grain_loss(picture),
                "outside": (picture - picture.clamp(0, 1)).square().mean(),
            }
        return {k: WEIGHTS[k] * v for k, v in terms.items()}

    @torch.autocast("cpu", enabled=False)
    def _transfer(self, content: Tensor, style: Tensor) -> Tensor:
        if self.kind == "linear":
            return self.module(content, style)
        (content_mean, content_std), (style_mean, style_std) = _moments(content), _moments(style)
        return (content - content_mean) / content_std * style_std + style_mean


def _moments(f: Tensor) -> tuple[Tensor, Tensor]:
    variance, mean = torch.var_mean(f, (2, 3), keepdim=True)
    return mean, (variance + 1e-5).sqrt()
