"""Paint by code: the whole picture is painted once, in parts of its own; tiles read what is there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...contract import RunContext, Step, Style
from ...imaging.lazy import Lazy, Pixels, map_pixels
from ...imaging.normals import TEXELS
from ...npr import painters
from ...npr.canvas import Canvas
from ...npr.layers import Hand, toward
from ...npr.noise import Array
from ...npr.particles import Film
from ...npr.particles import Step as Moved
from ...npr.picture import Picture
from ...npr.strokes import Brush, Strokes, handle
from ...palette.lut import Lut
from ...palette.measure import join, measure_palette
from ...palette.solve import solve
from ...progress import Progress
from ...tiling import Box, Windows
from . import (
    CARDS,
    Engraving,
    Glass,
    Gouache,
    Halftone,
    Mosaic,
    Oil,
    Pastel,
    Pointillism,
    Watercolor,
    Woodblock,
)


def choose_painter(params: Any) -> painters.Painter:
    """Return the painter of a method's settings."""
    match params:
        case Oil():
            brushes, ground = _brushes(painters.OILS, params), painters.GROUNDS[params.ground]
            return painters.Oils(
                brushes=brushes, detail=params.detail, impasto=params.impasto, ground=ground
            )
        case Gouache():
            brushes, contour = _brushes(painters.FLATS, params), painters.CONTOUR
            contour = contour if params.contours else None
            return painters.Gouaches(
                brushes=brushes, detail=params.detail, impasto=params.impasto, contour=contour
            )
        case Pastel():
            brushes, sheet = _brushes(painters.CHALKS, params), painters.SHEETS[params.paper]
            return painters.Pastels(
                brushes=brushes, detail=params.detail, pressure=params.pressure, sheet=sheet
            )
        case Pointillism():
            return painters.Dots(purity=params.purity, impasto=params.impasto)
        case _:
            return _choose_printer(params)


def _brushes(brushes: Sequence[Brush], params: Any) -> Sequence[Brush]:
    """Return as many of a painter's brushes as are wanted, handled as the settings say."""
    return handle(brushes[: params.layers], params.length, params.variety)


def _choose_printer(params: Any) -> painters.Painter:
    """Return the painter of a method's settings, of those that lay no strokes of a brush."""
    match params:
        case Watercolor():
            return painters.Watercolors(wet=params.wet, grain=params.grain)
        case Woodblock():
            return painters.Woodblocks(tints=params.tints, lines=params.lines)
        case Engraving():
            return painters.Engravings(bold=params.bold, tint=params.tint)
        case Halftone():
            return painters.Halftones(tints=params.tints, lines=params.lines)
        case Glass():
            return painters.Glasses(follow=params.loyalty, leads=params.leads)
        case Mosaic():
            return painters.Mosaics(joint=params.joints, impasto=params.impasto)
        case _:
            raise TypeError(params)


