"""Rendering without holding up the window: a Blender of its own renders from a copy of the file.

The copy is a temporary one; the child says on stdout which frames are done, and ends when its stdin is
closed, so that it does not outlive the window.
"""

import atexit
import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import bpy

from ..core.errors import StylizeError
from .engine import QUIET
from .frame_render import remove_parts, render
from .frames import Shot

CHILD = Path(__file__).with_name("render_child.py")
PREFIX = "stylize-render "
"""What the child's own lines begin with; Blender talks a lot."""
STOPPED = "The Blender that renders the frames stopped unexpectedly"
NO_DRIVER = (
    "; EEVEE needs OpenGL or Vulkan, which this machine may lack: install a graphics driver (Mesa does "
    "without a graphics card), or render with Cycles"
)
GRACE = 3.0
"""Seconds that it gets to end by itself."""


def rendering(shot: Shot, frames: Sequence[int]) -> Iterator[int]:
    """Render frames: yield again and again how many are done.

    Closing the iterator ends it.

    Raises:
        StylizeError: if a frame cannot be rendered or written.
    """
    if bpy.app.background and not _draws(shot):
        yield from (count + 1 for count, _ in enumerate(render(shot, frames)))
        return
    yield from in_a_process(shot, frames)


def _draws(shot: Shot) -> bool:
    """Return whether rendering needs a graphics driver: without one Blender as a whole would crash."""
    return "EEVEE" in bpy.data.scenes[shot.scene].render.engine


def in_a_process(shot: Shot, frames: Sequence[int]) -> Iterator[int]:
    """Do the same in a Blender of its own, which the window does not wait for."""
    work = Path(tempfile.mkdtemp(prefix="stylize_"))
    try:
        process = RenderProcess(shot, frames, work)
        try:
            yield from process.steps()
        finally:
            process.close()
    finally:
        shutil.rmtree(work, ignore_errors=True)


class RenderProcess:
    """A Blender that renders. Nothing here waits, except ``close``."""

    def __init__(self, shot: Shot, frames: Sequence[int], work: Path) -> None:
        """Start it on a copy of the open file; ``work`` is a folder of its own."""
        self._said: deque[str] = deque(maxlen=40)
        self._shot = shot
        self._lacks_driver = bpy.app.background and _draws(shot)
        self._lines: queue.Queue[str | None] = queue.Queue()
        copy, request = work / "scene.blend", work / "request.json"
        bpy.ops.wm.save_as_mainfile(filepath=str(copy), copy=True, check_existing=False)
        request.write_text(
            json.dumps({"file": str(copy), "frames": list(frames), "shot": shot.to_json()}),
            encoding="utf-8",
        )
        self._process = subprocess.Popen(  # noqa: S603  # this Blender once more
            _command(copy, request),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            **QUIET,
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def steps(self) -> Iterator[int]:
        """Yield how many frames are done, to the end."""
        count = 0
        while True:
            yield count
            for line in self._new_lines():
                if line is None:
                    why = NO_DRIVER if self._lacks_driver else self._last()
                    raise StylizeError(f"{STOPPED}{why}")
                message = json.loads(line)
                if "error" in message:
                    raise StylizeError(message["error"])
                if "done" in message:
                    return
                count += 1

    def _new_lines(self) -> Iterator[str | None]:
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._lines.get_nowait()

    def close(self) -> None:
        """End it, whatever it does."""
        atexit.unregister(self.close)
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(0.1 if self._process.poll() is None else GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(GRACE)
        self._process.stdout.close()
        remove_parts(self._shot, self._process.pid)

    def _read(self) -> None:
        for line in self._process.stdout:
            if line.startswith(PREFIX):
                self._lines.put(line.removeprefix(PREFIX))
            else:
                self._said.append(line.strip())
        self._lines.put(None)

    def _last(self) -> str:
        last = next((line for line in reversed(self._said) if line), "")
        return f": {last}" if last else "; try again"


def _command(copy: Path, request: Path) -> list[str]:
    """Return how to start it; where bpy is a module its Python does what Blender would."""
    if bpy.app.binary_path:
        options = ("--background", str(copy), "--python-exit-code", "1", "--python", str(CHILD))
        return [bpy.app.binary_path, *options, "--", str(request)]
    return [sys.executable, str(CHILD), "--", str(request)]
