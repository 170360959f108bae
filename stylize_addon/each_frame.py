"""Stylize a running render: each frame as soon as Blender has written it.

Handlers only queue written frames; the engine runs parallel to the renderer and stylizes all waiting frames
as one sequence. In background mode the end of the render waits for it; in a window a timer takes its steps.
"""

import re
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.types import Scene

from ..core.errors import StylizeError
from ..core.request.sequence_job import SequenceJob
from .engine import Engine, choose
from .preferences import preferred_python
from .properties import sequence_settings
from .rendering.properties import parts_of
from .rendering.settings import check_sequence_settings, sequence_job_of, with_known_view
from .rendering.view_layers import layer_of
from .session import SESSION

FOLDER = "stylized"
"""Beside the rendered frames."""
KINDS = (".exr", ".png", ".tif", ".tiff", ".jpg", ".jpeg", ".webp")
TICK = 0.5
"""Seconds between two polls of the engine, in a window."""
NOT_A_FRAME = "{} has no frame's number, so it was not stylized; Stylize Render does that"
NO_PICTURE = "{} was not stylized: frames must be pictures ({}), not a movie"


@dataclass(frozen=True, slots=True)
class Written:
    """A frame that Blender has written."""

    scene: str
    frame: int
    pattern: str


_waiting: deque[Written] = deque()
_at_work: list[tuple[Engine, int]] = []
"""The engine and the number of the sequence it works on, while there is one."""
_idle: list[Engine] = []
"""A running engine without work, kept for the next frames."""


@persistent
def note_frame(scene: Scene, *_: Any) -> None:
    """Queue a frame that has just been written."""
    if not scene.stylize.each_frame:
        return
    try:
        _waiting.append(Written(scene.name, scene.frame_current, pattern_of(scene)))
    except StylizeError as error:
        _say(str(error))
    if bpy.app.background:
        step()


@persistent
def finish(*_: Any) -> None:
    """At the end of a render, wait until all frames are stylized; a window does not wait."""
    if bpy.app.background and (_waiting or _at_work):
        while step():
            time.sleep(0.05)
        stop()


def pattern_of(scene: Scene) -> str:
    """Return the pattern of the files that a scene's render writes.

    Raises:
        StylizeError: if they are not a sequence of pictures.
    """
    path = Path(bpy.path.abspath(scene.render.frame_path(frame=scene.frame_current)))
    other = Path(bpy.path.abspath(scene.render.frame_path(frame=scene.frame_current + 1)))
    if path.suffix.lower() not in KINDS:
        raise StylizeError(NO_PICTURE.format(path.name, ", ".join(KINDS)))
    if not path.is_file():
        raise StylizeError(NOT_A_FRAME.format(Path(scene.render.filepath).name))
    runs = zip(re.finditer(r"\d+", path.name), re.finditer(r"\d+", other.name), strict=False)
    run = next(one for one, two in runs if one[0] != two[0])
    digits = "#" * len(run[0])
    return str(path.with_name(f"{path.name[: run.start()]}{digits}{path.name[run.end() :]}"))


def step() -> bool:
    """Do all work that needs no waiting; return whether there is more to do."""
    try:
        if _at_work:
            _read_messages(*_at_work[0])
        elif _waiting:
            _begin()
    except StylizeError as error:
        _say(str(error))
        stop()
    return bool(_at_work or _waiting)


def _begin() -> None:
    """Send the engine all waiting frames that belong together."""
    first = _waiting.popleft()
    last = first.frame
    while _waiting and _waiting[0] == Written(first.scene, last + 1, first.pattern):
        last = _waiting.popleft().frame
    python = choose(preferred_python()).python
    sequence = _make_sequence_job(first, last, python)
    if not _idle:
        _idle.append(Engine(python, Path(tempfile.mkdtemp(prefix="stylize_"))))
    engine = _idle.pop()
    _at_work.append((engine, engine.send_sequence(sequence)))


def _make_sequence_job(first: Written, last: int, python: Path) -> SequenceJob:
    scene = bpy.data.scenes[first.scene]
    content = Path(first.pattern)
    output = content.parent / FOLDER / content.name
    settings = sequence_settings(
        scene.stylize,
        SimpleNamespace(scene=scene),
        frames=(first.frame, last),
        parts=parts_of(scene),
        output=str(output),
    )
    check_sequence_settings(settings)
    if content.suffix.lower() != ".exr":  # its values are display values already
        settings = replace(settings, view="STANDARD")
    settings, note = with_known_view(settings, scene, python)
    if note:
        _say(note)
    output.parent.mkdir(exist_ok=True)
    layered = scene.render.image_settings.file_format == "OPEN_EXR_MULTILAYER"
    layer = layer_of(scene, settings.asked.layer or "").name if layered else None
    request = sequence_job_of(settings, scene, content=content, output=output)
    if settings.look.job.palette == "auto":  # the shot is not known before it is rendered
        request = replace(request, job=replace(request.job, palette="free"))
    return replace(request, layer=layer)


def _read_messages(engine: Engine, number: int) -> None:
    """Read the engine's messages; after a finished sequence the engine is kept for the next."""
    message = engine.poll()
    while message is not None:
        if message.get("id") == number and "progress" not in message:
            _at_work.clear()
            _idle.append(engine)
            if "result" not in message:
                raise StylizeError(message.get("error", "The frames were cancelled"))
            _say(f"Stylized {message['result']['frames']} rendered frames")
            return
        message = engine.poll()


def stop() -> None:
    """Empty the queue, and end the engine."""
    engines = [*_idle, *(engine for engine, _ in _at_work)]
    for known in (_waiting, _at_work, _idle):
        known.clear()
    for engine in engines:
        engine.close(wait=bpy.app.background)


def _say(text: str) -> None:
    SESSION.say(text)
    if bpy.app.background:
        print(f"stylize: {text}", flush=True)  # noqa: T201  # the only output in background mode


def _look_after() -> float:
    """Take a step; called by a timer in a window. Turning the option off stops the work."""
    wanted = any(scene.stylize.each_frame for scene in bpy.data.scenes)
    if (_at_work or _waiting) and wanted:
        step()
    elif _idle or _at_work or _waiting:
        stop()
    return TICK


HANDLERS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("render_write", note_frame),
    ("render_complete", finish),
    ("render_cancel", finish),
)


def register() -> None:
    """Add the render handlers."""
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)
    if not bpy.app.background:
        bpy.app.timers.register(_look_after, persistent=True)


def unregister() -> None:
    """Remove the render handlers, and stop the work."""
    stop()
    if bpy.app.timers.is_registered(_look_after):
        bpy.app.timers.unregister(_look_after)
    for name, handler in HANDLERS:
        known = getattr(bpy.app.handlers, name)
        if handler in known:
            known.remove(handler)
