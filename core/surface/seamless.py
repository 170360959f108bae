"""Textures that tile: stylized with what lies across their borders, so that they tile again.

The canvas is the texture continued circularly. A strip on both sides of each border is stylized twice, once
at each end; the two are faded into each other, which changes nothing where a method gives the same twice,
and hides the border where it does not (descents; networks whose pooling grid does not fit the size).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ..imaging.lazy import Lazy
from ..tiling import Box, Windows
from .contract import TensorPixels
from .sample import assemble, gather, mirror

MARGIN = 64
"""Texels of context for methods whose halo is not known."""
FADE = 16
"""Texels on either side of a border that are stylized twice and faded."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One axis of a texture: ``size`` texels, continued by ``margin`` at both ends, ``fade`` blended."""

    size: int
    margin: int = 0
    fade: int = 0

    @property
    def length(self) -> int:
        """Texels of the canvas."""
        return self.size + 2 * self.margin

    def source(self, start: int, stop: int) -> Tensor:
        """Return which texels the canvas shows from ``start`` to ``stop``."""
        return (torch.arange(start, stop) - self.margin) % self.size

    def own(self, start: int, stop: int) -> Tensor:
        """Return which texels of the canvas, from ``start`` to ``stop``, are no copies: 1, else 0."""
        index = torch.arange(start, stop) - self.margin
        return ((index >= 0) & (index < self.size)).float()

    def doubles(self, start: int, stop: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return which of the texels ``start`` to ``stop`` the canvas shows twice: number, where, share."""
        index = torch.arange(start, stop)
        inward = torch.minimum(index, self.size - 1 - index) + 0.5
        doubled = (inward < self.fade).nonzero()[:, 0]
        away = torch.where(index < self.size / 2, self.size, -self.size)
        where = (index + away + self.margin)[doubled]
        return doubled, where, 0.5 * (1 - inward[doubled] / max(1, self.fade))


@dataclass(frozen=True, slots=True)
class Seamless:
    """A texture that repeats across its borders, in one direction or both."""

    whole: ClassVar[bool] = False
    rows: Ring
    columns: Ring

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the canvas."""
        return self.rows.length, self.columns.length

    def read(self, x: Windows, box: Box, *, nearest: bool = False) -> Tensor:  # noqa: ARG002  # contract
        """Return a window of the canvas; texels are only repeated, so numbers of regions are kept."""
        return mirror(lambda inside: self._read(x, inside), box, self.shape)

    def _read(self, x: Windows, box: Box) -> Tensor:
        rows = self.rows.source(box.top, box.bottom)
        return gather(x, rows, self.columns.source(box.left, box.right))

    def unwrap(self, x: Windows, *, nearest: bool = False) -> Tensor:
        """Return the whole canvas."""
        return self.read(x, Box(0, 0, *self.shape), nearest=nearest)

    def coverage(self, given: TensorPixels | None) -> TensorPixels:
        """Return the weights of the canvas: each texel counts once, its copies not at all."""

        def window(box: Box) -> Tensor:
            rows, columns = (
                ring.own(*ends)
                for ring, ends in (
                    (self.rows, (box.top, box.bottom)),
                    (self.columns, (box.left, box.right)),
                )
            )
            weights = torch.outer(rows, columns)[None, None]
            return weights if given is None else weights * self.read(given, box)

        return Lazy((1, 1, *self.shape), window)

    def restore(self, canvas: Windows, box: Box) -> Tensor:
        """Return a window of the texture of a stylized canvas."""
        return assemble(self._restore, canvas, box)

    def _restore(self, canvas: Windows, box: Box) -> Tensor:
        rows = self.rows.doubles(box.top, box.bottom)
        columns = self.columns.doubles(box.left, box.right)
        down = torch.arange(box.top, box.bottom) + self.rows.margin
        along = torch.arange(box.left, box.right) + self.columns.margin
        pixels = gather(canvas, torch.cat([down, rows[1]]), torch.cat([along, columns[1]]))
        pixels = _fade(pixels, -2, len(down), rows[0], rows[2])
        return _fade(pixels, -1, len(along), columns[0], columns[2])

    def wrap(self, canvas: Windows) -> Tensor:
        """Return the texture of a stylized canvas."""
        return self.restore(canvas, Box(0, 0, self.rows.size, self.columns.size))


def _fade(x: Tensor, dim: int, count: int, doubled: Tensor, share: Tensor) -> Tensor:
    """Return the first ``count`` texels along a side, some of them faded into the doubles that follow."""
    own = x.narrow(dim, 0, count)
    if not len(doubled):
        return own
    share = share.to(x).view(-1, 1) if dim == -2 else share.to(x)
    double = x.narrow(dim, count, len(doubled))
    return own.index_copy_(dim, doubled, torch.lerp(own.index_select(dim, doubled), double, share))


def seamless(
    size: tuple[int, int], *, in_x: bool = True, in_y: bool = True, margin: int = MARGIN
) -> Seamless:
    """Return the surface of a texture of ``size`` (height, width) that tiles in x, in y, or in both.

    ``margin``: texels of context that the method needs, its halo. Where the size is a multiple of its
    pooling grid besides, both ends of a border come out the same, and nothing is left to fade.
    """
    return Seamless(_ring(size[0], in_y, margin), _ring(size[1], in_x, margin))


def _ring(size: int, wraps: bool, margin: int) -> Ring:
    fade = min(FADE, size // 2)
    return Ring(size, margin + fade, fade) if wraps else Ring(size)
