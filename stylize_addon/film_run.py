"""One run over frames: render those that are missing, and have the engine stylize them as one film.

A generator that never waits, as ``texture_run.stylize``; what is finished when it is closed stays, and is
not made again.
"""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Scene

from ..core.errors import StylizeError
from ..core.film import Film
from ..core.film import check_film as check_engine
from ..core.video.frames import Pattern
from .compositor import show_frames
from .engine import Engine, choose
from .film_settings import FilmSettings, check_film, film_of, with_known_view
from .frames import Shot, missing, shot_of, write_cameras
from .image_editors import keep_beside
from .images import Unsuitable, load_made, safe_name
from .panorama import RENDER
from .render_process import rendering
from .renders import save_render
from .texture_results import Made, keeps_packed, place_files, target_folder
from .texture_run import STARTING, Status

BLUR = "Motion Blur was off in the rendered frames; Keep Motion Blur leaves it on"
APART = "Motion was rendered apart, since the frames have Motion Blur"
LAYERS = "Of {} view layers {} was stylized; View Layer chooses another one"
GONE = "The scene {} is not there any more; the frames are in {}"
NOT_LINEAR = "The compositor was left as it was: it shows EXR frames alone"


@dataclass(slots=True)
class FilmOutcome:
    """What a run over frames has made."""

    settings: FilmSettings
    shot: Shot
    work: Path
    pattern: str = ""
    """Of the stylized frames."""
    missing: int = 0
    """Frames that had to be rendered, and how many of them are."""
    rendered: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    """What the engine says of them."""
    notes: list[str] = field(default_factory=list)
    """What is other than was asked for."""
    remarks: list[str] = field(default_factory=list)
    """What else is worth knowing."""

    def summary(self) -> list[str]:
        """Return what came of it, a sentence each."""
        seconds = f"in {self.facts['engine_seconds']:.1f} s"
        if self.settings.still:
            return [f"Stylized frame {self.shot.first} {seconds}", *self.notes, *self.remarks]
        made, skipped = self.facts["frames"], self.facts["skipped"]
        words = [f"Stylized {_count(made)} {seconds}"] if made or not skipped else []
        if skipped:
            words.append(f"{_count(skipped)} finished before")
        kept = self.shot.last - self.shot.first + 1 - self.rendered
        if kept > 0:
            words.append(f"{_count(kept)} rendered before; Render Again makes them new")
        return [*words, *self.notes, *self.remarks]

    def discard(self) -> None:
        """Remove the working folder."""
        shutil.rmtree(self.work, ignore_errors=True)


Steps = Generator[Status, None, FilmOutcome]


def stylize_frames(settings: FilmSettings, python: str) -> Steps:
    """Stylize a scene's frames, or one still, a step at a time, and return what was made.

    Raises:
        StylizeError: with a sentence for the user.
    """
    check_film(settings)
    scene = bpy.context.scene
    candidate = choose(python)
    settings, note = with_known_view(settings, scene, candidate.python)
    work = Path(tempfile.mkdtemp(prefix="stylize_"))
    try:
        folder = work if settings.still else settings.folder
        shot = _shot(settings, scene, folder)
        results = Path(settings.results(shot.name))
        check_engine(film_of(settings, scene, content=Path(shot.pattern), output=results))
        outcome = FilmOutcome(settings, shot, work, remarks=[note] if note else [])
        yield from _render(outcome, scene)
        engine = Engine(candidate.python, Path(tempfile.mkdtemp(prefix="stylize_")))
        try:
            yield from _stylize(outcome, scene.name, engine)
        finally:
            engine.close(wait=bpy.app.background)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return outcome


def _shot(settings: FilmSettings, scene: Scene, folder: Path) -> Shot:
    shot = shot_of(
        scene,
        folder,
        settings.frames,
        layer=settings.layer,
        diffuse=settings.diffuse,
        keep_blur=settings.keep_blur,
    )
    return replace(shot, exact=settings.motion == "auto" and not settings.still)


def _render(outcome: FilmOutcome, scene: Scene) -> Iterator[Status]:
    """Render what is missing."""
    if outcome.settings.last_render and _save_last(outcome):
        return
    shot = outcome.shot
    before = _lead_in(outcome.settings, scene)
    frames = missing(replace(shot, first=shot.first - before), again=outcome.settings.again)
    outcome.missing = len(frames)
    outcome.remarks += _remarks(shot, scene, outcome.missing)
    for outcome.rendered in rendering(shot, frames) if frames else ():
        count = min(outcome.rendered + 1, outcome.missing)
        yield Status(_share(outcome, 0), f"Rendering frame {count} of {outcome.missing}")
    outcome.rendered = outcome.missing


