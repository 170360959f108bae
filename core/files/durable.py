"""Files that are never half-written: temporary names with their process, syncing, and cleaning up."""

import os
import re
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

from .identity import FORM, identity, is_running

TEMPORARY = re.compile(
    rf"\.stylize-(?:(?P<who>{FORM})-)?[0-9a-f]{{8,12}}(?:\.\w+)?|.+\.json\.[0-9a-f]{{8}}\.part"
)
"""Names of temporary files: the present form, and an earlier one without the process."""
DAY = 86400.0
"""Seconds until a temporary file is removed whose process cannot be checked from here."""


def temporary_name(suffix: str) -> str:
    """Return a name for a file that this process writes, hidden, unique, and short for any file system."""
    return f".stylize-{identity()}-{uuid4().hex[:8]}{suffix}"


def sweep(folder: Path) -> None:
    """Remove temporary files from a folder whose processes have ended; what cannot be removed stays."""
    with suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208  # names that are no UTF-8 do no harm
            if (found := TEMPORARY.fullmatch(name)) and is_abandoned(folder / name, found["who"]):
                with suppress(OSError):
                    (folder / name).unlink()


@cache
def sweep_once(folder: Path) -> None:
    """Sweep a folder, the first time that this process writes into it."""
    sweep(folder)


def is_abandoned(path: Path, who: str | None, age: float = DAY) -> bool:
    """Return whether no process is writing a file any more.

    Args:
        path: The file.
        who: The identity of its process, if it is known.
        age: Seconds without a change that decide it where the process cannot be checked.
    """
    running = None if who is None else is_running(who)
    if running is not None:
        return not running
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > age
    return False


def sync(path: Path) -> None:
    """Wait until a file, or a folder's entries, are on the disk, where the system supports it."""
    folder = path.is_dir()
    if folder and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError:
        if not folder:  # some network drives know this of files alone
            raise
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write a small file so that, even after a power cut, either the new or the old content is there.

    Raises:
        OSError: if it cannot be written.
    """
    temporary = path.with_name(temporary_name(path.suffix))
    try:
        temporary.write_text(text, "utf-8")
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
