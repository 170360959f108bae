"""A scene's frames with their passes: which are there, and how those that are missing get rendered.

Each is a multilayer EXR as the renderer made it, before the compositor, and beside it lies a JSON file of
what it was made with and of its camera. Motion Blur is off in them: with it Cycles writes no motion.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import bpy
from bpy.types import Object, Scene, ViewLayer

from ..core.errors import StylizeError
from ..core.video.frames import Pattern
from .images import safe_name
from .meanwhile import meanwhile
from .panorama import unfit_render

FOLDER = "passes"
"""Below the folder of the results."""
FILE = {
    "media_type": "MULTI_LAYER_IMAGE",
    "file_format": "OPEN_EXR_MULTILAYER",
    "color_mode": "RGBA",
    "color_depth": "16",
    "exr_codec": "ZIP",
    "color_management": "FOLLOW_SCENE",
    "views_format": "INDIVIDUAL",
}
"""Image settings in the order in which each allows the next."""
RENDER = {
    "use_compositing": False,
    "use_sequencer": False,
    "use_multiview": False,
    "use_stamp": False,
    "use_file_extension": True,
    "use_overwrite": True,
    "use_placeholder": False,
    "save_output": True,
}
PASSES = (
    "combined", "z", "vector", "position", "normal", "cryptomatte_object", "cryptomatte_material",
)  # fmt: skip  # one list
DIFFUSE = ("diffuse_color", "diffuse_direct", "diffuse_indirect")
NO_CAMERA = "The scene {} has no camera; add one, or choose one in the Scene properties"


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames of a scene with their passes."""

    scene: str
    folder: str
    """Where they lie."""
    first: int
    last: int
    layer: str
    """The view layer that is rendered."""
    diffuse: bool = False
    """Whether with what light falls on, and with the light."""
    blur: bool = False
    """Whether the scene's own Motion Blur stays, which leaves no exact motion."""

    @property
    def pattern(self) -> str:
        """Their files, with a # for each digit."""
        return str(Path(self.folder) / f"{safe_name(self.scene)}_####.exr")

    @property
    def cameras(self) -> Path:
        """The file of all their cameras."""
        return Path(self.folder) / f"{safe_name(self.scene)}_cameras.json"

    def path(self, frame: int) -> Path:
        """Return the file of one frame."""
        return Pattern.read(self.pattern).path(frame)

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))


def shot_of(
    scene: Scene, folder: Path, frames: tuple[int, int], *, diffuse: bool, blur: bool = False
) -> Shot:
    """Return a scene's frames.

    Raises:
        StylizeError: if they cannot be rendered with passes.
    """
    if scene.camera is None and not any(marker.camera for marker in scene.timeline_markers):
        raise StylizeError(NO_CAMERA.format(scene.name))
    if scene.render.engine == "BLENDER_WORKBENCH":
        raise StylizeError("Workbench renders no passes; choose Cycles or EEVEE")
    if frames[0] > frames[1]:
        raise StylizeError(f"Frames {frames[0]} to {frames[1]} are none; the first comes first")
    if frames[0] < 0:
        raise StylizeError(f"Frame {frames[0]} is below 0; move the frames to 0 or later")
    layer = next((layer.name for layer in scene.view_layers if layer.use), "")
    if not layer:
        raise StylizeError(f"No view layer of {scene.name} is used for rendering; turn one on")
    return Shot(scene.name, str(folder / FOLDER), *frames, layer, diffuse, blur)


def missing(shot: Shot, *, again: bool = False) -> list[int]:
    """Return the frames that must be rendered: those not there, or made with other settings than now."""
    scene = bpy.data.scenes[shot.scene]
    made_with = settings_of(scene, shot)
    frames = range(shot.first, shot.last + 1)
    return [n for n in frames if again or _made_with(shot.path(n), shot) != made_with]


def settings_of(scene: Scene, shot: Shot) -> dict[str, Any]:
    """Return the settings that a frame is made with, as far as it does not show them itself."""
    render = scene.render
    samples = scene.cycles.samples if render.engine == "CYCLES" else scene.eevee.taa_render_samples
    return {
        "engine": render.engine,
        "samples": samples,
        "size": list(size_of(scene)),
        "pixel": [round(render.pixel_aspect_x, 6), round(render.pixel_aspect_y, 6)],
        "border": _border(scene),
        "transparent": render.film_transparent,
        "layer": shot.layer,
        "blur": shot.blur and render.use_motion_blur,
    }


def size_of(scene: Scene) -> tuple[int, int]:
    """Return how many pixels a scene's frames have, width and height."""
    render = scene.render
    share = render.resolution_percentage
    return render.resolution_x * share // 100, render.resolution_y * share // 100


