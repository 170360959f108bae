"""``bpy.ops.stylize.restore``: bring materials back to what they were."""

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy.types import Context, Material, Operator

from ...core.errors import StylizeError
from ..material_graph import remove_unused_pictures, restore_tree, trees_of
from ..properties import SCOPES
from ..session import SESSION, Answer
from ..settings import Settings, chosen_materials


class STYLIZE_OT_restore(Operator):
    """Show the original pictures again and take out all that Stylize has put into these materials."""

    bl_idname = "stylize.restore"
    bl_label = "Restore Originals"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    scope: EnumProperty(name="For", description="What to restore", items=SCOPES, default="SELECTED")
    materials: StringProperty(name="Materials", description="Names of materials, one a line")

    def execute(self, context: Context) -> Answer:
        names = tuple(name for name in self.materials.splitlines() if name)
        try:
            materials = chosen_materials(Settings(styles=(), scope=self.scope, materials=names))
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        count = restore(materials)
        if not count:
            self.report({"WARNING"}, "Nothing in these materials was stylized")
            return {"CANCELLED"}
        SESSION.report = [f"Restored {count} {'picture' if count == 1 else 'pictures'}"]
        self.report({"INFO"}, *SESSION.report)
        return {"FINISHED"}


def restore(materials: list[Material]) -> int:
    """Restore materials and their groups; return how many stylized pictures were taken out of them."""
    trees = dict.fromkeys(tree for material in materials for tree in trees_of(material))
    shown = {name for tree in trees if tree.library is None for name in restore_tree(tree)}
    remove_unused_pictures()
    return len(shown)


def restore_all() -> int:
    """Restore every material of the file."""
    return restore([material for material in bpy.data.materials if material.library is None])


CLASSES = (STYLIZE_OT_restore,)
