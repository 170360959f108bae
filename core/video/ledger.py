"""Records of a sequence's finished frames: small files in ``.stylize`` beside them.

Each frame has its own record, so that any number of machines may share the folder. It is written before the
frame gets its name and holds a digest of it: whenever a job is killed, the frame is there as the record says,
or it is not. What was there before is ours as well, so the record names that too.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..errors import ParamsError, PictureError
from ..files.durable import write_text
from ..files.typed import read_json, read_typed

FOLDER = ".stylize"
PIECE = 1 << 20
BEFORE = 2
"""How many earlier files a record remembers: the existing one, and one that another job may be writing."""
LONGEST = 255
"""Bytes that a file's name may have."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a finished frame."""

    film: str
    """Digest of the settings; records on disk call it so."""
    source: str
    """Digest of the files that it was made from."""
    bytes: int
    digest: str | None = None
    """Of the frame's own bytes; the first records had none."""

    def fit(self, path: Path) -> bool:
        """Return whether a file is this frame, unchanged."""
        if path.stat().st_size != self.bytes:
            return False
        return self.digest is None or self.digest == digest_file(path)


@dataclass(frozen=True, slots=True)
class Record(Facts):
    """Facts about a frame that is about to be renamed into place, and about what may be there until then."""

    before: tuple[Facts, ...] = ()

    def all(self) -> tuple[Facts, ...]:
        """Return the facts of every file that the frame may be, the newest first."""
        return (Facts(self.film, self.source, self.bytes, self.digest), *self.before)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Records of one sequence's frames."""

    folder: Path
    settings: str
    """Digest of the settings that a frame's picture depends on."""

    def finished(self, output: Path, source: str) -> bool:
        """Return whether a frame is there, made with these settings from a file of this digest."""
        ours = (self.settings, source)
        known = [facts for facts in self._known(output) if (facts.film, facts.source) == ours]
        return any(facts.fit(output) for facts in known)

    def ours(self, output: Path) -> bool:
        """Return whether a file was made by a sequence, of whatever settings, and not changed since."""
        return any(facts.fit(output) for facts in self._known(output))

    def intend(self, output: Path, source: str, written: Path) -> None:
        """Record that the file ``written`` is about to become the finished frame ``output``.

        Raises:
            OSError: if the folder cannot be written to.
            PictureError: if a file cannot be read.
        """
        facts = Facts(self.settings, source, written.stat().st_size, digest_file(written))
        before = [other for other in self._remembered(output) if other != facts][:BEFORE]
        path = self._path(output)
        path.parent.mkdir(exist_ok=True)
        write_text(path, json.dumps(asdict(Record(**asdict(facts), before=tuple(before)))))

    def _remembered(self, output: Path) -> list[Facts]:
        """Return what a frame may be, all with digests, what is there now first."""
        known = self._known(output)
        here = [replace(facts, digest=digest_file(output)) for facts in known if facts.fit(output)]
        others = [facts for facts in known if facts not in here and facts.digest is not None]
        return here + others

    def _path(self, output: Path) -> Path:
        name = f"{output.name}.json"
        if len(os.fsencode(name)) > LONGEST:
            name = f"{hashlib.blake2b(os.fsencode(output.name), digest_size=16).hexdigest()}.json"
        return self.folder / FOLDER / name

    def _known(self, output: Path) -> tuple[Facts, ...]:
        """Return what a frame may be by its record; nothing if there is no frame or no record."""
        try:
            text = self._path(output).read_bytes()
            record = read_typed(Record, read_json(text, "record"), "record")
        except (OSError, ParamsError):
            return ()
        return record.all() if output.is_file() else ()


def digest_file(path: Path) -> str:
    """Return a digest of a file's bytes.

    Raises:
        PictureError: if it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror or error}") from error
    return digest.hexdigest()
