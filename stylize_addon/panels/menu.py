"""The menu Object > Stylize, and entries in the Image and the Render menu: F3 finds what is in a menu."""

import bpy
from bpy.types import Context, Menu

from ..rendering.properties import PARTS


class STYLIZE_MT_object(Menu):
    """Stylize the textures of objects, what surrounds them or how they are rendered, and take it back."""

    bl_idname = "STYLIZE_MT_object"
    bl_label = "Stylize"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.operator("stylize.choose_style", icon="FILE_FOLDER")
        layout.operator("stylize.take_hand", icon="EYEDROPPER")
        layout.separator()
        layout.operator("stylize.textures", icon="BRUSH_DATA")
        layout.operator("stylize.variants", icon="IMGDISPLAY")
        layout.operator("stylize.panorama", icon="WORLD")
        layout.menu(STYLIZE_MT_toon.bl_idname)
        layout.operator("stylize.render", icon="RENDER_STILL")
        layout.operator("stylize.frames", icon="RENDER_ANIMATION")
        layout.separator()
        layout.menu(STYLIZE_MT_parts.bl_idname)
        layout.menu(STYLIZE_MT_engine.bl_idname)
        layout.separator()
        layout.operator("stylize.restore", icon="LOOP_BACK").scope = context.scene.stylize.scope
        layout.operator("stylize.cancel", text="Cancel Stylizing", icon="CANCEL")


class STYLIZE_MT_toon(Menu):
    """Toon shading that renders live, and what belongs to it."""

    bl_idname = "STYLIZE_MT_toon"
    bl_label = "Toon"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.operator("stylize.toon", icon="SHADING_RENDERED")
        layout.operator("stylize.toon", text="Back from Toon", icon="LOOP_BACK").back = True
        layout.operator("stylize.toon_light", icon="LIGHT_SUN")
        for source in ("PAINT", "CURVATURE"):
            text = f"Threshold Map: {source.title()}"
            layout.operator("stylize.toon_map", text=text, icon="VPAINT_HLT").source = source
        layout.operator("stylize.toon_normals", icon="NORMALS_VERTEX_FACE")
        layout.operator("stylize.toon_strokes", icon="FORCE_CURVE")
        layout.separator()
        layout.operator("stylize.bake_toon", icon="RENDER_STILL")
        layout.operator("stylize.toon_library", icon="ASSET_MANAGER")


class STYLIZE_MT_parts(Menu):
    """Parts of rendered frames that get more or less of the style than the rest."""

    bl_idname = "STYLIZE_MT_parts"
    bl_label = "Parts of Frames"

    def draw(self, context: Context) -> None:
        for kind, name, _, icon, _ in PARTS:
            text = f"Add {name} with Less Style"
            self.layout.operator("stylize.add_part", text=text, icon=icon).kind = kind
        self.layout.operator("stylize.remove_part", icon="REMOVE")


class STYLIZE_MT_engine(Menu):
    """What runs the styles."""

    bl_idname = "STYLIZE_MT_engine"
    bl_label = "Engine"

    def draw(self, context: Context) -> None:
        self.layout.operator("stylize.check_engine", icon="FILE_REFRESH")
        self.layout.operator("stylize.install_engine", icon="IMPORT")
        self.layout.operator("stylize.remove_engine", icon="TRASH")


def _draw_entry(menu: Menu, context: Context) -> None:
    menu.layout.separator()
    menu.layout.menu(STYLIZE_MT_object.bl_idname)


def _draw_render_entries(menu: Menu, context: Context) -> None:
    menu.layout.separator()
    menu.layout.operator("stylize.render", icon="RENDER_STILL")
    menu.layout.operator("stylize.frames", icon="RENDER_ANIMATION")
    menu.layout.operator("stylize.restore", icon="LOOP_BACK").scope = "FRAMES"


def _draw_picture_entry(menu: Menu, context: Context) -> None:
    image = getattr(context.space_data, "image", None)
    if image is not None:
        menu.layout.separator()
        entry = menu.layout.operator("stylize.panorama", icon="WORLD")
        entry.source, entry.image = "IMAGE", image.name


CLASSES = (STYLIZE_MT_object, STYLIZE_MT_toon, STYLIZE_MT_parts, STYLIZE_MT_engine)


def register() -> None:
    """Add the menu to the 3D view's Object menu, and entries to the Image and the Render menu."""
    bpy.types.VIEW3D_MT_object.append(_draw_entry)
    bpy.types.IMAGE_MT_image.append(_draw_picture_entry)
    bpy.types.TOPBAR_MT_render.append(_draw_render_entries)


def unregister() -> None:
    """Take them away again."""
    bpy.types.TOPBAR_MT_render.remove(_draw_render_entries)
    bpy.types.IMAGE_MT_image.remove(_draw_picture_entry)
    bpy.types.VIEW3D_MT_object.remove(_draw_entry)
