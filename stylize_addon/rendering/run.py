"""A run over frames: render the missing ones, and have the engine stylize all as one sequence.

A generator that never blocks, like that for materials; frames that are finished when it is closed are kept
and not made again.
"""

import shutil
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Scene

from ...core.catalog import CARDS
from ...core.cli.console import format_seconds
from ...core.errors import StylizeError
from ...core.request.check import check_sequence as check_engine
from ...core.request.sequence_job import LIFE, SequenceJob
from ...core.video.frames import Pattern
from ..costs import FRAME, frame_cost
from ..engine import Engine, choose
from ..images import Unsuitable, load_made, safe_name
from ..materials.image_editors import keep_beside
from ..materials.last_render import save_render
from ..materials.looks import look_for, mark
from ..materials.panorama import RENDER
from ..materials.results import Made, keeps_packed, place_files, target_folder
from ..materials.run import STARTING
from ..time_left import Estimate, Stage, Status
from .compositor import show_frames
from .frames import FrameFiles, find_missing, frame_files_of, size_of, write_cameras
from .paint_layers import NO_LAYERS, list_layers, name_layers
from .process import render_frames
from .settings import (
    SequenceSettings,
    check_sequence_settings,
    sequence_job_of,
    toon_job_of,
    with_known_view,
)

BLUR = "Motion Blur was off in the rendered frames; Keep Motion Blur leaves it on"
APART = "Motion was rendered apart, since the frames have Motion Blur"
LAYERS = "Of {} view layers {} was stylized; View Layer chooses another one"
GONE = "The scene {} is not there any more; the frames are in {}"
INKING = "Drawing the lines"
TOON_COST = 2.0
"""Seconds of a toon look per megapixel, on two cores."""
PARTS = {"ahead": 0.7, "frames": 0.3}
"""Stages of the engine, and how much of its work on frames each is."""
FILMS = frozenset(card.id for card in CARDS if card.film)
"""Methods whose strokes stick to things."""
NOT_LINEAR = "The compositor was left as it was: it shows EXR frames alone"


@dataclass(slots=True)
class SequenceOutcome:
    """The results of a run over frames."""

    settings: SequenceSettings
    frame_files: FrameFiles
    work: Path
    pattern: str = ""
    """Pattern of the stylized frames."""
    layers: str = ""
    """Pattern of their layers; empty: there are none."""
    missing: int = 0
    """Frames to render, and the number of rendered ones."""
    rendered: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    """The engine's result: the fields of ``SequenceResult``."""
    notes: list[str] = field(default_factory=list)
    """Notes on differences from the settings."""
    remarks: list[str] = field(default_factory=list)
    """Other notes for the user."""
    began: float = field(default_factory=time.monotonic)
    rendering: float = 0.0
    """Seconds of rendering."""
    clock: Estimate = field(default_factory=lambda: Estimate({}))
    parts: dict[str, float] = field(default_factory=dict)
    """Progress of each of ``PARTS``."""
    image_name: str = ""
    """Name of a still's picture."""
    text: str = STARTING
    """The engine's current step in words."""

    def summary(self) -> list[str]:
        """Return sentences on what was done."""
        seconds = f"in {format_seconds(time.monotonic() - self.began)}"
        if self.missing:
            seconds += f", {format_seconds(self.rendering)} of them for rendering"
        if self.settings.still:
            words = [f"Stylized frame {self.frame_files.first} {seconds}"]
            return (
                [*words, f"The result is the picture {self.image_name}"]
                if self.image_name
                else words
            )
        frames, skipped = self.facts["frames"], self.facts["skipped"]
        words = [f"Stylized {_count(frames)} {seconds}"] if frames or not skipped else []
        if skipped:
            words.append(f"{_count(skipped)} finished before")
        kept = self.frame_files.last - self.frame_files.first + 1 - self.rendered
        if kept > 0:
            words.append(f"{_count(kept)} rendered before; Render Again makes them new")
        return words

    def status(self, text: str) -> Status:
        """Return its progress."""
        return Status(self.clock.share, text, self.clock.left())

    def discard(self) -> None:
        """Remove the working folder."""
        shutil.rmtree(self.work, ignore_errors=True)


Steps = Generator[Status, None, SequenceOutcome]


def stylize_frames(settings: SequenceSettings, python: str) -> Steps:
    """Stylize a scene's frames, or one still, step by step, and return the outcome.

    Raises:
        StylizeError: with a sentence for the user.
    """
    check_sequence_settings(settings)
    scene = bpy.context.scene
    candidate = choose(python)
    settings, note = with_known_view(settings, scene, candidate.python)
    work = Path(tempfile.mkdtemp(prefix="stylize_"))
    try:
        folder = work if settings.still else settings.folder
        frame_files = _find_frame_files(settings, scene, folder)
        results = Path(settings.results(frame_files.name))
        content = Path(frame_files.pattern)
        if settings.drawn != "TOON":
            check_engine(sequence_job_of(settings, scene, content=content, output=results))
        outcome = SequenceOutcome(settings, frame_files, work, remarks=[note] if note else [])
        yield from _render(outcome, scene)
        engine = Engine(candidate.python, Path(tempfile.mkdtemp(prefix="stylize_")))
        try:
            if settings.drawn != "TOON":
                yield from _stylize(outcome, scene.name, engine)
            if settings.drawn != "STYLE":
                yield from _ink(outcome, engine)
        finally:
            engine.close(wait=bpy.app.background)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return outcome


