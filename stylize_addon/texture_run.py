"""One run: prepare each picture, have the engine stylize it, and at the end put all results in place.

``stylize`` is a generator that never waits for long: a modal operator takes a step of it at every timer tick,
background mode takes them one after the other. Closing it cancels the run; the file is changed only by ``apply``.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Image

from ..core.errors import StylizeError
from ..core.job import Job
from . import uv_islands
from .baking import bake_color
from .engine import Engine, choose
from .images import (
    Part,
    Source,
    Unsuitable,
    file_stem,
    is_tiled,
    load_bake,
    load_stylized,
    read_source,
    safe_name,
)
from .material_graph import remove_unused_pictures, stylize_bake, stylize_site
from .settings import Settings, check
from .survey import Bake, Picture, Survey, survey, with_uv, without_uv


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is, 0 to 1, and what it is doing."""

    done: float
    text: str


@dataclass(slots=True)
class Made:
    """A stylized picture that waits in the working folder: its files, by UDIM tile (None if it has none)."""

    stem: str
    files: dict[int | None, Path] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    """What the engine said of the last of them."""


@dataclass(slots=True)
class Outcome:
    """All that a run has made, by the names of pictures and bakes."""

    settings: Settings
    work: Path
    pictures: dict[str, Made] = field(default_factory=dict)
    bakes: dict[str, Made] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    peak_memory_mb: int = 0

    def discard(self) -> None:
        """Remove the working folder."""
        shutil.rmtree(self.work, ignore_errors=True)


Steps = Generator[Status, None, Outcome]


def stylize(settings: Settings, python: str) -> Steps:
    """Stylize the pictures that ``settings`` choose, a step at a time, and return what was made.

    Raises:
        StylizeError: with a sentence for the user; nothing has been changed then.
    """
    check(settings)
    found = survey(settings)
    if not found.pictures and not found.bakes:
        raise StylizeError(_nothing(found.notes))
    _check_folder(settings)
    candidate = choose(python)
    outcome = Outcome(settings, Path(tempfile.mkdtemp(prefix="stylize_")), notes=list(found.notes))
    try:
        engine = Engine(candidate.python, Path(tempfile.mkdtemp(prefix="stylize_")))
        finished = False
        try:
            yield from _work(found, engine, outcome)
            finished = True
        finally:
            engine.close(wait=bpy.app.background or finished)
        if not outcome.pictures and not outcome.bakes:
            raise StylizeError(_nothing(outcome.notes))
    except BaseException:
        outcome.discard()
        raise
    return outcome


def _nothing(notes: list[str]) -> str:
    return "Nothing was stylized: " + ("; ".join(notes) or "no picture or colour feeds these materials")


def _check_folder(settings: Settings) -> None:
    """Find out before the work, not after it, that the results cannot be written."""
    if keeps_packed(settings):
        return
    folder = target_folder(settings)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise StylizeError(
            f"The folder {folder} cannot be written ({error.strerror}); choose another one, or pack the results"
        ) from error


def keeps_packed(settings: Settings) -> bool:
    """Return whether results go into the .blend instead of beside it."""
    return settings.pack or (not bpy.data.filepath and settings.folder.startswith("//"))


def target_folder(settings: Settings) -> Path:
    """Return where the files go."""
    return Path(bpy.path.abspath(settings.folder)).absolute()


def _work(found: Survey, engine: Engine, outcome: Outcome) -> Iterator[Status]:
    total = len(found.pictures) + len(found.bakes)
    yield Status(0, "Starting the engine")
    steps = [(name, _picture, picture) for name, picture in found.pictures.items()]
    steps += [(name, _bake, bake) for name, bake in found.bakes.items()]
    for count, (name, prepare, item) in enumerate(steps):
        text = f"{count + 1} of {total}: {name}"
        yield Status(count / total, text)
        try:
            made = yield from _scaled(prepare(name, item, engine, outcome), count, total, text)
        except Unsuitable as why:
            outcome.notes.append(f"{name}: {why}")
        else:
            (outcome.pictures if prepare is _picture else outcome.bakes)[name] = made


