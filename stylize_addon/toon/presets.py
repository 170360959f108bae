"""The looks that come with Stylize, as node groups of their own: for the asset browser and for materials."""

from bpy.types import NodeTree

from ...core.request.toon_look import PRESETS, Preset
from .nodes import begin, shared_group
from .shader import shader_group
from .sockets import OUTPUTS, declare

LOOK = "toon_look"
"""Custom property of a preset's group: its name."""


def preset_group(name: str) -> NodeTree:
    """Return the group of a look, made now if there is none: the toon shader with the look's settings."""
    preset = PRESETS[name]
    tree = shared_group(f"Toon {preset.title}", lambda tree: _write(tree, preset))
    tree[LOOK] = name
    return tree


def _write(tree: NodeTree, preset: Preset) -> None:
    tree["description"] = preset.summary
    declare(tree, preset.look)
    writer, given = begin(tree)
    core = writer.group(shader_group(), given)
    writer.finish({name: core.outputs[name] for name in OUTPUTS})
