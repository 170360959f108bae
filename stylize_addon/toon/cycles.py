"""The toon shader in Cycles: each layer of light is a Toon BSDF: lamps and shadows are the renderer's own."""

from typing import TYPE_CHECKING, Any

from bpy.types import NodeTree

from .nodes import Writer, open_group, shared_group
from .steps import toon_inputs

if TYPE_CHECKING:
    from .shader import Layer, Surface


def write(writer: Writer, surface: "Surface") -> Any:
    """Return the surface as Cycles shows it.

    What diffuse rays see of it is black: light that bounces between surfaces would blur the tones. So is what
    shiny surfaces see, toon highlights among them, but not mirrors: a highlight is of lamps alone.
    """
    parts = [writer.shader("ShaderNodeEmission", {"Color": surface.shadow})]
    parts += [_toon(writer, surface, layer) for layer in surface.layers]
    bounced = _bounced(writer, surface)
    shown = writer.shader("ShaderNodeMixShader", {0: bounced, 1: writer.sum(parts)})
    clear = writer.shader("ShaderNodeBsdfTransparent", {})
    return writer.shader("ShaderNodeMixShader", {0: surface.alpha, 1: clear, 2: shown})


def _bounced(writer: Writer, surface: "Surface") -> Any:
    """Return how much of the surface a ray is not to see."""
    ray = writer.node("ShaderNodeLightPath", {}).outputs
    rough = writer.math("SUBTRACT", ray["Is Glossy Ray"], ray["Is Singular Ray"], clamp=True)
    hidden = writer.math("MULTIPLY", rough, writer.math("SUBTRACT", 1.0, surface.mirrored))
    return writer.math("MAXIMUM", ray["Is Diffuse Ray"], hidden)


def _toon(writer: Writer, surface: "Surface", layer: "Layer") -> Any:
    write = _write_highlight if layer.mirrored else _write_layer
    name = "Toon Highlight Cycles" if layer.mirrored else "Toon Layer Cycles"
    inputs = {
        "Color": layer.color,
        "Inner": layer.inner,
        "Outer": layer.outer,
        "Normal": surface.shine if layer.mirrored else surface.normal,
    }
    return writer.group(shared_group(name, write), {**inputs, "Key Light": surface.key}).outputs[0]


def _write_highlight(tree: NodeTree) -> None:
    _write_layer(tree, "GLOSSY")


def _write_layer(tree: NodeTree, component: str = "DIFFUSE") -> None:
    """Write light that is added between two angles to a lamp, as bright as on a white surface."""
    angles = dict.fromkeys(("Inner", "Outer", "Key Light"), "NodeSocketFloat")
    inputs = {"Color": "NodeSocketColor", "Normal": "NodeSocketVector", **angles}
    writer, given = open_group(tree, inputs, {"Light": "NodeSocketShader"})
    size, smooth, even = toon_inputs(writer, given["Inner"], given["Outer"])
    color = writer.scaled(given["Color"], writer.math("DIVIDE", even, given["Key Light"]))
    light = {"Color": color, "Size": size, "Smooth": smooth, "Normal": given["Normal"]}
    shader = writer.shader("ShaderNodeBsdfToon", light, component=component)
    writer.finish({"Light": shader})
