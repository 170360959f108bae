"""The toon shader in EEVEE: light becomes color, and its angle decides which tones show."""

from math import cos, radians, sin
from typing import TYPE_CHECKING, Any

from bpy.types import NodeTree

from .. import compat
from .nodes import Value, Writer, open_group, shared_group
from .steps import fading

if TYPE_CHECKING:
    from .shader import Surface

LEAN = radians(20)
"""Of normals to both sides of one that may face a lamp."""
ANYWHERE = (1e-3, 2e-3, 1.5e-3)
"""Added to the lamp's direction, so that there is a side even of what faces it."""


def write(writer: Writer, surface: "Surface") -> Any:
    """Return the surface as EEVEE shows it."""
    angle, color = _light(writer, surface, surface.normal)
    mirrored, shine = _light(writer, surface, _reflection(writer, surface.shine))
    total = surface.shadow
    for layer in surface.layers:
        seen, tint = (mirrored, shine) if layer.mirrored else (angle, color)
        inputs = {"Angle": seen, "Tint": tint, "Inner": layer.inner, "Outer": layer.outer}
        group = shared_group("Toon Layer EEVEE", _write_layer)
        total = writer.group(group, {"Below": total, "Color": layer.color, **inputs}).outputs[0]
    shown = writer.shader("ShaderNodeEmission", {"Color": total})
    clear = writer.shader("ShaderNodeBsdfTransparent", {})
    return writer.shader("ShaderNodeMixShader", {0: surface.alpha, 1: clear, 2: shown})


def _write_layer(tree: NodeTree) -> None:
    """Write what adds a layer of light to what is below it."""
    colors = dict.fromkeys(("Below", "Color", "Tint"), "NodeSocketColor")
    angles = dict.fromkeys(("Angle", "Inner", "Outer"), "NodeSocketFloat")
    writer, given = open_group(tree, colors | angles, {"Color": "NodeSocketColor"})
    share = fading(writer, given["Angle"], given["Inner"], given["Outer"])
    lit = writer.vector("MULTIPLY", writer.scaled(given["Color"], share), given["Tint"])
    writer.finish({"Color": writer.vector("ADD", given["Below"], lit)})


def _light(writer: Writer, surface: "Surface", normal: Value) -> tuple[Any, Any]:
    """Return the angle to the lamps' light along a normal, shadows as no light, and the light's color."""
    light = _falling(writer, surface, normal)
    brightness = writer.node("ShaderNodeRGBToBW", {0: light}).outputs[0]
    of_lamps = writer.math("SUBTRACT", brightness, surface.fill)
    level = writer.math("DIVIDE", of_lamps, surface.key, clamp=True)
    strength = writer.math("DIVIDE", 1.0, writer.math("MAXIMUM", brightness, 1e-6))
    return writer.math("ARCCOSINE", level), writer.scaled(light, strength)


def _falling(writer: Writer, surface: "Surface", normal: Value) -> Any:
    """Return the light along a normal; where facing a lamp makes specks, the mean of two that do not face it.

    Two normals that lean to both sides of the plane through normal and lamp have a mean along the normal, and
    light goes by the cosine, so theirs is the normal's, times the cosine of the lean.
    """
    if compat.STEADY_LIGHT:
        return _white(writer, normal)
    side = writer.vector("CROSS_PRODUCT", normal, writer.vector("ADD", surface.lamp, ANYWHERE))
    lean = writer.scaled(writer.vector("NORMALIZE", side), sin(LEAN))
    ahead = writer.scaled(normal, cos(LEAN))
    both = [_white(writer, writer.vector(way, ahead, lean)) for way in ("ADD", "SUBTRACT")]
    return writer.scaled(writer.vector("ADD", *both), 0.5 / cos(LEAN))


def _white(writer: Writer, normal: Value) -> Any:
    """Return the light on a white surface with a normal."""
    white = {"Color": (1.0, 1.0, 1.0, 1.0), "Normal": normal}
    diffuse = writer.shader("ShaderNodeBsdfDiffuse", white)
    return writer.node("ShaderNodeShaderToRGB", {0: diffuse}).outputs[0]


def _reflection(writer: Writer, normal: Value) -> Any:
    """Return the direction into which the view is reflected: as a normal it gives the highlights' light."""
    incoming = writer.node("ShaderNodeNewGeometry", {}).outputs["Incoming"]
    toward = writer.scaled(incoming, -1.0)
    return writer.vector("REFLECT", toward, normal)
