"""Curves of a training as a picture: one small chart for each number that was noted."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .loop import History
from .pictures import write_picture

CELL, EDGE, COLUMNS = (360, 200), 34, 3
INK, LINE, GRID = "#222222", "#c0392b", "#dddddd"

Points = Sequence[tuple[float, float]]


def write_curves(path: Path, history: History, title: str = "") -> None:
    """Write one chart for each name in the history, steps across.

    Raises:
        StylizeError: if it cannot be written.
    """
    names = list(dict.fromkeys(k for row in history.rows for k in row if k != "step"))
    rows = max(1, -(-len(names) // COLUMNS))
    width, height = CELL[0] * min(COLUMNS, max(1, len(names))), CELL[1] * rows + 24
    sheet = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((8, 6), title, INK, ImageFont.load_default(12))
    for i, name in enumerate(names):
        corner = (i % COLUMNS * CELL[0], i // COLUMNS * CELL[1] + 24)
        _chart(draw, corner, name, history.of(name))
    write_picture(path, sheet)


def _chart(draw: ImageDraw.ImageDraw, corner: tuple[int, int], name: str, points: Points) -> None:
    left, top = corner[0] + EDGE + 8, corner[1] + 18
    right, bottom = corner[0] + CELL[0] - 10, corner[1] + CELL[1] - 20
    font = ImageFont.load_default(10)
    low, high = _range([value for _, value in points])
    first, last = points[0][0], max(points[-1][0], points[0][0] + 1)
    draw.rectangle((left, top, right, bottom), outline=GRID)
    draw.text((left, corner[1] + 4), f"{name}  {points[-1][1]:.4g}", INK, font)
    for share, value in ((0, low), (0.5, (low + high) / 2), (1, high)):
        y = bottom - share * (bottom - top)
        draw.line((left, y, right, y), GRID)
        draw.text((corner[0] + 2, y - 6), f"{value:.3g}", INK, font)
    draw.text((left, bottom + 4), f"{first:.0f}", INK, font)
    draw.text((right - 40, bottom + 4), f"{last:.0f}", INK, font)
    at = [
        (
            left + (step - first) / (last - first) * (right - left),
            bottom - (min(max(value, low), high) - low) / (high - low) * (bottom - top),
        )
        for step, value in points
    ]
    draw.line(at if len(at) > 1 else at * 2, LINE, 2)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a chart: nearly all values are inside."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1 - len(ordered) // 100]
    return (low, high) if high > low else (low - 0.5, low + 0.5)
