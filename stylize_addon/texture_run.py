"""One run: prepare each picture, have the engine stylize it, and at the end put all results in place.

``stylize`` is a generator that never waits for long: a modal operator takes a step of it at every timer
tick, background mode takes them one after the other. Closing it cancels the run; the file is changed only
by ``texture_results.apply``.
"""

import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..core.errors import StylizeError
from ..core.job import Job
from . import uv_islands
from .baking import bake_color
from .engine import Engine, choose
from .images import Part, Source, Unsuitable, file_stem, read_source, safe_name
from .settings import Settings, check
from .survey import Bake, Survey, survey, survey_again, with_uv, without_uv
from .texture_results import GONE, Made, Outcome, keeps_packed, nothing, target_folder


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is, 0 to 1, and what it is doing."""

    done: float
    text: str


Steps = Generator[Status, None, Outcome]
Prepare = Callable[[str, Survey, Engine, Outcome], Iterator[float]]
Plan = dict[str, tuple[Prepare, tuple[str, ...]]]
"""For each picture or bake, by name, how it is done, and the names of the materials that show it."""
STARTING = "Starting the engine"


def stylize(settings: Settings, python: str) -> Steps:
    """Stylize the pictures that ``settings`` choose, a step at a time, and return what was made.

    Raises:
        StylizeError: with a sentence for the user; nothing has been changed then.
    """
    check(settings)
    found = survey(settings)
    plan = _plan(found)
    if not plan:
        raise StylizeError(nothing(found.notes))
    _check_folder(settings)
    candidate = choose(python)
    outcome = Outcome(settings, Path(tempfile.mkdtemp(prefix="stylize_")), notes=list(found.notes))
    outcome.materials = tuple(dict.fromkeys(name for _, names in plan.values() for name in names))
    try:
        engine = Engine(candidate.python, Path(tempfile.mkdtemp(prefix="stylize_")))
        try:
            yield from _work(plan, engine, outcome)
        finally:
            engine.close(wait=bpy.app.background)
    except BaseException:
        outcome.discard()
        raise
    if not outcome.pictures and not outcome.bakes:
        outcome.discard()
        raise StylizeError(nothing(outcome.notes))
    return outcome


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
            f"The folder {folder} cannot be written ({error.strerror}); choose another, or pack the results"
        ) from error


def _plan(found: Survey) -> Plan:
    """Return what is to be done in plain words: undo may replace all they name while the engine works."""
    plan: Plan = {
        name: (_picture, tuple(dict.fromkeys(m.name for m, _ in picture.uses)))
        for name, picture in found.pictures.items()
    }
    return plan | {name: (_bake, (bake.material.name,)) for name, bake in found.bakes.items()}


def _work(plan: Plan, engine: Engine, outcome: Outcome) -> Iterator[Status]:
    yield Status(0, STARTING)
    for count, (name, (prepare, materials)) in enumerate(plan.items()):
        text = f"{count + 1} of {len(plan)}: {name}"
        yield Status(count / len(plan), text if engine.ready else STARTING)
        found = survey_again(materials, outcome.settings)
        try:
            for share in prepare(name, found, engine, outcome):
                done = (count + share) / len(plan)
                yield Status(done, text if engine.ready else STARTING)
        except Unsuitable as why:
            outcome.notes.append(f"{name}: {why}")


def _picture(name: str, found: Survey, engine: Engine, outcome: Outcome) -> Iterator[float]:
    if name not in found.pictures:
        raise Unsuitable(GONE)
    picture = found.pictures[name]
    source = read_source(picture.image, engine.work, alpha=picture.alpha)
    made = Made(file_stem(picture.image.name))
    triangles = uv_islands.gather(picture.uses)
    for count, part in enumerate(source.parts):
        uv = _write_uv(triangles, part, engine.work)
        for share in _run_job(_job(part, source, uv, outcome), part, engine, outcome, made):
            yield (count + share) / len(source.parts)
    outcome.pictures[name] = made


def _write_uv(triangles: uv_islands.Triangles | None, part: Part, work: Path) -> Path | None:
    if triangles is None:
        return None
    if part.tile is None:
        shown = uv_islands.within_square(triangles)
    else:
        shown = uv_islands.within_tile(triangles, part.tile)
    return None if shown is None else uv_islands.write(shown, work, part.content.stem)


def _bake(name: str, found: Survey, engine: Engine, outcome: Outcome) -> Iterator[float]:
    if name not in found.bakes:
        raise Unsuitable(GONE)
    bake = found.bakes[name]
    part, uv = _write_bake(name, bake, engine.work, outcome.settings.bake_size)
    notes = list(_notes_of(bake))
    made = Made(safe_name(name))
    for share in _run_job(
        _job(part, Source((part,), "srgb"), uv, outcome), part, engine, outcome, made
    ):
        yield 0.1 + 0.9 * share
    outcome.notes += notes
    outcome.bakes[name] = made


def _write_bake(name: str, bake: Bake, work: Path, size: int) -> tuple[Part, Path | None]:
    """Bake a colour; return it and the UV triangles that show it, as files."""
    pixels = bake_color(bake.site.target, bake.material, with_uv(bake.material), size)
    part = Part(work / f"{safe_name(name)}.bake.npy", ".png")
    np.save(part.content, pixels)
    if without_uv(bake.material):
        return part, None
    return part, _write_uv(uv_islands.gather([(bake.material, uv_islands.ACTIVE)]), part, work)


def _notes_of(bake: Bake) -> Iterator[str]:
    name, count = bake.material.name, len(with_uv(bake.material))
    if bake.site.because:
        yield f"{name}: its color was baked, since {bake.site.because} also feeds something else"
    if count > 1:
        yield f"{name}: {count} objects share one bake; their UVs should not overlap"
    for object_ in without_uv(bake.material):
        yield f"{name}: {object_.name} has no UVs in the 0-1 square to show the bake by"


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


def run_to_end(settings: Settings, python: str) -> Iterator[Status | Outcome]:
    """Yield a run's steps, and its outcome at last; for background mode, where waiting is right."""
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
