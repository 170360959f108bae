"""Installing the engine: an environment of its own, made from the lock by child processes."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..engine import NEEDED, QUIET, EngineError, environment, missing_in, own_folder, python_in
from ..time_left import Status
from .failures import explain
from .locked_pip import (
    digest_of,
    install_command,
    lock_options,
    pip_environment,
)
from .plan import LOCKS, Plan, check_space, plan_engine

PART = ".part"
DOWNLOADS = "downloads"
"""Where pip keeps files before they are unpacked; a system's own place for such is often small."""
STAMP = "lock.txt"
"""Holds the digest of the lock that an environment was made from."""
MADE, FETCHED = 0.02, 0.97
"""Share of the work that is done when the environment exists, and when all is installed in it."""
UNPACKED = 60e6
"""Bytes of modules beyond which pip is unpacking, not downloading: itself it has fewer."""
Measure = Callable[[], Status]


def install(*, cpu_only: bool) -> Iterator[Status]:
    """Make the engine's environment, yielding lines of progress; closing the iterator undoes it.

    It is made under another name and renamed when it is complete.

    Raises:
        EngineError: if it cannot be installed here or a step fails; an older installation stays.
    """
    plan = plan_engine(cpu_only=cpu_only)
    check_space(plan)
    part = plan.folder.with_name(plan.folder.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield from _make(plan, part)
        yield Status(FETCHED, "Looking whether everything is there")
        _check(part)
        shutil.rmtree(plan.folder, ignore_errors=True)
        part.rename(plan.folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def is_current() -> bool:
    """Return whether the installed engine has the versions of this version of the add-on."""
    stamp = own_folder() / STAMP
    locks = (LOCKS / "engine.txt", LOCKS / "engine-cpu.txt")
    return stamp.is_file() and stamp.read_text(encoding="utf-8") in map(digest_of, locks)


def _make(plan: Plan, part: Path) -> Iterator[Status]:
    making = "Making an environment"
    yield from _run(
        plan, making, environment_command(part), environment(), lambda: Status(0, making)
    )
    downloads, python = part / DOWNLOADS, python_in(part)
    downloads.mkdir()
    words = pip_environment(python) | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(downloads))
    index = ("--extra-index-url", plan.index) if plan.index else ()
    command = install_command(python, "--no-cache-dir", *index, *lock_options(plan.lock))
    yield from _run(plan, "Installing", command, words, lambda: measure(plan, part))
    shutil.rmtree(downloads, ignore_errors=True)
    (part / STAMP).write_text(digest_of(plan.lock), encoding="utf-8")


def environment_command(part: Path) -> Sequence[str]:
    """Return the command that makes an empty environment with Blender's Python."""
    return (sys.executable, "-I", "-m", "venv", str(part))


def measure(plan: Plan, part: Path) -> Status:
    """Return an installation's progress from its files on the disk; pip's own lines are not for users."""
    files = [path for path in (part / DOWNLOADS).rglob("*.whl") if path.is_file()]
    loaded, unpacked = (
        _count_bytes(part / DOWNLOADS),
        _count_bytes(part / ("Lib" if os.name == "nt" else "lib")),
    )
    done = min(1.0, (loaded + unpacked) / (plan.download + plan.disk))
    if unpacked > UNPACKED:
        text = f"Unpacking: {unpacked / 1e9:.1f} of {plan.disk / 1e9:.1f} GB"
    else:
        number = f"{min(max(len(files), 1), plan.packages)} of {plan.packages}"
        text = f"Downloading package {number}: {loaded / 1e6:,.0f} of {plan.download / 1e6:,.0f} MB"
    return Status(MADE + (FETCHED - MADE) * done, text)


def _count_bytes(folder: Path) -> int:
    """Return the bytes in a folder, which changes while it is read."""
    size = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                size += Path(place, name).lstat().st_size
    return size


def _run(
    plan: Plan, text: str, command: Sequence[str], words: dict[str, str], progress: Measure
) -> Iterator[Status]:
    """Run a step in a folder without files that could disturb it, yielding its progress."""
    process = subprocess.Popen(  # noqa: S603  # commands of this module
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        env=words, cwd=plan.folder.parent, **QUIET,
    )  # fmt: skip  # one call
    output: deque[str] = deque(maxlen=200)
    latest = [Status(0, text)]
    readers = [
        threading.Thread(target=_read, args=(process, output), daemon=True),
        threading.Thread(target=_watch, args=(process, progress, latest), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        while process.poll() is None:
            yield latest[0]
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        process.stdout.close()
    if process.returncode:
        sys.stderr.write("\n".join([*output, ""]))
        raise EngineError(explain(text, output, process.returncode, plan))


def _read(process: "subprocess.Popen[str]", output: "deque[str]") -> None:
    for line in process.stdout:
        output.append(line.strip())


def _watch(process: "subprocess.Popen[str]", progress: Measure, latest: list[Status]) -> None:
    """Measure while a process runs, in a thread, because it has to look at thousands of files."""
    while process.poll() is None:
        latest[0] = progress()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)


def _check(part: Path) -> None:
    """Check that an environment has the modules that the engine imports.

    Raises:
        EngineError: if some are missing.
    """
    if missing := missing_in(python_in(part)):
        raise EngineError(
            f"The installation is not complete: {', '.join(missing)} of {len(NEEDED)} lack; try again"
        )


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
