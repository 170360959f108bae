"""Files opened by OpenImageIO: names that are not UTF-8, and what it complains of as words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import OpenImageIO as oiio

from ..errors import PictureError


@contextmanager
def opened(path: Path, kind: str, config: Any = None) -> Iterator[Any]:
    """Give the opened file, and close it at the end.

    Raises:
        PictureError: if its header is damaged or cut off.
    """
    name = library_name(path)
    source = oiio.ImageInput.open(name) if config is None else oiio.ImageInput.open(name, config)
    if source is None:
        raise damaged(path, kind, complaint(oiio))
    try:
        yield source
    finally:
        source.close()


def library_name(path: Path) -> Any:
    """Return a path as OpenImageIO takes it: as bytes where the name is no UTF-8, as Linux allows."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


def complaint(of: Any) -> str:
    """Return what OpenImageIO, or a file opened by it, complains of; it may quote bytes that are no text."""
    try:
        return of.geterror()
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace")


def check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    """Raise PictureError if the file claims more pixels than that."""
    if width * height > max_pixels:
        raise PictureError(
            f"cannot read {path}: it claims {width} x {height} pixels, the limit is {max_pixels};"
            " if the file is to be trusted, raise the limit with --max-pixels"
        )


def damaged(path: Path, kind: str, why: str = "") -> PictureError:
    """Return the error that says so, with the first line of what a library complained of."""
    first = why.strip().splitlines()[0].strip() if why.strip() else ""
    detail = f" ({first})" if first else ""
    return PictureError(f"cannot read {path}: the {kind} file is damaged or cut off{detail}")
