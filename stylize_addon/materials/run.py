"""A run over materials' pictures: prepare each one and have the engine stylize it.

``stylize`` is a generator that never blocks for long: a modal operator takes a step of it at every timer
tick, background mode takes all steps in a loop. Closing it cancels the run; only ``results.apply`` changes
the file.
"""

import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...core.catalog import PAINTER_IDS
from ...core.errors import StylizeError
from ...core.request.layer import limit_brush
from ...core.request.maps import map_file, split_names
from ...core.request.picture_job import Job, TileFile
from ...core.request.where import where_it_lies
from ..costs import bake_cost, picture_cost
from ..engine import Engine, choose
from ..images import (
    Part,
    Source,
    Unsuitable,
    file_stem,
    join_tiles,
    pixels_of,
    read_source,
    safe_name,
)
from ..settings import Settings, check, with_palette
from ..time_left import Estimate, Stage, Status
from . import uv_islands
from .bake_process import Baking
from .baking import is_plain
from .brush import Density, density_of, find_brushes, warn_of_limits, warn_of_stretch
from .guides import guide
from .own_finish import Own
from .paint import Plan as Laid
from .paint import plan_bake, plan_picture
from .relief import find_relief
from .results import GONE, Made, NothingMade, Outcome, keeps_packed, target_folder
from .scene_files import gather_scene
from .sources import Helpers, gather_plain_triangles, read_picture, write_bake
from .survey import survey, survey_again, without_uv
from .uv_islands import Triangles
from .worklist import Bake, Picture, Survey

Steps = Generator[Status, None, Outcome]
Prepare = Callable[[str, Survey, Helpers, Outcome], Iterator[float]]
Plan = dict[str, tuple[Prepare, tuple[str, ...]]]
"""For each picture or bake, by name, how it is done, and the names of those that show it."""
STARTING = "Starting the engine"
GATHERING = "Looking at the colors of all materials"


def stylize(settings: Settings, python: str) -> Steps:
    """Stylize the pictures that ``settings`` choose, step by step, and return the outcome.

    Raises:
        StylizeError: with a sentence for the user; the file is not changed.
    """
    check(settings)
    work = survey(settings)
    plan = _plan(work)
    if not plan:
        raise NothingMade(work.notes, work.lacking)
    _check_folder(settings)
    candidate = choose(python)
    outcome = Outcome(settings, Path(tempfile.mkdtemp(prefix="stylize_")), notes=list(work.notes))
    outcome.owners = tuple(dict.fromkeys(name for _, names in plan.values() for name in names))
    outcome.costs = _estimate_costs(work, settings)
    procedural = {n: b for n, b in work.bakes.items() if not is_plain(b.site.target)}
    outcome.lacking = list(dict.fromkeys(work.lacking))
    try:
        with ExitStack() as open_:
            engine = Engine(candidate.python, Path(tempfile.mkdtemp(prefix="stylize_")))
            open_.callback(engine.close, wait=bpy.app.background)
            thread = ThreadPoolExecutor(1)
            open_.callback(thread.shutdown, wait=False)
            helpers = Helpers(engine, Baking(procedural, settings, work.bare), thread)
            open_.callback(helpers.baking.close)
            yield from _prepare(plan, helpers, outcome)
            yield from _work(plan, helpers, outcome)
    except BaseException:
        outcome.discard()
        raise
    if not outcome.pictures and not outcome.bakes:
        outcome.discard()
        raise NothingMade(outcome.notes, outcome.lacking)
    return outcome


def _check_folder(settings: Settings) -> None:
    """Check before the work that the results can be written."""
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


def _plan(work: Survey) -> Plan:
    """Return the work as plain names: undo may replace all objects while the engine works."""
    plan: Plan = {
        name: (_stylize_picture, tuple(picture.owners)) for name, picture in work.pictures.items()
    }
    return plan | {
        name: (_stylize_bake, (bake.material.name,)) for name, bake in work.bakes.items()
    }


def _estimate_costs(work: Survey, settings: Settings) -> dict[str, float]:
    """Return the seconds of each picture and bake on a machine of two cores."""
    baked, method = settings.bake_size**2, settings.job.method
    bake = bake_cost(baked) + picture_cost(method, baked).total
    costs = {
        name: picture_cost(method, pixels_of(picture.image)).total
        for name, picture in work.pictures.items()
    }
    return costs | dict.fromkeys(work.bakes, bake)


def _prepare(plan: Plan, helpers: Helpers, outcome: Outcome) -> Iterator[Status]:
    """Start the bakes, compute brush sizes, and collect the scene, while the engine starts."""
    yield from _start_baking(helpers)
    outcome.uvs = helpers.baking.uvs
    if helpers.baking.unwraps and helpers.baking.failure:
        outcome.notes.append(f"No UVs were made. {helpers.baking.failure}")
    known: dict[str, Density] = {}
    for name, (_, owners) in plan.items():
        yield Status(0, STARTING)
        work = _begin_density(
            name, survey_again(owners, outcome.settings), helpers, outcome.settings
        )
        while not work.done():
            yield Status(0, STARTING)
        density = work.result()
        if density is not None:
            known[name] = density
    outcome.remarks += warn_of_stretch(known)
    outcome.texels = {name: density.texels for name, density in known.items()}
    alike, paints = outcome.settings.one_brush, outcome.settings.job.method in PAINTER_IDS
    outcome.brushes = find_brushes(known, alike=alike, paints=paints)
    if alike:
        outcome.remarks += warn_of_limits(outcome.brushes, outcome.settings.job.style_scale)
    for _ in gather_scene({name: names for name, (_, names) in plan.items()}, helpers, outcome):
        yield Status(0, GATHERING)


