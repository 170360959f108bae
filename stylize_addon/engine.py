"""The engine's process: choosing its Python, and messages to and from it. Blender never imports torch."""

import atexit
import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import StylizeError
from ..core.request.hand_job import HandJob
from ..core.request.picture_job import Job
from ..core.request.sequence_job import SequenceJob
from ..core.request.toon_job import ToonJob
from ..core.threads import passive_environment

ROOT = Path(__file__).resolve().parent.parent
"""The extension's folder, which holds ``core``."""
PACKAGE = __package__.rpartition(".")[0]
NEEDED = ("torch", "numpy", "PIL", "cv2", "OpenImageIO", "safetensors", "scipy", "psutil")
"""What the engine imports."""
GRACE = 5.0
"""Seconds to wait for the last output of a process that has ended."""
END = 1.0
"""Seconds that a process may take to end by itself before it is killed."""
PROBE = """
import importlib.util, sys
missing = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]
print(" ".join(missing) or "complete")
"""
QUIET: dict[str, Any] = {"creationflags": subprocess.CREATE_NO_WINDOW} if os.name == "nt" else {}
HOW = "install it in Preferences > Add-ons > Stylize, or choose a Python there that has PyTorch"


class EngineError(StylizeError):
    """The engine cannot be found, does not start, or has stopped."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Python that may run the engine, and the setting that names it."""

    python: Path
    origin: str


def own_folder() -> Path:
    """Return the folder of the environment that this add-on installs."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="engine"))
    except ValueError:
        return Path(bpy.utils.user_resource("DATAFILES", path="stylize/engine"))


def python_in(folder: Path) -> Path:
    """Return the Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def choose(preferred: str) -> Candidate:
    """Return the first Python of: the preference, STYLIZE_PYTHON, the installed one, the running one.

    A named Python must exist; the running one is used only if it has the modules that the engine needs.

    Raises:
        EngineError: if the named one does not exist, or there is none.
    """
    named = (
        (preferred, "the preferences"),
        (os.environ.get("STYLIZE_PYTHON", ""), "STYLIZE_PYTHON"),
    )
    for path, origin in named:
        if path:
            python = Path(bpy.path.abspath(path)).absolute()
            if not python.is_file():
                raise EngineError(f"The Python that {origin} name, {python}, is not there; {HOW}")
            return Candidate(python, origin)
    own = Candidate(python_in(own_folder()), "installed by this extension")
    if own.python.is_file():
        return own
    running = Candidate(Path(sys.executable or ""), "Blender's own Python")
    if running.python.is_file() and not missing_in(running.python):
        return running
    raise EngineError(f"There is no engine yet; {HOW}")


def is_named(preferred: str) -> bool:
    """Return whether a Python for the engine is named or installed, without starting a process."""
    return bool(preferred or os.environ.get("STYLIZE_PYTHON") or python_in(own_folder()).is_file())


def missing_in(python: Path, needed: Sequence[str] = NEEDED) -> tuple[str, ...]:
    """Return the modules that a Python lacks, by default of the engine's; asked in a new process.

    That process starts in the engine's folder, so that it finds the same modules.

    Raises:
        EngineError: if that Python does not run.
    """
    command = [str(python), "-c", PROBE, *needed]
    try:
        done = subprocess.run(  # noqa: S603  # a Python that the user chose
            command,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            cwd=ROOT,
            env=environment(),
            **QUIET,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(f"{python} does not run as a Python; {HOW}") from error
    output = done.stdout.strip()
    return () if output == "complete" else tuple(output.split())


def environment() -> dict[str, str]:
    """Return the environment for another Python, without Blender's variables; waiting threads sleep."""
    dropped = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return passive_environment(kept) | {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}


class Engine:
    """A running engine process. Nothing here blocks, except ``close`` on request."""

    def __init__(self, python: Path, work: Path) -> None:
        """Start it; its folder ``work`` is removed when it is closed."""
        self.work = work
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._output: deque[str] = deque(maxlen=20)
        self._count = 0
        self._closed = False
        self.ready = False
        """Whether it has said that it can work: PyTorch takes a while to load."""
        try:
            self._process = subprocess.Popen(  # noqa: S603  # a Python that the user chose
                [str(python), "-m", "core.worker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env=environment(),
                **QUIET,
            )
        except OSError as error:
            raise EngineError(
                f"The engine does not start with {python}: {error.strerror}; {HOW}"
            ) from error
        self._threads = [
            threading.Thread(target=self._read_errors, daemon=True),
            threading.Thread(target=self._read_answers, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)

    def send(self, job: Job) -> int:
        """Send a job and return the job's number."""
        return self._ask("job", job)

    def send_sequence(self, sequence: SequenceJob) -> int:
        """Send a sequence and return its number; the answers are like those to a job."""
        return self._ask("film", sequence)

    def send_toon(self, toon: ToonJob) -> int:
        """Send a toon look for renders and return its number; the answers are like those to a job."""
        return self._ask("toon", toon)

    def send_hand(self, hand: HandJob) -> int:
        """Send a picture whose hand is wanted and return its number; the answers are like those to a job."""
        return self._ask("hand", hand)

    def _ask(self, kind: str, asked: Job | SequenceJob | ToonJob | HandJob) -> int:
        self._count += 1
        self._write({"id": self._count, kind: asdict(asked)})
        return self._count

    def cancel(self, number: int) -> None:
        """Request that it stops a job."""
        with contextlib.suppress(EngineError):
            self._write({"cancel": number})

    def poll(self) -> dict[str, Any] | None:
        """Return its next message, or None if there is none yet.

        Raises:
            EngineError: if it has stopped, or reports that it cannot start.
        """
        try:
            message = self._messages.get_nowait()
        except queue.Empty:
            return None
        if "stopped" in message:
            raise EngineError(self._explain_stop())
        if message.get("ready") is False:
            raise EngineError(f"The engine cannot start: {message.get('error')}; {HOW}")
        self.ready = True
        return message

    def close(self, *, wait: bool = True) -> None:
        """End the process (a running job stops at its next step, or is killed) and remove its folder."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        if wait:
            self._end()
        else:
            threading.Thread(target=self._end).start()

    def _end(self) -> None:
        try:
            self._process.wait(END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(GRACE)
        for stream in (self._process.stdout, self._process.stderr):
            stream.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def _write(self, message: dict[str, Any]) -> None:
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise EngineError(self._explain_stop()) from error

    def _read_answers(self) -> None:
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):
                self._messages.put(json.loads(line))
        self._messages.put({"stopped": True})

    def _read_errors(self) -> None:
        for line in self._process.stderr:
            self._output.append(line.rstrip())
            sys.stderr.write(line)

    def _explain_stop(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        self._threads[0].join(GRACE)
        code = self._process.returncode
        last = next((f": {line}" for line in reversed(self._output) if line.strip()), "")
        if code is not None and code < 0:
            return f"The engine was ended from outside (signal {-code}); nothing was changed, so try again"
        return f"The engine stopped unexpectedly (code {code}{last}); nothing was changed"
