"""The shape and place of highlights, as nodes: a normal nearer to the highlight's middle, or farther from it.

A highlight shows where the normal is within an angle of its middle. Counting that angle more or less by its
direction gives it another outline (Anjyo & Hiramitsu, "Stylized Highlights for Cartoon Rendering and
Animation", IEEE CG&A 2003), and moving the middle moves it. Handed over as another normal, this serves both
engines, and real lamps and shadows go on lighting it. On finished renders: ``core/npr/shading/highlight.py``.
"""

from math import pi
from typing import Any

from ...core.request.toon_look import OUTLINES, SHAPES
from .control import LAMP, NEAR
from .nodes import Inputs, Value, Writer, write_part

LARGEST = pi / 4
"""Turn of the surface by which a highlight is moved at most."""
SETTINGS = ("highlight_shape", "highlight_right", "highlight_up")


def write_shape(writer: Writer, given: Inputs, scene: Inputs) -> Any:
    """Return the normal by which highlights show: the surface's own if they are round, or no lamp is there.

    Args:
        writer: Writes it.
        given: The look's settings.
        scene: The surface's normal, and where the brightest lamp is.
    """
    needed = {name: given[name] for name in SETTINGS} | dict(scene)
    shaped = write_part(
        writer, "Toon Highlight Shape", needed, {"Shine": "NodeSocketVector"}, _write
    )
    return shaped["Shine"]


def write_toward(writer: Writer, control: Inputs) -> Any:
    """Return the direction toward the brightest lamp; 0 if there is none."""
    place = writer.node("ShaderNodeNewGeometry", {}).outputs["Position"]
    away = writer.vector("SUBTRACT", control[LAMP], writer.scaled(place, control[NEAR]))
    return writer.vector("NORMALIZE", away)


def _write(writer: Writer, given: Inputs) -> dict[str, Any]:
    lamp = _half(writer, given)
    axes = _axes(writer, lamp)
    middle, axes_there = _moved(writer, given, lamp, axes)
    normal = given["Normal"]
    angle = writer.math("ARCCOSINE", writer.vector("DOT_PRODUCT", normal, middle))
    right, up = (writer.vector("DOT_PRODUCT", normal, axis) for axis in axes_there)
    length = writer.math("MAXIMUM", _length(writer, right, up, 2.0), 1e-6)
    right, up = (writer.math("DIVIDE", part, length) for part in (right, up))
    stretched = writer.math("MULTIPLY", angle, _stretch(writer, given, right, up))
    turn = writer.math(
        "MINIMUM", stretched, pi / 2
    )  # farther, the view is reflected to the lamp again
    way = writer.vector("ADD", writer.scaled(axes[0], right), writer.scaled(axes[1], up))
    ahead = writer.scaled(lamp, writer.math("COSINE", turn))
    shaped = writer.vector("ADD", ahead, writer.scaled(way, writer.math("SINE", turn)))
    return {"Shine": writer.mixed(_is_shaped(writer, given), normal, shaped)}


def _half(writer: Writer, given: Inputs) -> Any:
    """Return the normal of a highlight's middle as the lamp has it."""
    place = writer.node("ShaderNodeNewGeometry", {}).outputs
    toward = write_toward(writer, given)
    return writer.vector("NORMALIZE", writer.vector("ADD", toward, place["Incoming"]))


def _moved(writer: Writer, given: Inputs, half: Value, axes: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the normal of the middle where it is wanted, and the ways to the right and up from there."""
    moved = half
    for axis, name in zip(axes, SETTINGS[1:], strict=True):
        shift = writer.math("MULTIPLY", given[name], LARGEST)
        moved = writer.vector("ADD", moved, writer.scaled(axis, shift))
    middle = writer.vector("NORMALIZE", moved)
    return middle, _axes(writer, middle)


def _axes(writer: Writer, middle: Value) -> tuple[Any, Any]:
    """Return unit vectors to the right and up around a direction."""
    level = writer.vector("CROSS_PRODUCT", (0.0, 0.0, 1.0), middle)
    across = writer.vector("NORMALIZE", writer.vector("ADD", level, (1e-6, 1e-6, 1e-6)))
    return across, writer.vector("CROSS_PRODUCT", middle, across)


def _stretch(writer: Writer, given: Inputs, right: Value, up: Value) -> Any:
    """Return by how much an angle counts more, by its direction (unit vector)."""
    numbers = [_mixed_outline(writer, given, part) for part in range(3)]
    power, beside, above = numbers
    x, y = writer.math("MULTIPLY", right, beside), writer.math("MULTIPLY", up, above)
    return _length(writer, x, y, power)


def _mixed_outline(writer: Writer, given: Inputs, part: int) -> Any:
    """Return a number of the outline that is chosen."""
    usual, *others = SHAPES
    value: Value = OUTLINES[usual][part]
    for name in others:
        change = OUTLINES[name][part] - OUTLINES[usual][part]
        if change:
            value = writer.math(
                "ADD", value, writer.math("MULTIPLY", _is(writer, given, name), change)
            )
    return value


def _length(writer: Writer, x: Value, y: Value, power: Value) -> Any:
    """Return the length of a vector, in the norm of a power."""
    parts = [
        writer.math("POWER", writer.math("MAXIMUM", writer.math("ABSOLUTE", part), 1e-6), power)
        for part in (x, y)
    ]
    return writer.math("POWER", writer.math("ADD", *parts), writer.math("DIVIDE", 1.0, power))


def _is(writer: Writer, given: Inputs, shape: str) -> Any:
    away = writer.math("ABSOLUTE", writer.math("SUBTRACT", given[SETTINGS[0]], SHAPES.index(shape)))
    return writer.math("LESS_THAN", away, 0.5)


def _is_shaped(writer: Writer, given: Inputs) -> Any:
    """Return whether the highlight is other than the lamp makes it, and a lamp is there."""
    changes = [writer.math("ABSOLUTE", given[name]) for name in SETTINGS]
    total = writer.math("ADD", writer.math("ADD", *changes[:2]), changes[2])
    lamp = writer.math("GREATER_THAN", writer.vector("LENGTH", given[LAMP]), 1e-6)
    near = writer.math("MAXIMUM", lamp, given[NEAR])
    return writer.math("MULTIPLY", writer.math("GREATER_THAN", total, 1e-3), near)
