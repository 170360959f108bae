"""Recipe of our own MicroAST: all four parts together, from random weights.

Style and content are the judge's relative distances, as in all our recipes, instead of the paper's; the style
signal contrastive loss is the paper's.
"""

import torch
from torch import Tensor, nn

from ..methods.microast.network import MicroAST, signal_contrast
from ..nn.grain import grain_loss
from .data import draw_crops
from .mixed import mixed
from .teacher import Judge, content_distance, raw_moments, style_distances

WEIGHTS = {
    "keep": 2.0, "gram": 1.0, "cov": 0.2, "far": 0.25, "signal": 0.1, "grain": 0.2, "outside": 10.0,
}  # fmt: skip  # one line


class Micro:
    """Train MicroAST on pairs of contents and styles.

    Args:
        judge: Network that measures style and content.
        pools: Contents and styles, uint8 pictures (3, H, W).
        batch: Crops per step, at least two: the contrastive loss compares them.
        size: Their side in pixels.
        seed: Of the first weights.
    """

    def __init__(
        self,
        judge: Judge,
        pools: tuple[list[Tensor], list[Tensor]],
        *,
        batch: int = 8,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.judge, (self.contents, self.styles) = judge, pools
        self.batch, self.size = batch, size
        self.network = MicroAST()
        self.module: nn.Module = self.network.to(memory_format=torch.channels_last)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch."""
        x = draw_crops(self.contents, self.batch, self.size, generator, zoom=2.5)
        y = draw_crops(self.styles, self.batch, self.size, generator, zoom=3.0, recolor=0.15)
        with mixed():
            with torch.no_grad():
                wanted = self.judge.encoder(x, "relu4_1")
                target = {f"judge.{k}": raw_moments(f) for k, f in self.judge(y).items()}
            picture = self.network(x, y).float()
            got = self.judge(picture)
            terms = {
                "keep": content_distance(self.judge, got, wanted),
                **style_distances(self.judge, got, target),
                "signal": signal_contrast(self.network, picture, y).float() / self.batch,
                "grain": grain_loss(picture),
                "outside": (picture - picture.clamp(0, 1)).square().mean(),
            }
        return {k: WEIGHTS[k] * v for k, v in terms.items()}
