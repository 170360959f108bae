"""The looks that materials or the World have, in the panels: which one is shown, and which to give up."""

from collections.abc import Sequence

from bpy.types import Context, Menu, UILayout

from ..materials.looks import looks_in
from ..materials.variants import pictures_in
from ..materials.walk import Owner
from ..settings import materials_of


class LooksMenu:
    """A menu of looks."""

    bl_label = "Looks"
    scope = ""

    def draw(self, context: Context) -> None:
        scope = self.scope or context.scene.stylize.scope
        owners = [context.scene.world] if scope == "WORLD" else materials_of(scope)
        for name, shown in looks_in(owner for owner in owners if owner is not None).items():
            icon = "CHECKMARK" if shown else "BLANK1"
            entry = self.layout.operator("stylize.show_look", text=name, icon=icon)
            entry.look, entry.scope = name, scope


class STYLIZE_MT_looks(LooksMenu, Menu):
    """The looks of these materials."""

    bl_idname = "STYLIZE_MT_looks"


class STYLIZE_MT_world_looks(LooksMenu, Menu):
    """The looks of the World."""

    bl_idname = "STYLIZE_MT_world_looks"
    scope = "WORLD"


def draw_looks(layout: UILayout, owners: Sequence[Owner], scope: str) -> None:
    """Draw which look is shown, a menu of the others, and what gives it up; nothing without a look."""
    looks = looks_in(owners)
    shown = [name for name, is_shown in looks.items() if is_shown]
    if not shown:
        return
    menu = STYLIZE_MT_world_looks if scope == "WORLD" else STYLIZE_MT_looks
    row = layout.row(align=True)
    row.menu(menu.bl_idname, text=f"Look: {', '.join(shown)}", icon="BRUSHES_ALL")
    if len(shown) == 1:
        remove = row.operator("stylize.remove_look", text="", icon="X")
        remove.look, remove.scope = shown[0], scope


def draw_pictures(layout: UILayout, owners: Sequence[Owner], scope: str) -> None:
    """Draw the looks that have small pictures, to be chosen by them; nothing for fewer than two."""
    looks = looks_in(owners)
    pictures = {n: i for n, i in pictures_in(owners).items() if i.preview is not None}
    if len(pictures) < 2:
        return
    grid = layout.grid_flow(row_major=True, columns=4, even_columns=True, align=True)
    for name, image in sorted(pictures.items()):
        cell = grid.column(align=True)
        cell.template_icon(icon_value=image.preview.icon_id, scale=4)
        show = cell.operator("stylize.show_look", text=name, depress=looks.get(name, False))
        show.look, show.scope = name, scope


CLASSES = (STYLIZE_MT_looks, STYLIZE_MT_world_looks)