def _find_frame_files(settings: SequenceSettings, scene: Scene, folder: Path) -> FrameFiles:
    frame_files = frame_files_of(
        scene,
        folder,
        settings.frames,
        layer=settings.asked.layer or "",
        diffuse=settings.asked.source == "diffuse_color" or settings.drawn == "TOON",
        keep_blur=settings.keep_blur and settings.drawn == "STYLE",  # lines have no blur
    )
    return replace(frame_files, exact=settings.asked.motion == "auto" and not settings.still)


def _render(outcome: SequenceOutcome, scene: Scene) -> Iterator[Status]:
    """Render the missing frames."""
    outcome.clock = _make_estimate(outcome, scene)
    if outcome.settings.last_render and _save_last(outcome):
        return
    frame_files = outcome.frame_files
    before = _count_lead_in(outcome.settings, scene)
    frames = find_missing(
        replace(frame_files, first=frame_files.first - before), again=outcome.settings.again
    )
    outcome.missing = len(frames)
    outcome.remarks += _collect_remarks(frame_files, scene, outcome.missing)
    outcome.clock = _make_estimate(outcome, scene)
    for outcome.rendered in render_frames(frame_files, frames) if frames else ():
        count = min(outcome.rendered + 1, outcome.missing)
        outcome.clock.advance("render", outcome.rendered)
        yield outcome.status(f"Rendering frame {count} of {outcome.missing}")
    outcome.rendered = outcome.missing
    outcome.clock.advance("render", outcome.missing)
    outcome.rendering = time.monotonic() - outcome.began


