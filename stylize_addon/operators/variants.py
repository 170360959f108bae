"""``bpy.ops.stylize.variants``: bring textures into several variants of a state, to choose from."""

from collections.abc import Generator

import bpy
from bpy.props import IntProperty
from bpy.types import Context, Operator

from ...core.styles.states import find_state
from ..materials.variants import Several, apply_variants, draw_preview, make_variants
from ..preferences import preferred_python
from ..properties import texture_settings
from ..time_left import Status
from ..toon.material import follow_all
from .running import Applying, Running

NO_STATE = "Choose a state that has variants as style first, such as Snow"


class STYLIZE_OT_variants(Running, Operator):
    """Make several variants of this state, each a look of its own to choose by its picture."""

    bl_idname = "stylize.variants"
    bl_label = "Make Variants"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way
    opening = "Looking through the materials"
    applying = "apply_variants"

    count: IntProperty(name="Variants", description="How many are made", default=4, min=2, max=12)

    @classmethod
    def poll(cls, context: Context) -> bool:
        state = find_state(context.scene.stylize.look)
        if state is None or not state.varies:
            cls.poll_message_set(NO_STATE)
            return False
        return super().poll(context)

    def steps(self, context: Context) -> Generator[Status, None, Several]:
        settings = texture_settings(context.scene.stylize, context)
        return make_variants(settings, self.count, preferred_python())


def _apply_all(several: Several) -> list[str]:
    names = apply_variants(several)
    for name in names:
        if name in bpy.data.images:
            draw_preview(bpy.data.images[name])
    follow_all()
    return names


class STYLIZE_OT_apply_variants(Applying, Operator):
    """Put variants into the materials."""

    bl_idname = "stylize.apply_variants"
    bl_label = "Make Variants"
    apply = staticmethod(_apply_all)


CLASSES = (STYLIZE_OT_variants, STYLIZE_OT_apply_variants)