def _scaled(
    steps: Generator[float, None, Made], count: int, total: int, text: str
) -> Generator[Status, None, Made]:
    """Turn one item's progress into the whole run's."""
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            return end.value
        yield Status((count + share) / total, text)


def _picture(
    name: str, picture: Picture, engine: Engine, outcome: Outcome
) -> Generator[float, None, Made]:
    source = read_source(picture.image, engine.work, alpha=picture.alpha)
    made = Made(file_stem(picture.image.name))
    triangles = uv_islands.gather(picture.uses)
    for count, part in enumerate(source.parts):
        uv = _write_uv(triangles, part, engine.work)
        for share in _run_job(_job(part, source, uv, outcome), part, engine, outcome, made):
            yield (count + share) / len(source.parts)
    return made


def _write_uv(triangles: uv_islands.Triangles | None, part: Part, work: Path) -> Path | None:
    if triangles is None:
        return None
    if part.tile is None:
        shown = uv_islands.within_square(triangles)
    else:
        shown = uv_islands.within_tile(triangles, part.tile)
    return None if shown is None else uv_islands.write(shown, work, part.content.stem)


def _bake(name: str, bake: Bake, engine: Engine, outcome: Outcome) -> Generator[float, None, Made]:
    objects = with_uv(bake.material)
    pixels = bake_color(bake.site.target, bake.material, objects, outcome.settings.bake_size)
    yield 0.1
    content = engine.work / f"{safe_name(name)}.bake.npy"
    np.save(content, pixels)
    triangles = uv_islands.gather([(bake.material, uv_islands.ACTIVE)]) if not without_uv(bake.material) else None
    part = Part(content, ".png")
    made = Made(safe_name(name))
    job = _job(part, Source((part,), "srgb"), _write_uv(triangles, part, engine.work), outcome)
    for share in _run_job(job, part, engine, outcome, made):
        yield 0.1 + 0.9 * share
    _note_bake(bake, len(objects), outcome)
    return made


def _note_bake(bake: Bake, count: int, outcome: Outcome) -> None:
    if bake.site.because:
        outcome.notes.append(
            f"{bake.material.name}: its colour was baked, since {bake.site.because} also feeds something else"
        )
    if count > 1:
        outcome.notes.append(f"{bake.material.name}: {count} objects share one bake; their UVs should not overlap")
    for object_ in without_uv(bake.material):
        outcome.notes.append(f"{bake.material.name}: {object_.name} has no UVs in the 0-1 square to show the bake by")


def _job(part: Part, source: Source, uv: Path | None, outcome: Outcome) -> Job:
    tile = "" if part.tile is None else f".{part.tile}"
    output = outcome.work / f"{len(outcome.pictures) + len(outcome.bakes)}{tile}{part.suffix}"
    more = {"space": source.space, "alpha": source.alpha, "uv": str(uv) if uv else None}
    return outcome.settings.job(part.content, output, **more)


def _run_job(job: Job, part: Part, engine: Engine, outcome: Outcome, made: Made) -> Iterator[float]:
    """Have one file stylized, yielding how far it is; the result is added to ``made``."""
    number = engine.send(job)
    share = 0.0
    while True:
        message = engine.poll()
        if message is None:
            yield share
        elif message.get("id") != number:
            continue
        elif "progress" in message:
            share = _share(share, message["progress"])
        elif "result" in message:
            break
        else:
            raise _failure(message, outcome.settings)
    _keep_result(message["result"], part, outcome, made)


def _share(before: float, progress: dict[str, Any]) -> float:
    """Return how much of a picture is done: all that precedes its tiles counts for a third."""
    part = progress["done"] / max(1, progress["total"])
    return max(before, 1 / 3 + part * 0.66 if progress["stage"] == "stylize" else part / 3)


def _failure(message: dict[str, Any], settings: Settings) -> StylizeError:
    """Return what one picture's failure means: it is left out, unless no other can succeed either."""
    try:
        check(settings)
    except StylizeError as error:
        return error
    return Unsuitable(message.get("error", "was cancelled"))


