"""The toon shader: one node group with an output for EEVEE and one for Cycles.

Both show the same: a shadow's color, and *layers* of light added to it, each between two angles to the lamp
(``steps``). EEVEE turns light into color (Shader to RGB) and asks for its angle; in Cycles each layer is a
Toon BSDF, which real lamps light and real shadows take away.
"""

from math import pi
from typing import Any, NamedTuple

from bpy.types import NodeTree

from . import cycles, eevee
from .control import FILL, KEY, LAMP, MIRRORED, NEAR, control_group
from .highlight import write_shape, write_toward
from .nodes import Inputs, Value, Writer, begin, open_group, shared_group
from .patterns import Patterns, write_patterns
from .sockets import declare, named
from .steps import DARKEST, write_steps
from .tones import Tones, write_tones

CORE = "Toon Shader"


class Layer(NamedTuple):
    """Light that is added where the angle to a lamp is small enough."""

    color: Any
    inner: Any
    outer: Any
    mirrored: bool = False
    """Whether the angle is that of the reflected view, as for highlights."""


class Surface(NamedTuple):
    """All that both engines need."""

    shadow: Any
    """What shows without any light."""
    layers: list[Layer]
    normal: Any
    shine: Any
    """The normal by which highlights are shaped."""
    alpha: Any
    key: Any
    """How bright a white surface is that faces the main light."""
    fill: Any
    """How bright it is by light from all around, which is not of the tones."""
    mirrored: Any
    """How much of it other shiny surfaces show."""
    lamp: Any
    """Toward the brightest lamp, or 0."""


def shader_group() -> NodeTree:
    """Return the file's toon shader, made now if there is none."""
    return shared_group(CORE, _write)


def _write(tree: NodeTree) -> None:
    declare(tree)
    writer, sockets = begin(tree)
    given = named(sockets.values())
    control = {s.name: s for s in writer.group(control_group(), {}).outputs}
    tones = write_tones(writer, given)
    surface = _surface(writer, given, control, tones)
    writer.finish({
        "EEVEE": eevee.write(writer, surface),
        "Cycles": cycles.write(writer, surface),
        "Color": tones.light,
    })  # fmt: skip  # one line each


def _surface(writer: Writer, given: Inputs, control: Inputs, tones: Tones) -> Surface:
    normal = _normal(writer, given["Normal"])
    dark, layers = _shades(writer, given, tones, write_patterns(writer, given, control))
    around, rim = _rim(writer, given, control, tones, normal)
    glow = writer.scaled(given["Emission"], given["color"])  # on paper nothing glows
    shadow = writer.vector("ADD", writer.vector("ADD", dark, around), glow)
    layers += [rim, _highlight(writer, given, control, tones)]
    lamp = write_toward(writer, control)
    shine = write_shape(writer, given, {"Normal": normal, LAMP: control[LAMP], NEAR: control[NEAR]})
    alpha, key, fill = given["Alpha"], control[KEY], control[FILL]
    return Surface(shadow, layers, normal, shine, alpha, key, fill, control[MIRRORED], lamp)


def _normal(writer: Writer, wanted: Value) -> Any:
    """Return the normal that is linked to the group, or the surface's own."""
    own = writer.node("ShaderNodeNewGeometry", {}).outputs["Normal"]
    linked = writer.math("GREATER_THAN", writer.vector("LENGTH", wanted), 0.5)
    return writer.vector("NORMALIZE", writer.mixed(linked, own, wanted))


