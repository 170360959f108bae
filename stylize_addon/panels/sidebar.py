"""The panel "Stylize" in the 3D view's sidebar."""

from dataclasses import fields

from bpy.types import Context, Panel, UILayout

from ...core.catalog import find_card
from ..properties import PICTURE, params_of
from ..session import SESSION


class _Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Stylize"


class STYLIZE_PT_textures(_Sidebar, Panel):
    """Style, strength, and the button."""

    bl_idname = "STYLIZE_PT_textures"
    bl_label = "Stylize"

    def draw(self, context: Context) -> None:
        layout, settings = self.layout, context.scene.stylize
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "look")
        if settings.look == PICTURE:
            layout.prop(settings, "style", text="Picture")
        layout.prop(settings, "strength")
        layout.prop(settings, "style_scale")
        layout.prop(settings, "keep_color")
        layout.prop(settings, "scope")
        _draw_action(layout, context)


def _draw_action(layout: UILayout, context: Context) -> None:
    if SESSION.running:
        layout.progress(factor=SESSION.done, text=SESSION.text, type="BAR")
        layout.operator("stylize.cancel", icon="CANCEL")
        return
    column = layout.column()
    column.scale_y = 1.5
    column.operator("stylize.textures", icon="BRUSH_DATA")
    layout.prop(context.scene, "stylize_amount")
    layout.operator("stylize.restore", icon="LOOP_BACK").scope = context.scene.stylize.scope
    for line in SESSION.report[:8]:
        layout.label(text=line)


class STYLIZE_PT_method(_Sidebar, Panel):
    """Method and its own settings."""

    bl_idname = "STYLIZE_PT_method"
    bl_label = "Method"
    bl_parent_id = "STYLIZE_PT_textures"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    def draw(self, context: Context) -> None:
        layout, settings = self.layout, context.scene.stylize
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "method")
        group = params_of(settings, settings.method)
        for declared in fields(find_card(settings.method).params):
            layout.prop(group, declared.name)
        layout.prop(settings, "seed")


class STYLIZE_PT_pictures(_Sidebar, Panel):
    """Which pictures, and where the new ones go."""

    bl_idname = "STYLIZE_PT_pictures"
    bl_label = "Pictures"
    bl_parent_id = "STYLIZE_PT_textures"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    def draw(self, context: Context) -> None:
        layout, settings = self.layout, context.scene.stylize
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "emission")
        layout.prop(settings, "bake")
        column = layout.column()
        column.active = settings.bake
        column.prop(settings, "bake_size")
        layout.prop(settings, "pack")


CLASSES = (STYLIZE_PT_textures, STYLIZE_PT_method, STYLIZE_PT_pictures)
