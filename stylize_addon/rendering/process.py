"""Rendering without blocking the window: a second Blender renders from a copy of the file."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import StylizeError
from ..meanwhile import meanwhile
from ..painted import copying, painted_images, write_painted
from ..second_blender import STOPPED, SecondBlender
from .frame_render import remove_parts, render
from .frames import FrameFiles

DOES = "renders the frames"
NO_DRIVER = (
    "; EEVEE needs OpenGL or Vulkan, which this machine may lack: install a graphics driver (Mesa does "
    "without a graphics card), or render with Cycles"
)


def render_frames(frame_files: FrameFiles, frames: Sequence[int]) -> Iterator[int]:
    """Render frames, yielding the number of done frames repeatedly.

    Closing the iterator stops rendering.

    Raises:
        StylizeError: if a frame cannot be rendered or written.
    """
    if bpy.app.background and not _needs_driver(frame_files):
        yield from (count + 1 for count, _ in enumerate(render(frame_files, frames)))
        return
    yield from render_in_process(frame_files, frames)


def _needs_driver(frame_files: FrameFiles) -> bool:
    """Return whether rendering needs a graphics driver: without one, Blender itself would crash."""
    return "EEVEE" in bpy.data.scenes[frame_files.scene].render.engine


def render_in_process(frame_files: FrameFiles, frames: Sequence[int]) -> Iterator[int]:
    """Render frames in a second Blender, without blocking the window; yield how many are done."""
    work = Path(tempfile.mkdtemp(prefix="stylize_"))
    try:
        request: dict[str, Any] = {"task": "render", "frames": list(frames), "painted": []}
        request |= {"file": str(work / "scene.blend"), "frame_files": frame_files.to_json()}
        write_copy(Path(request["file"]))
        for picture in write_painted(painted_images(i for i in bpy.data.images if i.users), work):
            request["painted"].append(picture)
            yield 0
        with closing(RenderProcess(frame_files, request, work)) as process:
            yield from process.steps()
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_copy(path: Path) -> None:
    """Write the open file in its current state to another path; the window waits for it.

    It is written completely, by Save As: a library of the scene and everything it uses, as for bakes, lacks
    data that drivers find by name, registered texts and, in Blender 5.2, baked simulations. A library is
    hardly faster: most time is for compression and the scene's preview.

    Raises:
        StylizeError: if it cannot be written.
    """
    preferences = bpy.context.preferences
    plain = {"file_preview_type": "NONE"}
    changed = {"is_dirty": preferences.is_dirty}  # they were set meanwhile, but have not changed
    with (
        copying("The file", path.parent),
        meanwhile(preferences, changed),
        meanwhile(preferences.filepaths, plain),
    ):
        bpy.ops.wm.save_as_mainfile(
            filepath=str(path), copy=True, check_existing=False, compress=False
        )


class RenderProcess:
    """A second Blender that renders. Nothing here blocks, except ``close``."""

    def __init__(self, frame_files: FrameFiles, request: Mapping[str, Any], work: Path) -> None:
        """Start it with a request for ``blender_child``; ``work`` is a folder of its own."""
        self._frame_files = frame_files
        self._lacks_driver = bpy.app.background and _needs_driver(frame_files)
        self._blender = SecondBlender(request, work, DOES)

    def steps(self) -> Iterator[int]:
        """Yield the number of done frames until the end."""
        count = 0
        while True:
            yield count
            try:
                for message in self._blender.messages():
                    if "done" in message:
                        return
                    count += 1
            except StylizeError as error:
                stopped = STOPPED.format(DOES)
                if self._lacks_driver and str(error).startswith(stopped):
                    raise StylizeError(stopped + NO_DRIVER) from error
                raise

    def close(self) -> None:
        """End the process, even during a frame."""
        self._blender.close()
        remove_parts(self._frame_files, self._blender.pid)
