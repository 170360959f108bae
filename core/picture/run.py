"""From a job to a written picture: check, load, choose the method, stylize, write."""

import time
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .. import styles as builtin
from ..card import Card
from ..catalog import find_card
from ..checkpoints.store import Store
from ..contract import RunContext, Style
from ..device import (
    IMAGE_BYTES_PER_PIXEL,
    peak_memory_mb,
    pick_device,
    pick_dtype,
    pick_grid,
    set_up,
    trim_memory,
)
from ..errors import ParamsError
from ..fields import check_limits
from ..imaging.depth import layer_weights, load_depth
from ..imaging.image import Image, load_image, load_mask, save_image
from ..imaging.labels import number_labels, read_labels
from ..imaging.lazy import Lazy, Packed, Pixels, materialize
from ..nn.resize import rescale
from ..progress import Progress, Report, ignore
from ..request.auto_method import settle
from ..request.check import check
from ..request.directions import lays_strokes
from ..request.picture_job import Job, StyleFile
from ..request.result import Result
from ..request.where import finish_of
from ..surface.contract import Surface
from ..surface.fill import fill_outward
from .brush_size import choose_brush, count_canvas_bytes, has_canvas
from .compose import StyleSpec, stylize_image
from .guides import find_guides
from .inputs import FLOATS, check_files, count_copies, find_heaviest, trained_name
from .light import keep_light
from .paint import Paint
from .paint_files import read_own, write_paint
from .relief import lay_on_relief
from .scene import find_scene
from .stages import Stages, check_size, write_stages
from .surfaces import (
    find_rings,
    find_surface,
    is_texture,
    join_tiles,
    split_tiles,
    wraps_around,
)
from .tensors import to_tensor
from .tones import make_tones

STYLE_SIDE = 512
"""Longest side, in pixels, of the style picture that a network sees at style scale 1."""


def run(job: Job, report: Report = ignore) -> Result:
    """Do one job and write its picture.

    Raises:
        StylizeError: with a sentence for the user; nothing has been written then.
        Cancelled: from ``report``.
    """
    check_limits(job)
    notes, files = check_files(job), job.files
    alone = len(files) == 1
    images, image = _load(job)
    if isinstance(image.rgb, Lazy):
        report = _trim_between_stages(report)
    started = time.perf_counter()
    stylized = (_stylize_layers if job.depth else _stylize_flat)(image, job, report)
    seconds = time.perf_counter() - started
    picture = stylized.picture
    if alone:
        picture, images[0] = keep_light(job, image, picture)
    pictures = split_tiles(picture, images)
    if isinstance(image.rgb, Lazy):
        trim_memory()
    _write_stages(job, stylized, pictures[0])
    maps = write_paint(job, stylized.paint, stylized.wraps, images)
    for (_, output), picture, original in zip(files, pictures, images, strict=True):
        save_image(output, picture, original)
    notes = (*notes, *(note for image in images for note in image.notes), *stylized.notes)
    return Result(
        output=job.output,
        method=stylized.method,
        width=images[0].rgb.shape[-1],
        height=images[0].rgb.shape[-2],
        engine_seconds=round(seconds, 3),
        peak_memory_mb=peak_memory_mb(),
        device=str(stylized.run.device),
        precision=str(stylized.run.dtype).removeprefix("torch."),
        notes=notes,
        maps=maps,
    )


def _write_stages(job: Job, stylized: "_Stylized", picture: Pixels) -> None:
    """Write a painting's layers, the uppermost of which gives the picture, if they are asked for."""
    if job.paint_layers:
        names = find_card(stylized.method).staged
        below = stylized.stages[:-1] or (picture,) * (len(names) - 1)
        write_stages(job.paint_layers, names, [materialize(x) for x in (*below, picture)])


def _load(job: Job) -> tuple[list[Image], Image]:
    """Return the picture of each tile, and of all; one alone is lazy if it is large.

    What is wrong with the surface's own maps is said here, before the work. They are read again after it:
    kept meanwhile they would take as much memory as the picture.
    """
    files = job.files
    images = [
        load_image(content, space=job.space, max_pixels=job.max_pixels, lazy=len(files) == 1)
        for content, _ in files
    ]
    image = join_tiles(images)
    read_own(job, (image.rgb.shape[-2], image.rgb.shape[-1]))
    return images, image


