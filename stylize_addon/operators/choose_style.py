"""``bpy.ops.stylize.choose_style``: find a style picture among thumbnails."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import Context, Event, Operator

from ..images import relative
from ..preferences import remember_folder, remembered_folder
from ..properties import PICTURE
from ..session import Answer
from ..style_picture import BUILTIN, absolute_style, style_problem

HIDDEN = {"options": {"HIDDEN", "SKIP_SAVE"}}
DISPLAYS = (
    ("DEFAULT", "Default", "As the preferences say", 0),
    ("LIST_VERTICAL", "Vertical List", "A short list", 1),
    ("LIST_HORIZONTAL", "Horizontal List", "A detailed list", 2),
    ("THUMBNAIL", "Thumbnails", "Small pictures", 3),
)
"""What Blender's file browser knows, by its numbers."""


class STYLIZE_OT_choose_style(Operator):
    """Choose a picture whose hand the new pictures get."""

    bl_idname = "stylize.choose_style"
    bl_label = "Choose Style Picture"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    filepath: StringProperty(
        name="Picture", description="The style picture", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_image: BoolProperty(description="Show pictures", default=True, **HIDDEN)
    filter_folder: BoolProperty(description="Show folders", default=True, **HIDDEN)
    display_type: EnumProperty(
        description="How files are shown", items=DISPLAYS, default="THUMBNAIL", **HIDDEN
    )

    def invoke(self, context: Context, event: Event) -> Answer:
        folder = _folder(context.scene.stylize.style)
        if folder is not None:
            self.filepath = f"{folder}/"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> Answer:
        path = Path(bpy.path.abspath(self.filepath)).absolute()
        if problem := style_problem(str(path)):
            self.report({"ERROR"}, problem)
            return {"CANCELLED"}
        settings = context.scene.stylize
        beside = bpy.data.filepath and context.preferences.filepaths.use_relative_paths
        settings.style, settings.look = relative(path) if beside else str(path), PICTURE
        remember_folder(path.parent)
        return {"FINISHED"}


def _folder(style: str) -> Path | None:
    """Return where the last picture was; None if that is not known, or gone."""
    chosen = Path(absolute_style(style)).parent if style and not style.startswith(BUILTIN) else None
    return next((f for f in (chosen, remembered_folder()) if f is not None and f.is_dir()), None)


CLASSES = (STYLIZE_OT_choose_style,)
