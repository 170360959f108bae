"""A small picture of the chosen style, for the panel."""

from pathlib import Path

import bpy.utils.previews

from ...core import styles
from ...core.errors import ParamsError
from ..style_picture import BUILTIN, absolute_style

_collections: list[bpy.utils.previews.ImagePreviewCollection] = []
"""Made when the first picture is drawn, so never without a window."""


def style_icon(style: str) -> int:
    """Return the icon of a style's picture, a path or ``builtin:<name>``; 0 if there is no such file."""
    path = _find_file(style)
    if path is None:
        return 0
    if not _collections:
        _collections.append(bpy.utils.previews.new())
    key = f"{path}:{path.stat().st_mtime_ns}"
    preview = _collections[0].get(key) or _collections[0].load(key, str(path), "IMAGE")
    return preview.icon_id


def _find_file(style: str) -> Path | None:
    try:
        path = styles.resolve(style if style.startswith(BUILTIN) else absolute_style(style))
        return path if style and path.is_file() else None
    except (OSError, ValueError, ParamsError):
        return None


def unregister() -> None:
    """Free the pictures."""
    while _collections:
        bpy.utils.previews.remove(_collections.pop())