def _count_lead_in(settings: SequenceSettings, scene: Scene) -> int:
    """Return how many earlier frames the first one depends on.

    Back to the last keyframe but one, or as far as strokes that stick to things were laid.
    """
    first = settings.frames[0]
    if settings.still or settings.drawn == "TOON" or settings.asked.motion == "none":
        return 0
    every = settings.asked.anchor
    if settings.look.job.method in FILMS:
        every *= LIFE
    start = (first // every - 1) * every
    return max(0, first - max(start, min(scene.frame_start, first)))


def _save_last(outcome: SequenceOutcome) -> bool:
    """Save the last render as the still's frame; False if there is none."""
    image, path = bpy.data.images.get(RENDER), outcome.frame_files.path(outcome.frame_files.first)
    if image is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        save_render(image, path)
    except Unsuitable:
        return False
    outcome.frame_files = replace(outcome.frame_files, layer="")
    return True


def _collect_remarks(frame_files: FrameFiles, scene: Scene, frames: int) -> Iterator[str]:
    if frames and scene.render.use_motion_blur and not frame_files.blur:
        yield BLUR
    if frames and frame_files.vectors:
        yield APART
    count = sum(layer.use for layer in scene.view_layers)
    if count > 1:
        yield LAYERS.format(count, frame_files.layer)


def _make_estimate(outcome: SequenceOutcome, scene: Scene) -> Estimate:
    """Return the estimate of a run's time, from the costs of its stages."""
    frames = outcome.frame_files.last - outcome.frame_files.first + 1
    width, height = size_of(scene)
    cost = width * height / 1e6 * TOON_COST
    if outcome.settings.drawn != "TOON":
        cost = frame_cost(outcome.settings.look.job.method, width * height)
    return Estimate({"render": Stage(outcome.missing, FRAME), "stylize": Stage(frames, cost)})


def _stylize(outcome: SequenceOutcome, scene: str, engine: Engine) -> Iterator[Status]:
    yield outcome.status(STARTING)
    sequence = _make_sequence_job(outcome, bpy.data.scenes[scene])
    yield from _follow(outcome, engine, engine.send_sequence(sequence))
    outcome.pattern = sequence.job.output


def _ink(outcome: SequenceOutcome, engine: Engine) -> Iterator[Status]:
    """Give rendered frames a toon look, or those in a style its lines."""
    styled = Path(outcome.pattern) if outcome.pattern else None
    toon = toon_job_of(
        outcome.settings, outcome.frame_files, fill=styled, output=_result_pattern(outcome)
    )
    outcome.text = INKING
    yield outcome.status(INKING)
    yield from _follow(outcome, engine, engine.send_toon(toon))
    outcome.pattern = toon.output


def _follow(outcome: SequenceOutcome, engine: Engine, number: int) -> Iterator[Status]:
    """Show the engine's progress with a job until it is done.

    Raises:
        StylizeError: with the engine's sentence, if it fails.
    """
    while True:
        message = engine.poll() or {}
        if message.get("id") != number:
            yield outcome.status(outcome.text)
        elif "progress" in message:
            _note_progress(outcome, message["progress"])
        elif "result" in message:
            outcome.facts = message["result"]
            outcome.remarks += outcome.facts["notes"]
            return
        else:
            raise StylizeError(message.get("error", "The frames were cancelled"))


def _make_sequence_job(outcome: SequenceOutcome, scene: Scene) -> SequenceJob:
    settings, frame_files = outcome.settings, outcome.frame_files
    cameras = None if settings.still else write_cameras(frame_files)
    output = _result_pattern(outcome)
    if settings.drawn == "INKED":
        styled = outcome.work / "styled_####.exr"
        output = styled if settings.still else settings.styled(frame_files.name)
        output.parent.mkdir(parents=True, exist_ok=True)
    files = {"content": Path(frame_files.pattern), "output": output}
    asked = sequence_job_of(settings, scene, **files, frame_files=frame_files, cameras=cameras)
    if settings.paint_layers and not settings.still and not list_layers(settings):
        outcome.notes.append(NO_LAYERS)
    if not list_layers(settings) or asked.job.surface != "flat":
        return asked
    outcome.layers = str(name_layers(output))
    return replace(asked, job=replace(asked.job, paint_layers=outcome.layers))


def _result_pattern(outcome: SequenceOutcome) -> Path:
    """Return the pattern of the results, and make their folder."""
    settings = outcome.settings
    output = Path(settings.results(outcome.frame_files.name))
    if settings.still:
        suffix = Path(settings.output).suffix or ".exr"
        output = outcome.work / f"still_####{suffix}"
    output.parent.mkdir(parents=True, exist_ok=True)
    return output


def _note_progress(outcome: SequenceOutcome, step: dict[str, Any]) -> None:
    """Update the estimate from the engine's progress.

    ``frames`` counts written frames, ``ahead`` frames stylized in one direction; other stages are parts of a
    frame.
    """
    if step["stage"] not in PARTS:
        return
    done, total = step["done"], max(1, step["total"])
    outcome.parts[step["stage"]] = done / total
    if not any(outcome.parts.values()):
        outcome.clock.begin()  # the start-up time says nothing about the rest
    share = sum(PARTS[name] * part for name, part in outcome.parts.items())
    outcome.clock.advance("stylize", outcome.clock.stages["stylize"].units * share)
    if step["stage"] == "frames":
        outcome.text = f"Stylizing: {done} of {_count(total)} finished"


def apply(outcome: SequenceOutcome) -> list[str]:
    """Put stylized frames into the compositor, or keep a still; return the names of the new pictures.

    Raises:
        StylizeError: if that fails; the files of the frames stay.
    """
    if outcome.settings.still:
        return [_keep_still(outcome)]
    scene = bpy.data.scenes.get(outcome.frame_files.scene)
    if scene is None:
        raise StylizeError(GONE.format(outcome.frame_files.scene, Path(outcome.pattern).parent))
    settings = outcome.settings
    at = settings.compositor
    if at == "NOWHERE":
        return [outcome.pattern]
    if Path(outcome.pattern).suffix.lower() != ".exr":
        outcome.notes.append(NOT_LINEAR)
        return [outcome.pattern]
    shown = Pattern.read(outcome.layers or outcome.pattern)
    first = shown.path(outcome.frame_files.first)
    options = {
        "layers": list_layers(settings) if outcome.layers else (),
        "under": at == "RENDER",
        "amount": settings.look.amount,
        "layer": outcome.frame_files.layer,
    }
    parts = settings.parts if settings.live else ()
    image = show_frames(scene, first, settings.frames, **options, parts=parts)
    return [image.name]


def still_of(outcome: SequenceOutcome) -> Path:
    """Return the file of a still that was made."""
    return Pattern.read(outcome.pattern).path(outcome.frame_files.first)


def _keep_still(outcome: SequenceOutcome) -> str:
    look, path = outcome.settings.look, still_of(outcome)
    name, style = outcome.settings.toon_look, ""
    if outcome.settings.drawn != "TOON":
        name, style = look_for(look.job)
    result = Made(
        f"{safe_name(outcome.frame_files.scene)}_{outcome.frame_files.first:04d}", {None: path}
    )
    pack = keeps_packed(look)
    folder = outcome.work if pack else target_folder(look)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = place_files(result, folder, [], name)
    except OSError as error:
        raise StylizeError(
            f"The picture cannot be written to {folder} ({error.strerror}); choose another folder"
        ) from error
    image = load_made(path, RENDER, pack=pack)
    mark(image, name, style)
    keep_beside(image, RENDER)
    image.name = f"{RENDER}.{name}"  # the image before may have had the name until now
    outcome.image_name = image.name
    return image.name


def _count(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"
