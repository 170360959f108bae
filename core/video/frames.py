"""Files of a sequence: a pattern such as ``render_####.exr``, and which frames are there."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..errors import ParamsError, PictureError

LISTED = 8
"""How many frames an error names."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Names of a sequence's files: a # for each digit of the frame's number."""

    folder: Path
    before: str
    digits: int
    after: str

    @classmethod
    def read(cls, text: str) -> "Pattern":
        """Read a pattern; printf's ``%04d`` and a name that ends in a number will do as well.

        Raises:
            ParamsError: if it has no place for the number, or two.
        """
        path = Path(text)
        name = re.sub(r"%0?([0-9]{0,2})d", lambda found: "#" * int(found[1] or 1), path.name)
        runs = re.findall(r"#+", name)
        if not runs and (found := re.search(r"\d+(?=\D*$)", path.stem)):
            digits = found[0]
            name = f"{path.stem[: found.start()]}{'#' * len(digits)}{path.stem[found.end() :]}{path.suffix}"
            runs = [digits]
        if len(runs) != 1:
            raise ParamsError(
                f"{text} is no pattern of frames; write one # for each digit of the number, as in "
                f"{path.stem or 'frame'}_####{path.suffix or '.png'}"
            )
        before, _, after = name.partition("#" * len(runs[0]))
        return cls(path.parent, before, len(runs[0]), after)

    def __str__(self) -> str:
        """Return the pattern as it is written with #."""
        return str(self.folder / f"{self.before}{'#' * self.digits}{self.after}")

    def path(self, number: int) -> Path:
        """Return the file of a frame."""
        sign = "-" if number < 0 else ""
        return self.folder / f"{self.before}{sign}{abs(number):0{self.digits}d}{self.after}"

    def found(self) -> list[int]:
        """Return the numbers of the frames that are there, in order.

        Raises:
            PictureError: if the folder cannot be read.
        """
        named = re.compile(
            rf"{re.escape(self.before)}(-?[0-9]{{{self.digits},}}){re.escape(self.after)}"
        )
        matches = [match for name in self._names() if (match := named.fullmatch(name))]
        return sorted(
            number for found in matches if self.path(number := int(found[1])).name == found[0]
        )

    def _names(self) -> list[str]:
        try:
            return os.listdir(self.folder)  # noqa: PTH208  # also of names that are no UTF-8
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise PictureError(
                f"cannot look for {self} ({error.strerror or error}); choose a folder that can be read"
            ) from error


def wanted_frames(pattern: Pattern, frames: tuple[int, int] | None) -> tuple[list[int], list[int]]:
    """Return the numbers of all frames that are there, and of those that are to be made.

    Raises:
        PictureError: if there are none, or some of those wanted are missing; nothing is made then.
        ParamsError: if the range runs backward.
    """
    there = pattern.found()
    if not there:
        raise PictureError(f"there are no frames {pattern}; look at the folder and the number of #")
    first, last = frames or (there[0], there[-1])
    if first > last:
        raise ParamsError(f"frames {first}-{last} run backward; the first must be the smaller")
    wanted = [number for number in there if first <= number <= last]
    missing = _gaps([first - 1, *wanted, last + 1])
    if missing:
        raise PictureError(
            f"of {pattern} the frames {_list_frames(missing)} are missing; render them, or name a range "
            f"without them (there are {spans(there)})"
        )
    return there, wanted


def _gaps(numbers: list[int]) -> list[tuple[int, int]]:
    """Return the first and last missing number of each gap between neighbours."""
    return [(one + 1, two - 1) for one, two in pairwise(numbers) if two - one > 1]


def spans(numbers: list[int]) -> str:
    """Return numbers as ``1-5, 8, 10-12``; of many spans the first ones."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return _list_frames((first, last) for first, last in runs)


def _list_frames(runs: Iterable[tuple[int, int]]) -> str:
    words = [f"{first}" if first == last else f"{first}-{last}" for first, last in runs]
    more = f" and {len(words) - LISTED} more" if len(words) > LISTED else ""
    return ", ".join(words[:LISTED]) + more
