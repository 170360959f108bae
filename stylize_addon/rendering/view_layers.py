"""The view layer of a scene that is stylized, and the names of its files."""

import bpy
from bpy.types import Scene, ViewLayer

from ...core.errors import StylizeError
from ..images import safe_name


def layer_of(scene: Scene, name: str = "") -> ViewLayer:
    """Return the view layer that is stylized.

    It is the named one; without a name the active one or, if that is not rendered, the first rendered one.

    Raises:
        StylizeError: if there is no such view layer, or it is not used for rendering.
    """
    used = [layer for layer in scene.view_layers if layer.use]
    if not used:
        raise StylizeError(f"No view layer of {scene.name} is used for rendering; turn one on")
    if not name:
        active = bpy.context.view_layer
        known = active is not None and active.id_data == scene
        return next((layer for layer in used if known and layer.name == active.name), used[0])
    layer = scene.view_layers.get(name)
    if layer is None:
        raise StylizeError(f"{scene.name} has no view layer {name}; it has {_list_names(scene)}")
    if not layer.use:
        raise StylizeError(
            f"The view layer {name} is not used for rendering; turn on Use for Rendering in the View "
            "Layer properties, or choose another one"
        )
    return layer


def name_of(scene: Scene, layer: ViewLayer) -> str:
    """Return the name of a scene's frame files; with several view layers, each has its own."""
    several = sum(layer.use for layer in scene.view_layers) > 1
    return safe_name(f"{scene.name}_{layer.name}" if several else scene.name)


def _list_names(scene: Scene) -> str:
    return ", ".join(layer.name for layer in scene.view_layers)