def _keep_result(facts: dict[str, Any], part: Part, outcome: Outcome, made: Made) -> None:
    made.files[part.tile], made.facts = Path(facts["output"]), facts
    outcome.seconds += facts["engine_seconds"]
    outcome.peak_memory_mb = max(outcome.peak_memory_mb, facts["peak_memory_mb"])


def apply(outcome: Outcome) -> list[str]:
    """Put what a run has made into the materials; return the names of the new pictures.

    The materials are looked through once more, so that what was changed or deleted meanwhile does no harm.

    Raises:
        StylizeError: if the files cannot be written; nothing has been changed then.
    """
    settings = outcome.settings
    found = survey(settings)
    pictures = {name: made for name, made in outcome.pictures.items() if name in found.pictures}
    bakes = {name: made for name, made in outcome.bakes.items() if name in found.bakes}
    paths = iter(_place_files([*pictures.values(), *bakes.values()], outcome))
    made = [_apply_picture(found.pictures[name], next(paths), settings) for name in pictures]
    made += [_apply_bake(found.bakes[name], next(paths), settings) for name in bakes]
    remove_unused_pictures()
    for image in made:  # what it replaces may have had its name until now
        image.name = re.sub(r"\.\d{3,}$", "", image.name)
    return [image.name for image in made]


def _apply_picture(picture: Picture, path: Path, settings: Settings) -> Image:
    image = load_stylized(
        path, picture.image, tiled=is_tiled(picture.image), pack=keeps_packed(settings), straight=picture.straight
    )
    for site in picture.sites:
        stylize_site(site, image, settings.amount)
    return image


def _apply_bake(bake: Bake, path: Path, settings: Settings) -> Image:
    image = load_bake(path, f"{bake.name}.stylized", pack=keeps_packed(settings))
    stylize_bake(bake.site, image, settings.amount)
    return image


def _place_files(made: list[Made], outcome: Outcome) -> list[Path]:
    """Move results to where they stay; return for each the path to load, with ``<UDIM>`` for tiles."""
    folder = outcome.work / "packed" if keeps_packed(outcome.settings) else target_folder(outcome.settings)
    written: list[Path] = []
    made_folder = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_place(item, folder, written) for item in made]
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if made_folder:
            with suppress(OSError):
                folder.rmdir()
        raise StylizeError(
            f"The results cannot be written to {folder} ({error.strerror}); nothing was changed"
        ) from error


def _place(made: Made, folder: Path, written: list[Path]) -> Path:
    name = _free_name(made, folder)
    for tile, file in made.files.items():
        path = folder / _file_name(name, tile, file.suffix)
        part = path.with_name(path.name + ".part")
        written.append(part)
        shutil.copyfile(file, part)
        part.replace(path)
        written.append(path)
    tile, file = next(iter(made.files.items()))
    return folder / _file_name(name, None if tile is None else "<UDIM>", file.suffix)


def _file_name(name: str, tile: int | str | None, suffix: str) -> str:
    return f"{name}{'' if tile is None else f'.{tile}'}{suffix}"


def _free_name(made: Made, folder: Path) -> str:
    """Return ``<stem>.stylized``, numbered if there is such a file: earlier results are kept."""
    taken = {path.name.casefold() for path in folder.iterdir()}
    name, count = f"{made.stem}.stylized", 1
    while any(_file_name(name, t, f.suffix).casefold() in taken for t, f in made.files.items()):
        count += 1
        name = f"{made.stem}.stylized-{count}"
    return name


def run_to_end(settings: Settings, python: str) -> Iterator[Status | Outcome]:
    """Yield a run's steps at their own pace, and its outcome at last; for background mode, where waiting is right."""
    steps = stylize(settings, python)
    try:
        while True:
            try:
                yield next(steps)
            except StopIteration as end:
                yield end.value
                return
            time.sleep(0.02)
    finally:
        steps.close()

