"""From a film to its written frames: check, find what is left to do, walk along, write."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from .. import styles as builtin
from ..color import keep_color
from ..device import peak_memory_mb
from ..errors import ParamsError, PictureError
from ..formats.header import picture_size
from ..formats.kinds import output_kind
from ..imaging.image import Image, save_image
from ..imaging.lazy import whole
from ..picture.compose import blend
from ..picture.inputs import check_styles
from ..progress import Progress, Report, ignore
from ..request.auto_method import choose
from ..request.sequence_job import Film, FilmResult, check_film
from ..video.frames import Pattern, wanted_frames
from ..video.ledger import Ledger, digest_file
from ..video.presence import Presence, at_work
from .bidirectional import Painted, both_ways, one_way
from .frames import Frame
from .setup import Studio, needed, open_studio
from .state import Shot, follow, start

NOTICED = 0.004
"""Mean difference of display values between two frames that is more than noise."""
BESIDE = ("content", "output", "max_memory", "max_pixels", "weights", "device")
"""Fields of a job that do not change what a frame looks like."""


def stylize_film(film: Film, report: Report = ignore) -> FilmResult:
    """Stylize the frames of a film and write each as soon as it is done.

    Frames that are finished, with the same settings and from the same files, are left as they are. A
    frame depends on those from the last anchor but one onward and on no others, so any part of a film may be
    made by itself.

    Raises:
        StylizeError: with a sentence for the user; frames that were written before stay.
        Cancelled: from ``report``.
    """
    check_film(film)
    content, output = Pattern.read(film.job.content), Pattern.read(film.job.output)
    there, wanted = wanted_frames(content, film.frames)
    vectors = None if film.vectors is None else Pattern.read(film.vectors)
    if vectors is not None:
        wanted_frames(vectors, (wanted[0], wanted[-1]))
    size = _check_files(content, vectors, output, wanted)
    film = _settled(film, size)
    check_styles(film.job)
    ledger = Ledger(output.folder, digest_settings(film))
    with at_work(Path(str(output)), ledger.film) as presence:
        task = _Task(film, content, output, ledger, tuple(there), tuple(wanted))
        left = task.unfinished()
        studio = open_studio(film, content, there, size, _ticking(report, presence, left))
        return _result(task, studio, left, _made(task, studio, left, report), size)


def digest_settings(film: Film) -> str:
    """Return a digest of all that a film's frames depend on, besides the frames themselves.

    Raises:
        PictureError: if a style's file cannot be read.
    """
    facts = asdict(replace(film, frames=None, overwrite=False))
    job: dict[str, Any] = facts["job"]
    for name in BESIDE:
        del job[name]
    files = [Path(builtin.resolve(style.path)) for style in film.job.styles]
    facts["styles"] = [digest_file(path) for path in files if path.is_file()]
    facts["cameras"] = film.cameras is not None  # each shows in its frame; the file grows
    facts["vectors"] = film.vectors is not None  # each counts with its frame
    for style in job["styles"]:  # its content counts, not where it lies
        style["path"] = Path(style["path"]).name
    facts["view"].pop("config")
    text = json.dumps(facts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _settled(film: Film, size: tuple[int, int]) -> Film:
    """Return the film with its method chosen, if that was left to us."""
    if film.job.method != "auto":
        return film
    choice = choose(film.job, size[0] * size[1])
    params = {**choice.params, **film.job.params}
    return replace(film, job=replace(film.job, method=choice.method, params=params))


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
    read = {_place(pattern.path(number)): pattern for pattern in originals for number in wanted}
    for number in wanted:
        if (own := _place(output.path(number))) and own in read:
            raise ParamsError(
                f"{output.path(number)} is a frame of {read[own]} itself; originals are never overwritten"
            )


def _place(path: Path) -> tuple[int, int] | None:
    """Return what a file is on its disk; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@dataclass(frozen=True, slots=True)
class _Task:
    """A film, where its frames are, and what of it is wanted."""

    film: Film
    content: Pattern
    output: Pattern
    ledger: Ledger
    there: tuple[int, ...]
    wanted: tuple[int, ...]

    def unfinished(self) -> dict[int, str]:
        """Return the frames that are left to do, each with the digest of its file.

        Raises:
            PictureError: if a file stands in the way that is not ours.
        """
        digests = {number: self._digest(number) for number in self.wanted}
        left = {n: d for n, d in digests.items() if not self.finished(n, d)}
        for path in map(self.output.path, left):
            if path.exists() and not self.film.overwrite and not self.ledger.ours(path):
                raise PictureError(
                    f"{path} is there and was not made here, or was changed since; choose another "
                    "output, or allow that it is replaced (--overwrite)"
                )
        return left

    def _digest(self, number: int) -> str:
        patterns = [self.content]
        if self.film.vectors is not None:
            patterns.append(Pattern.read(self.film.vectors))
        return "".join(digest_file(pattern.path(number)) for pattern in patterns)

    def finished(self, number: int, digest: str) -> bool:
        return self.ledger.finished(self.output.path(number), digest)


