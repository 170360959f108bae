"""Checking a style picture: the first bytes of its file tell whether it can be one."""

import struct
from functools import lru_cache
from pathlib import Path

import bpy

from ..core import styles
from ..core.errors import ParamsError, PictureError
from ..core.formats.kinds import recognise
from ..core.styles.states import find_state

BUILTIN = "builtin:"
NETWORK = ".safetensors"
"""A style may be a network that was trained on it; whether a method takes one the engine says."""
SHORTEST = 32
"""Bytes below which no picture file is whole."""


def absolute_style(path: str) -> str:
    """Return a style's path for the engine; ``builtin:`` names and states are not changed."""
    if not path or path.startswith(BUILTIN) or find_state(path) is not None:
        return path
    return str(Path(bpy.path.abspath(path)).absolute())


def style_problem(style: str) -> str:
    """Return why a path or ``builtin:<name>`` cannot be a style picture; nothing if it can."""
    if not style:
        return "No style was chosen; choose a style picture first"
    if find_state(style) is not None:
        return ""
    try:
        path = styles.resolve(style if style.startswith(BUILTIN) else absolute_style(style))
        facts = path.stat()
    except ParamsError as error:
        return str(error)
    except (OSError, ValueError):
        return f"The style picture {style} is not there; choose another one"
    if path.suffix == NETWORK and path.is_file():
        return ""
    return _find_problem(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=16)
def _find_problem(path: Path, _changed: int, size: int) -> str:
    """Return what is wrong with a file in its current state; cached, because a panel asks repeatedly."""
    try:
        kind = recognise(path)
    except PictureError as error:
        why = str(error).partition(": ")[2] or str(error)
        return f"The style picture {path.name} cannot be read: {why}"
    if size < SHORTEST or (kind == "PNG" and not _is_whole_png_head(path)):
        return (
            f"The style picture {path.name} cannot be read: the {kind} file is damaged or cut off"
        )
    return ""


def _is_whole_png_head(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(24)
    return head[12:16] == b"IHDR" and all(struct.unpack(">II", head[16:24]))