def _start_baking(helpers: Helpers) -> Iterator[Status]:
    """Start the bakes and wait until the second Blender has said what shows them."""
    for _ in helpers.baking.start():
        yield Status(0, STARTING)
    while not helpers.baking.is_prepared():
        yield Status(0, STARTING)


def _begin_density(
    name: str, work: Survey, helpers: Helpers, settings: Settings
) -> Future[Density | None]:
    """Compute the density of a picture or a bake on its surfaces; None if it is gone or without known UVs.

    Triangles are read from Blender immediately; computing from them happens in a thread.
    """
    size = (settings.bake_size, settings.bake_size)
    if name in work.bakes and name in helpers.baking.names:
        return helpers.thread.submit(_read_density, helpers.baking.mesh(name), size)
    triangles = None
    if name in work.pictures:
        picture = work.pictures[name]
        triangles = uv_islands.gather(picture.uses, helpers.baking.uvs)
        size = tuple(picture.image.size)
    elif name in work.bakes:
        triangles = gather_plain_triangles(work.bakes[name], helpers)
    return helpers.thread.submit(_compute_density, triangles, size)


def _read_density(path: Path | None, size: Sequence[int]) -> Density | None:
    return _compute_density(None if path is None else uv_islands.read(path), size)


def _compute_density(triangles: Triangles | None, size: Sequence[int]) -> Density | None:
    return None if triangles is None or not len(triangles) else density_of(triangles, size)


def _work(plan: Plan, helpers: Helpers, outcome: Outcome) -> Iterator[Status]:
    engine, total = helpers.engine, sum(outcome.costs.values())
    clock = Estimate({"pictures": Stage(total, 1, first=max(2, total / 8))})
    before, ready = 0.0, False
    for count, (name, (prepare, owners)) in enumerate(plan.items()):
        text = f"{count + 1} of {len(plan)}: {name}"
        work = survey_again(owners, outcome.settings)
        try:
            for share in prepare(name, work, helpers, outcome):
                if engine.ready and not ready:
                    clock.begin()  # the start-up time says nothing about the rest
                    ready = True
                clock.advance("pictures", before + share * outcome.costs[name])
                yield Status(clock.share, text if ready else STARTING, clock.left())
        except Unsuitable as why:
            outcome.notes.append(f"{name}: {why}")
        before += outcome.costs[name]


def _stylize_picture(
    name: str, work: Survey, helpers: Helpers, outcome: Outcome
) -> Iterator[float]:
    engine = helpers.engine
    if name not in work.pictures:
        raise Unsuitable(GONE)
    picture = work.pictures[name]
    source = read_picture(picture, engine.work)
    result = Made(file_stem(picture.image.name))
    relief = _write_relief(picture, engine, outcome)
    paint = _ask_for_paint(plan_picture(picture, outcome.settings), engine, outcome)
    triangles = uv_islands.gather(picture.uses, helpers.baking.uvs, helpers.baking.group)
    path = engine.work / f"{result.stem}.mesh.npz"
    mesh = None if triangles is None else uv_islands.write(triangles, path)
    together = join_tiles(source.parts, picture.image)
    for count, parts in enumerate(together):
        job = _make_job(parts, source, mesh, outcome, outcome.brushes.get(name, 1))
        job = replace(job if job.tiles else replace(job, relief=relief), **paint)
        for share in _run_job(job, parts, engine, outcome, result):
            yield (count + share) / len(together)
    outcome.pictures[name] = result


def _write_relief(picture: Picture, engine: Engine, outcome: Outcome) -> str | None:
    """Return the file of a picture's height or normal map, if it is asked where on it is painted."""
    if where_it_lies(outcome.settings.job) == "everywhere":
        return None
    image = find_relief(picture)
    if image is None:
        return None
    try:
        return str(read_source(image, engine.work, alpha="data").parts[0].content)
    except Unsuitable as why:
        outcome.notes.append(f"{image.name}: {why}; its relief was not used")
        return None


def _ask_for_paint(plan: Laid, engine: Engine, outcome: Outcome) -> dict[str, Any]:
    """Return the fields of a job that ask for the relief of a picture's paint, or for a state's finish."""
    outcome.notes += plan.notes
    asked: dict[str, Any] = {"maps": plan.maps(outcome.settings.job)}
    own: dict[str, Own | None] = {"normal": plan.own_normal, **plan.own}
    for name, given in own.items():
        if given is None or name not in split_names(asked["maps"]):
            continue
        if isinstance(given, float):
            asked[f"own_{name}"] = str(given)
        else:
            source = read_source(given, engine.work, alpha="data")
            asked[f"own_{name}"] = str(source.parts[0].content)
    return asked


