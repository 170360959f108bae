"""All that the frames of a film share: method, styles, surface, machine, and where motion comes from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from ..card import Card, make_params
from ..catalog import find_card
from ..contract import Run, Style
from ..imaging.lazy import whole
from ..picture.compose import Laid, Look, Painter, lay_out, open_look
from ..picture.run import check_look, load_styles, prepare_run
from ..progress import Report
from ..request.sequence_job import Film
from ..surface.contract import Surface
from ..surface.flat import Flat
from ..surface.sphere import sphere
from ..video.coherence import Moved
from ..video.flow import FlowSource, around, make_source
from ..video.frames import Pattern
from .frames import Footage, Frame, flow_source_name, moved, open_footage
from .masks import read_region, strengths

HELD = 172
"""Bytes of a pixel that two tracks, three frames and what moves them take together."""
SAMPLES = 8
"""Frames on which a film is measured, at most."""
MEASURED = 16_000_000
"""Pixels of them together."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What all frames of a film share."""

    film: Film
    card: Card
    footage: Footage
    surface: Surface
    run: Run
    styles: tuple[Style, ...]
    source: FlowSource | None
    """A guess of motion; None where the frames' vectors are read, or nothing is carried."""
    fixed: Painter | None = None
    """What paints every frame, where a film is measured once."""

    @property
    def carries(self) -> bool:
        """Whether paint is carried from frame to frame."""
        return self.film.motion != "none" and self.film.anchor > 1

    @property
    def anchor(self) -> int:
        """Frames from one anchor to the next."""
        return self.film.anchor if self.carries or self.card.call == "recurrent" else 1

    @property
    def motion(self) -> str:
        """Where motion comes from: passes, the name of a source, or none."""
        if not self.carries:
            return "none"
        return "passes" if self.source is None else flow_source_name(self.film.motion)

    def look(self, frame: Frame) -> Look:
        """Return the look of a frame, whose masks are its own."""
        job = self.film.job
        masks = [None if s.mask is None else self._part(s.mask, frame) for s in job.styles]
        styles = tuple(replace(s, mask=m) for s, m in zip(self.styles, masks, strict=True))
        parts = [(self._part(r.where, frame), r.strength) for r in self.film.regions]
        allowed = strengths(parts, frame.size)
        if job.mask is not None:
            mask = self._part(job.mask, frame)
            allowed = mask if allowed is None else allowed * mask
        params = make_params(self.card, job.params)
        return Look(self.card, params, styles, job.strength, job.keep_color, allowed, job.thumbnail)

    def lay(self, frame: Frame) -> Laid:
        """Return a frame on the film's surface."""
        opacity = self.film.job.alpha == "opacity"
        return lay_out(frame.image, self.look(frame), self.run, self.surface, opacity=opacity)

    def open(self, laid: Laid) -> Painter:
        """Return what paints frames as measured on this one, or on the first of all."""
        return self.fixed or open_look(laid.content, laid.look, laid.run)

    def paint(self, laid: Laid, painter: Painter) -> Tensor:
        """Return a frame painted for itself, (1, 3, H, W)."""
        return self.surface.wrap(whole(painter(laid.content, laid.look.styles))).float()

    def moved(self, before: Frame, frame: Frame) -> Moved:
        """Return how a frame moved since the one before it."""
        return moved(before, frame, self.source, wrap=self.wrap)

    @property
    def wrap(self) -> bool:
        """Whether left and right meet."""
        return self.film.job.surface == "equirect"

    def _part(self, where: str, frame: Frame) -> Tensor:
        film = self.film
        return read_region(
            where,
            frame.number,
            frame.size,
            frame.passes,
            film.layer,
            max_pixels=film.job.max_pixels,
        )


def open_studio(
    film: Film, content: Pattern, there: Sequence[int], size: tuple[int, int], report: Report
) -> Studio:
    """Return what the frames of a film share.

    Args:
        film: What was asked, its method chosen.
        content: Where the frames are.
        there: Numbers of all frames that are there.
        size: Their height and width, pixels.
        report: Is told of every tile.

    Raises:
        StylizeError: if a style, a network or a pass is missing, or the memory is too small.
    """
    card = find_card(film.job.method)
    check_look(film.job, card)
    first = content.path(there[0])
    surface: Surface = sphere(size) if film.job.surface == "equirect" else Flat(size)
    pictures = [replace(style, mask=None) for style in film.job.styles]
    styles = load_styles(replace(film.job, styles=tuple(pictures)), card, size)
    run = prepare_run(film.job, card, surface.shape, HELD, report)
    studio = Studio(
        film, card, open_footage(film, first), surface, run, styles, _source(film, first, run)
    )
    if film.statistics == "follow" or card.call != "local":
        return studio
    return replace(studio, fixed=_measured(studio, content, there, size))


def _measured(
    studio: Studio, content: Pattern, there: Sequence[int], size: tuple[int, int]
) -> Painter:
    """Return a painter measured on frames from the whole film, or, where places count, on one."""
    count = max(1, min(SAMPLES, MEASURED // (size[0] * size[1]), len(there)))
    count = count if studio.card.thumbnail else 1
    numbers = [there[(2 * k + 1) * len(there) // (2 * count)] for k in range(count)]
    laid = [studio.lay(studio.footage.read_picture(n, content.path(n))) for n in numbers]
    shown = torch.cat([whole(one.content) for one in laid], -1)
    coverage = _side_by_side([one.run.coverage for one in laid])
    look = laid[0].look
    styles = tuple(
        replace(style, mask=_side_by_side([one.look.styles[k].mask for one in laid]))
        for k, style in enumerate(look.styles)
    )
    run = replace(laid[0].run, coverage=coverage)
    return open_look(shown, replace(look, styles=styles), run)


def _side_by_side(parts: Sequence[Tensor | None]) -> Tensor | None:
    """Return (1, C, H, W) next to each other; those that are None count everywhere."""
    known = next((part for part in parts if part is not None), None)
    if known is None:
        return None
    return torch.cat([torch.ones_like(known) if part is None else part for part in parts], -1)


def _source(film: Film, first: Path, run: Run) -> FlowSource | None:
    if film.motion == "none" or open_footage(film, first).exact:
        return None
    source = make_source(flow_source_name(film.motion), run.store, run.device)
    return around(source) if film.job.surface == "equirect" else source


def needed(number: int, every: int, there: set[int], *, ahead: bool = False) -> range:
    """Return the frames that a frame's picture depends on, itself included.

    These are those from the anchor before its last one; or, ``ahead``, from its last to its next one.

    Args:
        number: The frame's.
        every: Frames from one anchor to the next.
        there: Frames that there are; what lies beyond a gap does not count.
        ahead: Whether paint is carried both ways.
    """
    anchor = math.floor(number / every) * every
    start, end = (anchor, anchor + every) if ahead else (anchor - every, number)
    first = last = number
    while first > start and first - 1 in there:
        first -= 1
    while last < end and last + 1 in there:
        last += 1
    return range(first, last + 1)
