"""The menu Object > Stylize, and an entry in the Image Editor: what is in a menu is also found with F3."""

import bpy
from bpy.types import Context, Menu


class STYLIZE_MT_object(Menu):
    """Stylize the textures of objects or what surrounds them, and take it back."""

    bl_idname = "STYLIZE_MT_object"
    bl_label = "Stylize"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.operator("stylize.textures", icon="BRUSH_DATA")
        layout.operator("stylize.panorama", icon="WORLD")
        layout.operator("stylize.restore", icon="LOOP_BACK").scope = context.scene.stylize.scope
        layout.operator("stylize.cancel", text="Cancel Stylizing", icon="CANCEL")


def _draw_entry(menu: Menu, context: Context) -> None:
    menu.layout.separator()
    menu.layout.menu(STYLIZE_MT_object.bl_idname)


def _draw_picture_entry(menu: Menu, context: Context) -> None:
    image = getattr(context.space_data, "image", None)
    if image is not None:
        menu.layout.separator()
        entry = menu.layout.operator("stylize.panorama", icon="WORLD")
        entry.source, entry.image = "IMAGE", image.name


CLASSES = (STYLIZE_MT_object,)


def register() -> None:
    """Add the menu to the 3D view's Object menu, and an entry to the Image Editor's Image menu."""
    bpy.types.VIEW3D_MT_object.append(_draw_entry)
    bpy.types.IMAGE_MT_image.append(_draw_picture_entry)


def unregister() -> None:
    """Take them away again."""
    bpy.types.IMAGE_MT_image.remove(_draw_picture_entry)
    bpy.types.VIEW3D_MT_object.remove(_draw_entry)
