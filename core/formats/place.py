"""A file's place: links, the owner and rights of what it replaces, and whether it can be written."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from ..errors import PictureError


def identify(path: str | Path) -> tuple[int, int] | Path:
    """Return what is the same for every name and link of a file, which need not exist."""
    real = real_path(path)
    try:
        status = real.stat()
    except (OSError, ValueError):
        return real
    return status.st_dev, status.st_ino


def real_path(path: str | Path) -> Path:
    """Return a path with all links followed; a link that leads back to itself is returned as it is."""
    with suppress(OSError, ValueError):
        return Path(os.path.realpath(path))
    return Path(path)


def follow_links(path: Path) -> Path:
    """Return the file that is replaced where ``path`` is a link to it.

    Raises:
        PictureError: if the link leads back to itself.
    """
    real = real_path(path) if path.is_symlink() else path
    if real.is_symlink():
        raise PictureError(f"cannot write {path}: the link leads back to itself")
    return real


def keep_rights(path: Path, new: Path) -> None:
    """Give a new file the owner and rights of the one that it replaces, as far as permitted."""
    try:
        old = path.stat()
    except OSError:
        return
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(new, old.st_uid, old.st_gid)
    with suppress(OSError):
        new.chmod(stat.S_IMODE(old.st_mode))


def try_place(path: Path) -> None:
    """Raise OSError if no file of this name can be written."""
    with suppress(FileNotFoundError):
        path.lstat()  # a name may be too long
    with tempfile.TemporaryFile(dir=path.parent):
        pass
