"""``bpy.ops.stylize.restore``: bring materials, the World and the compositor back to what they were."""

from collections.abc import Sequence

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy.types import Context, Material, Operator, Scene, World

from ...core.errors import StylizeError
from ..materials.graph import remove_unused_pictures, restore_tree, trees_of
from ..materials.made_uvs import remove_unused_uvs
from ..materials.panorama import chosen_world
from ..materials.walk import Owner
from ..properties import SCOPES
from ..rendering.compositor import restore_scene
from ..session import SESSION, Answer
from ..settings import Settings, ask, chosen_materials
from ..toon.apply import hide_toon

RESTORED = (
    *SCOPES[:3],
    ("FILE", "Whole File", "All materials, all Worlds, and all compositors of the file"),
    ("WORLD", "World", "The scene's World"),
    ("FRAMES", "Frames", "The scene's compositor"),
)


class STYLIZE_OT_restore(Operator):
    """Show the original pictures again and take out all that Stylize has put into the graphs."""

    bl_idname = "stylize.restore"
    bl_label = "Restore Originals"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    scope: EnumProperty(
        name="For", description="What to restore", items=RESTORED, default="SELECTED"
    )
    materials: StringProperty(name="Materials", description="Names of materials, one a line")

    def execute(self, context: Context) -> Answer:
        try:
            count = restore(self._find_owners())
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not count:
            self.report({"WARNING"}, f"Nothing in {_name_scope(self.scope)} was stylized")
            return {"CANCELLED"}
        SESSION.say(f"Restored {count} {'original' if count == 1 else 'originals'}")
        self.report({"INFO"}, *SESSION.report)
        return {"FINISHED"}

    def _find_owners(self) -> Sequence[Owner]:
        if self.scope == "FILE":
            return everything()
        if self.scope == "FRAMES":
            return [bpy.context.scene]
        if self.scope == "WORLD":
            return [chosen_world()]
        names = tuple(name for name in self.materials.splitlines() if name)
        return chosen_materials(Settings(job=ask(styles=()), scope=self.scope, materials=names))


def _name_scope(scope: str) -> str:
    words = {
        "ALL": "this scene",
        "FILE": "this file",
        "WORLD": "the World",
        "FRAMES": "the compositor",
    }
    return words.get(scope, "these materials")


def restore(owners: Sequence[Owner]) -> int:
    """Restore graphs and their groups; return how many pictures and toon materials were taken out of them."""
    scenes = [owner for owner in owners if isinstance(owner, Scene)]
    worlds = [owner for owner in owners if isinstance(owner, World)]
    count = sum(map(restore_scene, scenes))
    hidden, materials = _hide_toon([owner for owner in owners if isinstance(owner, Material)])
    trees = dict.fromkeys(t for owner in (*materials, *worlds) for t in trees_of(owner))
    names = {name for tree in trees if tree.library is None for name in restore_tree(tree)}
    remove_unused_pictures()
    remove_unused_uvs()
    return len(names) + count + hidden


def _hide_toon(materials: Sequence[Material]) -> tuple[int, list[Material]]:
    """Take toon off; return how many materials had it, and those that are left of them."""
    names = {material.name_full for material in materials}
    count = hide_toon(materials)
    return count, [material for material in bpy.data.materials if material.name_full in names]


def restore_all() -> int:
    """Restore every material, every World and every compositor of the file."""
    return restore(everything())


def everything() -> list[Owner]:
    """Return all of the file that may have been stylized."""
    owners = (*bpy.data.materials, *bpy.data.worlds, *bpy.data.scenes)
    return [owner for owner in owners if owner.library is None]


CLASSES = (STYLIZE_OT_restore,)
