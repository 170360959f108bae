"""The panel "Stylize" in the 3D view's sidebar."""

from dataclasses import fields

from bpy.types import Context, Panel, UILayout

from ...core.catalog import find_card
from ..engine import PACKAGE
from ..properties import PICTURE, StylizeSettings, params_of, shown_amount
from ..session import SESSION
from ..settings import BUILTIN
from .sentence import draw_sentence
from .style_icon import style_icon

LINES = 8
"""How much of a report the panel shows."""


class Sidebar:
    """Where the panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Stylize"


class STYLIZE_PT_textures(Sidebar, Panel):
    """Style, strength, and the button."""

    bl_idname = "STYLIZE_PT_textures"
    bl_label = "Stylize"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = layout.column()
        settings.enabled = not SESSION.running
        draw_look(settings, context.scene.stylize)
        for name in ("one_brush", "scope"):
            settings.prop(context.scene.stylize, name)
        if SESSION.running:
            draw_progress(layout)
            return
        button = layout.column()
        button.scale_y = 1.5
        button.operator("stylize.textures", icon="BRUSH_DATA")
        draw_report(layout, context)
        _draw_result(layout, context)


def draw_look(layout: UILayout, settings: StylizeSettings) -> None:
    """Draw the style, and how much it does."""
    layout.prop(settings, "look")
    if settings.look == PICTURE:
        layout.prop(settings, "style", text="Picture", placeholder="Choose a picture")
    icon = style_icon(settings.style if settings.look == PICTURE else BUILTIN + settings.look)
    if icon:
        layout.template_icon(icon_value=icon, scale=5)
    layout.prop(settings, "strength")
    layout.prop(settings, "style_scale")
    layout.prop(settings, "keep_color")


def draw_progress(layout: UILayout) -> None:
    """Draw how far a run is, and the button that stops it."""
    layout.progress(factor=SESSION.done, text=SESSION.text, type="BAR")
    layout.label(text=SESSION.left)
    layout.operator("stylize.cancel", icon="CANCEL")


def draw_report(layout: UILayout, context: Context) -> None:
    """Draw what came of the last run."""
    icon = "ERROR" if SESSION.failed else "INFO"
    for line in SESSION.report[:LINES]:
        draw_sentence(layout, context, line, icon)
    if len(SESSION.report) > LINES:
        more = len(SESSION.report) - LINES
        draw_sentence(layout, context, f"{more} more: see the Info editor", icon)
    if SESSION.lacks_engine:
        text = "Open Preferences"
        layout.operator("preferences.addon_show", text=text, icon="PREFERENCES").module = PACKAGE


def _draw_result(layout: UILayout, context: Context) -> None:
    """Draw what can be done with stylized materials; it is grey where there are none."""
    column = layout.column()
    column.enabled = shown_amount(context.scene) is not None
    column.prop(context.scene, "stylize_amount")
    column.operator("stylize.restore", icon="LOOP_BACK").scope = context.scene.stylize.scope
    shading = getattr(context.space_data, "shading", None)
    if column.enabled and shading is not None and shading.type in ("SOLID", "WIREFRAME"):
        show = layout.operator(
            "wm.context_set_enum", text="Show in Material Preview", icon="MATERIAL"
        )
        show.data_path, show.value = "space_data.shading.type", "MATERIAL"


class STYLIZE_PT_method(Sidebar, Panel):
    """Method and its own settings."""

    bl_idname = "STYLIZE_PT_method"
    bl_label = "Method"
    bl_parent_id = "STYLIZE_PT_textures"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    def draw(self, context: Context) -> None:
        layout, settings = self.layout, context.scene.stylize
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not SESSION.running
        layout.prop(settings, "method")
        group = params_of(settings, settings.method)
        for declared in fields(find_card(settings.method).params):
            layout.prop(group, declared.name)
        layout.prop(settings, "seed")


class STYLIZE_PT_pictures(Sidebar, Panel):
    """Which textures, and where the new ones go."""

    bl_idname = "STYLIZE_PT_pictures"
    bl_label = "Textures"
    bl_parent_id = "STYLIZE_PT_textures"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    def draw(self, context: Context) -> None:
        layout, settings = self.layout, context.scene.stylize
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not SESSION.running
        layout.prop(settings, "surface")
        layout.prop(settings, "by_area")
        layout.prop(settings, "emission")
        layout.prop(settings, "bake")
        column = layout.column()
        column.active = settings.bake
        column.prop(settings, "bake_size")
        layout.prop(settings, "pack")


CLASSES = (STYLIZE_PT_textures, STYLIZE_PT_method, STYLIZE_PT_pictures)
