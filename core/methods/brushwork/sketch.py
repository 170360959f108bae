"""The picture in paint, from coarse to fine: every size begins from the content and the size before.

At each size the content, mixed with the coarser result, is encoded; every cell takes the style's nearest; a
decoder makes the picture; its lightness is held to the content's where neither strokes nor edges are
(neural neighbours: Kolkin et al. 2022; decoded instead of optimised: Chen & Schmidt, "Fast Patch-based Style
Transfer of Arbitrary Style", 2016).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.decoder import Decoder
from ...nn.encoder import Encoder
from ...nn.smooth import blur, blur_far
from .bank import CELL, Bank
from .colors import lightness
from .sources import find_nearest, find_sources
from .weights import LEVEL

HELD, HELD_COLOR = 0.65, 0.3
"""Share of the content's low frequencies that a size keeps at full loyalty, and of it that of colour."""
PATTERN, BROAD = 1.2, 8.0
"""How much is kept of the content's pattern of colours, which may be as light as its ground, and the
deviation in a size's pixels of what is broader than a pattern."""
SOFT = 6.0
"""Deviation, in a size's pixels, of what counts as low frequencies."""


@dataclass(frozen=True, slots=True)
class Size:
    """All that painting at one size needs."""

    bank: Bank
    loyalty: float
    """Share of the content in what is encoded; the rest is the coarser result."""
    mean: Tensor
    """The features from which the picture's cells are seen, (C,)."""
    penalty: Tensor | None = None
    """What is taken off the likeness to each sought cell, (m,), so that several styles get their shares."""


@dataclass(frozen=True, slots=True)
class Brush:
    """The networks, and a way of painting a window at one size."""

    encoder: Encoder
    decoder: Decoder
    dtype: torch.dtype
    held: float
    """How much of the content's low frequencies is kept."""
    color: float = 1.0
    """How much of its broad colours is kept, beside its lightness: less is freer."""

    def mix(self, content: Tensor, coarser: Tensor | None, loyalty: float) -> Tensor:
        """Return what is encoded at a size: the coarser result, moved toward the content."""
        if coarser is None:
            return content
        coarser = coarser.clamp(0, 1)
        return (coarser + loyalty * self.weigh(content - coarser)).clamp(0, 1)

    def weigh(self, away: Tensor) -> Tensor:
        """Return a difference of pictures; its broad colours are as weak as the brush is free."""
        light = lightness(away)
        chroma = away - light
        broad = blur_far(chroma, BROAD)
        return light + self.color * broad + PATTERN * (chroma - broad)

    def encode(self, x: Tensor) -> Tensor:
        """Return the features of a picture, (1, C, h / 4, w / 4), float32."""
        with torch.inference_mode():
            return self.encoder(x.to(self.dtype), LEVEL)[LEVEL].float()

    def decode(self, features: Tensor) -> Tensor:
        """Return the picture of features, within [0, 1]."""
        with torch.inference_mode():
            return self.decoder(features.to(self.dtype)).float().clamp(0, 1)

    def choose(self, mixed: Tensor, size: Size, corner: tuple[int, int]) -> Tensor:
        """Return the style's cell for each cell of a window (1, 3, h, w); ``corner``: its first cell."""
        features = self.encode(mixed)
        queries = size.bank.query(features, size.mean)
        shape = (features.shape[-2], features.shape[-1])
        return find_sources(queries, size.bank, shape, corner, size.penalty)

    def refine(self, mixed: Tensor, size: Size, broad: Tensor, busy: Tensor) -> Tensor:
        """Return the style's cells (h, w), of ``busy`` ones (1, 1, h, w) the nearest; ``broad`` elsewhere."""
        queries = size.bank.query(self.encode(mixed), size.mean)
        asked = busy.flatten() > SHOWN
        return find_nearest(queries, size.bank, asked, broad, size.penalty)

    def paint(self, content: Tensor, index: Tensor, bank: Bank) -> Tensor:
        """Return the picture of cells, with the content's low frequencies held.

        Lightness is decoded; chroma is that of the styles' cells, softly from cell to cell, since a small
        decoder's own leaves coloured fringes along edges.
        """
        decoded = self.decode(bank.lay(index))
        cells = blur(bank.colors[index].permute(2, 0, 1)[None], SOFT_COLOR)
        ground = F.interpolate(cells, scale_factor=CELL, mode="bilinear", align_corners=False)
        return self.hold((ground + lightness(decoded - ground)).clamp(0, 1), content)

    def hold(self, picture: Tensor, content: Tensor) -> Tensor:
        """Return the picture moved toward the content at low frequencies: lightness most, colour a little."""
        away = blur_far(content - picture, SOFT)
        light = lightness(away)
        return (picture + self.held * (light + HELD_COLOR * self.color * (away - light))).clamp(
            0, 1
        )


SOFT_COLOR = 1.0
"""Deviation, in cells, of the blur between the chroma of neighbouring cells."""
SHOWN = 0.2
"""Share of fine paint below which it is not worth a search."""
HALO = 48
"""Pixels round a window at each size: what encoder, decoder and blur see, and a patch of strokes."""
