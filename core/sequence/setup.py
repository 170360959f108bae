"""All that the frames of a sequence share: method, styles, surface, machine, and where motion comes from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from ..card import Card
from ..catalog import find_card
from ..contract import Reel, RunContext, Step, Style
from ..imaging.lazy import materialize
from ..picture.brush_size import choose_brush, count_canvas_bytes
from ..picture.compose import Laid, Painter, StyleSpec, lay_out, make_painter
from ..picture.inputs import wants_palette
from ..picture.run import load_styles, make_stages, prepare_run
from ..picture.scene import Scene, measure_frames
from ..picture.stages import Stages
from ..picture.tones import Tones, make_tones
from ..progress import Report
from ..request.check import check
from ..request.sequence_job import LIFE, SequenceJob, split_parts
from ..surface.contract import Surface
from ..surface.flat import Flat
from ..surface.sphere import sphere
from ..video.coherence import Motion
from ..video.flow import FlowSource, make_source, wrap_source
from ..video.frames import Pattern
from .frames import Frame, FrameReader, measure_motion, measure_step, name_flow_source, open_reader
from .masks import combine_strengths, read_region

SEQUENCE_BYTES_PER_PIXEL = 172
"""Bytes per pixel of all that is in memory at once: two tracks of paint, three frames, their motion."""
SAMPLES = 8
"""Most frames on which a sequence's statistics are measured."""
MEASURED_PIXELS = 16_000_000
"""Most pixels of these frames together."""


@dataclass(slots=True)
class Fine:
    """Where finer brushes are used: parts of every frame, and what of the present one they are."""

    parts: list[str] = field(default_factory=list[str])
    """As of ``Region.where``."""
    now: Tensor | None = None
    """(1, 1, H, W), [0, 1]."""

    def __call__(self) -> Tensor:
        """Return what of the present frame they are."""
        if self.now is None:
            raise RuntimeError("no frame has been laid out")
        return self.now


