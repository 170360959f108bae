"""A second Blender process that works on a copy of the file, so that the window is not blocked.

It prints its progress on stdout, and ends when its stdin is closed, so that it does not outlive the window.
"""

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import StylizeError
from .engine import QUIET

CHILD = Path(__file__).with_name("blender_child.py")
PREFIX = "stylize-child "
"""What the child's own lines begin with; Blender talks a lot."""
GRACE = 3.0
"""Seconds that it gets to end by itself."""
STOPPED = "The Blender that {} stopped unexpectedly"


class SecondBlender:
    """A second Blender at work. Nothing here blocks, except ``close``."""

    def __init__(
        self, request: Mapping[str, Any], work: Path, does: str, options: Sequence[str] = ()
    ) -> None:
        """Start it.

        Args:
            request: The request for ``blender_child``; its "file" is the copy to open.
            work: A folder of its own.
            does: Its work in words, for the message that it has stopped.
            options: More command-line options of Blender.
        """
        self._does = does
        self._output: deque[str] = deque(maxlen=40)
        self._lines: queue.Queue[str | None] = queue.Queue()
        asked = work / "request.json"
        scripts = not bpy.app.autoexec_fail  # scripts of the file run there if they run here
        asked.write_text(json.dumps({**request, "scripts": scripts}), encoding="utf-8")
        options = (*options, "--enable-autoexec" if scripts else "--disable-autoexec")
        self._process = subprocess.Popen(  # noqa: S603  # this same Blender
            _make_command(request["file"], asked, options),
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

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield its new messages.

        Raises:
            StylizeError: if it reports a failure, or has stopped.
        """
        with contextlib.suppress(queue.Empty):
            while True:
                line = self._lines.get_nowait()
                if line is None:
                    raise StylizeError(STOPPED.format(self._does) + self._quote_last())
                message = json.loads(line)
                if "error" in message:
                    raise StylizeError(message["error"])
                yield message

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

    def _read(self) -> None:
        for line in self._process.stdout:
            if line.startswith(PREFIX):
                self._lines.put(line.removeprefix(PREFIX))
            else:
                self._output.append(line.strip())
        self._lines.put(None)

    def _quote_last(self) -> str:
        last = next((line for line in reversed(self._output) if line), "")
        return f": {last}" if last else "; try again"


def _make_command(copy: str, request: Path, options: Sequence[str]) -> list[str]:
    """Return the command that starts it; if bpy is a module, its Python takes Blender's place."""
    if bpy.app.binary_path:
        ours = ("--python-exit-code", "1", "--python", str(CHILD), "--", str(request))
        return [bpy.app.binary_path, "--background", *options, copy, *ours]
    return [sys.executable, str(CHILD), "--", str(request)]