def _lead_in(settings: FilmSettings, scene: Scene) -> int:
    """Return how many frames before the first its picture depends on, from the last anchor but one."""
    first = settings.frames[0]
    if settings.still or settings.motion == "none":
        return 0
    start = (first // settings.anchor - 1) * settings.anchor
    return max(0, first - max(start, min(scene.frame_start, first)))


def _save_last(outcome: FilmOutcome) -> bool:
    """Save what was rendered last as the still's frame; False if there is nothing."""
    image, path = bpy.data.images.get(RENDER), outcome.shot.path(outcome.shot.first)
    if image is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        save_render(image, path)
    except Unsuitable:
        return False
    outcome.shot = replace(outcome.shot, layer="")
    return True


def _remarks(shot: Shot, scene: Scene, frames: int) -> Iterator[str]:
    if frames and scene.render.use_motion_blur and not shot.blur:
        yield BLUR
    if frames and shot.vectors:
        yield APART
    count = sum(layer.use for layer in scene.view_layers)
    if count > 1:
        yield LAYERS.format(count, shot.layer)


def _share(outcome: FilmOutcome, stylized: float) -> float:
    """Return how much of a run is done."""
    count = outcome.shot.last - outcome.shot.first + 1
    return (outcome.rendered + stylized) / (count + outcome.missing)


def _stylize(outcome: FilmOutcome, scene: str, engine: Engine) -> Iterator[Status]:
    yield Status(_share(outcome, 0), STARTING)
    film = _film(outcome, bpy.data.scenes[scene])
    number = engine.send_film(film)
    text = STARTING
    while True:
        message = engine.poll() or {}
        if message.get("id") != number:
            yield Status(_share(outcome, outcome.facts.get("done", 0)), text)
        elif "progress" in message:
            outcome.facts["done"], text = message["progress"]["done"], _words(message["progress"])
        elif "result" in message:
            outcome.facts = message["result"]
            outcome.pattern = film.job.output
            outcome.remarks += outcome.facts["notes"]
            return
        else:
            raise StylizeError(message.get("error", "The frames were cancelled"))


def _film(outcome: FilmOutcome, scene: Scene) -> Film:
    settings, shot = outcome.settings, outcome.shot
    cameras = None if settings.still else write_cameras(shot)
    output = Path(settings.results(shot.name))
    if settings.still:
        suffix = Path(settings.output).suffix or ".exr"
        output = outcome.work / f"still_####{suffix}"
    output.parent.mkdir(parents=True, exist_ok=True)
    files = {"content": Path(shot.pattern), "output": output}
    return film_of(settings, scene, **files, shot=shot, cameras=cameras)


def _words(progress: dict[str, Any]) -> str:
    """Return what the engine is at; its stages are named after frames."""
    return f"Stylizing {progress['stage']}"


def apply(outcome: FilmOutcome) -> list[str]:
    """Put stylized frames into the compositor, or keep a still; return the names of what was made.

    Raises:
        StylizeError: if it cannot be done; the frames are there all the same.
    """
    if outcome.settings.still:
        return [_keep_still(outcome)]
    scene = bpy.data.scenes.get(outcome.shot.scene)
    if scene is None:
        raise StylizeError(GONE.format(outcome.shot.scene, Path(outcome.pattern).parent))
    settings = outcome.settings
    at = settings.compositor
    if at == "NOWHERE":
        return [outcome.pattern]
    if Path(outcome.pattern).suffix.lower() != ".exr":
        outcome.notes.append(NOT_LINEAR)
        return [outcome.pattern]
    first = Pattern.read(outcome.pattern).path(outcome.shot.first)
    options = {"under": at == "RENDER", "amount": settings.look.amount, "layer": outcome.shot.layer}
    parts = settings.parts if settings.live else ()
    image = show_frames(scene, first, settings.frames, **options, parts=parts)
    return [image.name]


def still_of(outcome: FilmOutcome) -> Path:
    """Return the file of a still that was made."""
    return Pattern.read(outcome.pattern).path(outcome.shot.first)


def _keep_still(outcome: FilmOutcome) -> str:
    look, path = outcome.settings.look, still_of(outcome)
    made = Made(f"{safe_name(outcome.shot.scene)}_{outcome.shot.first:04d}", {None: path})
    pack = keeps_packed(look)
    folder = outcome.work if pack else target_folder(look)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = place_files(made, folder, [])
    except OSError as error:
        raise StylizeError(
            f"The picture cannot be written to {folder} ({error.strerror}); choose another folder"
        ) from error
    image = load_made(path, f"{RENDER}.stylized", pack=pack)
    keep_beside(image, RENDER)
    image.name = f"{RENDER}.stylized"  # the one before may have had its name until now
    outcome.remarks.append(f"The result is the picture {image.name}")
    return image.name


def _count(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"
