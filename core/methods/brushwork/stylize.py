"""Stylize with brushwork: a sketch of the whole picture, then the strokes tile by tile."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...contract import RunContext, Style
from ...imaging.lazy import Lazy, Packed
from ...nn.smooth import blur, blur_far, double, halve
from ...nn.stats import blend
from ...nn.tiles import TileRun
from ...progress import Progress
from ...tiling import Box, Grid, Tile, Windows, cut, padded_size, read
from . import Params
from .bank import CELL, Bank, Strokes, keep_strokes
from .colors import color_map, lightness, recolor, unmapped
from .measure import (
    Sample,
    choose_styles,
    count_levels,
    find_strokes,
    measure_colors,
    measure_contrast,
    measure_sizes,
    take_samples,
    widen,
)
from .sketch import HALO, HELD, Brush, Size
from .weights import load_networks

EDGE = 1.5
"""Deviation, in pixels, of the blur that separates the content's detail: what its half lacks."""
WINDOW = 768
"""Side of the windows that the sketch is painted in: the same whatever tiles are asked for."""
PICTURE, TEXTURE = 0.5, 1.35
"""Exponents of loyalty, chosen blind: what keeps faces in a picture leaves a texture without a hand."""
STRENGTH = 1.3
"""What strokes are multiplied by, chosen blind: they drown in the content's detail otherwise."""
PICTURE_COLOR, TEXTURE_COLOR = 0.4, 0.2
"""Share of its broad colours that a content keeps, beside its lightness: a wall takes all of a palette."""
KEPT, KEPT_BUSY = 0.35, 0.45
"""Share of the content's own lightness that lies under the strokes at full loyalty; more where it is busy."""
KEPT_COLOR = 0.7
"""Share of the content's own colour, as it is mapped, that lies there: red berries in blue paint stay red."""
BUSY, LEAST_BUSY = 2.5, 0.02
"""Local contrast that counts as detail: so many times the content's mean, and at least so much."""
FORMS, ROUND = 8.0, 4.0
"""Deviation of the blur that the content's outlines stand out from, in pixels; that of the neighbourhood in
which strokes are compared with them."""
LESS = 0.5
"""How many times what of strokes follows an outline is taken off, in a picture; a texture keeps it. More
leaves fewer halos, and flattens lights and darks."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a picture is painted with: colours at half its size, and where the strokes come from."""

    colors: Windows
    """(1, 3, h / 2, w / 2)."""
    broad: Tensor
    """Cells of the styles at half their size for cells of 8 pixels, (h / 8, w / 8)."""
    fine: Tensor
    """Cells of the styles for cells of 4 pixels, (h / 4, w / 4)."""

    def read(self, box: Box) -> Tensor:
        """Return a window, with corners on cells of 8 pixels, as channels (1, 5, h, w)."""
        parts = [double(self.colors, box)]
        for field, step in ((self.broad, 2 * CELL), (self.fine, CELL)):
            cells = box.shrink(step)
            part = field[cells.top : cells.bottom, cells.left : cells.right].float()[None, None]
            parts.append(F.interpolate(part, scale_factor=step, mode="nearest"))
        return torch.cat(parts, 1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Networks, banks of the styles' cells and strokes, and what was measured in the content."""

    brush: Brush
    colors: tuple[Tensor, Tensor]
    sizes: tuple[Size, ...]
    """From the picture's own size to the coarsest."""
    broad: Strokes
    fine: Strokes
    strokes: float
    """How strongly the styles' paint stands out."""
    detail: float
    """How much of the content's own detail is added."""
    less: float
    """How many times what of the paint follows an outline is taken off."""
    busy: float
    """Local contrast of the recoloured content that counts as detail."""
    run: TileRun
    halo: int = HALO
    multiple: int = 2 * CELL

    def lay_in(self, x: Windows) -> Lazy[Tensor]:
        """Return the picture (1, 3, H, W) with the sketch's channels behind it, (1, 8, H, W)."""
        sketch = self.sketch(x)

        def window(box: Box) -> Tensor:
            whole = _on_cells(box)
            rows, columns = box.within(whole)
            return torch.cat(
                [
                    x[..., box.top : box.bottom, box.left : box.right],
                    sketch.read(whole)[..., rows, columns],
                ],
                1,
            )

        return Lazy((1, 8, *x.shape[-2:]), window)

    def sketch(self, x: Windows) -> Sketch:
        """Paint the whole picture from coarse to fine."""
        height, width = padded_size(x.shape[-2], x.shape[-1], 2 * CELL << (len(self.sizes) - 1))
        levels = range(len(self.sizes))
        todo = [(k, tile) for k in reversed(levels) for tile in _cut(height >> k, width >> k)]
        halves = cut(height, width, Grid(2 * WINDOW), halo=0, multiple=2)
        steps = len(halves) + len(todo)
        half = self._halve(x, halves, steps)
        colors = {k: Packed((1, 3, height >> k, width >> k)) for k in levels if k}
        fields = {k: _keep_cells(height >> k, width >> k) for k in levels}
        for done, (level, tile) in enumerate(todo, len(halves) + 1):
            size, box, core = self.sizes[level], tile.window, tile.core
            content = self._content(half if level else x, box, max(0, level - 1))
            coarser = None
            if level + 1 in colors:
                coarser = double(colors[level + 1].lazy(), box).to(content)
            mixed = self.brush.mix(content, coarser, size.loyalty)
            cells = box.shrink(CELL)
            if level:
                index = self.brush.choose(mixed, size, (cells.top, cells.left))
                painted = self.brush.paint(content, index, size.bank)
                inside = core.within(box)
                colors[level][..., core.top : core.bottom, core.left : core.right] = painted[
                    ..., *inside
                ].cpu()
            else:
                broad = _double_sources(fields[1], cells, self.sizes[1].bank, size.bank)
                busy = measure_contrast(content) / self.busy
                index = self.brush.refine(mixed, size, broad, busy)
            core = core.shrink(CELL)
            fields[level][core.top : core.bottom, core.left : core.right] = index[
                core.within(cells)
            ]
            self.run.report(Progress("sketch", done, steps))
        return Sketch(colors[1].lazy(), fields[1], fields[0])

    def _halve(self, x: Windows, tiles: Sequence[Tile], steps: int) -> Windows:
        """Return the picture at half its size: smaller sizes are made of that."""
        last = tiles[-1].core
        half = Packed((1, 3, last.bottom // 2, last.right // 2))
        for done, tile in enumerate(tiles, 1):
            box = tile.core.shrink(2)
            small = halve(torch.as_tensor(read(x, tile.core)).float(), 1)
            half[..., box.top : box.bottom, box.left : box.right] = small
            self.run.report(Progress("sketch", done, steps))
        return half.lazy()

    def _content(self, x: Windows, box: Box, level: int) -> Tensor:
        """Return a window, which is ``level`` times half as large as in a picture, recoloured."""
        whole = torch.as_tensor(read(x, box.enlarge(1 << level)))
        return recolor(halve(whole.to(self.run.device, torch.float32), level), self.colors)

    def apply(self, x: Tensor) -> Tensor:
        """Return the picture of a window with its sketch, (1, 8, H, W)."""
        content = recolor(x[:, :3], self.colors)
        broad, fine = x[0, 6, :: 2 * CELL, :: 2 * CELL].long(), x[0, 7, ::CELL, ::CELL].long()
        half, whole = self.sizes[1].bank, self.sizes[0].bank
        ground = self.brush.hold(x[:, 3:6], content)
        contrast = measure_contrast(content) / self.busy
        busy, edge = widen(contrast.clamp(0, 1)), widen(_spread((contrast - 1).clamp(0, 1)))
        kept = self.detail * (KEPT + KEPT_BUSY * busy)
        away = content - ground
        light = lightness(away)
        color = KEPT_COLOR * self.detail * (self.brush.weigh(away) - light)
        ground = ground + kept * light + color
        paint = torch.lerp(
            self.broad.paste(half.place[broad]), self.fine.paste(whole.place[fine]), 0.8 * busy
        )
        paint = self.strokes * (1 - edge) * paint
        if self.less:
            paint = without_outlines(paint, lightness(content), self.busy, self.less)
        lost = content - ground
        detail = (lost - blur(lost, EDGE)) * (0.5 + busy) * self.detail
        return (ground + paint + detail).clamp(0, 1)


def without_outlines(paint: Tensor, light: Tensor, busy: float, less: float) -> Tensor:
    """Return strokes (1, 3, H, W) less what of them follows strong edges of a lightness (1, 1, H, W).

    Beside an outline cells of the style are found that have one, too. What they have beyond their blur is
    dark along the dark side and bright along the bright one: a halo. Regression of the strokes on what the
    content has beyond its blur finds that; strokes of any other direction stay.

    Args:
        paint: Strokes.
        light: Lightness of the content, recoloured.
        busy: Contrast below which edges are not strong.
        less: How many times what follows an edge is taken off.
    """
    forms = light - blur_far(light, FORMS)
    both = torch.cat([lightness(paint) * forms, forms.square()], 1)
    along, strong = blur(F.avg_pool2d(both, CELL), ROUND / CELL).split(1, 1)
    return paint - forms * widen(less * along.clamp_min(0) / (strong + busy**2))


def _cut(height: int, width: int) -> list[Tile]:
    """Return the windows in which a picture of one size is painted."""
    return cut(height, width, Grid(WINDOW), halo=HALO, multiple=2 * CELL)


def _spread(cells: Tensor) -> Tensor:
    """Return the largest value of each cell and those around it."""
    return F.max_pool2d(cells, 3, 1, 1)


def _keep_cells(height: int, width: int) -> Tensor:
    return torch.zeros(height // CELL, width // CELL, dtype=torch.int32)


def _double_sources(field: Tensor, cells: Box, half: Bank, whole: Bank) -> Tensor:
    """Return the cells of 4 pixels inside what cells of 8 pixels show, (h, w)."""
    field = field.to(half.place.device)
    rows = torch.arange(cells.top, cells.bottom, device=field.device)
    columns = torch.arange(cells.left, cells.right, device=field.device)
    style, row, column = half.place[field[rows[:, None] // 2, columns // 2].long()].unbind(-1)
    return whole.table[style, 2 * row + rows[:, None] % 2, 2 * column + columns % 2]


def _on_cells(box: Box) -> Box:
    step = 2 * CELL
    return Box(
        box.top // step * step,
        box.left // step * step,
        -(-box.bottom // step) * step,
        -(-box.right // step) * step,
    )


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Prepared:
    """Measure colours and features of content and styles."""
    networks = load_networks(run)
    loyalty = params.loyalty ** (TEXTURE if run.texture else PICTURE)
    color = TEXTURE_COLOR if run.texture else PICTURE_COLOR
    brush = Brush(networks.encoder, networks.decoder, run.dtype, HELD * loyalty, color)
    pictures, shares = choose_styles(styles, run.device)
    colors = unmapped() if run.mapped else _find_colors(content, pictures, shares, run)
    size = (content.shape[-2], content.shape[-1])
    levels = count_levels(pictures, size)
    samples = [
        Sample(recolor(one.picture.to(run.device), colors), one.weights)
        for one in take_samples(content, run.coverage, levels)
    ]
    strokes = [find_strokes(p) for p in pictures]
    contrast = torch.cat(
        [measure_contrast(one.picture)[F.max_pool2d(one.weights, CELL) > 0] for one in samples]
    )
    return Prepared(
        brush,
        colors,
        measure_sizes(brush, pictures, shares, samples, loyalty, levels, run.seed),
        keep_strokes(strokes, 3 * CELL, 2 * CELL),
        keep_strokes(strokes, 3 * CELL // 2, CELL),
        params.strokes * STRENGTH,
        loyalty,
        0.0 if run.texture else LESS,
        max(LEAST_BUSY, BUSY * float(contrast.mean())),
        run.tiles,
    )


def _find_colors(
    content: Tensor, pictures: Sequence[Tensor], shares: Sequence[float], run: RunContext
) -> tuple[Tensor, Tensor]:
    """Return the map of the content's colours into the styles'."""
    theirs = blend([measure_colors(p, run, None) for p in pictures], shares)
    return color_map(measure_colors(content, run, run.coverage), theirs)
