"""``bpy.ops.stylize.show_look`` and ``.remove_look``: of several looks show another one, or give one up."""

from collections.abc import Sequence

from bpy.props import EnumProperty, StringProperty
from bpy.types import Context, Operator

from ...core.errors import ParamsError, StylizeError
from ..materials.looks import looks_in, remove_look, show_look
from ..materials.panorama import chosen_world
from ..materials.walk import Owner
from ..properties import SCOPES
from ..session import Answer
from ..settings import Settings, ask, chosen_materials
from ..toon.material import follow_all

OF = (*SCOPES, ("WORLD", "World", "The scene's World"))


class Looking:
    """An operator that does something with a look."""

    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012  # menus have one for each look

    look: StringProperty(name="Look", description="Name of the look, which is its style's")
    scope: EnumProperty(name="For", description="Whose look", items=OF, default="SELECTED")
    materials: StringProperty(name="Materials", description="Names of materials, one a line")

    def execute(self, context: Context) -> Answer:
        try:
            owners = self._find_owners()
            if not self.do(owners, self.look):
                known = ", ".join(looks_in(owners)) or "none"
                raise ParamsError(f"There is no look {self.look}; the looks here are: {known}")
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        follow_all()
        return {"FINISHED"}

    def _find_owners(self) -> Sequence[Owner]:
        if self.scope == "WORLD":
            return [chosen_world()]
        names = tuple(name for name in self.materials.splitlines() if name)
        return chosen_materials(Settings(job=ask(styles=()), scope=self.scope, materials=names))


class STYLIZE_OT_show_look(Looking, Operator):
    """Show this look of the stylized pictures."""

    bl_idname = "stylize.show_look"
    bl_label = "Show Look"
    do = staticmethod(show_look)


class STYLIZE_OT_remove_look(Looking, Operator):
    """Give this look up: another one is shown, or the original if there is none; files stay."""

    bl_idname = "stylize.remove_look"
    bl_label = "Remove Look"
    do = staticmethod(remove_look)


CLASSES = (STYLIZE_OT_show_look, STYLIZE_OT_remove_look)