def _trim_between_stages(report: Report) -> Report:
    """Return a report that returns freed memory to the system whenever a new stage begins."""
    stage = ""

    def tell(step: Progress) -> None:
        nonlocal stage
        if step.stage != stage:
            stage = step.stage
            trim_memory()
        report(step)

    return tell


@dataclass(frozen=True, slots=True)
class _Stylized:
    """A stylized picture, how it was made, and notes for the user."""

    picture: Pixels
    method: str
    run: RunContext
    notes: tuple[str, ...]
    paint: Pixels | None = None
    stages: tuple[Pixels, ...] = ()
    """The picture as it looks with each layer of its method."""
    wraps: tuple[bool, bool] = (False, False)
    """Whether its rows, and its columns, go on at the other border."""


def _stylize_flat(image: Image, job: Job, report: Report) -> _Stylized:
    size = (image.rgb.shape[-2], image.rgb.shape[-1])
    job, chosen = settle(job, size[0] * size[1])
    card = find_card(job.method)
    params = check(job, card)
    mask, light = lay_on_relief(job, _mask(job.mask, size, job), image)
    labels, styles = _load_labels(job, size, load_styles(job, card, size))
    guides = find_guides(job, card, size)
    ends, over = lays_strokes(card), guides.crossings
    surface, surface_notes = find_surface(job, image, card.halo, ends=ends, crossings=over)
    scene = find_scene(job, image, surface) if card.palette else None
    tones = make_tones(job, scene)
    brush, brush_notes = choose_brush(job, card, surface.shape)
    spec = StyleSpec(
        card,
        params,
        styles,
        job.strength,
        tones,
        mask,
        job.thumbnail,
        brush,
        light,
        _make_paint(job, surface.shape),
        make_stages(job, card, surface.shape),
    )
    pixel, loaded = _count_bytes(image, job, card, surface, brush)
    run_ = replace(
        prepare_run(job, card, surface.shape, pixel, report, loaded),
        labels=labels,
        texture=is_texture(job, surface),
        rings=find_rings(surface),
        relief=bool(job.wanted_maps),
        staged=spec.stages is not None,
        **guides.for_run(),
    )
    made = stylize_image(image, spec, run_, surface, opacity=job.alpha == "opacity")
    notes = (*made.notes, *surface_notes, *guides.notes, *chosen, *brush_notes)
    notes, around = (*notes, *tones.explain(card, styles)), wraps_around(surface)
    return _Stylized(made.picture, card.id, run_, notes, made.paint, made.stages, around)


def _stylize_layers(image: Image, job: Job, report: Report) -> _Stylized:
    """Stylize every depth layer and blend the pictures; pixels that no layer changes keep their bits."""
    size = (image.rgb.shape[-2], image.rgb.shape[-1])
    parts = job.by_layer()
    if len(parts) < 2:
        raise ParamsError("depth tells layers apart; give two layers or more, or none for ours")
    for part in parts:
        chosen = settle(part, size[0] * size[1])[0]
        check(chosen, find_card(chosen.method))
    depth = load_depth(
        str(job.depth), size, near_is_white=job.near_is_white, max_pixels=job.max_pixels
    )
    weights = layer_weights(depth, len(parts), job.focus, job.softness)
    image = replace(image, rgb=materialize(image.rgb))
    content = materialize(image.rgb)
    out, layers = content.copy(), list[_Stylized]()
    for part, weight in zip(parts, weights, strict=True):
        one = _stylize_flat(image, part, report)
        out += (materialize(one.picture) - content) * weight
        layers.append(one)
    methods = ", ".join(dict.fromkeys(one.method for one in layers))
    notes = tuple(dict.fromkeys(note for one in layers for note in one.notes))
    return _Stylized(out, methods, layers[-1].run, notes)


def _make_paint(job: Job, shape: tuple[int, int]) -> Paint | None:
    """Return what keeps a job's paint, if maps of it are asked for."""
    finish = finish_of(job)
    return Paint(shape, finish and finish.roughness) if job.wanted_maps else None


def _count_bytes(
    image: Image, job: Job, card: Card, surface: Surface, brush: float
) -> tuple[int, int]:
    """Return the bytes that a pixel of all copies takes, and those that the content has taken already."""
    size = (image.rgb.shape[-2], image.rgb.shape[-1])
    copies = count_copies(job, card)
    held = _count_image_bytes(image, card, copies, held=surface.whole)
    loaded = _count_loaded_bytes(image) if surface.shape == size else 0
    return held + count_canvas_bytes(brush, card), loaded


