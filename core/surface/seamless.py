"""Textures that tile: stylized with what lies across their borders, so that they tile again.

The canvas is the texture continued circularly. A strip on both sides of each border is stylized twice, once
at each end; the two are faded into each other, which changes nothing where a method gives the same twice,
and hides the border where it does not (descents; networks whose pooling grid does not fit the size).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..imaging.lazy import Lazy, Pixels
from ..tiling import Box, Windows
from .sample import assembled, gather, mirrored

MARGIN = 64
"""Texels of context that methods get which ask for none in particular."""
FADE = 16
"""Texels on either side of a border that are stylized twice and faded."""
LIMIT = 1.0
"""Up to this ``seam`` a border counts as one that tiles."""
STRIPS, WIDE = 8, 128
"""``seam`` looks at so many strips of a picture, each so many texels wide."""
SOFT = 1 / 510
"""Half a step of 8 bits: differences below it are none."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One side of a texture: ``size`` texels, gone on for ``margin`` at both ends, ``fade`` of them kept."""

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
    """A texture that goes on at its borders, in one direction or both."""

    rows: Ring
    columns: Ring

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the canvas."""
        return self.rows.length, self.columns.length

    def read(self, x: Windows, box: Box, *, nearest: bool = False) -> Tensor:  # noqa: ARG002  # contract
        """Return a window of the canvas; texels are only repeated, so numbers of regions are kept."""
        return mirrored(lambda inside: self._read(x, inside), box, self.shape)

    def _read(self, x: Windows, box: Box) -> Tensor:
        rows = self.rows.source(box.top, box.bottom)
        return gather(x, rows, self.columns.source(box.left, box.right))

    def unwrap(self, x: Windows, *, nearest: bool = False) -> Tensor:
        """Return the whole canvas."""
        return self.read(x, Box(0, 0, *self.shape), nearest=nearest)

    def coverage(self, given: Pixels | None) -> Pixels:
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

        return Lazy(torch.Size((1, 1, *self.shape)), window)

    def restore(self, canvas: Windows, box: Box) -> Tensor:
        """Return a window of the texture of a stylized canvas."""
        return assembled(self._restore, canvas, box)

    def _restore(self, canvas: Windows, box: Box) -> Tensor:
        rows = self.rows.doubles(box.top, box.bottom)
        columns = self.columns.doubles(box.left, box.right)
        down = torch.arange(box.top, box.bottom) + self.rows.margin
        along = torch.arange(box.left, box.right) + self.columns.margin
        found = gather(canvas, torch.cat([down, rows[1]]), torch.cat([along, columns[1]]))
        found = _fade(found, -2, len(down), rows[0], rows[2])
        return _fade(found, -1, len(along), columns[0], columns[2])

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


def tiles(x: Windows) -> tuple[bool, bool]:
    """Return whether a picture (1, 3, H, W) tiles in x and in y, by how it goes on across its borders."""
    return seam(x, -1) <= LIMIT, seam(x, -2) <= LIMIT


def seam(x: Windows, dim: int) -> float:
    """Return how far the step across a picture's wrapped border exceeds the steps inside it.

    Steps are mean differences of texels one apart and four apart, the latter because many photographs have
    a thin dark frame, whose sides are alike. The one across the border is divided by what is usual inside:
    by the median and the 95th percentile of all steps of one, whose mean counts so that a smooth picture
    does not pass by a few edges, and a tiled floor not fail by its joints. Up to 1 a picture tiles.
    """
    size = x.shape[dim]
    if size < 16:
        return float("inf")
    lines = _lines(x, dim)
    near, far = _steps(lines, 1), _steps(lines, 4)
    across, usual = near[-1], near[:-1]
    ratio = [_ratio(across, usual.quantile(q)) for q in (0.5, 0.95)]
    further = far.unfold(0, 4, 1).mean(1)
    return max(
        (ratio[0] * ratio[1]) ** 0.5 / 1.34, _ratio(further[-1], further[:-4].quantile(0.95)) / 1.25
    )


def _ratio(across: Tensor, inside: Tensor) -> float:
    return float((across + SOFT) / (inside + SOFT))


def _lines(x: Windows, dim: int) -> Tensor:
    """Return strips of a picture across ``dim``, (N, size), each value the mean of 8 texels along it."""
    across = -1 if dim == -2 else -2
    breadth = x.shape[across]
    step = max(WIDE, breadth / STRIPS)
    found = []
    for k in range(min(STRIPS, -(-breadth // WIDE))):
        start = int(k * step)
        part = slice(start, min(start + WIDE, breadth))
        strip = x[..., part, :] if across == -2 else x[..., :, part].transpose(-1, -2)
        found.append(F.avg_pool2d(strip, (min(8, strip.shape[-2]), 1)).flatten(0, 2))
    return torch.cat(found)


def _steps(lines: Tensor, apart: int) -> Tensor:
    """Return the mean difference of each texel to the one ``apart`` after it, round the border, (size,)."""
    return (lines.roll(-apart, 1) - lines).abs().mean(0)
