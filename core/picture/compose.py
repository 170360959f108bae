"""From a loaded picture to a stylized one: surface, masks, colours and strength around a method."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from ..card import Card, find_start
from ..catalog import find_card
from ..contract import Prepared, RunContext, Style, lay_in
from ..imaging.display import stripes
from ..imaging.image import Image
from ..imaging.lazy import Lazy, Packed, Pixels, map_pixels, materialize
from ..nn.thumbnail import thumbnail
from ..nn.tiles import fill_tiles
from ..palette.lut import Lut
from ..progress import Progress
from ..surface.contract import Surface, TensorPixels
from ..surface.fill import fill_outward
from ..tiling import Canvas, Windows
from .canvas import Sized, make_sized_brush, paint_as_read
from .paint import Paint, bare
from .stages import Stages
from .tensors import to_arrays, to_tensor, to_tensors
from .tones import Brush, Tones, recolor


@dataclass(frozen=True, slots=True)
class StyleSpec:
    """How a picture is stylized: method, settings, styles, strength and mask."""

    card: Card
    params: Any
    styles: tuple[Style, ...]
    strength: float = 1.0
    tones: Tones = field(default_factory=Tones)
    """What becomes of colours and values."""
    mask: Tensor | None = None
    """(1, 1, H, W), 1 where the content may change."""
    thumbnail: bool = False
    """Whether the content is measured in a small copy of it."""
    brush: float = 1.0
    """How many times larger than usual strokes are: by so much smaller a picture is painted."""
    light: Tensor | None = None
    """(1, 1, H, W), by what the light of what is painted is multiplied; None: as it is."""
    paint: Paint | None = None
    """What keeps the planes of the paint, where they are asked for."""
    stages: Stages | None = None
    """What keeps what it looks like layer by layer, where that is asked for."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A picture on its surface's canvas, ready to be painted."""

    content: TensorPixels
    """(1, 3, h, w)."""
    spec: StyleSpec
    """With the masks of its styles on the canvas."""
    run: RunContext
    """With coverage and labels of the canvas."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stylized:
    """A stylized picture, (1, 3, H, W), the planes of its paint if asked for, and notes for the user."""

    picture: Pixels
    paint: Pixels | None = None
    notes: tuple[str, ...] = ()
    stages: tuple[Pixels, ...] = ()
    """The picture as it looks with each layer of its method, (1, 3, H, W) each."""


def stylize_image(
    image: Image, spec: StyleSpec, run: RunContext, surface: Surface, *, opacity: bool = True
) -> Stylized:
    """Return what becomes of a loaded image."""
    if spec.strength == 0:
        return Stylized(image.rgb, None if spec.paint is None else bare(image.rgb.shape))
    content = to_tensors(image.rgb)
    laid = lay_out(image, spec, run, surface, opacity=opacity)
    painted = stylize(laid.content, laid.spec, laid.run)
    picture = blend(content, _restore(painted, content, surface), spec)
    planes = None
    if spec.paint is not None:
        planes = _restore(spec.paint.planes(laid.content, painted, run.report), content, surface)
        planes = to_arrays(_thin(planes, spec))
    stages = () if spec.stages is None else spec.stages.split()
    shown = (to_arrays(blend(content, surface.wrap(stage), spec)) for stage in stages)
    return Stylized(to_arrays(picture), planes, laid.notes, tuple(shown))


def _thin(planes: TensorPixels, spec: StyleSpec) -> TensorPixels:
    """Return planes of paint, less high and covering less where less of it shows."""

    def thin(x: Tensor, share: Tensor | float) -> Tensor:
        return torch.cat([x[:, :1] * share, x[:, 1:2], x[:, 2:] * share], 1)

    if spec.mask is not None:
        return map_pixels(lambda x, m: thin(x, spec.strength * m), planes, spec.mask)
    return planes if spec.strength == 1 else map_pixels(lambda x: thin(x, spec.strength), planes)


def lay_out(
    image: Image, spec: StyleSpec, run: RunContext, surface: Surface, *, opacity: bool = True
) -> Laid:
    """Return a loaded image laid out on a surface's canvas.

    Texels that nothing shows (outside the UV islands, or fully transparent where alpha is opacity) do
    not count in the statistics, and are filled outward from those that do, so nothing bleeds in from them.
    """
    given = image.alpha if opacity else None
    weights = None if given is None else _drop_if_all_one(to_tensor(given))
    content = to_tensors(image.rgb)
    content = content if weights is None else fill_outward(materialize(content), weights)
    coverage, notes = surface.coverage(weights), ()
    if not isinstance(content, Lazy):
        coverage = _drop_if_all_one(None if coverage is None else materialize(coverage))
        if coverage is not None and not bool((coverage > 0).any()):
            coverage = None
            notes = ("nothing of the picture is covered or opaque: all of it was measured",)
    labels = None if run.labels is None else surface.unwrap(run.labels, nearest=True)
    on_canvas = replace(spec, styles=tuple(_unwrap_mask(style, surface) for style in spec.styles))
    here = replace(run, coverage=coverage, labels=labels)
    return Laid(_canvas(content, surface), on_canvas, here, notes)


def _canvas(content: TensorPixels, surface: Surface) -> TensorPixels:
    if not isinstance(content, Lazy):
        return surface.unwrap(content)
    shape = (*content.shape[:2], *surface.shape)
    return _hold(Lazy(shape, lambda box: surface.read(content, box)), surface)


def _restore(painted: TensorPixels, content: TensorPixels, surface: Surface) -> TensorPixels:
    if not isinstance(painted, Lazy):
        return surface.wrap(painted)
    return _hold(Lazy(content.shape, lambda box: surface.restore(painted, box)), surface)


def _hold(x: Lazy[Tensor], surface: Surface) -> TensorPixels:
    """Return a lazy picture, made once in 16 bits a value where any window takes all of the surface."""
    if not surface.whole:
        return x
    made, held = x.whole(), Packed(x.shape)
    for rows in stripes(*x.shape[-2:]):
        held[..., rows, :] = made[..., rows, :].cpu()
    return to_tensors(held.lazy())


def _drop_if_all_one(weight: Tensor | None) -> Tensor | None:
    """Return weights, or None if all are 1."""
    return None if weight is None or bool((weight == 1).all()) else weight


def _unwrap_mask(style: Style, surface: Surface) -> Style:
    return style if style.mask is None else replace(style, mask=surface.unwrap(style.mask))


Painter = Callable[[TensorPixels, Sequence[Style]], TensorPixels]
"""A function of a picture and the spec's styles, whose masks are that picture's own."""


def stylize(content: TensorPixels, spec: StyleSpec, run: RunContext) -> TensorPixels:
    """Return ``content`` (1, 3, H, W) in the spec's styles, at full strength and without its mask."""
    if spec.strength == 0:
        return content
    painted = make_painter(content, spec, run)(content, spec.styles)
    return spec.tones.keep(content, painted, run.coverage, fresh=spec.card.call == "local")