@dataclass(frozen=True, slots=True)
class SequenceContext:
    """What all frames of a sequence share."""

    sequence: SequenceJob
    card: Card
    reader: FrameReader
    surface: Surface
    run: RunContext
    styles: tuple[Style, ...]
    params: Any
    """The method's settings, checked."""
    source: FlowSource | None
    """Estimates motion; None where the frames' vectors are read, or no paint is carried."""
    tones: Tones = field(default_factory=Tones)
    """What becomes of colours and values: one palette for the whole shot."""
    brush: float = 1.0
    """How many times larger than usual strokes are."""
    notes: tuple[str, ...] = ()
    fine: Fine = field(default_factory=Fine)
    """Where finer brushes are used."""
    stages: Stages | None = None
    """What keeps the present frame layer by layer, where that is asked for."""
    fixed: Painter | None = None
    """The painter of every frame, where statistics are measured once for the sequence."""

    @property
    def carries(self) -> bool:
        """Whether paint is carried from frame to frame."""
        return self.sequence.motion != "none" and self.sequence.anchor > 1

    @property
    def looks_ahead(self) -> bool:
        """Whether paint is carried from the next keyframe, too."""
        return self.carries and self.sequence.both_ways and self.run.reel is None

    @property
    def keyframe_interval(self) -> int:
        """Frames from one keyframe to the next; of strokes that stick to things, their life."""
        if self.run.reel is not None:
            return self.run.reel.life
        return self.sequence.anchor if self.carries or self.card.call == "recurrent" else 1

    @property
    def motion_source(self) -> str:
        """Where motion comes from: passes, the name of a source, or none."""
        if not self.carries:
            return "none"
        return "passes" if self.source is None else name_flow_source(self.sequence.motion)

    def make_spec(self, frame: Frame) -> StyleSpec:
        """Return the style spec of a frame, with the frame's own masks."""
        job = self.sequence.job
        masks = [None if s.mask is None else self._read_mask(s.mask, frame) for s in job.styles]
        styles = tuple(replace(s, mask=m) for s, m in zip(self.styles, masks, strict=True))
        parts = [(self._read_mask(r.where, frame), r.strength) for r in self.sequence.regions]
        allowed = combine_strengths(parts, frame.size)
        if job.mask is not None:
            mask = self._read_mask(job.mask, frame)
            allowed = mask if allowed is None else allowed * mask
        look = (self.card, self.params, styles, job.strength, self.tones)
        return StyleSpec(*look, allowed, job.thumbnail, self.brush, stages=self.stages)

    def lay_out(self, frame: Frame) -> Laid:
        """Return a frame laid out on the sequence's surface; it is the one that is painted next."""
        wanted = [self._read_mask(where, frame) for where in self.fine.parts]
        self.fine.now = torch.cat(wanted, 1).amax(1, keepdim=True) if wanted else None
        opacity = self.sequence.job.alpha == "opacity"
        return lay_out(frame.image, self.make_spec(frame), self.run, self.surface, opacity=opacity)

    def make_painter(self, laid: Laid) -> Painter:
        """Return the sequence's fixed painter, or else one measured on this frame."""
        return self.fixed or make_painter(laid.content, laid.spec, laid.run)

    def paint(self, laid: Laid, painter: Painter) -> Tensor:
        """Return a frame painted without regard to other frames, (1, 3, H, W)."""
        return self.surface.wrap(materialize(painter(laid.content, laid.spec.styles))).float()

    def measure_motion(self, before: Frame, frame: Frame) -> Motion:
        """Return how a frame moved since the one before it."""
        return measure_motion(before, frame, self.source, wrap=self.wrap)

    def measure_step(self, before: Frame, frame: Frame) -> tuple[Motion, Step]:
        """Return how a frame moved since the one before it, and how what that one showed goes on."""
        return measure_step(before, frame, self.source)

    @property
    def wrap(self) -> bool:
        """Whether left and right meet."""
        return self.sequence.job.surface == "equirect"

    def _read_mask(self, where: str, frame: Frame) -> Tensor:
        sequence = self.sequence
        return read_region(
            where,
            frame.number,
            frame.size,
            frame.passes,
            sequence.layer,
            max_pixels=sequence.job.max_pixels,
        )


def open_sequence(
    sequence: SequenceJob,
    content: Pattern,
    there: Sequence[int],
    size: tuple[int, int],
    report: Report,
) -> SequenceContext:
    """Return what the frames of a sequence share.

    Args:
        sequence: What was asked, its method chosen.
        content: Where the frames are.
        there: Numbers of all frames that are there.
        size: Their height and width, pixels.
        report: Is told of every tile.

    Raises:
        StylizeError: if a style, a network or a pass is missing, or the memory is too small.
    """
    card = find_card(sequence.job.method)
    params = check(sequence.job, card)
    surface: Surface = sphere(size) if sequence.job.surface == "equirect" else Flat(size)
    pictures = [replace(style, mask=None) for style in sequence.job.styles]
    styles = load_styles(replace(sequence.job, styles=tuple(pictures)), card, size)
    brush, notes = choose_brush(sequence.job, card, surface.shape)
    pixel = SEQUENCE_BYTES_PER_PIXEL + count_canvas_bytes(brush, card)
    run = prepare_run(sequence.job, card, surface.shape, pixel, report)
    reader = open_reader(sequence, content.path(there[0]))
    source = _open_flow_source(sequence, reader, run)
    shot = _measure_shot(sequence, reader, content, there) if card.palette else None
    tones = make_tones(sequence.job, shot)
    context = SequenceContext(
        sequence, card, reader, surface, run, styles, params, source, tones, brush, notes
    )
    context = _keep_track(context, size)
    context = replace(context, run=_thread_reel(context))
    if sequence.statistics == "follow" or card.call != "local":
        return context
    return replace(context, fixed=_measure_sequence(context, content, there, size))


