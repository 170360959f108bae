"""How thick a painting's paint is: planes that the method gives, or an estimate from how it is painted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ..color import Floats
from ..contract import Raised
from ..imaging.lazy import Lazy, Packed, materialize
from ..nn.smooth import blur, reach_of_blur
from ..nn.tiles import TileRun, fill_tiles
from ..progress import Report, ignore
from ..surface.contract import TensorPixels
from ..tiling import Box, Windows, read
from .canvas import keep
from .tensors import to_tensors

HEIGHT, ROUGHNESS, COVERAGE = range(3)
"""The planes of paint, each in [0, 1]."""
FINEST, BROADEST = 0.8, 5.0
"""Deviations of the blurs, in pixels, between which a painting's strokes are seen."""
SPREAD = 0.08
"""Deviation of the heights that are estimated."""
QUIET = 0.004
"""Deviation of strokes in lightness below which they are a rounding, and flat."""
DULL, SHINE = 0.85, 0.6
"""Roughness of low paint, and how much less rough the highest is."""
SAMPLE, SAMPLES = 256, 3
"""Side of the windows in which strokes are measured, and how many there are along each side of a picture."""
LUMA = (0.2126, 0.7152, 0.0722)
"""Lightness of display-referred RGB (ITU-R BT.709)."""


@dataclass(slots=True)
class Paint:
    """The planes of a picture's paint on its canvas, (1, 3, h, w): height, roughness, coverage."""

    shape: tuple[int, int]
    roughness: float | None = None
    """Of what is laid on, if it is no paint but snow, rust, water; None: that of paint."""
    given: Packed | None = field(default=None, init=False)
    """What the method gave; None: it gives none."""

    def ask(self, prepared: object, seen: Windows, run: TileRun) -> None:
        """Have a prepared method paint its planes of what it saw, if it has some."""
        if isinstance(prepared, Raised):
            self.given = Packed((1, 3, *self.shape))
            fill_tiles(
                self.given,
                prepared.raise_paint,
                seen,
                run,
                halo=prepared.halo,
                multiple=prepared.multiple,
            )

    def planes(
        self, content: TensorPixels, painted: TensorPixels, report: Report = ignore
    ) -> TensorPixels:
        """Return the planes that the method gave, else those estimated; lazy if the painting is."""
        lazy = isinstance(painted, Lazy)
        if self.roughness is not None:
            planes = _even(painted.shape, self.roughness)
        elif self.given is None:
            return keep(estimate(content, painted), report, "relief", lazy=lazy)
        else:
            planes = to_tensors(self.given.lazy())
        return planes if lazy else materialize(planes)


def bare(shape: tuple[int, ...]) -> Lazy[Floats]:
    """Return the planes of a picture (1, 3, H, W) on which there is no paint."""
    return Lazy(shape, lambda box: np.zeros((1, 3, box.height, box.width), np.float32))


def _even(shape: Sequence[int], roughness: float) -> Lazy[Tensor]:
    """Return planes (1, 3, h, w) of what lies everywhere, without a relief and equally rough."""

    def window(box: Box) -> Tensor:
        one = torch.tensor([0.0, roughness, 1.0]).view(1, 3, 1, 1)
        return one.expand(1, 3, box.height, box.width).clone()

    return Lazy((1, 3, *shape[-2:]), window)


def estimate(content: Windows, painted: Windows) -> Lazy[Tensor]:
    """Return planes (1, 3, h, w) of a painting whose method gives none.

    What is lighter than its surroundings, by what the content is not, is a stroke's ridge and stands higher.
    """
    gain = SPREAD / max(QUIET, _spread(content, painted))

    def window(box: Box) -> Tensor:
        height = (0.5 + gain * _strokes(content, painted, box)).clamp(0, 1)
        return torch.cat([height, DULL - SHINE * height, torch.ones_like(height)], 1)

    return Lazy((1, 3, *painted.shape[-2:]), window)


def _spread(content: Windows, painted: Windows) -> float:
    """Return the deviation of strokes in lightness, in windows all over the painting."""
    height, width = painted.shape[-2:]
    boxes = [
        Box(top, left, min(height, top + SAMPLE), min(width, left + SAMPLE))
        for top in _starts(height)
        for left in _starts(width)
    ]
    found = torch.cat([_strokes(content, painted, box).flatten() for box in boxes])
    return float(found.double().std(correction=0))


def _starts(size: int) -> list[int]:
    """Return where windows begin along a side."""
    rest = max(0, size - SAMPLE)
    return sorted({rest * k // max(1, SAMPLES - 1) for k in range(SAMPLES)})


def _strokes(content: Windows, painted: Windows, box: Box) -> Tensor:
    """Return how much lighter a window is than its surroundings, less what its content is, (1, 1, h, w)."""
    reach = reach_of_blur(BROADEST)
    around = Box(box.top - reach, box.left - reach, box.bottom + reach, box.right + reach)
    light = _luma(torch.as_tensor(read(painted, around))) - _luma(
        torch.as_tensor(read(content, around))
    )
    detail = blur(light, FINEST) - blur(light, BROADEST)
    return detail[(..., *box.within(around))]


def _luma(x: Tensor) -> Tensor:
    return (x.float() * x.new_tensor(LUMA, dtype=torch.float32).view(1, 3, 1, 1)).sum(
        1, keepdim=True
    )
