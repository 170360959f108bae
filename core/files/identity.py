"""A process's identity as a word, by which another process can find out whether it still runs.

The word has three numbers: the machine, the process id, and the start time, since ids are used again.
"""

import os
import platform
import re
import sys
import uuid
from functools import cache
from hashlib import blake2b
from pathlib import Path

import psutil

FORM = r"[0-9a-f]{12}-[0-9a-f]+-[0-9a-f]+"
"""What ``identity`` returns, as a regular expression."""
PROC = Path("/proc")


def identity() -> str:
    """Return this process's identity, in letters that a file's name may have."""
    return _identity(os.getpid())


def is_running(word: str) -> bool | None:
    """Return whether the process of this identity still runs.

    None if that cannot be known: it is on another machine or in another container, or it is no identity.
    """
    if not re.fullmatch(FORM, word):
        return None
    host, process, began = word.split("-")
    if host != _host():
        return None
    try:
        return _began(int(process, 16)) == int(began, 16)
    except (ProcessLookupError, psutil.NoSuchProcess, OverflowError):
        return False
    except (OSError, psutil.Error):
        return None


@cache
def _identity(process: int) -> str:
    return f"{_host()}-{process:x}-{_began(process):x}"


@cache
def _host() -> str:
    """Return a digest of where process ids are unique: this boot of the machine, or this container."""
    facts = [platform.node(), sys.platform]
    try:
        facts += [(PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()]
        facts += [str((PROC / "self/ns/pid").readlink())]
    except OSError:  # only Linux has these
        facts += [f"{uuid.getnode():x}"]
    return blake2b("\n".join(facts).encode("utf-8", "replace"), digest_size=6).hexdigest()


def _began(process: int) -> int:
    """Return when a process began, in ticks of its machine; on Linux no change of the clock changes them.

    Raises:
        ProcessLookupError, psutil.NoSuchProcess: if there is none, or it has ended (a zombie).
    """
    if not (PROC / "self/stat").exists():
        return round(psutil.Process(process).create_time() * 1000)
    try:
        state, *facts = (
            (PROC / str(process) / "stat").read_text("latin-1").rpartition(")")[2].split()
        )
    except FileNotFoundError:
        os.kill(process, 0)  # whether it is only hidden, as others' processes may be
        raise
    if state in "ZX":
        raise ProcessLookupError
    return int(facts[18])