FAINT = 1e-6
"""Share of all styles below which one does not count: a stroke is there or not, so it would change some."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A painter, its settings, and the map of colours into those of the styles."""

    params: Any
    lut: Lut | None
    run: RunContext
    halo: int = 0
    multiple: int = 1

    def lay_in(self, x: Windows) -> Lazy[Tensor]:
        """Return the picture (1, 3, H, W), painted, with the planes of its paint behind it if asked for."""
        if self.run.reel is not None and not self.run.reel.shown:
            self._carry(*self._set_up(x)[:3])
            shape = (1, self._count_channels(), *x.shape[-2:])
            return Lazy(shape, lambda box: torch.zeros(*shape[:2], box.height, box.width))
        canvas, margins = self.paint(x)
        stages = self._list_stages(canvas)

        def window(box: Box) -> Tensor:
            moved = Box(
                box.top - margins[0],
                box.left - margins[1],
                box.bottom - margins[0],
                box.right - margins[1],
            )
            parts = [self._show(canvas, moved)]
            parts += [_planes(canvas, moved)] if self.run.relief else []
            parts += [self._show(stage, moved) for stage in stages]
            return _to_tensor(np.dstack(parts) if len(parts) > 1 else parts[0])

        return Lazy((1, self._count_channels(), *x.shape[-2:]), window)

    def _count_channels(self) -> int:
        """Return how many channels a painting has: colours, planes of its paint, and those of each layer."""
        staged = self._name_stages() if self.run.staged else ()
        return (6 if self.run.relief else 3) + 3 * len(staged)

    def _name_stages(self) -> tuple[str, ...]:
        return next(card for card in CARDS if isinstance(self.params, card.params)).staged

    def _show(self, canvas: Canvas, box: Box) -> Array:
        return canvas.lit(box) if self.run.lit else canvas.unlit(box)

    def _list_stages(self, canvas: Canvas) -> list[Canvas]:
        """Return the canvas as it was with each of the card's layers; without one as with those below."""
        if not self.run.staged:
            return []
        made = {stage.name: canvas.at_stage(stage) for stage in canvas.stages}
        stages = list[Canvas]()
        for name in self._name_stages():
            stages.append(made.get(name) or stages[-1])
        return stages

    def paint(self, x: Windows) -> tuple[Canvas, tuple[int, int]]:
        """Return the painted canvas of a picture (1, 3, H, W), and where on the picture it begins.

        A picture that goes on around is painted once, and its strokes go on around.
        """
        painter, picture, hand, margins = self._set_up(x)
        if self.run.reel is not None:
            hand = replace(hand, laid=self._carry(painter, picture, hand))
        return painter.paint(picture, hand), margins

    def _carry(self, painter: painters.Painter, picture: Picture, hand: Hand) -> Sequence[Strokes]:
        """Return the strokes of a sequence's frame, carried from the frame before."""
        reel = self.run.reel
        if reel is None or not isinstance(painter, painters.Filmed):
            raise TypeError(painter)
        step = None if reel.step is None else _to_step(reel.step)
        laid: list[list[Strokes]] = []

        def go_on(before: Film | None) -> Film:
            casts = {} if before is None else before.casts
            film, strokes = painter.rehearse(
                picture, hand, Film(reel.frame, reel.life, step, casts)
            )
            laid.append(strokes)
            return film

        reel.carry(go_on)
        return laid[0]

    def _set_up(self, x: Windows) -> tuple[painters.Painter, Picture, Hand, tuple[int, int]]:
        """Return the painter, what it paints and how, and where on the picture it begins."""
        picture, margins = self._picture(x)
        follow, angle = (getattr(self.params, name, 1.0) for name in ("follow", "angle"))
        flow = self.run.flow
        painted = None if flow is None else flow[0].permute(1, 2, 0).cpu().numpy()
        direction = toward(follow, angle, picture.wraps, painted)

        def tell(done: int, total: int) -> None:
            self.run.report(Progress("sketch", done, total))

        staged = self.run.staged
        fine = None if self.run.detail is None else self.run.detail()
        hand = Hand(
            self.run.seed,
            direction,
            brush=self.run.brush,
            across=painted is not None,
            tell=tell,
            staged=staged,
            fine=None if fine is None else fine[0, 0].cpu().numpy(),
            edges=getattr(self.params, "edges", 0.0),
        )
        return choose_painter(self.params), picture, hand, margins

    def _picture(self, x: Windows) -> tuple[Picture, tuple[int, int]]:
        sizes, margins, wraps = list[int](), list[int](), list[bool]()
        for side, ring in zip(x.shape[-2:], self.run.rings, strict=True):
            margin, size = ring or (0, side)
            sizes.append(size)
            margins.append(margin)
            wraps.append(ring is not None)
        down, along = margins

        def read(box: Box) -> Array:
            part = x[..., down + box.top : down + box.bottom, along + box.left : along + box.right]
            own = np.asarray(torch.as_tensor(part).cpu(), np.float32)
            own = own if self.lut is None else self.lut.apply(np.ascontiguousarray(own))
            return np.clip(np.nan_to_num(own[0].transpose(1, 2, 0)), 0, 1)

        size, goes_on = (sizes[0], sizes[1]), (wraps[0], wraps[1])
        shown, pieces = self._shown(x, down, along), self.run.pieces
        pieces = pieces if pieces is not None and pieces.shape == size else None
        over = self.run.crossings
        over = over if over is not None and over.near.shape == size else None
        return Picture(size, read, goes_on, shown, pieces, over), (down, along)

    def _shown(self, x: Windows, down: int, along: int) -> Callable[[Box], Array] | None:
        """Return what reads how much a picture's pixels count; None if all count alike."""
        coverage = self.run.coverage
        if coverage is None or coverage.shape[-2:] != x.shape[-2:]:
            return None

        def shown(box: Box) -> Array:
            part = coverage[
                ..., down + box.top : down + box.bottom, along + box.left : along + box.right
            ]
            return np.asarray(torch.as_tensor(part).cpu(), np.float32)[0, 0]

        return shown

    def apply(self, x: Tensor) -> Tensor:
        """Return a window of the painting, (1, 3, h, w)."""
        return x[:, :3].clamp(0, 1)

    def raise_paint(self, x: Tensor) -> Tensor:
        """Return height, roughness and coverage of a window, (1, 3, h, w)."""
        return x[:, 3:6]

    def split(self, x: Tensor) -> Tensor:
        """Return a window as it looks with each layer, (1, 3 n, h, w)."""
        return x[:, 6 if self.run.relief else 3 :].clamp(0, 1)


def _planes(canvas: Canvas, box: Box) -> Array:
    """Return height, roughness and coverage of a window, (h, w, 3); a height of 1 is ``TEXELS`` high."""
    planes = canvas.planes(box)
    planes[..., 0] *= min(canvas.light.lift or canvas.light.depth, TEXELS) / TEXELS
    return np.clip(planes, 0, 1)


def _to_step(step: Step) -> Moved:
    flow, *sure = (part[0].permute(1, 2, 0).cpu().numpy() for part in step)
    return Moved(flow, *(part[..., 0] for part in sure))


def _to_tensor(picture: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32))


def _to_arrays(x: Any) -> Pixels:
    return map_pixels(lambda t: t.detach().to("cpu", torch.float32).numpy(), x)


def prepare(content: Tensor, styles: Sequence[Style], params: Any, run: RunContext) -> Prepared:
    """Measure the palettes of content and styles; without styles colours stay the content's own."""
    if run.mapped or not styles:
        return Prepared(params, None, run)
    least = FAINT * sum(style.weight for style in styles)
    palettes = [
        measure_palette(_to_arrays(style.picture)).scaled(style.weight)
        for style in styles
        if style.weight >= least
    ]
    coverage = None if run.coverage is None else _to_arrays(run.coverage)
    own = measure_palette(_to_arrays(content), coverage)
    return Prepared(params, solve(own, join(palettes)), run)
