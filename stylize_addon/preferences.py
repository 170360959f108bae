"""Preferences: which Python runs the engine, how much memory it may take, and its installation."""

import bpy
from bpy.props import IntProperty, StringProperty
from bpy.types import AddonPreferences, Context

from .engine import PACKAGE
from .session import SESSION


class StylizePreferences(AddonPreferences):
    """Settings that belong to the machine, not to a file."""

    bl_idname = PACKAGE

    python: StringProperty(
        name="Python",
        description="Python with PyTorch that runs the engine; leave it empty to use the installed engine",
        subtype="FILE_PATH",
        update=lambda self, context: setattr(SESSION, "engine", ""),
    )
    max_memory: IntProperty(
        name="Memory limit",
        description="Megabytes that the engine may take; 0 lets it choose",
        default=0,
        min=0,
        soft_max=65536,
        subtype="UNSIGNED",
    )

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "python")
        layout.prop(self, "max_memory")
        box = layout.box()
        box.label(text=SESSION.engine or "The engine has not been looked for yet", icon="INFO")
        row = box.row()
        row.operator("stylize.check_engine", icon="FILE_REFRESH")
        if SESSION.running:
            row.operator("stylize.cancel", icon="CANCEL")
            box.progress(factor=SESSION.done, text=SESSION.text, type="BAR")
        else:
            row.operator("stylize.install_engine", icon="IMPORT")
            row.operator("stylize.remove_engine", icon="TRASH")
        if not bpy.app.online_access:
            box.label(
                text="Installing needs Preferences > System > Allow Online Access", icon="ERROR"
            )


def preferred_python() -> str:
    """Return the Python that was chosen, or nothing."""
    preferences = _preferences()
    return preferences.python if preferences else ""


def memory_limit() -> int | None:
    """Return the megabytes that the engine may take, or None if it is to choose."""
    preferences = _preferences()
    return (preferences.max_memory or None) if preferences else None


def _preferences() -> StylizePreferences | None:
    """Return the preferences; there are none where the add-on runs from its source without being enabled."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


CLASSES = (StylizePreferences,)
