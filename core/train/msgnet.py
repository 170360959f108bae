"""Recipe of msgnet: one small network learns all built-in styles, each at several brush widths.

A step uses one style at one size: a larger picture has larger strokes, so the size sets the brush width. The
judge measures each style and size once.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..methods.msgnet.network import Network
from ..methods.msgnet.weights import STYLE
from .data import draw_crops
from .johnson import WEIGHTS, paint, painter_
from .mixed import mixed
from .teacher import Judge, raw_moments

SIDES = (320, 512, 704)
"""Longest side of a style picture in pixels: brushes of 0.6, 1 and 1.4 times the normal width."""
NORMAL = 512


class ManyStyles:
    """Train ``Network`` for several styles.

    Args:
        judge: Network that measures style and content.
        styles: Pictures by name, (1, 3, H, W) in [0, 1], large enough for ``SIDES``.
        contents: uint8 pictures, (3, H, W).
        batch: Crops per step.
        size: Their side in pixels.
        seed: Of the first weights.
    """

    def __init__(
        self,
        judge: Judge,
        styles: Mapping[str, Tensor],
        contents: list[Tensor],
        *,
        batch: int = 3,
        size: int = 192,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.judge, self.contents, self.batch, self.size = judge, contents, batch, size
        self.network = Network()
        painter_(self.network, self.network.decode.conv)
        self.module: nn.Module = self.network.to(memory_format=torch.channels_last)
        self.names = tuple(styles)
        self.shown = [[shown_at(picture, side) for side in SIDES] for picture in styles.values()]
        with torch.no_grad():
            self.targets = [[self._target(picture) for picture in row] for row in self.shown]

    def _target(self, picture: Tensor) -> dict[str, Tensor]:
        return {f"judge.{k}": raw_moments(f) for k, f in self.judge(picture).items()}

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch in one style."""
        x = draw_crops(self.contents, self.batch, self.size, generator, zoom=2.5, recolor=0.1)
        style, side = (
            int(torch.randint(n, (), generator=generator)) for n in (len(self.names), len(SIDES))
        )
        with mixed():
            described = self.network.describe(self.shown[style][side]).float()
            picture = self.network(x, described).float()
            terms = paint(self.judge, picture, x, self.targets[style][side])
        return {k: WEIGHTS[k] * v for k, v in terms.items()}

    @torch.no_grad()
    def named(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return a trained network's Gram matrices of the styles at the normal size, as tensors to store."""
        network = Network()
        network.load_state_dict(dict(state))
        described = (network.describe(row[SIDES.index(NORMAL)])[0] for row in self.shown)
        return {f"{STYLE}{name}": g for name, g in zip(self.names, described, strict=True)}


def shown_at(picture: Tensor, longest: float) -> Tensor:
    """Return a picture (1, 3, H, W) resized to ``longest`` pixels on its longer side."""
    ratio = longest / max(picture.shape[-2:])
    size = [max(1, round(side * ratio)) for side in picture.shape[-2:]]
    shown = F.interpolate(picture, size, mode="bicubic", antialias=True, align_corners=False)
    return shown.clamp(0, 1)
