"""A canvas of another size: how a method that paints strokes of one size in pixels gets another brush size.

With a brush twice as large the picture is painted at half its size and the painting enlarged, its edges made
crisp; with one half as large it is painted at twice its size and the painting reduced. A method that knows
sizes itself (``Card.brush`` is ``style``) is shown a larger or a smaller style instead.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..contract import Prepared, RunContext, lay_in
from ..imaging.lazy import Lazy, Packed, materialize
from ..nn.crisp import REACH, sharpen_edges
from ..nn.resize import resize_window
from ..progress import Progress, Report, ignore
from ..surface.contract import TensorPixels
from ..surface.sample import overlap
from ..tiling import Box, Grid, Windows, cut, padded_size, read
from .scene import Sheet
from .tensors import to_tensors
from .tones import Brush

SOFT = 2.0
"""How many times wider than it need be the kernel is that reduces a picture for a brush of 2 or more:
what is smaller than its strokes a painter leaves out."""
SAMPLED = 4.0
"""A scene's samples are reduced by no more than this: smaller ones would be nothing but border."""
PIECE = 512
"""Side of the windows in which a picture is reduced or enlarged, in pixels."""
LEAST_TILE = 16


def canvas_size(size: tuple[int, ...], brush: float) -> tuple[int, int]:
    """Return height and width at which a picture of this size (its last two) is painted."""
    return max(1, round(size[-2] / brush)), max(1, round(size[-1] / brush))


@dataclass(frozen=True, slots=True)
class Sized:
    """A picture painted at another size than its own."""

    brush: float

    def lay(self, x: TensorPixels, report: Report = ignore) -> TensorPixels:
        """Return a picture (1, 3, H, W) at the size at which it is painted; lazily if that is larger."""
        soft = 1 + (SOFT - 1) * min(1.0, max(0.0, math.log2(self.brush)))
        canvas = _view(x, canvas_size(x.shape, self.brush), soft)
        if self.brush < 1:
            return canvas
        return keep(canvas, report, "reduce", lazy=isinstance(x, Lazy))

    def lay_run(self, run: RunContext) -> RunContext:
        """Return a run's context for the canvas."""
        coverage = run.coverage
        if coverage is not None:
            coverage = _view(coverage, canvas_size(coverage.shape, self.brush), most=math.inf)
            coverage = coverage if self.brush < 1 else coverage.whole()
        return replace(run, coverage=coverage, labels=self._lay_labels(run.labels))  # pyright: ignore[reportArgumentType]  # read by windows, as the content is

    def _lay_labels(self, labels: Tensor | None) -> Tensor | None:
        if labels is None:
            return None
        rows, columns = (
            torch.arange(n, device=labels.device) * own // n
            for n, own in zip(canvas_size(labels.shape, self.brush), labels.shape[-2:], strict=True)
        )
        return labels[..., rows[:, None], columns]

    def lay_sheet(self, sheet: Sheet) -> tuple[Tensor, Tensor]:
        """Return a scene's samples (1, 3, H, W) and their weights, as large as they are to be painted."""
        if self.brush == 1:
            return sheet.picture, sheet.weight
        own = Sized(min(self.brush, SAMPLED))
        size = canvas_size(sheet.weight.shape, own.brush)
        weight = _view(sheet.weight, size, most=math.inf)
        return materialize(own.lay(sheet.picture)), weight.whole()

    def lift(self, painting: TensorPixels, like: TensorPixels, run: RunContext) -> TensorPixels:
        """Return a painted canvas in the size of a picture (1, 3, H, W), lazy if that is.

        A larger canvas that is painted as it is read is never seen whole: a tile at a time is read of it.
        """
        size, lazy = (like.shape[-2], like.shape[-1]), isinstance(like, Lazy)
        if self.brush > 1:
            return keep(enlarge(painting, size), run.report, "enlarge", lazy=lazy)
        tile = max(LEAST_TILE, int(run.grid.tile * self.brush)) if run.grid.tile else max(size)
        return keep(_view(painting, size), run.report, "stylize", lazy=lazy, tile=tile)


def enlarge(x: Windows, size: tuple[int, int]) -> Lazy[Tensor]:
    """Return a picture (1, 3, H, W) made larger, (1, 3, h, w), twice at most at a time, with crisp edges."""
    height, width = x.shape[-2:]
    while (height, width) != size:
        height, width = min(size[0], 2 * height), min(size[1], 2 * width)
        x = _sharpen(_view(x, (height, width)))
    return x if isinstance(x, Lazy) else _view(x, size)


def _sharpen(x: Lazy[Tensor]) -> Lazy[Tensor]:
    """Return a picture with crisp edges, made as it is read."""

    def window(box: Box) -> Tensor:
        around = box.grow(REACH, x.shape)
        part = x[..., around.top : around.bottom, around.left : around.right]
        return sharpen_edges(part)[(..., *box.within(around))]

    return Lazy(x.shape, window)


def _view(x: Windows, size: tuple[int, int], soft: float = 1.0, most: float = 1.0) -> Lazy[Tensor]:
    """Return a picture in another size, with values from 0 to ``most``, made as it is read."""
    shape = (*x.shape[:2], *size)
    return Lazy(shape, lambda box: resize_window(x, size, box, soft).clamp(0, most))


def keep(
    x: Lazy[Tensor], report: Report, stage: str, *, lazy: bool, tile: int = PIECE
) -> TensorPixels:
    """Return a picture that is not made anew when it is read: a tensor, or a lazy one in 16 bits a value."""
    out = Packed(x.shape) if lazy else torch.empty(x.shape)
    tiles = cut(x.shape[-2], x.shape[-1], Grid(tile), halo=0, multiple=1)
    for done, one in enumerate(tiles, 1):
        box = overlap(one.core, Box(0, 0, *x.shape[-2:]))
        window = x[..., box.top : box.bottom, box.left : box.right]
        out[..., box.top : box.bottom, box.left : box.right] = window.cpu()
        report(Progress(stage, done, len(tiles)))
    return to_tensors(out.lazy()) if isinstance(out, Packed) else out


def paint_as_read(prepared: Prepared, x: TensorPixels, run: RunContext) -> Lazy[Tensor]:
    """Return a lazy picture (1, 3, H, W) painted by a prepared method, made as it is read and never kept."""
    laid, multiple = lay_in(prepared, x), prepared.multiple
    reach = -(-prepared.halo // multiple) * multiple

    def window(box: Box) -> Tensor:
        on_grid = Box(
            box.top // multiple * multiple,
            box.left // multiple * multiple,
            -(-box.bottom // multiple) * multiple,
            -(-box.right // multiple) * multiple,
        )
        around = on_grid.grow(reach, padded_size(x.shape[-2], x.shape[-1], multiple))
        part = read(laid, around).to(run.device, torch.float32)
        part = part.contiguous(memory_format=torch.channels_last)
        return prepared.apply(part)[(..., *box.within(around))].cpu().float()

    return Lazy(x.shape, window)


def make_sized_brush(
    brush: float,
    content: TensorPixels,
    run: RunContext,
    make: Callable[[TensorPixels, RunContext], Brush],
) -> Brush:
    """Return a brush that paints pictures at another size than their own.

    Args:
        brush: How many times larger its strokes are than usual.
        content: The picture to measure, (1, 3, H, W).
        run: The run's context, for that picture.
        make: Return a usual brush, measured on a canvas in the run for it.
    """
    sized = Sized(brush)
    paint = make(sized.lay(content, run.report), sized.lay_run(run))
    return lambda x: sized.lift(paint(sized.lay(x, run.report)), x, run)
