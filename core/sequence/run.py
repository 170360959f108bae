"""From a request to the written frames: check, find the frames that are left, stylize, write."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from .. import styles as builtin
from ..color import Floats
from ..device import peak_memory_mb
from ..errors import ParamsError, PictureError
from ..formats.header import picture_size
from ..formats.kinds import output_kind
from ..formats.place import identify
from ..imaging.image import Image, save_image
from ..imaging.lazy import materialize
from ..picture.compose import blend
from ..picture.inputs import check_styles
from ..progress import Progress, Report, ignore
from ..request.auto_method import settle
from ..request.check import check_sequence
from ..request.sequence_job import SequenceJob, SequenceResult
from ..video.frames import Pattern, wanted_frames
from ..video.ledger import Ledger, digest_file
from ..video.presence import Presence, announce_work
from .bidirectional import Painted, paint_both_ways, paint_forward
from .frames import Frame
from .layers import LayerFiles
from .setup import SequenceContext, find_needed, open_sequence
from .state import FrameState, follow, start

VISIBLE_CHANGE = 0.004
"""Mean difference of display values between two frames from which on they count as different."""
NOT_IN_DIGEST = (
    *("content", "output", "paint_layers", "max_memory", "max_pixels", "weights", "device"),
)
"""Fields of a job that do not change what a frame looks like."""


def stylize_sequence(sequence: SequenceJob, report: Report = ignore) -> SequenceResult:
    """Stylize the frames of a sequence and write each as soon as it is done.

    Frames that are finished, with the same settings and from the same files, are left as they are. A
    frame depends on the frames from the last keyframe but one onward, and on no others: any part of a
    sequence may be made by itself.

    Raises:
        StylizeError: with a sentence for the user; frames that were written before stay.
        Cancelled: from ``report``.
    """
    check_sequence(sequence)
    content, output = Pattern.read(sequence.job.content), Pattern.read(sequence.job.output)
    there, wanted = wanted_frames(content, sequence.frames)
    vectors = None if sequence.vectors is None else Pattern.read(sequence.vectors)
    if vectors is not None:
        wanted_frames(vectors, (wanted[0], wanted[-1]))
    size = _check_files(content, vectors, output, wanted)
    job, chosen = settle(sequence.job, size[0] * size[1])
    sequence = replace(sequence, job=job)
    check_styles(sequence.job)
    ledger = Ledger(output.folder, digest_settings(sequence))
    with announce_work(Path(str(output)), ledger.settings) as presence:
        layers = LayerFiles.find(sequence.job.paint_layers, ledger.settings)
        task = _Task(sequence, content, output, ledger, tuple(there), tuple(wanted), chosen, layers)
        left = task.unfinished()
        context = open_sequence(
            sequence, content, there, size, _report_tiles(report, presence, left)
        )
        return _summarize(task, context, left, _make_frames(task, context, left, report), size)


def digest_settings(sequence: SequenceJob) -> str:
    """Return a digest of all that a sequence's frames depend on, besides the frames themselves.

    Raises:
        PictureError: if a style's file cannot be read.
    """
    facts = asdict(replace(sequence, frames=None, overwrite=False))
    job: dict[str, Any] = facts["job"]
    for name in NOT_IN_DIGEST:
        del job[name]
    files = [Path(builtin.resolve(style.path)) for style in sequence.job.styles]
    facts["styles"] = [digest_file(path) for path in files if path.is_file()]
    facts["cameras"] = sequence.cameras is not None  # each shows in its frame; the file grows
    facts["vectors"] = sequence.vectors is not None  # each counts with its frame
    for style in job["styles"]:  # its content counts, not where it lies
        style["path"] = Path(style["path"]).name
    facts["view"].pop("config")
    text = json.dumps(facts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _check_files(
    content: Pattern, vectors: Pattern | None, output: Pattern, wanted: Sequence[int]
) -> tuple[int, int]:
    """Check that all frames have one size and that none would be overwritten; return height and width."""
    output_kind(output.path(wanted[0]))
    if not output.folder.is_dir():
        raise PictureError(f"cannot write {output}: there is no folder {output.folder}")
    _check_originals([content] if vectors is None else [content, vectors], output, wanted)
    sizes = {number: picture_size(content.path(number)) for number in wanted}
    first = sizes[wanted[0]]
    for number, size in sizes.items():
        if size != first:
            raise PictureError(
                f"frame {number} has {size[1]} x {size[0]} pixels and frame {wanted[0]} "
                f"{first[1]} x {first[0]}; render all frames at one size"
            )
    return first


def _check_originals(originals: Sequence[Pattern], output: Pattern, wanted: Sequence[int]) -> None:
    """Check that no output is a frame that is read, by whatever name or link; raises ParamsError."""
    read = {identify(pattern.path(number)): pattern for pattern in originals for number in wanted}
    for number in wanted:
        if own := read.get(identify(output.path(number))):
            raise ParamsError(
                f"{output.path(number)} is a frame of {own} itself; originals are never overwritten"
            )


@dataclass(frozen=True, slots=True)
class _Task:
    """A request, where its frames are, and which of them are wanted."""

    sequence: SequenceJob
    content: Pattern
    output: Pattern
    ledger: Ledger
    there: tuple[int, ...]
    wanted: tuple[int, ...]
    notes: tuple[str, ...]
    """What is worth saying before a frame is made."""
    layers: LayerFiles | None = None
    """Where its layers go, if they are asked for."""

    def unfinished(self) -> dict[int, str]:
        """Return the frames that are left to do, each with the digest of its file.

        Raises:
            PictureError: if an output exists that was not made by us.
        """
        digests = {number: self._digest(number) for number in self.wanted}
        left = {n: d for n, d in digests.items() if not self.finished(n, d)}
        for number in left:
            self._check_place(self.output.path(number), self.ledger)
            if self.layers is not None:
                self._check_place(self.layers.path(number), self.layers.ledger)
        return left

    def _digest(self, number: int) -> str:
        patterns = [self.content]
        if self.sequence.vectors is not None:
            patterns.append(Pattern.read(self.sequence.vectors))
        return "".join(digest_file(pattern.path(number)) for pattern in patterns)

    def finished(self, number: int, digest: str) -> bool:
        own = self.ledger.finished(self.output.path(number), digest)
        return own and (self.layers is None or self.layers.finished(number, digest))

    def _check_place(self, path: Path, ledger: Ledger) -> None:
        """Check that a file that is there may be replaced; raises PictureError."""
        if path.exists() and not self.sequence.overwrite and not ledger.ours(path):
            raise PictureError(
                f"{path} is there and was not made here, or was changed since; choose another "
                "output, or allow that it is replaced",
                "overwrite",
            )


@dataclass(slots=True)
class _Account:
    """Times and findings of a run, collected frame by frame."""

    seconds: float = 0.0
    files: float = 0.0
    """Seconds spent on files, not counted in ``seconds``."""
    walked: int = 0
    """How many frames were painted, including those that only others depend on."""
    cuts: list[int] = field(default_factory=list[int])
    still: bool = True
    """Whether all vectors were zero."""
    changed: bool = False
    """Whether any frame differed from the one before."""

    @contextmanager
    def filing(self) -> Iterator[None]:
        """Count the time of this block as time spent on files."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.files += time.perf_counter() - began

    def look_at(self, before: FrameState | None, state: FrameState) -> None:
        """Note whether a frame has vectors, and whether it differs from the one before."""
        vectors = state.frame.vectors
        self.still &= vectors is not None and not bool(
            vectors.backward.any() | vectors.forward.any()
        )
        if before is not None and self.still:
            last, now = before.frame.rgb, state.frame.rgb
            self.changed |= float((now - last).abs().mean()) > VISIBLE_CHANGE


