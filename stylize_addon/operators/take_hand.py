"""``bpy.ops.stylize.take_hand``: choose the painter who comes nearest to the style picture's hand."""

from collections.abc import Generator

import bpy
from bpy.types import Context, Operator

from ...core.styles.states import find_state
from ..hand import Hand, find_hand
from ..preferences import preferred_python
from ..properties import params_of, style_files
from ..time_left import Status
from .running import Applying, Running

NO_PICTURE = "Choose a style picture first, whose hand is to be taken"


class STYLIZE_OT_take_hand(Running, Operator):
    """Choose the painter, brush and settings whose strokes come nearest to the style picture's."""

    bl_idname = "stylize.take_hand"
    bl_label = "Take Hand of Style"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way
    opening = "Looking at the style picture"
    applying = "apply_hand"

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not _find_picture(context):
            cls.poll_message_set(NO_PICTURE)
            return False
        return super().poll(context)

    def steps(self, context: Context) -> Generator[Status, None, Hand]:
        return find_hand(_find_picture(context), preferred_python())


def _find_picture(context: Context) -> str:
    """Return the chosen style picture; nothing if there is none: no style, or a state."""
    settings = context.scene.stylize
    files = [] if find_state(settings.look) else style_files(settings.look, settings.style)
    return files[0].path if files else ""


def _take(hand: Hand) -> list[str]:
    """Put a painter, its brush and its settings into the panel."""
    settings, facts = bpy.context.scene.stylize, hand.facts
    settings.method, settings.style_scale = facts["method"], facts["style_scale"]
    group = params_of(settings, facts["method"])
    for name, value in facts["params"].items():
        setattr(group, name, value)
    return [facts["method"]]


class STYLIZE_OT_apply_hand(Applying, Operator):
    """Put the painter who was found into the panel."""

    bl_idname = "stylize.apply_hand"
    bl_label = "Take Hand of Style"
    apply = staticmethod(_take)


CLASSES = (STYLIZE_OT_take_hand, STYLIZE_OT_apply_hand)