def _keep_track(context: SequenceContext, size: tuple[int, int]) -> SequenceContext:
    """Return a context that knows of the present frame where it is finer, and its layers, if asked for."""
    job = context.sequence.job
    fine, stages = Fine(split_parts(job.detail_mask)), make_stages(job, context.card, size)
    run = replace(context.run, detail=fine if fine.parts else None, staged=stages is not None)
    return replace(context, run=run, fine=fine, stages=stages)


def _thread_reel(context: SequenceContext) -> RunContext:
    """Return the run, with a reel where the method carries its strokes itself; on a panorama it does not."""
    if not (context.card.film and context.carries and isinstance(context.surface, Flat)):
        return context.run
    return replace(context.run, reel=Reel(LIFE * context.sequence.anchor))


def _measure_shot(
    sequence: SequenceJob, reader: FrameReader, content: Pattern, there: Sequence[int]
) -> Scene | None:
    """Return the shot as a scene, measured on frames from all of it; None where no palette is wanted."""
    if not wants_palette(sequence.job):
        return None
    images = [reader.read_picture(n, content.path(n)).image for n in _spread(there, SAMPLES)]
    opacity = sequence.job.alpha == "opacity"
    return measure_frames(
        [image.rgb for image in images], [image.alpha if opacity else None for image in images]
    )


def _spread(there: Sequence[int], count: int) -> list[int]:
    """Return the numbers of so many frames, or of all, spread over those that are there."""
    count = min(count, len(there))
    return [there[(2 * k + 1) * len(there) // (2 * count)] for k in range(count)]


def _measure_sequence(
    context: SequenceContext, content: Pattern, there: Sequence[int], size: tuple[int, int]
) -> Painter:
    """Return a painter measured on frames from the whole sequence, or on one if the method needs places."""
    count = max(1, min(SAMPLES, MEASURED_PIXELS // (size[0] * size[1])))
    numbers = _spread(there, count if context.card.thumbnail else 1)
    laid = [context.lay_out(context.reader.read_picture(n, content.path(n))) for n in numbers]
    content_row = torch.cat([materialize(one.content) for one in laid], -1)
    coverage = _join_side_by_side([one.run.coverage for one in laid])
    spec = laid[0].spec
    styles = tuple(
        replace(style, mask=_join_side_by_side([one.spec.styles[k].mask for one in laid]))
        for k, style in enumerate(spec.styles)
    )
    run = replace(laid[0].run, coverage=coverage)
    return make_painter(content_row, replace(spec, styles=styles), run)


def _join_side_by_side(parts: Sequence[Tensor | None]) -> Tensor | None:
    """Return tensors (1, C, H, W) joined side by side; None stands for ones. None if all are None."""
    known = next((part for part in parts if part is not None), None)
    if known is None:
        return None
    return torch.cat([torch.ones_like(known) if part is None else part for part in parts], -1)


def _open_flow_source(
    sequence: SequenceJob, reader: FrameReader, run: RunContext
) -> FlowSource | None:
    if sequence.motion == "none" or reader.exact:
        return None
    source = make_source(name_flow_source(sequence.motion), run.store, run.device)
    return wrap_source(source) if sequence.job.surface == "equirect" else source


def find_needed(number: int, every: int, there: set[int], *, ahead: bool = False) -> range:
    """Return the frames that a frame's picture depends on, itself included.

    They begin at the keyframe before its last one; or, with ``ahead``, reach from its last to its next one.

    Args:
        number: The frame's.
        every: Frames from one keyframe to the next.
        there: Frames that there are; what lies beyond a gap does not count.
        ahead: Whether paint is carried both ways.
    """
    keyframe = math.floor(number / every) * every
    start, end = (keyframe, keyframe + every) if ahead else (keyframe - every, number)
    first = last = number
    while first > start and first - 1 in there:
        first -= 1
    while last < end and last + 1 in there:
        last += 1
    return range(first, last + 1)