def _report_tiles(report: Report, presence: Presence, left: Mapping[int, str]) -> Report:
    """Return a report for tiles: it allows to cancel within a frame and renews the sign of life."""
    total = len(left)

    def tick(progress: Progress) -> None:
        presence.beat()
        if progress.done < progress.total:
            report(Progress(f"{progress.stage} a frame of {total}", progress.done, progress.total))

    return tick


def _make_frames(
    task: _Task, context: SequenceContext, left: Mapping[int, str], report: Report
) -> _Account:
    """Stylize and write the frames that are left."""
    account, done, began = _Account(), 0, time.perf_counter()
    if context.run.reel is not None:
        context.run.reel.wanted = frozenset(left)
    report(Progress("frames", 0, len(left)))
    for painted in _paint_frames(
        task, context, _walk(task, context, left, account, report), account
    ):
        number = painted.frame.number
        if number not in left:
            continue
        picture, like = _compose(context, painted)
        with account.filing():
            if not task.finished(number, left[number]):  # another job may have made it meanwhile
                if task.layers is not None:
                    task.layers.write(context, painted, picture, left[number])
                path = task.output.path(number)
                save_image(path, picture, like, partial(task.ledger.intend, path, left[number]))
        done += 1
        report(Progress("frames", done, len(left)))
    account.seconds = time.perf_counter() - began - account.files
    return account


