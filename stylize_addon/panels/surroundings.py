"""The panels for 360° pictures: in the 3D view's sidebar, and beside the World's own settings."""

import bpy
from bpy.types import Context, Panel, UILayout, World

from ..amounts import shown_world_amount
from ..session import SESSION
from .looks import draw_looks
from .sidebar import Folded, draw_look, draw_progress, draw_report

ICON = "WORLD"


class STYLIZE_PT_panorama(Folded, Panel):
    """Which panorama, and the button."""

    bl_idname = "STYLIZE_PT_panorama"
    bl_label = "360°"

    def draw_settings(self, layout: UILayout, context: Context) -> None:
        settings = context.scene.stylize
        layout.prop(settings, "source")
        if settings.source == "IMAGE":
            layout.prop_search(settings, "image", bpy.data, "images")
        layout.prop(settings, "light")
        layout.operator("stylize.panorama", icon=ICON)
        if settings.source == "WORLD" and context.scene.world is not None:
            _draw_result(layout, context.scene.world)


class STYLIZE_PT_world(Panel):
    """The same, for the World that is shown."""

    bl_idname = "STYLIZE_PT_world"
    bl_label = "Stylize"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "world"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    @classmethod
    def poll(cls, context: Context) -> bool:
        return context.scene.world is not None

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = layout.column()
        settings.enabled = not SESSION.running
        draw_look(settings, context)
        settings.prop(context.scene.stylize, "light")
        if SESSION.running:
            draw_progress(layout)
            return
        layout.operator("stylize.panorama", icon=ICON).source = "WORLD"
        _draw_result(layout, context.scene.world)
        draw_report(layout, context)


def _draw_result(layout: UILayout, world: World) -> None:
    """Draw what can be done with a stylized World; it is grey if it is none."""
    column = layout.column()
    column.enabled = shown_world_amount(world) is not None
    column.prop(world, "stylize_amount")
    draw_looks(column, [world], "WORLD")
    column.operator("stylize.restore", icon="LOOP_BACK").scope = "WORLD"


CLASSES = (STYLIZE_PT_panorama, STYLIZE_PT_world)
