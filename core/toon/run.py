"""From a request to the written pictures: check, measure what frames share, shade, ink, write."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..color import srgb_to_linear
from ..errors import PictureError
from ..formats.exr import write_channels
from ..formats.kinds import output_kind
from ..formats.write import check_place
from ..imaging.image import load_image, save_image
from ..passes import to_display
from ..progress import Progress, Report, ignore
from ..request.check import check_places, check_toon
from ..request.toon_job import ToonJob, ToonResult, is_pattern, make_look
from ..request.toon_look import ToonLook
from ..video.frames import Pattern, wanted_frames
from ..video.ledger import Ledger, digest_file
from .around import widen
from .compose import Layers, Past, compose, flatten
from .frame import Array, Frame, read_frame
from .measures import Measures, measure
from .steady import hold

SAMPLED = 5
"""Frames of a sequence that are measured for what all have in common."""
WARM = 6
"""Frames before the first that is made, which its lines depend on."""
NOT_IN_DIGEST = ("content", "output", "layers", "frames", "overwrite")


@dataclass(frozen=True, slots=True)
class _Task:
    """A request with its files: for each frame its number, 0 for a single picture."""

    job: ToonJob
    look: ToonLook
    there: tuple[int, ...]
    wanted: tuple[int, ...]
    ledger: Ledger | None

    def path(self, text: str, number: int) -> Path:
        return Pattern.read(text).path(number) if self.ledger else Path(text)

    def source(self, number: int) -> str:
        """Return a digest of all that a frame is made from."""
        return "".join(digest_file(self.path(file, number)) for file in self.job.files.read)


def run_toon(job: ToonJob, report: Report = ignore) -> ToonResult:
    """Give a render, or the frames of one, a toon look.

    Frames that are finished, with the same settings and from the same files, are left as they are. A frame
    depends on those before it: its lines on the last few, its strokes on all since the first.

    Raises:
        StylizeError: with a sentence for the user; frames that were written before stay.
        Cancelled: from ``report``.
    """
    task = _plan(job)
    left = _unfinished(task)
    began, spent, notes = time.perf_counter(), list[float](), dict[str, None]()
    report(Progress("frames", 0, len(left)))
    shared, first = _measure(task, left)
    size, unseen = first.size, {one.object for one in job.line_colors}
    notes.update(dict.fromkeys(shared.notes))
    for number, frame, layers, seconds in _make(task, left, shared, first):
        notes.update(dict.fromkeys(frame.notes))
        unseen -= {name for name, share in frame.inks.items() if share.any()}
        if number not in left:
            continue
        _write(task, number, layers, left[number])
        spent.append(seconds)
        report(Progress("frames", len(spent), len(left)))
    if spent and unseen:
        named = ", ".join(sorted(unseen))
        notes[f"no frame shows an object {named}; look at how its ink's name is spelled"] = None
    return ToonResult(
        job.output,
        len(spent),
        len(task.wanted) - len(left),
        size[1],
        size[0],
        round(time.perf_counter() - began, 3),
        round(float(np.median(spent)), 3) if spent else 0.0,
        tuple(notes),
    )


def _plan(job: ToonJob) -> _Task:
    check_toon(job)
    output_kind(Path(job.output))
    look, there, wanted, ledger = make_look(job), [0], [0], None
    if is_pattern(job.content):
        there, wanted = wanted_frames(Pattern.read(job.content), job.frames)
        ledger = Ledger(Pattern.read(job.output).folder, _digest(job, look))
    task = _Task(job, look, tuple(there), tuple(wanted), ledger)
    for number in wanted:
        check_places(*([task.path(file, number) for file in files] for files in job.files))
    for written in job.files.written:
        check_place(task.path(written, wanted[0]))
    return task


def _digest(job: ToonJob, look: ToonLook) -> str:
    facts = {k: v for k, v in asdict(job).items() if k not in NOT_IN_DIGEST} | {
        "look": asdict(look)
    }
    facts["fill"] = job.fill is not None
    text = json.dumps(facts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _unfinished(task: _Task) -> dict[int, str]:
    """Return the frames that are left to do, each with the digest of its files.

    Raises:
        PictureError: if an output exists that was not made by us.
    """
    if task.ledger is None:
        return {0: ""}
    left = {number: task.source(number) for number in task.wanted}
    for number in task.wanted:
        path = task.path(task.job.output, number)
        if task.ledger.finished(path, left[number]):
            del left[number]
        elif path.exists() and not task.job.overwrite and not task.ledger.ours(path):
            raise PictureError(
                f"{path} is there and was not made here, or was changed since; choose another output, or "
                "allow that it is replaced",
                "overwrite",
            )
    return left


def _measure(task: _Task, left: dict[int, str]) -> tuple[Measures, Frame]:
    """Return what frames from the whole sequence have in common, and its first frame."""
    if not left:
        frame = _read(task, task.wanted[0])
        return measure([frame], task.job), frame
    places = np.unique(np.linspace(0, len(task.there) - 1, SAMPLED).round().astype(int))
    frames = [_read(task, task.there[place]) for place in places]
    for frame in frames:
        if frame.size != frames[0].size:
            raise PictureError(
                f"{frame.path} has {frame.size[1]} x {frame.size[0]} pixels and {frames[0].path} "
                f"{frames[0].size[1]} x {frames[0].size[0]}; render all frames at one size"
            )
    return measure(frames, task.job), frames[0]


def _read(task: _Task, number: int) -> Frame:
    return read_frame(task.path(task.job.content, number), task.job, task.look)


def _visited(task: _Task, left: Sequence[int]) -> list[int]:
    """Return the frames that must be seen for those that are left, in order."""
    if not left or task.ledger is None:
        return list(left)
    before = [number for number in task.there if number < min(left)]
    if not (task.look.brush or task.look.hatching):
        before = before[-WARM:]
    return before + [number for number in task.there if min(left) <= number <= max(left)]


def _make(
    task: _Task, left: dict[int, str], shared: Measures, first: Frame
) -> Iterator[tuple[int, Frame, Layers, float]]:
    """Yield frames with their layers, and the processor's seconds that each took."""
    past, last, size = None, None, None
    visited = _visited(task, list(left))
    for number in visited:
        frame = first if number == task.there[0] else _read(task, number)
        if size is not None and frame.size != size:
            raise PictureError(
                f"{frame.path} has {frame.size[1]} x {frame.size[0]} pixels and the frame before "
                f"{size[1]} x {size[0]}; render all frames at one size"
            )
        size = frame.size
        past = past if last is not None and number == last + 1 else None
        last = number
        if not any(number <= other <= number + WARM for other in left):
            past = Past(hold(widen(frame), past.poses if past else None)[1])
            continue
        began = time.process_time()
        layers, past = compose(
            frame, task.job, task.look, shared, fill=_fill(task, number, frame), past=past
        )
        yield number, frame, layers, time.process_time() - began


