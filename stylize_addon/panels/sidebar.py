"""The panel "Stylize" in the 3D view's sidebar."""

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

from bpy.types import Context, Panel, UILayout

from ...core.catalog import PAINTER_IDS, find_card, find_look
from ...core.request.directions import lays_strokes
from ...core.styles.states import State, find_state
from ..amounts import shown_amount, shown_relief
from ..engine import PACKAGE, is_named
from ..method_list import LEADING, PAINTING
from ..preferences import preferred_python
from ..properties import DIRECTIONS, OWN, PICTURE, params_of
from ..sentence import draw_sentence
from ..session import SESSION
from ..settings import materials_of
from ..style_picture import BUILTIN, style_problem
from ..toon.material import toon_node
from .looks import draw_looks, draw_pictures
from .painter_presets import STYLIZE_PT_painter_presets
from .style_icon import style_icon

NO_ENGINE = "Once, before the first style: install what paints it"
LINES = 4
"""How much of what was left out the panel shows unasked."""
DETAILS = "STYLIZE_details"
"""By this name Blender remembers whether they are folded."""


class Sidebar:
    """Where the panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Stylize"


class Folded(Sidebar):
    """A panel of settings in the main one, folded until one opens it."""

    bl_parent_id = "STYLIZE_PT_textures"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  # Blender's way

    def draw(self, context: Context) -> None:
        layout = cast("Panel", self).layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not SESSION.running
        self.draw_settings(layout, context)

    if TYPE_CHECKING:  # every panel has its own

        def draw_settings(self, layout: UILayout, context: Context) -> None:
            """Draw what the panel holds; it is grey while something is done."""


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
        draw_look(settings, context)
        state = find_state(context.scene.stylize.look)
        if state is not None:
            draw_relief(settings, context)
        for name in ("one_brush", "paint_relief"):
            settings.prop(context.scene.stylize, name)
        if context.scene.stylize.paint_relief:
            settings.prop(context.scene.stylize, "displace")
        settings.prop(context.scene.stylize, "scope")
        if SESSION.running:
            draw_progress(layout)
            return
        _draw_engine(layout, context)
        button = layout.column()
        button.scale_y = 1.5
        button.operator("stylize.textures", icon="BRUSH_DATA")
        if state is not None and state.varies:
            layout.operator("stylize.variants", icon="IMGDISPLAY")
        _draw_result(layout, context)
        draw_report(layout, context)


def draw_look(layout: UILayout, context: Context) -> None:
    """Draw the style, and how much it does."""
    settings = context.scene.stylize
    layout.prop(settings, "look")
    state = find_state(settings.look)
    if state is not None:
        _draw_state(layout, context, state)
        return
    if settings.look == PICTURE:
        _draw_picture(layout, context)
    if settings.look != OWN:
        style = settings.style if settings.look == PICTURE else BUILTIN + settings.look
        icon = 0 if style_problem(style) else style_icon(style)
        if icon:
            layout.template_icon(icon_value=icon, scale=5)
        _draw_methods(layout, settings, LEADING)
    layout.label(text="Painters")
    _draw_methods(layout, settings, PAINTING)
    if settings.look != OWN:
        layout.operator("stylize.take_hand", icon="EYEDROPPER")
    layout.prop(settings, "strength")
    layout.prop(settings, "style_scale")
    layout.prop(settings, "palette")
    layout.prop(settings, "keep_values")
    layout.prop(settings, "keep_color")


def _draw_methods(layout: UILayout, settings: Any, shown: Iterable[tuple[str, str]]) -> None:
    """Draw a button for each method that is shown."""
    grid = layout.grid_flow(row_major=True, columns=3, even_columns=True, align=True)
    grid.use_property_split = False  # names stand on the buttons
    for identifier, name in shown:
        grid.prop_enum(settings, "method", identifier, text=name)


def _draw_state(layout: UILayout, context: Context, state: State) -> None:
    """Draw which variant of a state, where it has any, and how much of it."""
    settings = context.scene.stylize
    for declared in fields(find_card(state.method).params):
        if declared.name != "domain":
            layout.prop(params_of(settings, state.method), declared.name)
    layout.prop(settings, "strength")
    layout.prop(settings, "style_scale")
    if state.paints:
        layout.prop(settings, "keep_values")
        layout.prop(settings, "keep_color")


def draw_relief(layout: UILayout, context: Context) -> None:
    """Draw where on a relief it is painted."""
    settings = context.scene.stylize
    layout.prop(settings, "lies")
    cover = layout.column()
    cover.active = settings.lies != "everywhere"
    cover.prop(settings, "cover")


def _draw_picture(layout: UILayout, context: Context) -> None:
    """Draw which picture, and at once what is wrong with it.

    It is asked for here and not when the property changes: in bpy 4.2 and 4.5 a group whose property then
    calls Python hangs the process at its end.
    """
    settings = context.scene.stylize
    row = layout.row(align=True)
    row.prop(settings, "style", text="Picture", placeholder="Choose a picture")
    row.operator("stylize.choose_style", text="", icon="FILE_FOLDER")
    problem = style_problem(settings.style)
    if settings.style and problem:
        draw_sentence(layout, context, problem, "ERROR")


def draw_progress(layout: UILayout) -> None:
    """Draw how far a run is, and the button that stops it."""
    layout.progress(factor=SESSION.done, text=SESSION.text, type="BAR")
    layout.label(text=SESSION.left)
    layout.operator("stylize.cancel", icon="CANCEL")


def draw_report(layout: UILayout, context: Context) -> None:
    """Draw what came of the last run."""
    icon = "CANCEL" if SESSION.failed else "CHECKMARK"
    problem = style_problem(context.scene.stylize.style)  # it stands by the picture already
    for line in SESSION.report:
        if line != problem:
            draw_sentence(layout, context, line, icon)
    for line in SESSION.skipped[:LINES]:
        draw_sentence(layout, context, line, "ERROR")  # Blender's warning sign
    if SESSION.lacking:
        make = layout.operator("stylize.textures", text="Make UVs and Stylize", icon="UV")
        make.scope, make.materials, make.make_uvs = "NAMED", "\n".join(SESSION.lacking), True
    if SESSION.lacks_engine:
        text = "Open Preferences"
        layout.operator("preferences.addon_show", text=text, icon="PREFERENCES").module = PACKAGE
    _draw_details(layout, context)


def _draw_details(layout: UILayout, context: Context) -> None:
    """Draw the rest of the report, folded until one asks for it."""
    more, details = SESSION.skipped[LINES:], SESSION.details
    if not more and not details:
        return
    header, body = layout.panel(DETAILS, default_closed=True)
    header.label(text=f"Details, {len(more)} left out" if more else "Details")
    if body is None:
        return
    for line, icon in (*((m, "ERROR") for m in more), *((d, "INFO") for d in details)):
        draw_sentence(body, context, line, icon)


def _draw_engine(layout: UILayout, context: Context) -> None:
    """Draw what is to be done first where there is no engine yet."""
    if not is_named(preferred_python()) and not SESSION.engine.startswith("Ready"):
        box = layout.box()
        draw_sentence(box, context, NO_ENGINE, "INFO")
        box.operator("stylize.install_engine", icon="IMPORT")


def _draw_result(layout: UILayout, context: Context) -> None:
    """Draw what can be done with stylized materials; it is grey where there are none."""
    column = layout.column()
    column.enabled = shown_amount(context.scene) is not None
    column.prop(context.scene, "stylize_amount")
    if shown_relief(context.scene) is not None:
        column.prop(context.scene, "stylize_relief")
    scope = context.scene.stylize.scope
    draw_looks(column, materials_of(scope), scope)
    draw_pictures(column, materials_of(scope), scope)
    restored = layout.column()
    restored.enabled = column.enabled or any(map(toon_node, materials_of(scope)))
    restored.operator("stylize.restore", icon="LOOP_BACK").scope = scope
    shading = getattr(context.space_data, "shading", None)
    if column.enabled and shading is not None and shading.type in ("SOLID", "WIREFRAME"):
        show = layout.operator(
            "wm.context_set_enum", text="Show in Material Preview", icon="MATERIAL"
        )
        show.data_path, show.value = "space_data.shading.type", "MATERIAL"


class STYLIZE_PT_painter(Folded, Panel):
    """How the chosen painter paints; it is open at first."""

    bl_idname = "STYLIZE_PT_painter"
    bl_label = "Painter"
    bl_options = set()  # noqa: RUF012  # Blender's way

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether a painter is chosen."""
        return context.scene.stylize.method in PAINTER_IDS

    def draw_header_preset(self, context: Context) -> None:
        """Draw the button of what was kept."""
        STYLIZE_PT_painter_presets.draw_panel_header(self.layout)

    def draw_settings(self, layout: UILayout, context: Context) -> None:
        settings = context.scene.stylize
        for declared in fields(find_card(settings.method).params):
            layout.prop(params_of(settings, settings.method), declared.name)
        layout.prop(settings, "seed")


