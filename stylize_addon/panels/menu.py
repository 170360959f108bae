"""The menu Object > Stylize: what is in a menu is also found with F3."""

import bpy
from bpy.types import Context, Menu


class STYLIZE_MT_object(Menu):
    """Stylize the textures of objects, and take it back."""

    bl_idname = "STYLIZE_MT_object"
    bl_label = "Stylize"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.operator("stylize.textures", icon="BRUSH_DATA")
        layout.operator("stylize.restore", icon="LOOP_BACK").scope = context.scene.stylize.scope
        layout.operator("stylize.cancel", text="Cancel Stylizing", icon="CANCEL")


def _draw_entry(menu: Menu, context: Context) -> None:
    menu.layout.separator()
    menu.layout.menu(STYLIZE_MT_object.bl_idname)


CLASSES = (STYLIZE_MT_object,)


def register() -> None:
    """Add the menu to the 3D view's Object menu."""
    bpy.types.VIEW3D_MT_object.append(_draw_entry)


def unregister() -> None:
    """Take it away again."""
    bpy.types.VIEW3D_MT_object.remove(_draw_entry)