@dataclass(slots=True)
class _Account:
    """What came of a film."""

    seconds: float = 0.0
    files: float = 0.0
    """Seconds that files took, which are not among the others."""
    walked: int = 0
    """Frames that were painted, those that others depend on included."""
    cuts: list[int] = field(default_factory=list[int])
    still: bool = True
    """Whether all vectors were zero."""
    changed: bool = False
    """Whether any frame differed from the one before."""

    @contextmanager
    def filing(self) -> Iterator[None]:
        """Count what is done here as the files' time."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.files += time.perf_counter() - began

    def look_at(self, before: Shot | None, shot: Shot) -> None:
        """Take note of a frame."""
        vectors = shot.frame.vectors
        self.still &= vectors is not None and not bool(
            vectors.backward.any() | vectors.forward.any()
        )
        if before is not None and self.still:
            last, now = before.frame.image.rgb, shot.frame.image.rgb
            self.changed |= float((now - last).abs().mean()) > NOTICED


def _ticking(report: Report, presence: Presence, left: Mapping[int, str]) -> Report:
    """Return a report for tiles, that lets a film be cancelled within a frame and shows that it lives."""
    total = len(left)

    def tick(progress: Progress) -> None:
        presence.beat()
        if progress.done < progress.total:
            report(Progress(f"{progress.stage} a frame of {total}", progress.done, progress.total))

    return tick


def _made(task: _Task, studio: Studio, left: Mapping[int, str], report: Report) -> _Account:
    """Make and write the frames that are left."""
    account, done, began = _Account(), 0, time.perf_counter()
    report(Progress("frames", 0, len(left)))
    for painted in _painted(task, studio, _walk(task, studio, left, account, report), account):
        number = painted.frame.number
        if number not in left:
            continue
        picture, like = _composed(studio, painted)
        with account.filing():
            if not task.finished(number, left[number]):  # another job may have made it meanwhile
                path = task.output.path(number)
                save_image(path, picture, like, partial(task.ledger.intend, path, left[number]))
        done += 1
        report(Progress("frames", done, len(left)))
    account.seconds = time.perf_counter() - began - account.files
    return account


def _painted(
    task: _Task, studio: Studio, shots: Iterator[Shot], account: _Account
) -> Iterator[Painted]:
    if not (studio.carries and studio.film.both_ways):
        return one_way(studio, shots)
    return both_ways(studio, shots, partial(_read, task, studio, account))


def _read(task: _Task, studio: Studio, account: _Account, number: int) -> Frame:
    with account.filing():
        return studio.footage.read(number, task.content.path(number))


def _walk(
    task: _Task, studio: Studio, left: Mapping[int, str], account: _Account, report: Report
) -> Iterator[Shot]:
    """Go through the frames that are left and those that they depend on.

    They are written later than they are walked to: ``report`` is told of both.
    """
    there, ahead = set(task.there), studio.carries and studio.film.both_ways
    visited = sorted({n for k in left for n in needed(k, studio.anchor, there, ahead=ahead)})
    shot: Shot | None = None
    for number in visited:
        frame, last = _read(task, studio, account, number), shot
        joins = last is not None and last.frame.number == number - 1
        shot = follow(studio, last, frame) if last is not None and joins else start(studio, frame)
        account.walked += 1
        report(Progress("ahead", account.walked, len(visited)))
        account.look_at(last, shot)
        if shot.begins and joins:
            account.cuts.append(number)
        yield shot


def _composed(studio: Studio, painted: Painted) -> tuple[Tensor, Image]:
    """Return the picture of a frame as it is written, and what it is written like."""
    frame, look, made = painted
    if look.strength == 0:
        return studio.footage.finished(frame, frame.image.rgb)
    content = frame.image.rgb
    made = keep_color(content, made) if look.keep_color else made
    return studio.footage.finished(frame, whole(blend(content, made, look)))


def _result(
    task: _Task,
    studio: Studio,
    left: Mapping[int, str],
    account: _Account,
    size: tuple[int, int],
) -> FilmResult:
    return FilmResult(
        output=str(task.output),
        method=studio.card.id,
        width=size[1],
        height=size[0],
        frames=len(left),
        skipped=len(task.wanted) - len(left),
        cuts=tuple(account.cuts),
        motion=studio.motion,
        engine_seconds=round(account.seconds, 3),
        seconds_per_frame=round(account.seconds / max(1, account.walked), 3),
        peak_memory_mb=peak_memory_mb(),
        device=str(studio.run.device),
        precision=str(studio.run.dtype).removeprefix("torch."),
        notes=_notes(studio, account),
    )


def _notes(studio: Studio, account: _Account) -> tuple[str, ...]:
    notes = list[str]()
    if studio.motion == "passes" and account.still and account.changed:
        notes.append(
            "the frames differ and all their vectors are zero: Motion Blur was on, with which Cycles "
            "writes none; render without it, or use --motion flow"
        )
    if studio.motion == "passes" and not studio.footage.cameras and not account.still:
        notes.append(
            "without --cameras the background is taken to move as Cycles wrote it: not at all up to 5.1"
        )
    return tuple(notes)