def make_painter(content: TensorPixels, spec: StyleSpec, run: RunContext) -> Painter:
    """Return the function that paints this picture, and others, with statistics measured on this one.

    Styles without a mask are mixed by the method; each style with a mask is a picture of its own, made
    with the statistics of its region, and they are blended by their masks. Colours are not kept here.
    """
    free = [style for style in spec.styles if style.mask is None]
    if len(free) == len(spec.styles):
        brush = _make_brush(content, free, spec, run)
        return lambda x, _: brush(x)
    content = materialize(content)
    ground = _make_brush(content, free, spec, run) if free else None
    brushes = [
        _make_brush(content, [replace(style, mask=None)], spec, replace(run, coverage=region))
        for style in spec.styles
        if (region := _region(style, run)) is not None
    ]

    def paint(x: TensorPixels, styles: Sequence[Style]) -> TensorPixels:
        x = materialize(x)
        out = x.clone() if ground is None else materialize(ground(x))
        masks = [style.mask for style in styles if style.mask is not None]
        return _compose(out, [materialize(brush(x)) for brush in brushes], masks)

    return paint


def _region(style: Style, run: RunContext) -> Tensor | None:
    """Return the weights of a masked style's part of the content; None of a style without a mask."""
    if style.mask is None or run.coverage is None:
        return style.mask
    return style.mask * run.coverage


