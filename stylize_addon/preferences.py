"""Preferences: the engine's Python, its memory limit, and its installation."""

from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty
from bpy.types import AddonPreferences, Context

from .engine import PACKAGE
from .sentence import draw_sentence
from .session import SESSION

NOT_CHECKED = "Check Engine says which Python would be used, and whether it has all that is needed"
OFFLINE_MODE = "Blender was started with --offline-mode, so nothing can be installed"
ONLINE = "Allow Online Access (installing needs it)"


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
        name="Memory Limit (MB)",
        description="Megabytes that the engine may take; 0 lets it choose",
        default=0,
        min=0,
        soft_max=65536,
        subtype="UNSIGNED",
    )

    style_folder: StringProperty(
        name="Style Folder",
        description="Where the last style picture was chosen",
        subtype="DIR_PATH",
        options={"HIDDEN"},
    )

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "python", placeholder="Empty: the installed engine")
        layout.prop(self, "max_memory")
        box = layout.box()
        draw_sentence(box, context, SESSION.engine or NOT_CHECKED, "INFO")
        if SESSION.lacks_engine and SESSION.report != [SESSION.engine]:
            draw_sentence(box, context, SESSION.report[0], "ERROR")
        if SESSION.running:
            box.progress(factor=SESSION.done, text=SESSION.text, type="BAR")
            box.operator("stylize.cancel", icon="CANCEL")
            return
        row = box.row()
        row.operator("stylize.check_engine", icon="FILE_REFRESH")
        row.operator("stylize.install_engine", icon="IMPORT")
        row.operator("stylize.remove_engine", icon="TRASH")
        if bpy.app.online_access:
            return
        if bpy.app.online_access_override:
            draw_sentence(box, context, OFFLINE_MODE, "ERROR")
        else:
            box.prop(context.preferences.system, "use_online_access", text=ONLINE)


def preferred_python() -> str:
    """Return the Python that the user chose, or nothing."""
    preferences = _find_preferences()
    return preferences.python if preferences else ""


def memory_limit() -> int | None:
    """Return the engine's memory limit in megabytes, or None if the engine chooses."""
    preferences = _find_preferences()
    return (preferences.max_memory or None) if preferences else None


def remembered_folder() -> Path | None:
    """Return the folder of the last chosen style picture, if known."""
    preferences = _find_preferences()
    return Path(preferences.style_folder) if preferences and preferences.style_folder else None


def remember_folder(folder: Path) -> None:
    """Store the folder of a chosen style picture; Blender saves it with its preferences."""
    preferences = _find_preferences()
    if preferences is not None:
        preferences.style_folder = str(folder)


def _find_preferences() -> StylizePreferences | None:
    """Return the preferences; None if the add-on runs from its source without being enabled."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


CLASSES = (StylizePreferences,)