def _shades(
    writer: Writer, given: Inputs, tones: Tones, patterns: Patterns
) -> tuple[Any, list[Layer]]:
    """Return what shows in the shadow, and the layers up to full light."""
    shift, strokes = patterns
    single = writer.math("LESS_THAN", given["bands"], 1.5)
    darkest = writer.mixed(single, tones.shadow, tones.light)
    inked = writer.math("GREATER_THAN", strokes, DARKEST)
    base = writer.mixed(inked, darkest, given["line_color"])
    end = writer.math("ARCCOSINE", writer.math("MAXIMUM", strokes, DARKEST))
    layers = [Layer(writer.vector("SUBTRACT", darkest, base), end, end)]
    unshaded = writer.math("SUBTRACT", 1.0, single)
    before = tones.shadow
    for step in write_steps(writer, given, shift, strokes):
        tone = _tone(writer, tones, step.level)
        change = writer.scaled(writer.vector("SUBTRACT", tone, before), unshaded)
        layers.append(Layer(change, step.inner, step.outer))
        before = tone
    return base, layers


def _tone(writer: Writer, tones: Tones, level: Value) -> Any:
    """Return the color of a level: from shadow over the middle to light."""
    colors = {"Shadow": tones.shadow, "Middle": tones.middle, "Light": tones.light}
    return writer.group(shared_group("Toon Tone", _write_tone), {**colors, "Level": level}).outputs[
        0
    ]


def _write_tone(tree: NodeTree) -> None:
    colors = dict.fromkeys(("Shadow", "Middle", "Light"), "NodeSocketColor")
    inputs = {**colors, "Level": "NodeSocketFloat"}
    writer, given = open_group(tree, inputs, {"Color": "NodeSocketColor"})
    twice = writer.math("MULTIPLY", given["Level"], 2.0)
    lower = writer.math("MINIMUM", twice, 1.0)
    upper = writer.math("MAXIMUM", writer.math("SUBTRACT", twice, 1.0), 0.0)
    dark = writer.mixed(lower, given["Shadow"], given["Middle"])
    writer.finish({"Color": writer.mixed(upper, dark, given["Light"])})


def _above(writer: Writer, color: Value, tones: Tones, share: Value) -> Any:
    """Return what must be added to the light tone for a share of another color."""
    rest = writer.vector("MAXIMUM", writer.vector("SUBTRACT", color, tones.light), (0.0, 0.0, 0.0))
    return writer.scaled(rest, share)


def _rim(
    writer: Writer, given: Inputs, control: Inputs, tones: Tones, normal: Value
) -> tuple[Any, Layer]:
    """Return the rim light all around, and that of the light's side."""
    incoming = writer.node("ShaderNodeNewGeometry", {}).outputs["Incoming"]
    facing = writer.math("ABSOLUTE", writer.vector("DOT_PRODUCT", normal, incoming))
    edge = writer.math("SUBTRACT", given["rim_width"], facing)
    fade = writer.math("MULTIPLY", given["rim_softness"], given["rim_width"])
    mask = writer.math("DIVIDE", edge, writer.math("MAXIMUM", fade, 1e-3), clamp=True)
    share = writer.math(
        "MULTIPLY", mask, writer.math("MULTIPLY", given["rim"], control["Rim Lights"])
    )
    color = _above(writer, given["rim_color"], tones, share)
    side = writer.math("MAXIMUM", given["rim_side"], 0.0)
    around = writer.scaled(color, writer.math("SUBTRACT", 1.0, side))
    angles = (writer.math("ARCCOSINE", light) for light in (0.05, DARKEST))
    return around, Layer(writer.scaled(color, side), *angles)


def _highlight(writer: Writer, given: Inputs, control: Inputs, tones: Tones) -> Layer:
    wanted = writer.math("MULTIPLY", given["highlight"], control["Highlights"])
    size = writer.math("MULTIPLY", given["highlight_size"], given["Specular Map"], clamp=True)
    outer = writer.math("MULTIPLY", size, pi / 2)
    inner = writer.math(
        "MULTIPLY", outer, writer.math("SUBTRACT", 1.0, given["highlight_softness"])
    )
    shown = writer.math("MULTIPLY", wanted, writer.math("GREATER_THAN", size, 0.005))
    return Layer(
        _above(writer, given["highlight_color"], tones, shown), inner, outer, mirrored=True
    )