def _compose(ground: Tensor, layers: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
    """Return layers over a ground, each by its share of the masks."""
    total = torch.zeros_like(ground[:, :1])
    for layer, mask in zip(layers, masks, strict=True):
        total += mask
        ground += (layer - ground) * (mask / total.clamp_min(1))
    return ground


def _make_brush(
    content: TensorPixels, styles: Sequence[Style], spec: StyleSpec, run: RunContext
) -> Brush:
    """Return the function that paints pictures in styles without masks, in colours of the scene's map."""
    lut = spec.tones.find_map(styles)
    plain = _make_plain_brush(recolor(content, lut), styles, spec, run, lut)
    if lut is None or spec.card.ground:
        return plain if lut is None else lambda x: plain(recolor(x, lut))
    return spec.tones.surround(plain, lut, run.coverage, fresh=spec.card.call == "local")


def _make_plain_brush(
    content: TensorPixels,
    styles: Sequence[Style],
    spec: StyleSpec,
    run: RunContext,
    lut: Lut | None = None,
) -> Brush:
    """Return a method's own brush; where it can be, it is measured on the mapped pictures of the scene."""
    run = replace(run, mapped=lut is not None)
    if spec.brush == 1:
        return _make_usual_brush(content, styles, spec, run, lut)
    measured_small = spec.thumbnail and spec.brush > 1
    sized = replace(spec, thumbnail=measured_small, paint=None)
    return make_sized_brush(
        spec.brush, content, run, lambda x, on: _make_usual_brush(x, styles, sized, on, lut)
    )


def _make_usual_brush(
    content: TensorPixels,
    styles: Sequence[Style],
    spec: StyleSpec,
    run: RunContext,
    lut: Lut | None,
) -> Brush:
    """Return a method's own brush, whose strokes have the size they have in pictures of its canvas."""
    if spec.card.call == "whole":
        return lambda x: _stylize_whole(materialize(x), styles, spec, run)
    if spec.card.call == "recurrent":
        return _make_recurrent_brush(styles, spec, run)
    if find_start(spec.card, spec.params):
        return _paint_over(content, styles, spec, run, lut)
    lazy = isinstance(content, Lazy) and not spec.thumbnail
    measured, coverage = content if lazy else materialize(content), run.coverage
    if spec.thumbnail and spec.card.thumbnail:
        measured, coverage = thumbnail(materialize(content), coverage)
    if spec.tones.sheet is not None and spec.card.thumbnail:
        measured, coverage = Sized(spec.brush).lay_sheet(spec.tones.sheet)
        measured = recolor(measured, lut)
    prepared = spec.card.load().prepare(
        measured, styles, spec.params, replace(run, coverage=coverage)
    )
    if spec.brush < 1:
        return lambda x: paint_as_read(prepared, x, run)
    return lambda x: _stylize_tiles(x if lazy else materialize(x), prepared, run, spec)


def _stylize_whole(
    content: Tensor, styles: Sequence[Style], spec: StyleSpec, run: RunContext
) -> Tensor:
    run = replace(run, start=_stylize_start(content, styles, spec, run))
    return spec.card.load().stylize(content, styles, spec.params, run)


def _make_recurrent_brush(styles: Sequence[Style], spec: StyleSpec, run: RunContext) -> Brush:
    """Return a recurrent method's brush, which must be given the frames in order."""
    method = spec.card.load()
    state = method.start(styles, spec.params, run)

    def paint(x: TensorPixels) -> Tensor:
        nonlocal state
        state, picture = method.step(state, materialize(x))
        run.report(Progress("stylize", 1, 1))
        return picture

    return paint


def _stylize_tiles(
    content: TensorPixels, prepared: Prepared, run: RunContext, spec: StyleSpec
) -> TensorPixels:
    """Return a picture stylized by a prepared method, tile by tile; lazy if the picture is."""
    seen = lay_in(prepared, content)
    for keeper in (spec.paint, spec.stages):
        if keeper is not None:
            keeper.ask(prepared, seen, run.tiles)
    if isinstance(content, Lazy):
        packed = Packed(content.shape)
        _fill_canvas(packed, prepared, seen, run)
        return to_tensors(packed.lazy())
    out = torch.empty(content.shape, dtype=torch.float32, device=content.device)
    _fill_canvas(out, prepared, seen, run)
    return out


def _fill_canvas(out: Canvas, prepared: Prepared, seen: Windows, run: RunContext) -> None:
    fill_tiles(
        out,
        prepared.apply,
        seen,
        run.tiles,
        halo=prepared.halo,
        multiple=prepared.multiple,
    )


def _stylize_start(
    content: Tensor, styles: Sequence[Style], spec: StyleSpec, run: RunContext
) -> Tensor | None:
    """Return the result of the method that the spec's method starts from; None if it starts from nothing."""
    name = find_start(spec.card, spec.params)
    if not name:
        return None
    return materialize(_make_start(name, content, styles, spec, run, None)(content))


def _make_start(  # all that a brush is made of, and whose
    name: str,
    content: TensorPixels,
    styles: Sequence[Style],
    spec: StyleSpec,
    run: RunContext,
    lut: Lut | None,
) -> Brush:
    """Return the brush of the method that the spec's method starts from."""
    card = find_card(name)
    if run.backbone not in card.backbones:
        run = replace(run, backbone=card.backbones[0])
    began = replace(spec, card=card, params=card.params(), paint=None, stages=None)
    return _make_plain_brush(content, styles, began, replace(run, staged=False, relief=False), lut)


def _paint_over(
    content: TensorPixels,
    styles: Sequence[Style],
    spec: StyleSpec,
    run: RunContext,
    lut: Lut | None,
) -> Brush:
    """Return a brush that paints over another method's painting, whose colours are the styles' already."""
    name = find_start(spec.card, spec.params)
    first = _make_start(name, content, styles, spec, run, lut)
    own = replace(spec, params=replace(spec.params, start=""))
    over = _make_usual_brush(content, (), own, replace(run, mapped=True), None)
    return lambda x: over(first(x))


def blend(content: TensorPixels, picture: TensorPixels, spec: StyleSpec) -> TensorPixels:
    """Return the blend of content and picture by the spec's strength, mask and light."""
    strength, mask, light = spec.strength, spec.mask, spec.light
    if light is not None:
        picture = map_pixels(lambda p, k: (p * k).clamp_max(1), picture, light)
    if mask is not None:
        return map_pixels(lambda c, p, m: c + (p - c) * (strength * m), content, picture, mask)
    if strength == 1:
        return picture
    return map_pixels(lambda c, p: c + (p - c) * strength, content, picture)
