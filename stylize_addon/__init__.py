"""The add-on: everything of Stylize that knows Blender."""

from types import ModuleType

import bpy

from . import cli_command, preferences, properties
from .operators import engine_setup, restore, textures
from .panels import sidebar

MODULES: tuple[ModuleType, ...] = (
    preferences,
    properties,
    textures,
    restore,
    engine_setup,
    sidebar,
    cli_command,
)


def register() -> None:
    """Register every module's classes, and what else it has to set up."""
    for module in MODULES:
        for cls in getattr(module, "CLASSES", ()):
            bpy.utils.register_class(cls)
        if hasattr(module, "register"):
            module.register()


def unregister() -> None:
    """Undo ``register`` in the opposite order."""
    for module in reversed(MODULES):
        if hasattr(module, "unregister"):
            module.unregister()
        for cls in reversed(getattr(module, "CLASSES", ())):
            bpy.utils.unregister_class(cls)
