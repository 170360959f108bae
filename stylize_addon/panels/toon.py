"""The panels of toon materials: on and off, the scene's control, and a material's own settings."""

from typing import Any

from bpy.types import Context, Panel, UILayout

from ..toon.bake_settings import LOOK
from ..toon.control import DIALS, KEY, find_control
from ..toon.maps import SPECULAR, THRESHOLD
from ..toon.material import toon_node
from ..toon.properties import bake_properties, toon_properties
from .sidebar import Folded, Sidebar

ICON = "SHADING_RENDERED"


class STYLIZE_PT_toon(Folded, Panel):
    """Toon shading that renders live."""

    bl_idname = "STYLIZE_PT_toon"
    bl_label = "Toon"

    def draw_settings(self, layout: UILayout, context: Context) -> None:
        settings = context.scene.stylize
        for name in toon_properties():
            layout.prop(settings, name)
        row = layout.row(align=True)
        _draw_button(row, context, back=False)
        _draw_button(row, context, back=True)
        layout.operator("stylize.toon_library", icon="ASSET_MANAGER")


def _draw_button(layout: UILayout, context: Context, *, back: bool) -> None:
    settings: Any = context.scene.stylize
    text, icon = ("Back", "LOOP_BACK") if back else ("Toon", ICON)
    button = layout.operator("stylize.toon", text=text, icon=icon)
    button.back, button.scope = back, settings.scope
    for name in toon_properties():
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


class STYLIZE_PT_toon_light(Sidebar, Panel):
    """An artist's hand on where light falls."""

    bl_idname = "STYLIZE_PT_toon_light"
    bl_label = "Light by Hand"
    bl_parent_id = "STYLIZE_PT_toon"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    def draw(self, context: Context) -> None:
        layout = self.layout
        for kind, text in ((THRESHOLD, "Threshold Map"), (SPECULAR, "Highlight Map")):
            layout.label(text=text)
            row = layout.row(align=True)
            for source, name in (("PAINT", "Paint"), ("CURVATURE", "Curvature"), ("NONE", "None")):
                button = row.operator("stylize.toon_map", text=name)
                button.kind, button.source = kind, source
        layout.label(text="Hatching Follows")
        row = layout.row(align=True)
        for along, name in (("OBJECT", "Object"), ("UV", "UVs"), ("CURVATURE", "Curvature")):
            row.operator("stylize.toon_strokes", text=name).along = along
        row = layout.row(align=True)
        row.operator("stylize.toon_normals", icon="NORMALS_VERTEX_FACE").action = "PROXY"
        row.operator("stylize.toon_normals", text="", icon="LOOP_BACK").action = "OWN"


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


class STYLIZE_PT_toon_bake(Folded, Panel):
    """Toon models for games and the web."""

    bl_idname = "STYLIZE_PT_toon_bake"
    bl_label = "Bake"
    bl_parent_id = "STYLIZE_PT_toon"

    def draw_settings(self, layout: UILayout, context: Context) -> None:
        settings = context.scene.stylize.toon_bake
        layout.prop(settings, "what")
        look = layout.column()
        look.active = settings.what == LOOK
        look.prop_search(settings, "lamp", context.scene, "objects", icon="LIGHT")
        for name in ("seen", "material"):
            look.prop(settings, name)
        for name in ("size", "samples", "filepath"):
            layout.prop(settings, name)
        button = layout.operator("stylize.bake_toon", icon="RENDER_STILL")
        button.scope = context.scene.stylize.scope
        for name in bake_properties():
            setattr(button, name, getattr(settings, name))


def _active_node(context: Context) -> Any:
    material = getattr(context.object, "active_material", None)
    return None if material is None else toon_node(material)


CLASSES = (
    STYLIZE_PT_toon,
    STYLIZE_PT_toon_scene,
    STYLIZE_PT_toon_light,
    STYLIZE_PT_toon_material,
    STYLIZE_PT_toon_bake,
    STYLIZE_PT_toon_properties,
)
