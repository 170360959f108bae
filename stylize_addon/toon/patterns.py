"""What moves the edges of tones: painted maps, grain, printed dots and strokes of ink, as nodes."""

from math import pi
from typing import Any, NamedTuple

from .control import LIGHT, PATTERNS
from .hatches import write_strokes
from .nodes import Inputs, Writer, write_part

GRAIN, DOTS = 0.35, 0.3
"""How much light grain and dots shift an edge at most."""
PIXEL = 0.405 / 1080
"""One of 1080 pixels before a lens of 50 mm, seen from the distance 1."""


class Patterns(NamedTuple):
    """What patterns do to light."""

    shift: Any
    """Light that is added before tones are told apart: by the threshold map, dots and grain."""
    strokes: Any
    """The light at which strokes of ink end, on the surface and moving with it; 0 between them."""


NEEDS = (
    *(
        "Threshold Map",
        "Span",
        "shadow_edge",
        "light_edge",
        "grain",
        "halftone",
        "dot_size",
        "dot_angle",
    ),
    *("hatching", "hatch_gap", "hatch_angle", "hatch_along", "UV Span"),
)
"""What patterns are made of."""


def write_patterns(writer: Writer, given: Inputs, control: Inputs) -> Patterns:
    """Return what maps and patterns do to the light on a surface."""
    needed = {name: given[name] for name in NEEDS}
    needed |= {name: control[name] for name in (PATTERNS, LIGHT)}
    values = dict.fromkeys(Patterns._fields, "NodeSocketFloat")
    return Patterns(**write_part(writer, "Toon Patterns", needed, values, _write))


def _write(writer: Writer, given: Inputs) -> dict[str, Any]:
    return {"shift": _shift(writer, given), "strokes": write_strokes(writer, given)}


def _shift(writer: Writer, given: Inputs) -> Any:
    painted = writer.math("SUBTRACT", writer.math("MULTIPLY", given["Threshold Map"], 2.0), 1.0)
    uneven = writer.math("ADD", _grain(writer, given), _dots(writer, given))
    patterns = writer.math("MULTIPLY", uneven, given[PATTERNS])
    return writer.math("ADD", writer.math("ADD", painted, given[LIGHT]), patterns)


def _grain(writer: Writer, given: Inputs) -> Any:
    place = writer.node("ShaderNodeTexCoord", {}).outputs["Generated"]
    inputs = {"Vector": place, "Scale": 7.0, "Detail": 6.0, "Roughness": 0.65}
    noise = writer.node("ShaderNodeTexNoise", inputs).outputs[0]
    amount = writer.math("MULTIPLY", given["grain"], GRAIN * 2)
    return writer.math("MULTIPLY", writer.math("SUBTRACT", noise, 0.5), amount)


def _dots(writer: Writer, given: Inputs) -> Any:
    """Return rows of dots as print has them, in the picture's plane; they stay where the picture is."""
    seen = writer.node("ShaderNodeTexCoord", {}).outputs["Camera"]
    depth = writer.node("ShaderNodeSeparateXYZ", {0: seen}).outputs[2]
    flat = writer.scaled(
        seen, writer.math("DIVIDE", 2 * pi / PIXEL, writer.math("ABSOLUTE", depth))
    )
    angle = writer.math("RADIANS", given["dot_angle"])
    inputs = {"Vector": flat, "Angle": angle}
    turned = writer.node("ShaderNodeVectorRotate", inputs, rotation_type="Z_AXIS").outputs[0]
    rows = writer.scaled(turned, writer.math("DIVIDE", 1.0, given["dot_size"]))
    x, y, _ = writer.node("ShaderNodeSeparateXYZ", {0: rows}).outputs
    wave = writer.math("ADD", writer.math("COSINE", x), writer.math("COSINE", y))
    return writer.math("MULTIPLY", wave, writer.math("MULTIPLY", given["halftone"], DOTS / 2))
