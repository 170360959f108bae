"""A look, and what it makes of a loaded picture: masks, keep-colour, strength and surface around a method."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from .card import Card
from .catalog import find_card
from .color import keep_color
from .contract import Prepared, Run, Style
from .image import Image
from .lazy import Lazy, Packed, Pixels, each, whole
from .nn.thumbnail import thumbnail
from .progress import Progress
from .surface.contract import Surface
from .surface.fill import fill_outward
from .tiling import Canvas, fill_tiles


@dataclass(frozen=True, slots=True)
class Look:
    """What to make of a picture: method, settings, styles, and how strongly."""

    card: Card
    params: Any
    styles: tuple[Style, ...]
    strength: float = 1.0
    keep_color: bool = False
    mask: Tensor | None = None
    """(1, 1, H, W), 1 where the content may change."""
    thumbnail: bool = False
    """Whether the content is measured in a small copy of it."""


def stylize_image(
    image: Image, look: Look, run: Run, surface: Surface, *, opacity: bool = True
) -> tuple[Pixels, tuple[str, ...]]:
    """Return the picture of a loaded image, (1, 3, H, W), and what is worth saying about it.

    Texels that nothing shows (outside the UV islands, or fully transparent where alpha is opacity) do
    not count in the statistics, and are filled outward from those that do, so nothing bleeds in from them.
    """
    if look.strength == 0:
        return image.rgb, ()
    shown = _shown(image.alpha if opacity else None)
    content = image.rgb if shown is None else fill_outward(whole(image.rgb), shown)
    coverage, notes = surface.coverage(shown), ()
    if not isinstance(content, Lazy):
        coverage = _shown(None if coverage is None else whole(coverage))
        if coverage is not None and not bool((coverage > 0).any()):
            coverage = None
            notes = ("nothing of the picture is covered or opaque: all of it was measured",)
    labels = None if run.labels is None else surface.unwrap(run.labels, nearest=True)
    on_canvas = replace(look, styles=tuple(_unwrapped(style, surface) for style in look.styles))
    here = replace(run, coverage=coverage, labels=labels)
    made = stylize(_canvas(content, surface), on_canvas, here)
    return _blend(image.rgb, _restored(made, image.rgb, surface), look), notes


def _canvas(content: Pixels, surface: Surface) -> Pixels:
    if not isinstance(content, Lazy):
        return surface.unwrap(content)
    shape = torch.Size((*content.shape[:2], *surface.shape))
    return Lazy(shape, lambda box: surface.read(content, box))


def _restored(made: Pixels, content: Pixels, surface: Surface) -> Pixels:
    if not isinstance(made, Lazy):
        return surface.wrap(made)
    return Lazy(content.shape, lambda box: surface.restore(made, box))


def _shown(weight: Tensor | None) -> Tensor | None:
    """Return weights, or None if all are 1."""
    return None if weight is None or bool((weight == 1).all()) else weight


def _unwrapped(style: Style, surface: Surface) -> Style:
    return style if style.mask is None else replace(style, mask=surface.unwrap(style.mask))


def stylize(content: Pixels, look: Look, run: Run) -> Pixels:
    """Return ``content`` (1, 3, H, W) in the look's styles, at full strength and everywhere.

    Styles without a mask are mixed by the method; each style with a mask is a picture of its own, made
    with the statistics of its region, and they are blended by their masks.
    """
    if look.strength == 0:
        return content
    free = [style for style in look.styles if style.mask is None]
    if len(free) == len(look.styles):
        out = _one(content, free, look, run)
        return each(keep_color, content, out) if look.keep_color else out
    content = whole(content)
    out = whole(_one(content, free, look, run)) if free else content.clone()
    total = torch.zeros_like(content[:, :1])
    for style in look.styles:
        if (mask := style.mask) is None:
            continue
        region = mask if run.coverage is None else mask * run.coverage
        layer = whole(
            _one(content, [replace(style, mask=None)], look, replace(run, coverage=region))
        )
        total += mask
        out += (layer - out) * (mask / total.clamp_min(1))
    return keep_color(content, out) if look.keep_color else out


def _one(content: Pixels, styles: Sequence[Style], look: Look, run: Run) -> Pixels:
    method = look.card.load()
    if isinstance(content, Lazy) and look.card.call == "local" and not look.thumbnail:
        out = Packed(content.shape)
        prepared = method.prepare(content, styles, look.params, run)
        _fill(out, prepared, content, run)
        return out.lazy()
    content = whole(content)
    if look.card.call == "whole":
        run = replace(run, start=_start(content, styles, look, run))
        return method.stylize(content, styles, look.params, run)
    if look.card.call == "recurrent":  # a film of one frame
        _, picture = method.step(method.start(styles, look.params, run), content)
        run.report(Progress("stylize", 1, 1))
        return picture
    shown, coverage = content, run.coverage
    if look.thumbnail and look.card.thumbnail:
        shown, coverage = thumbnail(content, coverage)
    prepared = method.prepare(shown, styles, look.params, replace(run, coverage=coverage))
    out = torch.empty(content.shape, dtype=torch.float32, device=content.device)
    _fill(out, prepared, content, run)
    return out


def _fill(out: Canvas, prepared: Prepared, content: Pixels, run: Run) -> None:
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


def _start(content: Tensor, styles: Sequence[Style], look: Look, run: Run) -> Tensor | None:
    """Return the result of the method that the look's own begins with, if it does."""
    name = getattr(look.params, "start", "")
    if name not in look.card.begins:
        return None
    card = find_card(name)
    if run.backbone not in card.backbones:
        run = replace(run, backbone=card.backbones[0])
    return whole(_one(content, styles, replace(look, card=card, params=card.params()), run))


def _blend(content: Pixels, picture: Pixels, look: Look) -> Pixels:
    strength, mask = look.strength, look.mask
    if mask is not None:
        return each(lambda c, p, m: c + (p - c) * (strength * m), content, picture, mask)
    if strength == 1:
        return picture
    return each(lambda c, p: c + (p - c) * strength, content, picture)