class STYLIZE_PT_directions(Folded, Panel):
    """How the chosen painter's strokes go over the mesh, and where they are finer."""

    bl_idname = "STYLIZE_PT_directions"
    bl_label = "Strokes on the Mesh"

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether a painter is chosen whose strokes have a direction."""
        method = context.scene.stylize.method
        return method in PAINTER_IDS and lays_strokes(find_card(method))

    def draw_settings(self, layout: UILayout, context: Context) -> None:
        settings = context.scene.stylize
        for declared in DIRECTIONS:
            layout.prop(settings, declared.name)
        worn: Any = context.object
        if worn is not None and worn.type == "MESH":
            layout.prop_search(settings, "detail_group", worn, "vertex_groups")
        else:
            layout.prop(settings, "detail_group")


class STYLIZE_PT_method(Folded, Panel):
    """Every method, and its own settings; a look has none."""

    bl_idname = "STYLIZE_PT_method"
    bl_label = "Research"

    def draw_settings(self, layout: UILayout, context: Context) -> None:
        settings = context.scene.stylize
        layout.prop(settings, "method")
        if find_look(settings.method) is None and settings.method not in PAINTER_IDS:
            group = params_of(settings, settings.method)
            for declared in fields(find_card(settings.method).params):
                layout.prop(group, declared.name)
        layout.prop(settings, "seed")


class STYLIZE_PT_pictures(Folded, Panel):
    """Which textures, and where the new ones go."""

    bl_idname = "STYLIZE_PT_pictures"
    bl_label = "Textures"

    def draw_settings(self, layout: UILayout, context: Context) -> None:
        settings = context.scene.stylize
        layout.prop(settings, "surface")
        layout.prop(settings, "by_area")
        draw_relief(layout, context)
        layout.prop(settings, "emission")
        layout.prop(settings, "bake")
        column = layout.column()
        column.active = settings.bake
        column.prop(settings, "bake_size")
        layout.prop(settings, "make_uvs")
        layout.prop(settings, "pack")


CLASSES = (
    STYLIZE_PT_textures,
    STYLIZE_PT_painter,
    STYLIZE_PT_directions,
    STYLIZE_PT_method,
    STYLIZE_PT_pictures,
)
