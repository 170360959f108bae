"""The plain material of a baked toon look, as exporters know it."""

from typing import Any

from bpy.types import Image, Material

from .. import compat
from .bake_settings import COLORS, UNLIT, ToonBake
from .nodes import Writer

ROUGH = 0.9


def plain_material(name: str, image: Image, asked: ToonBake, *, clear: bool) -> Material:
    """Return a material that shows a baked picture; ``clear``: its alpha is opacity."""
    material = compat.new_material(f"{name} toon")
    material.use_backface_culling = False
    tree: Any = material.node_tree
    tree.nodes.clear()
    writer = Writer(tree)
    picture = writer.node("ShaderNodeTexImage", {}, image=image)
    if asked.what == COLORS or asked.material != UNLIT:
        shown = _pbr(writer, picture, glows=asked.what != COLORS, clear=clear)
    else:
        shown = _unlit(writer, picture, clear=clear)
    writer.node("ShaderNodeOutputMaterial", {"Surface": shown})
    return material


def _pbr(writer: Writer, picture: Any, *, glows: bool, clear: bool) -> Any:
    """Write a Principled shader: the picture is its color, or the light that it gives off."""
    color = picture.outputs["Color"]
    inputs = {"Roughness": ROUGH, "Metallic": 0.0}
    if glows:
        inputs |= {"Base Color": (0.0, 0.0, 0.0, 1.0), "Emission Color": color}
        inputs |= {"Emission Strength": 1.0, "Specular IOR Level": 0.0}
    else:
        inputs["Base Color"] = color
    if clear:
        inputs["Alpha"] = picture.outputs["Alpha"]
    return writer.shader("ShaderNodeBsdfPrincipled", inputs)


def _unlit(writer: Writer, picture: Any, *, clear: bool) -> Any:
    """Write what exporters take for KHR_materials_unlit: light for the camera alone."""
    light = writer.shader("ShaderNodeEmission", {"Color": picture.outputs["Color"]})
    ray = writer.node("ShaderNodeLightPath", {}).outputs["Is Camera Ray"]
    nothing = writer.shader("ShaderNodeBsdfTransparent", {})
    shown = writer.shader("ShaderNodeMixShader", {0: ray, 1: nothing, 2: light})
    if not clear:
        return shown
    see_through = writer.shader("ShaderNodeBsdfTransparent", {})
    alpha = picture.outputs["Alpha"]
    return writer.shader("ShaderNodeMixShader", {0: alpha, 1: see_through, 2: shown})