def _paint_frames(
    task: _Task, context: SequenceContext, states: Iterator[FrameState], account: _Account
) -> Iterator[Painted]:
    if not context.looks_ahead:
        return paint_forward(context, states)
    return paint_both_ways(context, states, partial(_read, task, context, account))


def _read(task: _Task, context: SequenceContext, account: _Account, number: int) -> Frame:
    with account.filing():
        return context.reader.read(number, task.content.path(number))


def _walk(
    task: _Task,
    context: SequenceContext,
    left: Mapping[int, str],
    account: _Account,
    report: Report,
) -> Iterator[FrameState]:
    """Yield the state of every frame that is left, and of those that they depend on, in order.

    Frames are written later than they are reached here; ``report`` is told of both.
    """
    there, ahead = set(task.there), context.looks_ahead
    visited = sorted(
        {n for k in left for n in find_needed(k, context.keyframe_interval, there, ahead=ahead)}
    )
    state: FrameState | None = None
    for number in visited:
        frame, last = _read(task, context, account, number), state
        joins = last is not None and last.frame.number == number - 1
        state = (
            follow(context, last, frame) if last is not None and joins else start(context, frame)
        )
        account.walked += 1
        report(Progress("ahead", account.walked, len(visited)))
        account.look_at(last, state)
        if state.begins and joins:
            account.cuts.append(number)
        yield state


def _compose(context: SequenceContext, painted: Painted) -> tuple[Floats, Image]:
    """Return the picture of a frame as it is written, and the image whose format it takes."""
    frame, spec, picture = painted
    if spec.strength == 0:
        return context.reader.finish(frame, frame.rgb)
    content = frame.rgb
    kept = spec.tones.keep(content, picture, wrap=context.wrap)
    picture = blend(content, kept, spec)
    return context.reader.finish(frame, materialize(picture))


def _summarize(
    task: _Task,
    context: SequenceContext,
    left: Mapping[int, str],
    account: _Account,
    size: tuple[int, int],
) -> SequenceResult:
    return SequenceResult(
        output=str(task.output),
        method=context.card.id,
        width=size[1],
        height=size[0],
        frames=len(left),
        skipped=len(task.wanted) - len(left),
        cuts=tuple(account.cuts),
        motion=context.motion_source,
        engine_seconds=round(account.seconds, 3),
        seconds_per_frame=round(account.seconds / max(1, account.walked), 3),
        peak_memory_mb=peak_memory_mb(),
        device=str(context.run.device),
        precision=str(context.run.dtype).removeprefix("torch."),
        notes=(*task.notes, *_list_notes(context, account)),
    )


def _list_notes(context: SequenceContext, account: _Account) -> tuple[str, ...]:
    notes = list(context.notes)
    if context.motion_source == "passes" and account.still and account.changed:
        notes.append(
            "the frames differ and all their vectors are zero: Motion Blur was on, with which Cycles "
            "writes none; render without it, or have the motion guessed (flow)"
        )
    if context.motion_source == "passes" and not context.reader.cameras and not account.still:
        notes.append(
            "without the cameras the background is taken to move as Cycles wrote it: not at all up to 5.1"
        )
    return tuple(notes)