def _border(scene: Scene) -> list[float]:
    render = scene.render
    if not render.use_border:
        return []
    edges = (render.border_min_x, render.border_max_x, render.border_min_y, render.border_max_y)
    return [*(round(edge, 6) for edge in edges), float(render.use_crop_to_border)]


def _made_with(path: Path, shot: Shot) -> dict[str, Any] | None:
    facts = _facts(path)
    if facts is None or not path.is_file() or (shot.diffuse and not facts.get("diffuse")):
        return None
    return facts.get("made")


def _facts(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def render(shot: Shot, frames: Iterable[int]) -> Iterator[int]:
    """Render frames here and now, and yield each when it is done; the scene is then what it was.

    Raises:
        StylizeError: if one cannot be rendered or written.
    """
    scene = bpy.data.scenes[shot.scene]
    Path(shot.folder).mkdir(parents=True, exist_ok=True)
    with _prepared(scene, shot):
        for frame in frames:
            scene.frame_set(frame)
            _render_frame(scene, shot, frame)
            yield frame


def _render_frame(scene: Scene, shot: Shot, frame: int) -> None:
    path = shot.path(frame)
    part = path.with_name(f"{path.stem}.{uuid4().hex[:8]}.part.exr")
    facts = {
        "made": settings_of(scene, shot),
        "diffuse": shot.diffuse,
        "camera": camera_facts(scene),
    }
    scene.render.filepath = str(part)
    try:
        bpy.ops.render.render(write_still=True, scene=scene.name)
        part.replace(path)
        _write(path.with_suffix(".json"), facts)
    except RuntimeError as error:
        said = str(error).strip().removeprefix("Error: ")
        raise StylizeError(f"Frame {frame} could not be rendered: {said}") from error
    except OSError as error:
        raise StylizeError(
            f"Frame {frame} cannot be written to {path.parent} ({error.strerror}); "
            "make room there or choose another folder"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def _prepared(scene: Scene, shot: Shot) -> Iterator[None]:
    """Have a scene render one view layer with its passes into multilayer EXRs meanwhile."""
    frame, part = scene.frame_current, scene.frame_subframe
    with ExitStack() as kept:
        kept.enter_context(meanwhile(scene.render, RENDER | {"filepath": scene.render.filepath}))
        if not shot.blur:
            kept.enter_context(meanwhile(scene.render, {"use_motion_blur": False}))
        kept.enter_context(meanwhile(scene.render.image_settings, FILE))
        for layer in scene.view_layers:
            kept.enter_context(meanwhile(layer, {"use": layer.name == shot.layer}))
        kept.enter_context(_with_passes(scene.view_layers[shot.layer], diffuse=shot.diffuse))
        if hasattr(scene, "stylize"):
            kept.enter_context(meanwhile(scene.stylize, {"each_frame": False}))
        try:
            yield
        finally:
            scene.frame_set(frame, subframe=part)


@contextmanager
def _with_passes(layer: ViewLayer, *, diffuse: bool) -> Iterator[None]:
    names = (*PASSES, *DIFFUSE) if diffuse else PASSES
    with meanwhile(layer, {f"use_pass_{name}": True for name in names}):
        yield


def camera_facts(scene: Scene) -> dict[str, Any] | None:
    """Return the matrices of a scene's camera now; None for a panorama that does not look all around."""
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        return None
    graph = bpy.context.evaluated_depsgraph_get()
    seen = camera.evaluated_get(graph)
    if seen.data.type == "PANO" and unfit_render(scene):
        return None
    world = [list(row) for row in seen.matrix_world.normalized()]
    return {"world": world, "projection": _projection(scene, seen)}


def _projection(scene: Scene, camera: Object) -> list[list[float]] | None:
    if camera.data.type == "PANO":
        return None
    width, height = size_of(scene)
    matrix = camera.calc_matrix_camera(
        bpy.context.evaluated_depsgraph_get(),
        x=width,
        y=height,
        scale_x=scene.render.pixel_aspect_x,
        scale_y=scene.render.pixel_aspect_y,
    )
    return [list(row) for row in matrix]


def write_cameras(shot: Shot) -> Path | None:
    """Write the cameras of all frames that are there into one file and return it; None if one has none."""
    cameras: dict[str, Any] = {}
    head, tail = safe_name(shot.scene), re.compile(r"_(\d{4,})$")
    for path in sorted(Path(shot.folder).glob("*.json")):
        number = tail.search(path.stem)
        if number is not None and path.stem[: number.start()] == head:
            cameras[str(int(number[1]))] = (_facts(path) or {}).get("camera")
    if not cameras or None in cameras.values():
        return None
    _write(shot.cameras, {"frames": cameras})
    return shot.cameras


def _write(path: Path, facts: Any) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(facts), encoding="utf-8")
    part.replace(path)
