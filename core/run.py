"""From a job to a written picture: load, choose, stylize, write. Everything is strung together here."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from . import styles as builtin
from .card import Card, make_params
from .catalog import CARDS, find_card
from .checkpoints.store import SUFFIX, Store
from .color import keep_color
from .contract import Run, Style
from .device import peak_memory_mb, pick_device, pick_dtype, pick_grid, set_up
from .errors import ParamsError, PictureError
from .image import Image, load_image, load_mask, save_image
from .job import Job, Result, StyleFile
from .labels import number_labels, read_labels
from .progress import Report, ignore
from .surface.atlas import coverage_of, fill_outward
from .tiling import map_tiles

STYLE_SIDE = 512
"""Longest side, in pixels, at which a style picture is shown to a network at style scale 1."""


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


def run(job: Job, report: Report = ignore) -> Result:
    """Do one job and write its picture.

    Raises:
        StylizeError: with a sentence for the user; nothing has been written then.
        Cancelled: from ``report``.
    """
    card = find_card(job.method)
    params = make_params(card, job.params)
    _check(job, card)
    job.check_labels(card.id, [known.id for known in CARDS if known.labels])
    image = load_image(job.content, space=job.space, max_pixels=job.max_pixels)
    size = (image.rgb.shape[-2], image.rgb.shape[-1])
    mask = load_mask(job.mask, size, max_pixels=job.max_pixels) if job.mask else None
    labels, styles = _load_labels(job, size, _load_styles(job, card, size))
    look = Look(card, params, styles, job.strength, job.keep_color, mask)
    run_ = replace(_prepare_run(job, card, size, report), labels=labels)
    started = time.perf_counter()
    picture, notes = stylize_image(image, look, run_, uv=job.uv, opacity=job.alpha == "opacity")
    seconds = time.perf_counter() - started
    save_image(job.output, picture, image)
    if job.method == "auto":
        notes = (*notes, f"method {card.id} was chosen")
    return Result(
        output=job.output,
        method=card.id,
        width=size[1],
        height=size[0],
        engine_seconds=round(seconds, 3),
        peak_memory_mb=peak_memory_mb(),
        device=str(run_.device),
        precision=str(run_.dtype).removeprefix("torch."),
        notes=notes,
    )


def stylize_image(
    image: Image, look: Look, run: Run, *, uv: str | None = None, opacity: bool = True
) -> tuple[Tensor, tuple[str, ...]]:
    """Return the picture of a loaded image, (1, 3, H, W), and what is worth saying about it.

    Texels that nothing shows (outside the UV islands, or fully transparent where alpha is opacity) do
    not count in the statistics, and are filled outward from those that do, so nothing bleeds in from them.
    """
    coverage, notes = coverage_of(image.alpha if opacity else None, uv, image.rgb.shape[-2:])
    content = image.rgb if coverage is None else fill_outward(image.rgb, coverage)
    picture = stylize(content, look, replace(run, coverage=coverage))
    return _blend(image.rgb, picture, look.strength, look.mask), notes


def stylize(content: Tensor, look: Look, run: Run) -> Tensor:
    """Return ``content`` (1, 3, H, W) in the look's styles, at full strength and everywhere.

    Styles without a mask are mixed by the method; each style with a mask is a picture of its own, made
    with the statistics of its region, and they are blended by their masks.
    """
    if look.strength == 0:
        return content
    free = [style for style in look.styles if style.mask is None]
    out = _one(content, free, look, run) if free else content.clone()
    total = torch.zeros_like(content[:, :1])
    for style in look.styles:
        if (mask := style.mask) is None:
            continue
        region = mask if run.coverage is None else mask * run.coverage
        layer = _one(content, [replace(style, mask=None)], look, replace(run, coverage=region))
        total += mask
        out += (layer - out) * (mask / total.clamp_min(1))
    return keep_color(content, out) if look.keep_color else out


def _one(content: Tensor, styles: Sequence[Style], look: Look, run: Run) -> Tensor:
    method = look.card.load()
    if look.card.call == "whole":
        run = replace(run, start=_start(content, styles, look, run))
        return method.stylize(content, styles, look.params, run)
    prepared = method.prepare(content, styles, look.params, run)
    return map_tiles(
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
    return _one(content, styles, replace(look, card=card, params=card.params()), run)


def _blend(content: Tensor, picture: Tensor, strength: float, mask: Tensor | None) -> Tensor:
    if strength == 1 and mask is None:
        return picture
    share = strength if mask is None else strength * mask
    return content + (picture - content) * share


def _check(job: Job, card: Card) -> None:
    if not 0 <= job.strength <= 1:
        raise ParamsError(f"strength is {job.strength}; it must lie between 0 and 1")
    if not 0 < job.style_scale <= 16:
        raise ParamsError(f"style scale is {job.style_scale}; it must be above 0 and at most 16")
    if not job.styles:
        raise ParamsError(
            "no style was given; name a picture, or builtin: and one of the built-in styles"
        )
    if len(job.styles) > card.max_styles:
        raise ParamsError(
            f"{card.id} mixes at most {card.max_styles} styles; {len(job.styles)} were given"
        )
    if job.backbone not in card.backbones:
        raise ParamsError(
            f"{card.id} has no backbone {job.backbone!r}; choose one of: {', '.join(card.backbones)}"
        )
    if job.alpha not in ("opacity", "data"):
        raise ParamsError(f"alpha {job.alpha!r} is not known; choose one of: opacity, data")
    if job.surface != "flat":
        raise ParamsError(f"surface {job.surface!r} is not known; choose: flat")
    _check_output(job)


def _check_output(job: Job) -> None:
    if Path(job.output).resolve() == Path(job.content).resolve():
        raise ParamsError("the output is the content itself; originals are never overwritten")
    folder = Path(job.output).resolve().parent
    if not folder.is_dir():
        raise PictureError(f"cannot write {job.output}: there is no folder {folder}")


def _load_styles(job: Job, card: Card, size: tuple[int, int]) -> tuple[Style, ...]:
    return tuple(_load_style(style, job, card, size) for style in job.styles)


def _load_style(style: StyleFile, job: Job, card: Card, size: tuple[int, int]) -> Style:
    if not style.weight > 0:
        raise ParamsError(f"the weight of {style.path} is {style.weight}; it must be above 0")
    mask = load_mask(style.mask, size, max_pixels=job.max_pixels) if style.mask else None
    if name := _trained_name(style.path, card):
        return Style(name, style.weight, mask)
    image = load_image(builtin.resolve(style.path), max_pixels=job.max_pixels)
    picture = image.rgb
    if image.alpha is not None and float(image.alpha.min()) < 1 and float(image.alpha.max()) > 0:
        picture = fill_outward(picture, image.alpha)
    return Style(_resize(picture, STYLE_SIDE * job.style_scale), style.weight, mask)


def _load_labels(
    job: Job, size: tuple[int, int], styles: tuple[Style, ...]
) -> tuple[Tensor | None, tuple[Style, ...]]:
    """Return the numbers of the content's regions, and the styles with those of theirs."""
    if job.labels is None:
        return None, styles
    sizes = [(style.picture.shape[-2], style.picture.shape[-1]) for style in styles]
    own, *theirs = (
        read_labels(path or "", at, max_pixels=job.max_pixels)
        for path, at in zip(
            [job.labels, *(s.labels for s in job.styles)], [size, *sizes], strict=True
        )
    )
    labels, of_styles = number_labels(own, theirs)
    return labels, tuple(replace(s, labels=n) for s, n in zip(styles, of_styles, strict=True))


