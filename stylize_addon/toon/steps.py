"""Where the tones of a toon look meet, as nodes: the angles to the light between which each step fades.

A step's place is a *light*: the cosine of the angle between surface and lamp. Angles serve both engines:
Cycles' Toon BSDF fades between two of them, and EEVEE's light is turned into one.
"""

from math import pi
from typing import Any, NamedTuple

from bpy.types import NodeTree

from .nodes import Inputs, Value, Writer, open_group, shared_group

STEPS = 7
"""Most steps: one fewer than the most bands of a look."""
DARKEST = 0.01
"""The least light of a step: beyond it no lamp reaches the surface at all."""
THINNEST = 1e-3
"""Radians over which a hard step fades in EEVEE."""


class Step(NamedTuple):
    """A step to a brighter tone: at the angle ``inner`` it is whole, at ``outer`` it is gone (radians)."""

    inner: Any
    outer: Any
    level: Any
    """The tone's place between shadow, 0, and light, 1."""


def write_steps(writer: Writer, given: Inputs, shift: Value, floor: Value) -> list[Step]:
    """Return all steps; those beyond the look's bands have the level of full light, like the last.

    Args:
        writer: Writes them.
        given: The look's settings.
        shift: Taken from the light of each step, so that more of the surface is lit.
        floor: The least light of each step: a stroke of ink ends there.
    """
    settings = {"Bands": "bands", "Low": "shadow_edge", "High": "light_edge", "Soft": "softness"}
    shared = {name: given[field] for name, field in settings.items()}
    found = []
    for number in range(STEPS):
        inputs = {**shared, "Number": float(number), "Shift": shift, "Floor": floor}
        node = writer.group(shared_group("Toon Step", _write_step), inputs)
        found.append(Step(*node.outputs[:3]))
    return found


def _write_step(tree: NodeTree) -> None:
    """Write one step as ``ramp_stops`` in ``core/request/toon_look.py`` has it."""
    names = ("Number", "Bands", "Low", "High", "Soft", "Shift", "Floor")
    outputs = ("Inner", "Outer", "Level")
    kinds = [dict.fromkeys(part, "NodeSocketFloat") for part in (names, outputs)]
    writer, given = open_group(tree, *kinds)
    math, number = writer.math, given["Number"]
    last = math("SUBTRACT", given["Bands"], 1.0)
    low, high = (math(o, given["Low"], given["High"]) for o in ("MINIMUM", "MAXIMUM"))
    gap = math(
        "DIVIDE", math("SUBTRACT", high, low), math("MAXIMUM", math("SUBTRACT", last, 1.0), 1.0)
    )
    place = math("ADD", low, math("MULTIPLY", gap, number))
    half = math("MULTIPLY", gap, 0.5)
    first, final = (
        math("LESS_THAN", number, 0.5),
        math("GREATER_THAN", number, math("SUBTRACT", last, 1.5)),
    )
    below = _choose(writer, first, place, half)
    above = _choose(writer, final, math("SUBTRACT", 1.0, place), half)
    start = math("SUBTRACT", place, math("MULTIPLY", given["Soft"], below))
    end = math("ADD", place, math("MULTIPLY", given["Soft"], above))
    writer.finish({
        "Inner": _angle(writer, given, end),
        "Outer": _angle(writer, given, start),
        "Level": math("DIVIDE", math("ADD", number, 1.0), math("MAXIMUM", last, 1.0), clamp=True),
    })  # fmt: skip  # a table


def _choose(writer: Writer, which: Value, one: Value, other: Value) -> Any:
    """Return ``one`` where ``which`` is 1, ``other`` where it is 0."""
    chosen = writer.math("MULTIPLY", which, one)
    left = writer.math("MULTIPLY", writer.math("SUBTRACT", 1.0, which), other)
    return writer.math("ADD", chosen, left)


def _angle(writer: Writer, given: Inputs, light: Value) -> Any:
    shifted = writer.math("SUBTRACT", light, given["Shift"])
    floored = writer.math("MAXIMUM", writer.math("MAXIMUM", shifted, given["Floor"]), DARKEST)
    return writer.math("ARCCOSINE", writer.math("MINIMUM", floored, 1.0))


def fading(writer: Writer, angle: Value, inner: Value, outer: Value) -> Any:
    """Return how much of a tone shows at an angle, as Cycles' Toon BSDF has it."""
    width = writer.math("MAXIMUM", writer.math("SUBTRACT", outer, inner), THINNEST)
    return writer.math("DIVIDE", writer.math("SUBTRACT", outer, angle), width, clamp=True)


def toon_inputs(writer: Writer, inner: Value, outer: Value) -> tuple[Any, Any, Any]:
    """Return size and smooth of Cycles' Toon BSDF, and what makes its light that of a white surface.

    It spreads a lamp's light over the cone that it covers, so it is brighter the narrower that is.
    """
    size = writer.math("DIVIDE", inner, pi / 2)
    smooth = writer.math("DIVIDE", writer.math("SUBTRACT", outer, inner), pi / 2)
    cone = writer.math("SUBTRACT", 1.0, writer.math("COSINE", outer))
    return size, smooth, writer.math("MULTIPLY", cone, 2.0)
