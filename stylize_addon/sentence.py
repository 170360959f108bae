"""Sentences in panels: Blender cuts long labels, so sentences are broken into lines."""

from collections.abc import Iterator

import blf
from bpy.types import Context, UILayout

MARGIN = 84
"""Pixels (at a scale of 1) of a region's width that a label does not have: tabs, borders, the icon."""


def draw_sentence(
    layout: UILayout, context: Context, text: str, icon: str = "NONE", width: int = 0
) -> None:
    """Add a sentence in as many lines as needed; the icon is before the first.

    Lines fit the region, or a popup's ``width``, given in pixels at a scale of 1.
    """
    column = layout.column(align=True)
    column.scale_y = 0.8
    for count, line in enumerate(_break_lines(text, context, width)):
        column.label(text=line, icon=("BLANK1" if icon != "NONE" else icon) if count else icon)


def _break_lines(text: str, context: Context, width: int) -> Iterator[str]:
    scale = context.preferences.system.ui_scale
    room = (width * scale or context.region.width) - MARGIN * scale
    blf.size(0, context.preferences.ui_styles[0].widget.points * scale)
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and blf.dimensions(0, longer)[0] > room:
            yield line
            longer = word
        line = longer
    yield line
