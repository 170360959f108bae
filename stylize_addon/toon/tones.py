"""The tones of a toon look as nodes: the surface's color, and what shadow, half-light and light make of it.

Colors are mixed in OKLab, as on finished renders (``core/request/toon_look.py``).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from bpy.types import NodeTree
from numpy.typing import NDArray

from ...core.palette.oklab import CONES, FROM_CONES, FROM_LAB, OPPONENTS
from .nodes import Inputs, Value, Writer, open_group, shared_group, write_part


class Tones(NamedTuple):
    """Linear colors; none is darker, in any channel, than the one before it.

    Cycles adds light to what is in the shadow and cannot take any away, so a shadow has at most the light's
    red, green and blue.
    """

    shadow: Any
    middle: Any
    light: Any


NEEDS = (
    *(
        "Base Color",
        "color",
        "paper",
        "chroma",
        "shadow_tone",
        "shadow_hue",
        "shadow_chroma",
        "tint",
    ),
    *("shadow_tint", "middle_tint", "light_tint", "ambient", "ambient_tint"),
)
"""What tones are made of."""


def write_tones(writer: Writer, given: Inputs) -> Tones:
    """Return a surface's color in shadow, halfway and in light."""
    needed = {name: given[name] for name in NEEDS}
    colors = dict.fromkeys(Tones._fields, "NodeSocketColor")
    return Tones(**write_part(writer, "Toon Tones", needed, colors, _write))


def _write(writer: Writer, given: Inputs) -> dict[str, Any]:
    paper = writer.mixed(given["color"], given["paper"], given["Base Color"])
    base = _to_lab(writer, paper)
    base = writer.vector("MULTIPLY", base, _chroma(writer, given["chroma"]))
    dark = _darken(writer, base, given)
    half = writer.scaled(writer.vector("ADD", dark, base), 0.5)
    tinted = {
        name: _tint(writer, lab, given[f"{name}_tint"], given["tint"])
        for name, lab in (("shadow", dark), ("middle", half), ("light", base))
    }
    light, middle, shadow = (tinted[name] for name in ("light", "middle", "shadow"))
    fill = writer.vector("MULTIPLY", light, given["ambient_tint"])
    middle = _fill(writer, middle, fill, writer.math("MULTIPLY", given["ambient"], 0.5))
    shadow = _fill(writer, shadow, fill, given["ambient"])
    middle = writer.vector("MINIMUM", middle, light)
    return Tones(writer.vector("MINIMUM", shadow, middle), middle, light)._asdict()


def _fill(writer: Writer, tone: Value, fill: Value, share: Value) -> Any:
    return writer.mixed(share, tone, fill)


def _chroma(writer: Writer, factor: Value) -> Any:
    return writer.node("ShaderNodeCombineXYZ", {0: 1.0, 1: factor, 2: factor}).outputs[0]


def _darken(writer: Writer, lab: Value, given: Inputs) -> Any:
    """Return the color in the deepest shadow: darker, its hue turned, its chroma changed."""
    angle = writer.math("RADIANS", given["shadow_hue"])
    turned = writer.node(
        "ShaderNodeVectorRotate", {"Vector": lab, "Angle": angle}, rotation_type="X_AXIS"
    )
    scale = {0: given["shadow_tone"], 1: given["shadow_chroma"], 2: given["shadow_chroma"]}
    factors = writer.node("ShaderNodeCombineXYZ", scale).outputs[0]
    chroma = writer.vector("MULTIPLY", turned.outputs[0], factors)
    fading = {0: 1.0, 1: given["shadow_tone"], 2: given["shadow_tone"]}
    return writer.vector("MULTIPLY", chroma, writer.node("ShaderNodeCombineXYZ", fading).outputs[0])


def _tint(writer: Writer, lab: Value, tint: Value, strength: Value) -> Any:
    """Return the linear color of a tone whose hue is drawn toward a tint's; grey draws nowhere."""
    pull = writer.vector("MULTIPLY", _to_lab(writer, tint), (0.0, 1.0, 1.0))
    lightness = writer.node("ShaderNodeSeparateXYZ", {0: lab}).outputs[0]
    pull = writer.scaled(writer.scaled(pull, strength), lightness)
    return _from_lab(writer, writer.vector("ADD", lab, pull))


def _to_lab(writer: Writer, color: Value) -> Any:
    return writer.group(shared_group("Toon to OKLab", _write_to_lab), {"Color": color}).outputs[0]


def _from_lab(writer: Writer, lab: Value) -> Any:
    return writer.group(shared_group("Toon from OKLab", _write_from_lab), {"Lab": lab}).outputs[0]


def _write_to_lab(tree: NodeTree) -> None:
    writer, given = open_group(tree, {"Color": "NodeSocketColor"}, {"Lab": "NodeSocketVector"})
    cones = _turn(writer, CONES, given["Color"])
    roots = _each(
        writer, cones, lambda x: writer.math("POWER", writer.math("MAXIMUM", x, 0.0), 1 / 3)
    )
    writer.finish({"Lab": _turn(writer, OPPONENTS, roots)})


def _write_from_lab(tree: NodeTree) -> None:
    writer, given = open_group(tree, {"Lab": "NodeSocketVector"}, {"Color": "NodeSocketColor"})
    roots = _turn(writer, FROM_LAB, given["Lab"])
    cubes = writer.vector("MULTIPLY", writer.vector("MULTIPLY", roots, roots), roots)
    linear = _turn(writer, FROM_CONES, cubes)
    writer.finish({"Color": writer.vector("MAXIMUM", linear, (0.0, 0.0, 0.0))})


def _turn(writer: Writer, matrix: NDArray[np.float64], vector: Value) -> Any:
    """Return a matrix times a vector."""
    rows = [writer.vector("DOT_PRODUCT", vector, tuple(map(float, row))) for row in matrix]
    return writer.node("ShaderNodeCombineXYZ", dict(enumerate(rows))).outputs[0]


def _each(writer: Writer, vector: Value, change: Callable[[Any], Any]) -> Any:
    """Return a vector whose values were changed one by one."""
    parts = writer.node("ShaderNodeSeparateXYZ", {0: vector}).outputs
    return writer.node("ShaderNodeCombineXYZ", dict(enumerate(map(change, parts)))).outputs[0]