def _stylize_bake(name: str, work: Survey, helpers: Helpers, outcome: Outcome) -> Iterator[float]:
    if name not in work.bakes:
        raise Unsuitable(GONE)
    bake = work.bakes[name]
    part, mesh = write_bake(name, bake, helpers, outcome.settings.bake_size)
    notes, remarks = list(_describe_omissions(bake)), list(_describe_bake(bake))
    while name in helpers.baking.names and not helpers.baking.is_baked(name):
        yield 0.0
    result = Made(safe_name(name))
    baked = bake_cost(outcome.settings.bake_size**2) / outcome.costs[name]
    yield baked
    job = _make_job((part,), Source((part,), "srgb"), mesh, outcome, outcome.brushes.get(name, 1))
    plan = plan_bake(bake, outcome.settings)
    job = replace(job, **_ask_for_paint(plan, helpers.engine, outcome))
    for share in _run_job(job, (part,), helpers.engine, outcome, result):
        yield baked + (1 - baked) * share
    outcome.notes += notes
    outcome.remarks += remarks
    outcome.bakes[name] = result


def _describe_omissions(bake: Bake) -> Iterator[str]:
    """Yield notes on what a bake leaves out."""
    for object_ in without_uv(bake):
        name = bake.material.name
        yield f"{name}: {object_.name} has no UVs in the 0-1 square to show the bake by"


def _describe_bake(bake: Bake) -> Iterator[str]:
    """Yield other notes on a bake."""
    name, count = bake.material.name, len(bake.objects)
    if bake.site.because:
        yield f"{name}: its color was baked, since {bake.site.because} also feeds something else"
    if count > 1:
        yield f"{name}: {count} objects share one bake; their UVs should not overlap"


def _make_job(
    parts: tuple[Part, ...], source: Source, mesh: Path | None, outcome: Outcome, brush: float
) -> Job:
    """Return the job for a picture's files, or for those tiles that are stylized together."""
    number = len(outcome.pictures) + len(outcome.bakes)
    files = [(part, outcome.work / f"{number}{_name_tile(part)}{part.suffix}") for part in parts]
    tiles = [
        TileFile(str(part.content), str(output), part.tile)
        for part, output in files
        if part.tile is not None
    ]
    more: dict[str, Any] = {
        "space": source.space,
        "alpha": source.alpha,
        "uv": str(mesh) if mesh else None,
    }
    more |= {"scene": outcome.scene}
    more |= guide(outcome.settings.job, parts[0].content.stem, mesh, outcome.notes)
    job = outcome.settings.job_for(parts[0].content, files[0][1], tiles=tuple(tiles), **more)
    if outcome.settings.source != "MATERIALS":
        job = with_palette(job, "picture")
    return replace(job, style_scale=limit_brush(job.style_scale * brush))


def _name_tile(part: Part) -> str:
    return "" if part.tile is None else f".{part.tile}"


def _run_job(
    job: Job, parts: tuple[Part, ...], engine: Engine, outcome: Outcome, result: Made
) -> Iterator[float]:
    """Have one job's files stylized, yielding its progress; the results are added to ``result``."""
    number = engine.send(job)
    cost, share = picture_cost(job.method, 1_000_000), 0.0
    while True:
        message = engine.poll()
        if message is None:
            yield share
        elif message.get("id") != number:
            continue
        elif "progress" in message:
            step = message["progress"]
            share = max(share, cost.share(step["stage"], step["done"] / max(1, step["total"])))
        elif "result" in message:
            break
        else:
            raise _choose_error(message, outcome.settings)
    outputs = [tile.output for tile in job.tiles] or [job.output]
    for part, output in zip(parts, outputs, strict=True):
        result.files[part.tile] = Path(output)
        for name in job.wanted_maps:
            made = result.maps.setdefault(name, Made(f"{result.stem}_{name}"))
            made.files[part.tile] = Path(map_file(output, name))
    _keep_facts(message["result"], outcome, result)


def _choose_error(message: Mapping[str, Any], settings: Settings) -> StylizeError:
    """Return one picture's error: ``Unsuitable`` leaves it out, any other ends the run."""
    try:
        check(settings)
    except StylizeError as error:
        return error
    return Unsuitable(message.get("error", "was cancelled"))


def _keep_facts(facts: Mapping[str, Any], outcome: Outcome, result: Made) -> None:
    result.facts = facts
    outcome.remarks += [f"{result.stem}: {note}" for note in facts["notes"]]
    outcome.seconds += facts["engine_seconds"]
    outcome.peak_memory_mb = max(outcome.peak_memory_mb, facts["peak_memory_mb"])


def to_end(steps: Generator[Status, None, Any]) -> Iterator[Any]:
    """Yield a run's steps, and its outcome at last; for background mode, where waiting is right."""
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