def _fill(task: _Task, number: int, frame: Frame) -> Array | None:
    """Return the picture inside the lines, scene-linear.

    Raises:
        PictureError: if it cannot be read, or has another size.
    """
    if task.job.fill is None:
        return None
    path = task.path(task.job.fill, number)
    image = load_image(path)
    rgb = image.rgb[0].transpose(1, 2, 0)
    if rgb.shape[:2] != frame.size:
        raise PictureError(
            f"{path} has {rgb.shape[1]} x {rgb.shape[0]} pixels and {frame.path} "
            f"{frame.size[1]} x {frame.size[0]}; give the same render in a style",
            "fill",
        )
    if image.origin.space == "linear" and not image.origin.grey:  # light above 1 stays
        pixels = image.origin.pixels.astype(np.float32)
        alpha = pixels[..., 3:] if image.origin.has_alpha else np.ones((1, 1, 1), np.float32)
        return pixels[..., :3] / np.where(alpha > 0, alpha, 1)
    return srgb_to_linear(rgb).astype(np.float32)


def _write(task: _Task, number: int, layers: Layers, source: str) -> None:
    job, path = task.job, task.path(task.job.output, number)
    picture = flatten(layers)
    if job.layers is not None:
        named = {
            f"Toon.{name}.{channel}": layer[..., index]
            for name, layer in {"Combined": picture, **_titled(layers)}.items()
            for index, channel in enumerate("RGBA")
        }
        write_channels(task.path(job.layers, number), named)
    shown = picture if (picture[..., 3] < 1).any() else picture[..., :3]
    image = to_display(shown.transpose(2, 0, 1)[None])
    sealed = partial(task.ledger.intend, path, source) if task.ledger else None
    save_image(path, image.rgb, image, sealed)


def _titled(layers: Layers) -> dict[str, Array]:
    return {name.title(): layer for name, layer in layers._asdict().items()}
