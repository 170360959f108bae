"""Installing the engine: an environment of its own, made by child processes, in the user's folder."""

import contextlib
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .engine import NEEDED, QUIET, EngineError, environment, missing_in, own_folder, python_in
from .texture_run import Status

REQUIREMENTS = (
    "numpy>=1.26,<3",
    "torch>=2.6,<3",
    "pillow>=11,<14",
    "opencv-python-headless>=4.10,<6",
    "OpenImageIO>=3.2,<4",
    "safetensors>=0.4.5,<1",
    "scipy>=1.13,<2",
    "psutil>=6,<8",
    "opencolorio>=2.3,<3",
)
"""The engine's dependencies, as ``pyproject.toml`` has them."""
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PART = ".part"


def install(*, cpu_only: bool) -> Iterator[Status]:
    """Make the engine's environment, a line of progress at a time; closing the iterator undoes it.

    It is made under another name and gets its own only when it is complete.

    Raises:
        EngineError: if a step fails; what was there before stays.
    """
    folder = own_folder()
    part = folder.with_name(folder.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        for count, (text, command) in enumerate(_steps(part, cpu_only=cpu_only)):
            yield from _run(text, command, count / 3)
        yield Status(0.95, "Looking whether everything is there")
        if missing := missing_in(python_in(part)):
            raise EngineError(
                f"The installation is not complete: {', '.join(missing)} of {len(NEEDED)} lack"
            )
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _steps(part: Path, *, cpu_only: bool) -> Iterator[tuple[str, Sequence[str]]]:
    pip = (
        str(python_in(part)),
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
    )
    torch = [name for name in REQUIREMENTS if name.startswith("torch")]
    index = ("--index-url", CPU_INDEX) if cpu_only and sys.platform != "darwin" else ()
    yield "Making an environment", (sys.executable, "-m", "venv", str(part))
    yield "Installing PyTorch", (*pip, *index, *torch)
    yield "Installing the rest", (*pip, *REQUIREMENTS)


def _run(text: str, command: Sequence[str], done: float) -> Iterator[Status]:
    """Run a step, yielding its latest line while it lasts."""
    yield Status(done, text)
    process = subprocess.Popen(  # noqa: S603  # commands of this module
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        env=environment(), **QUIET,
    )  # fmt: skip  # one call
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    said: deque[str] = deque(maxlen=200)
    try:
        while process.poll() is None or not lines.empty() or reader.is_alive():
            with contextlib.suppress(queue.Empty):
                said.append(lines.get(timeout=0.02).strip())
            last = next(filter(None, reversed(said)), "")
            yield Status(done, f"{text}: {last[:80]}" if last else text)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
    if process.returncode:
        why = _reason(said) or f"code {process.returncode}"
        raise EngineError(f"{text} failed: {why}; try again, or choose a Python that has PyTorch")


def _reason(said: Iterable[str]) -> str:
    """Return what says why a step failed: venv and pip go on talking after it."""
    lines = [line for line in said if line]
    telling = re.search(
        r"ERROR: (.*)|(ensurepip is not\s+available)|(No module named .*)", "\n".join(lines)
    )
    why = telling.group(telling.lastindex or 0) if telling else (lines[-1] if lines else "")
    return " ".join(why.split())


def _read(process: "subprocess.Popen[str]", lines: "queue.Queue[str]") -> None:
    for line in process.stdout:
        lines.put(line)


def remove() -> bool:
    """Remove the installed environment; return whether there was one."""
    folder = own_folder()
    existed = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise EngineError(
            f"{folder} cannot be removed; close what uses it and try again ({os.name})"
        )
    return existed
