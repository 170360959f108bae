"""The panels of toon materials: on and off, the scene's control, and a material's own settings."""

from typing import Any

from bpy.types import Context, Panel, UILayout

from ..session import SESSION
from ..toon.control import DIALS, KEY, find_control
from ..toon.material import toon_node
from .sidebar import Sidebar

ICON = "SHADING_RENDERED"


class STYLIZE_PT_toon(Sidebar, Panel):
    """Toon shading that renders live."""

    bl_idname = "STYLIZE_PT_toon"
    bl_label = "Toon"
    bl_parent_id = "STYLIZE_PT_textures"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    def draw(self, context: Context) -> None:
        layout, settings = self.layout, context.scene.stylize
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not SESSION.running
        layout.prop(settings, "toon_look")
        layout.prop(settings, "toon_outlines")
        layout.prop(settings, "toon_bumps")
        row = layout.row(align=True)
        _draw_button(row, context, back=False)
        _draw_button(row, context, back=True)


def _draw_button(layout: UILayout, context: Context, *, back: bool) -> None:
    settings: Any = context.scene.stylize
    text, icon = ("Back", "LOOP_BACK") if back else ("Toon", ICON)
    button = layout.operator("stylize.toon", text=text, icon=icon)
    button.back, button.scope = back, settings.scope
    for name in ("toon_look", "toon_outlines", "toon_bumps"):
        setattr(button, name, getattr(settings, name))


class STYLIZE_PT_toon_scene(Sidebar, Panel):
    """What all toon materials of the file have in common."""

    bl_idname = "STYLIZE_PT_toon_scene"
    bl_label = "Whole Scene"
    bl_parent_id = "STYLIZE_PT_toon"

    @classmethod
    def poll(cls, context: Context) -> bool:
        return find_control() is not None

    def draw(self, context: Context) -> None:
        layout, control = self.layout, find_control()
        layout.use_property_split = True
        for dial in DIALS:
            row = layout.row(align=True)
            row.prop(control.nodes[dial.name].outputs[0], "default_value", text=dial.name)
            if dial.name == KEY:
                row.operator("stylize.toon_light", text="", icon="EYEDROPPER")


class ToonMaterial:
    """The settings of the active material's toon shader."""

    bl_label = "Toon Material"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    @classmethod
    def poll(cls, context: Context) -> bool:
        return _active_node(context) is not None

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.template_node_inputs(_active_node(context))


class STYLIZE_PT_toon_material(Sidebar, ToonMaterial, Panel):
    """In the 3D view's sidebar."""

    bl_idname = "STYLIZE_PT_toon_material"
    bl_parent_id = "STYLIZE_PT_toon"


class STYLIZE_PT_toon_properties(ToonMaterial, Panel):
    """Beside the material's own settings."""

    bl_idname = "STYLIZE_PT_toon_properties"
    bl_label = "Stylize Toon"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "material"


def _active_node(context: Context) -> Any:
    material = getattr(context.object, "active_material", None)
    return None if material is None else toon_node(material)


CLASSES = (
    STYLIZE_PT_toon,
    STYLIZE_PT_toon_scene,
    STYLIZE_PT_toon_material,
    STYLIZE_PT_toon_properties,
)
