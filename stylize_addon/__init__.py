"""The add-on: the part of Stylize that depends on Blender."""

import atexit
from types import ModuleType

import bpy

from . import amounts, each_frame, preferences, properties, session
from .command import textures as cli_command
from .operators import (
    choose_style,
    engine_setup,
    looks,
    panorama,
    restore,
    running,
    sequence,
    take_hand,
    textures,
    toon,
    toon_tools,
    variants,
)
from .panels import looks as looks_menus
from .panels import menu, painter_presets, rendering, sidebar, style_icon, surroundings
from .panels import toon as toon_panels

MODULES: tuple[ModuleType, ...] = (
    preferences,
    properties,
    amounts,
    session,
    running,
    choose_style,
    textures,
    variants,
    panorama,
    sequence,
    restore,
    looks,
    toon,
    toon_tools,
    take_hand,
    looks_menus,
    engine_setup,
    style_icon,
    painter_presets,
    sidebar,
    surroundings,
    rendering,
    toon_panels,
    menu,
    each_frame,
    cli_command,
)


_registered: list[ModuleType] = []


def register() -> None:
    """Register every module's classes, and call its own ``register``."""
    for module in MODULES:
        for cls in getattr(module, "CLASSES", ()):
            if issubclass(cls, bpy.types.Operator):  # Blender adds the full stop to tooltips
                cls.bl_description = (cls.__doc__ or "").strip().removesuffix(".")
            bpy.utils.register_class(cls)
        if hasattr(module, "register"):
            module.register()
        _registered.append(module)
    atexit.register(unregister)


def unregister() -> None:
    """Undo ``register`` in the opposite order.

    It is also called when Python ends: bpy 4.2 and 4.5 crash there if an add-on's properties are left, and
    Blender disables only add-ons that it has enabled itself, and too late.
    """
    atexit.unregister(unregister)
    while _registered:
        module = _registered.pop()
        if hasattr(module, "unregister"):
            module.unregister()
        for cls in reversed(getattr(module, "CLASSES", ())):
            bpy.utils.unregister_class(cls)
