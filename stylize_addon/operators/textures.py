"""``bpy.ops.stylize.textures``: stylize the pictures that colour materials."""

from bpy.props import EnumProperty, StringProperty
from bpy.types import Context, Operator

from ...core.errors import StylizeError
from ..materials.results import NothingMade, Outcome, apply
from ..properties import (
    FOLDER,
    SCOPES,
    look_properties,
    texture_properties,
    texture_settings,
)
from ..session import SESSION, Answer
from ..settings import Settings
from ..toon.material import follow_all
from .running import Applying, Chosen, Running


class STYLIZE_OT_textures(Running, Operator):
    """Give the pictures that color these materials the style of another picture; originals are kept."""

    bl_idname = "stylize.textures"
    bl_label = "Stylize Textures"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way
    opening = "Looking through the materials"
    applying = "apply_textures"

    __annotations__ = (
        look_properties()
        | texture_properties()
        | {
            "scope": EnumProperty(
                name="For", description="What to stylize", items=SCOPES, default="SELECTED"
            ),
            "materials": StringProperty(
                name="Materials",
                description="Names of materials, one a line, for the scope of named materials",
            ),
            "folder": FOLDER,
        }
    )

    def settings(self, context: Context) -> Settings:
        names = tuple(name for name in self.materials.splitlines() if name)
        chosen = Chosen(self, context)
        return texture_settings(chosen, context, materials=names, folder=self.folder)

    def _apply(self, outcome: Outcome, context: Context) -> Answer:
        done = super()._apply(outcome, context)
        SESSION.lacking = tuple(outcome.lacking)
        return done

    def _fail(self, error: StylizeError) -> Answer:
        done = super()._fail(error)
        SESSION.lacking = error.lacking if isinstance(error, NothingMade) else ()
        return done


def _apply_all(outcome: Outcome) -> list[str]:
    """Put pictures into the graphs, and have toon materials show them too."""
    names = apply(outcome)
    follow_all()
    return names


class STYLIZE_OT_apply_textures(Applying, Operator):
    """Put stylized pictures into the materials."""

    bl_idname = "stylize.apply_textures"
    bl_label = "Stylize Textures"
    apply = staticmethod(_apply_all)


CLASSES = (STYLIZE_OT_textures, STYLIZE_OT_apply_textures)
