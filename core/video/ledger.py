"""What of a film is finished, and who is at work on it: small files in ``.stylize`` beside the frames.

Each frame has its own record, so that any number of machines may share the folder.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..errors import PictureError, StylizeError

FOLDER = ".stylize"
STALE = 120.0
"""Seconds without a sign of life after which a job is taken for dead."""
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Ledger:
    """Records of one film's frames."""

    folder: Path
    film: str
    """Digest of the settings: what a frame's picture depends on besides the frames."""

    def finished(self, output: Path, source: str) -> bool:
        """Return whether a frame is there, made with these settings from a file of this digest."""
        record = self._record(output)
        return (
            record is not None
            and record.get("film") == self.film
            and record.get("source") == source
            and output.is_file()
            and output.stat().st_size == record.get("bytes")
        )

    def ours(self, output: Path) -> bool:
        """Return whether a file was made by a film, of whatever settings, and not changed since."""
        record = self._record(output)
        return record is not None and output.stat().st_size == record.get("bytes")

    def note(self, output: Path, source: str) -> None:
        """Record that a frame is finished.

        Raises:
            PictureError: if the folder cannot be written to.
        """
        text = json.dumps({"film": self.film, "source": source, "bytes": output.stat().st_size})
        path = self._path(output)
        part = path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")
        try:
            path.parent.mkdir(exist_ok=True)
            part.write_text(text, "utf-8")
            part.replace(path)
        except OSError as error:
            raise PictureError(
                f"cannot write {path}: {error.strerror or error}; the frame itself is finished"
            ) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    @contextmanager
    def at_work(self, name: str) -> Iterator["Presence"]:
        """Say that this process is at work on frames of that name, until the block ends.

        Raises:
            StylizeError: if another one is, with other settings.
        """
        busy = self.folder / FOLDER
        try:
            busy.mkdir(parents=True, exist_ok=True)
            self._check_others(busy, name)
            mark = busy / f"{name}.{self.film[:16]}.{uuid4().hex[:8]}.busy"
            mark.touch()
        except OSError as error:
            raise PictureError(f"cannot write into {busy}: {error.strerror or error}") from error
        try:
            yield Presence(mark)
        finally:
            with suppress(OSError):
                mark.unlink(missing_ok=True)

    def _check_others(self, busy: Path, name: str) -> None:
        for mark in busy.glob("*.busy"):
            of, film, _ = mark.name.removesuffix(".busy").rsplit(".", 2)
            with suppress(OSError):  # it may end at this moment
                alive = time.time() - mark.stat().st_mtime < STALE
                if of == name and film != self.film[:16] and alive:
                    raise StylizeError(
                        f"another job with other settings is writing {name} into {self.folder}; wait for "
                        f"its end, choose another output, or delete {mark} if that job is dead"
                    )

    def _path(self, output: Path) -> Path:
        return self.folder / FOLDER / f"{output.name}.json"

    def _record(self, output: Path) -> dict[str, Any] | None:
        try:
            found = json.loads(self._path(output).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and output.is_file() else None


@dataclass(slots=True)
class Presence:
    """A sign of life."""

    mark: Path
    last: float = 0.0

    def beat(self) -> None:
        """Renew the sign, at most every few seconds."""
        if time.monotonic() - self.last > STALE / 12:
            self.last = time.monotonic()
            with suppress(OSError):
                os.utime(self.mark)


def digest_file(path: Path) -> str:
    """Return a digest of a file's bytes.

    Raises:
        PictureError: if it cannot be read.
    """
    found = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                found.update(piece)
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror or error}") from error
    return found.hexdigest()
