"""Which jobs work on a sequence: each keeps a sign of life in ``.stylize`` beside the frames."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

from ..errors import PictureError, StylizeError
from ..files.durable import is_abandoned, sweep
from ..files.identity import FORM, identity
from .ledger import FOLDER

STALE = 120.0
"""Seconds without a sign of life after which a job on another machine is taken for dead."""
MARK = re.compile(
    rf"(?P<name>.+)\.(?P<settings>[0-9a-f]{{16}})\.(?:(?P<who>{FORM})\.)?[0-9a-f]{{8}}\.busy"
)
"""A digest of the output's name and one of the settings, and the process; once the name, and no process."""


@dataclass(slots=True)
class Presence:
    """A sign of life: a file whose time is renewed while a job runs."""

    mark: Path
    last: float = 0.0

    def beat(self) -> None:
        """Renew the sign, at most every few seconds."""
        if time.monotonic() - self.last > STALE / 12:
            self.last = time.monotonic()
            with suppress(OSError):
                os.utime(self.mark)


@contextmanager
def announce_work(output: Path, settings: str) -> Iterator[Presence]:
    """Say that this process is at work on a sequence, until the block ends.

    What killed processes have left behind is removed.

    Args:
        output: The pattern of its frames.
        settings: Digest of its settings.

    Raises:
        PictureError: if the folder cannot be written to.
        StylizeError: if another job is at work there, with other settings.
    """
    what = blake2b(os.fsencode(output.name), digest_size=8).hexdigest()
    name = f"{what}.{settings[:16]}.{identity()}.{uuid4().hex[:8]}.busy"
    mark = output.parent / FOLDER / name
    try:
        for other, found in _arrive(output, mark).items():
            same = found["name"] in (what, output.name)
            if (
                same
                and found["settings"] != settings[:16]
                and not is_abandoned(other, found["who"], STALE)
            ):
                raise StylizeError(
                    f"another job with other settings is writing {output}; wait for its end, choose "
                    f"another output, or delete {other} if that job is dead"
                )
        yield Presence(mark)
    finally:
        with suppress(OSError):
            mark.unlink(missing_ok=True)


def _arrive(output: Path, mark: Path) -> dict[Path, re.Match[str]]:
    """Write a mark, remove those of dead jobs, and return those of other jobs; other files are left alone."""
    folder = mark.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark.touch()
        names = [path.name for path in folder.iterdir() if path != mark]
    except OSError as error:
        raise PictureError(f"cannot write {output}: {error.strerror or error}") from error
    sweep(folder)
    sweep(output.parent)
    found = {folder / name: match for name in names if (match := MARK.fullmatch(name))}
    for other in [path for path, match in found.items() if is_abandoned(path, match["who"])]:
        del found[other]
        with suppress(OSError):
            other.unlink()
    return found
