"""Strokes of ink as nodes: on sheets of paper that lie on the surface, along its sides, its UVs or its bends.

As on finished renders (``core/npr/shading/sheets.py``), but for the sheets of three sides: the nearest one is
taken instead of a mean, and its border is ragged, as where a hand sets off anew.
"""

from math import pi, radians
from typing import Any

from .control import PATTERNS
from .nodes import Inputs, Value, Writer

WAYS = "Toon Strokes"
"""Attribute of a mesh: the way that it bends most, in its own space; 0 where it bends alike all ways."""
GAPS = 0.6
"""Share of hatching that stays paper in the deepest shadow."""
CROSSED = radians(65)
"""Between strokes and those that cross them."""
PATCH = pi / 6
"""Turn from a patch of strokes to the next, along bends."""
RAGGED = 0.25
"""How much noise decides where sheets end."""


def write_strokes(writer: Writer, given: Inputs) -> Any:
    """Return the light at which strokes end; 0 between them."""
    low, high = given["shadow_edge"], given["light_edge"]
    middle = writer.math("MULTIPLY", writer.math("ADD", low, high), 0.5)
    sheet, turn = _sheet(writer, given)
    along = writer.math("ADD", writer.math("RADIANS", given["hatch_angle"]), turn)
    across = writer.math("SUBTRACT", along, CROSSED)
    one = writer.math("MULTIPLY", _stroke(writer, given, sheet, along), high)
    other = writer.math("MULTIPLY", _stroke(writer, given, sheet, across), middle)
    amount = writer.math("MULTIPLY", given["hatching"], given[PATTERNS])
    return writer.math("MULTIPLY", writer.math("MAXIMUM", one, other), amount)


def _sheet(writer: Writer, given: Inputs) -> tuple[tuple[Any, Any], Any]:
    """Return a place on the surface's sheet of paper, pixels, and the turn of strokes there."""
    texture = writer.node("ShaderNodeTexCoord", {}).outputs
    place = writer.vector("MULTIPLY", texture["Generated"], given["Span"])
    noise = writer.node(
        "ShaderNodeTexNoise", {"Vector": texture["Generated"], "Scale": 6.0}
    ).outputs[0]
    ragged = writer.math("MULTIPLY", writer.math("SUBTRACT", noise, 0.5), RAGGED)
    sides = _nearest_side(writer, ragged)
    x, y = _on_side(writer, place, sides)
    uv = writer.node("ShaderNodeSeparateXYZ", {0: writer.scaled(texture["UV"], given["UV Span"])})
    by_uv = writer.math("COMPARE", given["hatch_along"], 1.0)
    sheet = tuple(_choose(writer, by_uv, u, v) for u, v in zip(uv.outputs[:2], (x, y), strict=True))
    return sheet, _turn(writer, given, sides, ragged)  # pyright: ignore[reportReturnType]  # of two


def _nearest_side(writer: Writer, ragged: Value) -> tuple[Any, Any]:
    """Return whether the surface looks along the object's x, and whether along its z."""
    normal = writer.node("ShaderNodeNewGeometry", {}).outputs["Normal"]
    settings = {"vector_type": "NORMAL", "convert_from": "WORLD", "convert_to": "OBJECT"}
    own = writer.node("ShaderNodeVectorTransform", {0: normal}, **settings).outputs[0]
    size = writer.node("ShaderNodeSeparateXYZ", {0: writer.vector("ABSOLUTE", own)}).outputs
    x, y = (writer.math("ADD", size[0], ragged), writer.math("SUBTRACT", size[1], ragged))
    by_x = writer.math("GREATER_THAN", x, writer.math("MAXIMUM", y, size[2]))
    by_z = writer.math("GREATER_THAN", size[2], writer.math("MAXIMUM", x, y))
    return by_x, by_z


def _on_side(writer: Writer, vector: Value, sides: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the two parts of a vector that lie on the nearest side."""
    x, y, z = writer.node("ShaderNodeSeparateXYZ", {0: vector}).outputs
    return _choose(writer, sides[0], y, x), _choose(writer, sides[1], y, z)


def _turn(writer: Writer, given: Inputs, sides: tuple[Any, Any], ragged: Value) -> Any:
    """Return the turn of strokes by the way the surface bends most, in patches; 0 where that is not asked."""
    settings = {"attribute_type": "GEOMETRY", "attribute_name": WAYS}
    way = writer.node("ShaderNodeAttribute", {}, **settings).outputs["Vector"]
    right, up = _on_side(writer, way, sides)
    angle = writer.math("ARCTAN2", up, writer.math("ADD", right, 1e-9))
    patches = writer.math("ADD", writer.math("DIVIDE", angle, PATCH), ragged)
    turn = writer.math("MULTIPLY", writer.math("ROUND", patches), PATCH)
    return writer.math("MULTIPLY", turn, writer.math("COMPARE", given["hatch_along"], 2.0))


def _choose(writer: Writer, which: Value, one: Value, other: Value) -> Any:
    """Return ``one`` where ``which`` is 1, ``other`` where it is 0."""
    change = writer.math("MULTIPLY", writer.math("SUBTRACT", one, other), which)
    return writer.math("ADD", other, change)


def _stroke(writer: Writer, given: Inputs, sheet: tuple[Any, Any], angle: Value) -> Any:
    """Return 1 in the middle of a stroke, falling to 0 at its side: the darker, the wider it is drawn."""
    x, y = sheet
    across = writer.math(
        "SUBTRACT",
        writer.math("MULTIPLY", y, writer.math("COSINE", angle)),
        writer.math("MULTIPLY", x, writer.math("SINE", angle)),
    )
    run = writer.math("DIVIDE", across, given["hatch_gap"])
    place = writer.node("ShaderNodeTexCoord", {}).outputs["Generated"]
    noise = writer.node("ShaderNodeTexNoise", {"Vector": place, "Scale": 9.0}).outputs[0]
    hand = writer.math("MULTIPLY", noise, 2.0)
    saw = writer.math("FRACT", writer.math("ADD", run, hand))
    ridge = writer.math("ABSOLUTE", writer.math("SUBTRACT", writer.math("MULTIPLY", saw, 2.0), 1.0))
    rise = writer.math("SUBTRACT", ridge, GAPS)
    return writer.math("DIVIDE", rise, 1 - GAPS, clamp=True)
