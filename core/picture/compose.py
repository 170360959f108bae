"""From a loaded picture to a stylized one: surface, masks, kept colours and strength around a method."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ..card import Card
from ..catalog import find_card
from ..color import keep_color
from ..contract import Prepared, RunContext, Style
from ..imaging.image import Image
from ..imaging.lazy import Lazy, Packed, Pixels, map_pixels, materialize
from ..nn.thumbnail import thumbnail
from ..nn.tiles import fill_tiles
from ..progress import Progress
from ..surface.contract import Surface
from ..surface.fill import fill_outward
from ..tiling import Canvas


@dataclass(frozen=True, slots=True)
class StyleSpec:
    """How a picture is stylized: method, settings, styles, strength and mask."""

    card: Card
    params: Any
    styles: tuple[Style, ...]
    strength: float = 1.0
    keep_color: bool = False
    mask: Tensor | None = None
    """(1, 1, H, W), 1 where the content may change."""
    thumbnail: bool = False
    """Whether the content is measured in a small copy of it."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A picture on its surface's canvas, ready to be painted."""

    content: Pixels
    """(1, 3, h, w)."""
    spec: StyleSpec
    """With the masks of its styles on the canvas."""
    run: RunContext
    """With coverage and labels of the canvas."""
    notes: tuple[str, ...] = ()


def stylize_image(
    image: Image, spec: StyleSpec, run: RunContext, surface: Surface, *, opacity: bool = True
) -> tuple[Pixels, tuple[str, ...]]:
    """Return the stylized picture of a loaded image, (1, 3, H, W), and notes for the user."""
    if spec.strength == 0:
        return image.rgb, ()
    laid = lay_out(image, spec, run, surface, opacity=opacity)
    made = stylize(laid.content, laid.spec, laid.run)
    return blend(image.rgb, _restore(made, image.rgb, surface), spec), laid.notes


def lay_out(
    image: Image, spec: StyleSpec, run: RunContext, surface: Surface, *, opacity: bool = True
) -> Laid:
    """Return a loaded image laid out on a surface's canvas.

    Texels that nothing shows (outside the UV islands, or fully transparent where alpha is opacity) do
    not count in the statistics, and are filled outward from those that do, so nothing bleeds in from them.
    """
    weights = _drop_if_all_one(image.alpha if opacity else None)
    content = image.rgb if weights is None else fill_outward(materialize(image.rgb), weights)
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


def _canvas(content: Pixels, surface: Surface) -> Pixels:
    if not isinstance(content, Lazy):
        return surface.unwrap(content)
    shape = torch.Size((*content.shape[:2], *surface.shape))
    return Lazy(shape, lambda box: surface.read(content, box))


def _restore(made: Pixels, content: Pixels, surface: Surface) -> Pixels:
    if not isinstance(made, Lazy):
        return surface.wrap(made)
    return Lazy(content.shape, lambda box: surface.restore(made, box))


def _drop_if_all_one(weight: Tensor | None) -> Tensor | None:
    """Return weights, or None if all are 1."""
    return None if weight is None or bool((weight == 1).all()) else weight


def _unwrap_mask(style: Style, surface: Surface) -> Style:
    return style if style.mask is None else replace(style, mask=surface.unwrap(style.mask))


Brush = Callable[[Pixels], Pixels]
"""A function that paints a picture in fixed styles: (1, 3, H, W) in, the same out."""
Painter = Callable[[Pixels, Sequence[Style]], Pixels]
"""A function of a picture and the spec's styles, whose masks are that picture's own."""


def stylize(content: Pixels, spec: StyleSpec, run: RunContext) -> Pixels:
    """Return ``content`` (1, 3, H, W) in the spec's styles, at full strength and without its mask."""
    if spec.strength == 0:
        return content
    out = make_painter(content, spec, run)(content, spec.styles)
    return map_pixels(keep_color, content, out) if spec.keep_color else out


def make_painter(content: Pixels, spec: StyleSpec, run: RunContext) -> Painter:
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

    def paint(x: Pixels, styles: Sequence[Style]) -> Pixels:
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
    content: Pixels, styles: Sequence[Style], spec: StyleSpec, run: RunContext
) -> Brush:
    """Return the function that paints pictures in styles without masks."""
    if spec.card.call == "whole":
        return lambda x: _stylize_whole(materialize(x), styles, spec, run)
    if spec.card.call == "recurrent":
        return _make_recurrent_brush(styles, spec, run)
    lazy = isinstance(content, Lazy) and not spec.thumbnail
    measured, coverage = content if lazy else materialize(content), run.coverage
    if spec.thumbnail and spec.card.thumbnail:
        measured, coverage = thumbnail(materialize(content), coverage)
    prepared = spec.card.load().prepare(
        measured, styles, spec.params, replace(run, coverage=coverage)
    )
    return lambda x: _stylize_tiles(x if lazy else materialize(x), prepared, run)


def _stylize_whole(
    content: Tensor, styles: Sequence[Style], spec: StyleSpec, run: RunContext
) -> Tensor:
    run = replace(run, start=_stylize_start(content, styles, spec, run))
    return spec.card.load().stylize(content, styles, spec.params, run)


def _make_recurrent_brush(styles: Sequence[Style], spec: StyleSpec, run: RunContext) -> Brush:
    """Return a recurrent method's brush, which must be given the frames in order."""
    method = spec.card.load()
    state = method.start(styles, spec.params, run)

    def paint(x: Pixels) -> Tensor:
        nonlocal state
        state, picture = method.step(state, materialize(x))
        run.report(Progress("stylize", 1, 1))
        return picture

    return paint


def _stylize_tiles(content: Pixels, prepared: Prepared, run: RunContext) -> Pixels:
    """Return a picture stylized by a prepared method, tile by tile; lazy if the picture is."""
    if isinstance(content, Lazy):
        packed = Packed(content.shape)
        _fill_canvas(packed, prepared, content, run)
        return packed.lazy()
    out = torch.empty(content.shape, dtype=torch.float32, device=content.device)
    _fill_canvas(out, prepared, content, run)
    return out


def _fill_canvas(out: Canvas, prepared: Prepared, content: Pixels, run: RunContext) -> None:
    fill_tiles(
        out,
        prepared.apply,
        content,
        run.grid,
        halo=prepared.halo,
        multiple=prepared.multiple,
        device=run.device,
        report=run.report,
    )


def _stylize_start(
    content: Tensor, styles: Sequence[Style], spec: StyleSpec, run: RunContext
) -> Tensor | None:
    """Return the result of the method that the spec's method starts from; None if it starts from nothing."""
    name = getattr(spec.params, "start", "")
    if name not in spec.card.begins:
        return None
    card = find_card(name)
    if run.backbone not in card.backbones:
        run = replace(run, backbone=card.backbones[0])
    began = replace(spec, card=card, params=card.params())
    return materialize(_make_brush(content, styles, began, run)(content))


def blend(content: Pixels, picture: Pixels, spec: StyleSpec) -> Pixels:
    """Return the blend of content and picture by the spec's strength and mask."""
    strength, mask = spec.strength, spec.mask
    if mask is not None:
        return map_pixels(lambda c, p, m: c + (p - c) * (strength * m), content, picture, mask)
    if strength == 1:
        return picture
    return map_pixels(lambda c, p: c + (p - c) * strength, content, picture)
