"""Opening files with OpenImageIO: names that are not UTF-8, and its error messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import OpenImageIO as oiio

from ..errors import PictureError, readable


@contextmanager
def open_source(path: Path, kind: str, config: Any = None) -> Iterator[Any]:
    """Yield the opened file, and close it at the end.

    Raises:
        PictureError: if its header is damaged or cut off.
    """
    with library_name(path) as name:
        given = (name,) if config is None else (name, config)
        source = oiio.ImageInput.open(*given)
        if source is None:
            raise describe_damage(path, kind, find_complaint(oiio))
        try:
            yield source
        finally:
            source.close()


@contextmanager
def library_name(path: Path) -> Iterator[str]:
    """Yield a name that OpenImageIO accepts: that of a link if the file's own is not UTF-8."""
    if _is_text(str(path)):
        yield str(path)
        return
    with TemporaryDirectory(prefix="stylize-") as links:
        folder, file = Path(links, "folder"), Path(links, f"file{path.suffix.lower()}")
        folder.symlink_to(path.absolute().parent)
        if _is_text(path.name):
            file = folder / path.name
        else:
            file.symlink_to(path.absolute())
        yield str(file)


def _is_text(name: str) -> bool:
    return name.isascii() or readable(name) == name


def find_complaint(of: Any) -> str:
    """Return the error message of OpenImageIO, or of a file opened by it; it may quote any bytes."""
    try:
        return of.geterror()
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace")


def check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    """Raise PictureError if the file claims more pixels than that."""
    if width * height > max_pixels:
        raise PictureError(
            f"cannot read {path}: it claims {width} x {height} pixels, the limit is {max_pixels};"
            " if the file is to be trusted, raise the limit of pixels",
            "max_pixels",
        )


def describe_damage(path: Path, kind: str, why: str = "") -> PictureError:
    """Return the error for a damaged file, with the first line of a library's message."""
    first = why.strip().splitlines()[0].strip() if why.strip() else ""
    detail = f" ({first})" if first else ""
    return PictureError(f"cannot read {path}: the {kind} file is damaged or cut off{detail}")