def make_stages(job: Job, card: Card, shape: tuple[int, int]) -> Stages | None:
    """Return what keeps a job's painting (height, width) layer by layer, if that is asked for.

    Raises:
        ParamsError: if it is too large.
    """
    if not job.paint_layers:
        return None
    check_size(shape)
    return Stages(shape, len(card.staged))


def load_styles(job: Job, card: Card, size: tuple[int, int]) -> tuple[Style, ...]:
    """Return a job's styles at their scale, with masks of the content's height and width.

    Raises:
        PictureError: if a picture cannot be read.
        ParamsError: if a weight is not above 0.
    """
    return tuple(_load_style(style, job, card, size) for style in job.styles)


def _load_style(style: StyleFile, job: Job, card: Card, size: tuple[int, int]) -> Style:
    mask = _mask(style.mask, size, job)
    if name := trained_name(style.path, card):
        return Style(name, style.weight, mask)
    image = load_image(builtin.resolve(style.path), max_pixels=job.max_pixels)
    picture = to_tensor(image.rgb)
    if image.alpha is not None and float(image.alpha.min()) < 1 and float(image.alpha.max()) > 0:
        picture = fill_outward(picture, to_tensor(image.alpha))
    scale = 1.0 if card.brush == "own" or has_canvas(job, card) else job.style_scale
    ratio = STYLE_SIDE * scale / max(picture.shape[-2:])
    return Style(rescale(picture, ratio), style.weight, mask)


def _mask(path: str | None, size: tuple[int, int], job: Job) -> Tensor | None:
    return to_tensor(load_mask(path, size, max_pixels=job.max_pixels)) if path else None


def _load_labels(
    job: Job, size: tuple[int, int], styles: tuple[Style, ...]
) -> tuple[Tensor | None, tuple[Style, ...]]:
    """Return the content's labels, and the styles with theirs: numbers of regions."""
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
    return to_tensor(labels), tuple(
        replace(s, labels=to_tensor(n)) for s, n in zip(styles, of_styles, strict=True)
    )


HELD = 34
"""Bytes that a pixel of a large picture takes besides, where its surface is made as a whole; measured."""


def _count_image_bytes(image: Image, card: Card, copies: int, *, held: bool = False) -> int:
    """Return the bytes that a pixel of content, result and other copies take together."""
    if not isinstance(image.rgb, Lazy) or card.call != "local":
        return IMAGE_BYTES_PER_PIXEL + copies * FLOATS
    native = image.origin.pixels
    return native.shape[2] * native.itemsize + Packed.BYTES + HELD * held


def _count_loaded_bytes(image: Image) -> int:
    """Return the bytes of ``_count_image_bytes`` that the content has taken already."""
    return image.origin.pixels.nbytes if isinstance(image.rgb, Lazy) else image.rgb.nbytes


def prepare_run(
    job: Job,
    card: Card,
    size: tuple[int, int],
    image_bytes_per_pixel: int,
    report: Report,
    loaded_bytes: int = 0,
) -> RunContext:
    """Return the run's context: store, device, precision, memory, seed.

    Args:
        job: What was asked.
        card: The method.
        size: Height and width of what is painted, pixels.
        image_bytes_per_pixel: Bytes that one pixel of all pictures in memory takes.
        report: Is told of every step.
        loaded_bytes: Bytes of the pictures that are in memory already.

    Raises:
        ParamsError: if the device cannot be used.
        StylizeError: if the memory is too small.
    """
    opened, heaviest = _open_run(job, card), find_heaviest(job, card)
    grid = pick_grid(
        size,
        bytes_per_pixel=heaviest.bytes_per_pixel,
        halo=heaviest.halo,
        kept_bytes_per_pixel=heaviest.kept_bytes_per_pixel,
        kept_megabytes=heaviest.kept_megabytes,
        max_memory=job.max_memory,
        image_bytes_per_pixel=image_bytes_per_pixel,
        loaded_bytes=loaded_bytes,
    )
    brush = job.style_scale if card.brush == "own" else 1.0
    return replace(opened, grid=grid, report=report, brush=brush)


def _open_run(job: Job, card: Card) -> RunContext:
    device = pick_device(job.device)
    set_up(device)
    torch.manual_seed(job.seed)
    dtype, store = pick_dtype(job.precision, device, half=card.half), Store.at(job.weights)
    return RunContext(store, device, dtype, job.seed, lit=job.is_lit, backbone=job.backbone)
