"""The panels for rendered frames: in the 3D view's sidebar, and in the Render properties."""

from typing import Any

import bpy
from bpy.types import Context, Panel, UILayout, UIList

from ..amounts import shown_frames_amount
from ..rendering.run import FILMS
from ..sentence import draw_sentence
from ..session import SESSION
from .sidebar import Folded, draw_look, draw_progress, draw_report

SEARCHED = {"OBJECT": "objects", "MATERIAL": "materials", "COLLECTION": "collections"}
ICONS = {"OBJECT": "OBJECT_DATA", "MATERIAL": "MATERIAL", "COLLECTION": "OUTLINER_COLLECTION"}
APART = "A second, rough render of each frame tells how blurred things move"


class STYLIZE_UL_parts(UIList):
    """What gets more or less of the style."""

    bl_idname = "STYLIZE_UL_parts"

    def draw_item(  # noqa: PLR0913, PLR0917  # Blender's way
        self,
        context: Context,
        layout: UILayout,
        data: Any,
        item: Any,
        icon: int,
        active_data: Any,
        active_property: str,
    ) -> None:
        row = layout.row(align=True)
        row.label(text=item.name or "Choose one below", icon=ICONS[item.kind])
        row.prop(item, "strength", text="", emboss=False)


class STYLIZE_PT_rendering(Folded, Panel):
    """How frames are stylized, and the buttons."""

    bl_idname = "STYLIZE_PT_rendering"
    bl_label = "Render"

    def draw_settings(self, layout: UILayout, context: Context) -> None:
        _draw_settings(layout, context)
        _draw_buttons(layout)
        _draw_result(layout, context)


class STYLIZE_PT_render_properties(Panel):
    """The same, beside the render's own settings."""

    bl_idname = "STYLIZE_PT_render_properties"
    bl_label = "Stylize"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "render"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = layout.column()
        settings.enabled = not SESSION.running
        draw_look(settings, context)
        _draw_settings(settings, context)
        if SESSION.running:
            draw_progress(layout)
            return
        _draw_buttons(layout)
        _draw_result(layout, context)
        draw_report(layout, context)


def _draw_settings(layout: UILayout, context: Context) -> None:
    settings = context.scene.stylize
    layout.prop(settings, "drawn")
    if settings.drawn != "STYLE":
        layout.prop(settings, "ink_look")
    layout.prop(settings, "shown")
    layout.prop(settings, "motion")
    column = layout.column()
    column.active = settings.motion != "none"
    column.prop(settings, "anchor")
    blurred = context.scene.render.use_motion_blur
    row = layout.column()
    row.active = blurred
    row.prop(settings, "keep_blur")
    if blurred and settings.keep_blur and settings.motion == "auto":
        draw_sentence(layout, context, APART, "INFO")
    if len(context.scene.view_layers) > 1:
        layout.prop_search(settings, "layer", context.scene, "view_layers")
    layout.prop(settings, "view")
    layout.prop(settings, "compositor")
    if settings.method in FILMS:
        layout.prop(settings, "paint_layers")
    layout.prop(settings, "again")
    row = layout.row()
    row.use_property_split = False  # its name is long
    row.prop(settings, "each_frame")
    _draw_parts(layout, context)


def _draw_parts(layout: UILayout, context: Context) -> None:
    settings = context.scene.stylize
    layout.label(text="Parts with Less Style or Finer Brushes")
    row = layout.row()
    row.template_list("STYLIZE_UL_parts", "", settings, "parts", settings, "active_part", rows=2)
    buttons = row.column(align=True)
    buttons.operator("stylize.add_part", icon="ADD", text="")
    buttons.operator("stylize.remove_part", icon="REMOVE", text="")
    if 0 <= settings.active_part < len(settings.parts):
        part = settings.parts[settings.active_part]
        layout.prop(part, "kind")
        layout.prop_search(part, "name", bpy.data, SEARCHED[part.kind], text="Name")
        layout.prop(part, "strength")
        layout.prop(part, "fine")
        layout.prop(settings, "live")


def _draw_buttons(layout: UILayout) -> None:
    column = layout.column(align=True)
    column.operator("stylize.render", icon="RENDER_STILL")
    column.operator("stylize.frames", icon="RENDER_ANIMATION")


def _draw_result(layout: UILayout, context: Context) -> None:
    """Draw what can be done with stylized frames; it is grey where there are none."""
    column = layout.column()
    column.enabled = shown_frames_amount(context.scene) is not None
    column.prop(context.scene, "stylize_frames_amount")
    column.operator("stylize.restore", icon="LOOP_BACK").scope = "FRAMES"


CLASSES = (STYLIZE_UL_parts, STYLIZE_PT_rendering, STYLIZE_PT_render_properties)
