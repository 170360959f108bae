"""A scene's frames with their passes: their files, the missing ones, and the camera in each.

Each is a multilayer EXR of the renderer, before the compositor, with a JSON file of its settings and its
camera beside it. With Motion Blur no renderer writes motion; then a separate file has the motion, rendered
without blur and with as little else as possible.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Object, Scene

from ...core.errors import StylizeError
from ...core.video.frames import Pattern
from ..materials.panorama import unfit_render
from .view_layers import layer_of, name_of

FOLDER = "passes"
"""Below the folder of the results."""
MOTION = "motion"
"""Below that one: files of motion alone."""
NO_CAMERA = "The scene {} has no camera; add one, or choose one in the Scene properties"


@dataclass(frozen=True, slots=True)
class FrameFiles:
    """A scene's rendered frames: their files, numbers, view layer, and how they are rendered."""

    scene: str
    folder: str
    """Their folder."""
    first: int
    last: int
    layer: str
    """The rendered view layer."""
    name: str
    """Their files' name before the number."""
    diffuse: bool = False
    """Whether they have the passes of diffuse colour and light."""
    blur: bool = False
    """Whether they have Motion Blur."""
    exact: bool = True
    """Whether they need exact motion, from a Vector pass."""

    @property
    def pattern(self) -> str:
        """Their files, with a # for each digit."""
        return str(Path(self.folder) / f"{self.name}_####.exr")

    @property
    def vectors(self) -> str | None:
        """The pattern of the separate motion files; None if the frames themselves hold vectors."""
        if not (self.blur and self.exact):
            return None
        return str(Path(self.folder) / MOTION / f"{self.name}_####.exr")

    @property
    def cameras(self) -> Path:
        """The file of all their cameras."""
        return Path(self.folder) / f"{self.name}_cameras.json"

    def path(self, frame: int) -> Path:
        """Return the file of one frame."""
        return Pattern.read(self.pattern).path(frame)

    def motion_path(self, frame: int) -> Path | None:
        """Return the separate motion file of one frame; None if the frame itself holds vectors."""
        return Pattern.read(self.vectors).path(frame) if self.vectors else None

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))


def frame_files_of(
    scene: Scene,
    folder: Path,
    frames: tuple[int, int],
    *,
    layer: str = "",
    diffuse: bool = False,
    keep_blur: bool = False,
) -> FrameFiles:
    """Return the files of a scene's frames.

    Args:
        scene: The scene.
        folder: Folder of results; frames are in a folder below it.
        frames: The first and the last frame.
        layer: The view layer's name, or empty, as for ``layer_of``.
        diffuse: Whether the passes of diffuse colour and light are needed.
        keep_blur: Whether Motion Blur stays if the scene has it.

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
    chosen, blur = layer_of(scene, layer), keep_blur and scene.render.use_motion_blur
    name = name_of(scene, chosen)
    return FrameFiles(scene.name, str(folder / FOLDER), *frames, chosen.name, name, diffuse, blur)


def find_missing(frame_files: FrameFiles, *, again: bool = False) -> list[int]:
    """Return the frames that must be rendered: missing ones, and those made with other settings."""
    scene = bpy.data.scenes[frame_files.scene]
    made_with = settings_of(scene, frame_files)
    frames = range(frame_files.first, frame_files.last + 1)
    return [n for n in frames if again or _read_settings(frame_files, n) != made_with]


def settings_of(scene: Scene, frame_files: FrameFiles) -> dict[str, Any]:
    """Return those settings of a frame that its file does not show."""
    render = scene.render
    samples = scene.cycles.samples if render.engine == "CYCLES" else scene.eevee.taa_render_samples
    return {
        "engine": render.engine,
        "samples": samples,
        "size": list(size_of(scene)),
        "pixel": [round(render.pixel_aspect_x, 6), round(render.pixel_aspect_y, 6)],
        "border": _read_border(scene),
        "transparent": render.film_transparent,
        "layer": frame_files.layer,
        "blur": frame_files.blur,
    }


def size_of(scene: Scene) -> tuple[int, int]:
    """Return width and height of a scene's frames in pixels."""
    render = scene.render
    share = render.resolution_percentage
    return render.resolution_x * share // 100, render.resolution_y * share // 100


def _read_border(scene: Scene) -> list[float]:
    render = scene.render
    if not render.use_border:
        return []
    edges = (render.border_min_x, render.border_max_x, render.border_min_y, render.border_max_y)
    return [*(round(edge, 6) for edge in edges), float(render.use_crop_to_border)]


def _read_settings(frame_files: FrameFiles, frame: int) -> dict[str, Any] | None:
    path, motion = frame_files.path(frame), frame_files.motion_path(frame)
    facts = _facts(path)
    if facts is None or not path.is_file() or (frame_files.diffuse and not facts.get("diffuse")):
        return None
    if motion is not None and not (facts.get("motion") and motion.is_file()):
        return None
    return facts.get("made")


def _facts(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def camera_facts(scene: Scene) -> dict[str, Any] | None:
    """Return the current matrices of a scene's camera; None for a panorama of less than 360°."""
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        return None
    graph = bpy.context.evaluated_depsgraph_get()
    seen = camera.evaluated_get(graph)
    if seen.data.type == "PANO" and unfit_render(scene):
        return None
    world = [list(row) for row in seen.matrix_world.normalized()]
    return {"world": world, "projection": _compute_projection(scene, seen)}


def _compute_projection(scene: Scene, camera: Object) -> list[list[float]] | None:
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


def write_cameras(frame_files: FrameFiles) -> Path | None:
    """Write the cameras of all existing frames into one file and return it; None if a camera is missing."""
    cameras: dict[str, Any] = {}
    head, tail = frame_files.name, re.compile(r"_(\d{4,})$")
    for path in sorted(Path(frame_files.folder).glob("*.json")):
        number = tail.search(path.stem)
        if number is not None and path.stem[: number.start()] == head:
            cameras[str(int(number[1]))] = (_facts(path) or {}).get("camera")
    if not cameras or None in cameras.values():
        return None
    write_facts(frame_files.cameras, {"frames": cameras})
    return frame_files.cameras


def write_facts(path: Path, facts: Any) -> None:
    """Write a file of facts in one step, so that it is never half-written."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(facts), encoding="utf-8")
    part.replace(path)