def _trained_name(path: str, card: Card) -> str:
    """Return what a style's path names among the styles a method was trained on; nothing if it is a picture.

    Such a name is a word that is no file, a network's own file or, where pictures are not taken, a
    built-in style's.
    """
    if card.styles == "pictures":
        return ""
    if path.startswith(builtin.PREFIX):
        return path.removeprefix(builtin.PREFIX) if card.styles == "names" else ""
    suffix = Path(path).suffix
    return path if suffix == SUFFIX or (not suffix and not Path(path).exists()) else ""


def _resize(picture: Tensor, longest: float) -> Tensor:
    height, width = picture.shape[-2:]
    ratio = longest / max(height, width)
    size = (max(1, round(height * ratio)), max(1, round(width * ratio)))
    if size == (height, width):
        return picture
    resized = F.interpolate(picture, size, mode="bicubic", antialias=True, align_corners=False)
    return resized.clamp(0, 1)


def _prepare_run(job: Job, card: Card, size: tuple[int, int], report: Report) -> Run:
    device = pick_device(job.device)
    set_up(device)
    torch.manual_seed(job.seed)
    return Run(
        store=Store.at(Path(job.weights)) if job.weights else Store(),
        device=device,
        dtype=pick_dtype(job.precision, device, half=card.half),
        seed=job.seed,
        grid=pick_grid(
            size,
            bytes_per_pixel=card.bytes_per_pixel,
            halo=card.halo,
            kept=card.kept,
            max_memory=job.max_memory,
        ),
        report=report,
        backbone=job.backbone,
    )
