"""``bpy.ops.stylize.frames`` and ``.render``: stylize a scene's frames, or one picture."""

from collections.abc import Callable, Generator
from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty
from bpy.types import Context, Operator

from ...core.catalog import TOON
from ..materials.image_editors import show_rendered
from ..preferences import preferred_python
from ..properties import FOLDER, frame_properties, sequence_settings
from ..rendering.properties import PARTS, parts_of
from ..rendering.run import SequenceOutcome, apply, stylize_frames
from ..rendering.settings import Part, SequenceSettings, read_part
from ..session import Answer
from ..time_left import Status
from .running import Applying, Chosen, Running

NOT_GIVEN = -1
"""A frame's number that stands for the scene's own."""


class RunningSequence(Running):
    """A run over rendered frames."""

    cancelled = "Cancelled; frames that are finished stay, and are not made again"

    def steps(self, context: Context) -> Generator[Status, None, Any]:
        return stylize_frames(self.settings(context), preferred_python())

    def chosen_parts(self, context: Context) -> tuple[Part, ...]:
        """Return the parts of another strength: those given, else the panel's.

        Raises:
            ParamsError: if they are written wrongly.
        """
        if not self.properties.is_property_set("parts"):
            return parts_of(context.scene)
        return tuple(read_part(line) for line in self.parts.splitlines() if line.strip())


PART_LINES = StringProperty(
    name="Parts", description="Parts of another strength, one a line, like object:Fox=0.5"
)


class STYLIZE_OT_frames(RunningSequence, Operator):
    """Render the frames that are missing, stylize all as one sequence, and put it into the compositor."""

    bl_idname = "stylize.frames"
    bl_label = "Stylize Frames"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way
    opening = "Looking at the frames"
    applying = "apply_frames"

    __annotations__ = frame_properties() | {
        "frame_start": IntProperty(
            name="Start",
            description="First frame; -1 is the scene's",
            default=NOT_GIVEN,
            min=-1,
        ),
        "frame_end": IntProperty(
            name="End", description="Last frame; -1 is the scene's", default=NOT_GIVEN, min=-1
        ),
        "parts": PART_LINES,
        "folder": FOLDER,
        "output": StringProperty(
            name="Output",
            description="Pattern of the stylized frames, with a # for each digit; empty: in Folder",
        ),
    }

    def settings(self, context: Context) -> SequenceSettings:
        scene = context.scene
        first = scene.frame_start if self.frame_start == NOT_GIVEN else self.frame_start
        last = scene.frame_end if self.frame_end == NOT_GIVEN else self.frame_end
        return sequence_settings(
            Chosen(self, context),
            context,
            frames=(first, last),
            parts=self.chosen_parts(context),
            folder=self.folder,
            output=self.output,
        )


class STYLIZE_OT_render(RunningSequence, Operator):
    """Stylize what was rendered last, or render the current frame and stylize it."""

    bl_idname = "stylize.render"
    bl_label = "Stylize Render"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way
    opening = "Looking at the render"
    applying = "apply_render"

    __annotations__ = frame_properties() | {"parts": PART_LINES, "folder": FOLDER}

    def settings(self, context: Context) -> SequenceSettings:
        chosen, parts, frame = (
            Chosen(self, context),
            self.chosen_parts(context),
            context.scene.frame_current,
        )
        plain = not parts and chosen.shown == "COMBINED" and not chosen.again
        styled = chosen.drawn == "STYLE" and chosen.method != TOON
        plain &= styled  # lines need passes, which the last render may not have
        return sequence_settings(
            chosen,
            context,
            frames=(frame, frame),
            still=True,
            last_render=plain,
            parts=parts,
            folder=self.folder,
        )


class ApplyingSequence(Applying):
    """An operator that puts into the file what a run over frames has made."""

    apply: Callable[[Any], list[str]] = staticmethod(apply)


def _show(name: str) -> None:
    """Show a picture in a moment: windows are not opened in the midst of an operator."""

    def now() -> None:
        image = bpy.data.images.get(name)
        if image is not None:
            show_rendered(image)

    if not bpy.app.background:
        bpy.app.timers.register(now, first_interval=0)


def _apply_and_show(outcome: SequenceOutcome) -> list[str]:
    names = apply(outcome)
    if names:
        _show(outcome.image_name)
    return names


class STYLIZE_OT_apply_frames(ApplyingSequence, Operator):
    """Put stylized frames into the compositor."""

    bl_idname = "stylize.apply_frames"
    bl_label = "Stylize Frames"


class STYLIZE_OT_apply_render(ApplyingSequence, Operator):
    """Keep a stylized render as a picture."""

    bl_idname = "stylize.apply_render"
    bl_label = "Stylize Render"
    apply: Callable[[Any], list[str]] = staticmethod(_apply_and_show)


class STYLIZE_OT_add_part(Operator):
    """Add a part of the frames that gets more or less of the style than the rest."""

    bl_idname = "stylize.add_part"
    bl_label = "Add Part"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    kind: EnumProperty(name="Kind", description="What it is", items=PARTS, default="OBJECT")

    def execute(self, context: Context) -> Answer:
        settings = context.scene.stylize
        part = settings.parts.add()
        part.kind = self.kind
        if self.kind == "OBJECT" and getattr(context, "object", None) is not None:
            part.name = context.object.name
        settings.active_part = len(settings.parts) - 1
        return {"FINISHED"}


class STYLIZE_OT_remove_part(Operator):
    """Remove the chosen part: it gets the style that all get."""

    bl_idname = "stylize.remove_part"
    bl_label = "Remove Part"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not context.scene.stylize.parts:
            cls.poll_message_set("There is no part; Add Part makes one")
        return len(context.scene.stylize.parts) > 0

    def execute(self, context: Context) -> Answer:
        settings = context.scene.stylize
        settings.parts.remove(settings.active_part)
        settings.active_part = max(0, settings.active_part - 1)
        return {"FINISHED"}


CLASSES = (
    STYLIZE_OT_frames,
    STYLIZE_OT_render,
    STYLIZE_OT_apply_frames,
    STYLIZE_OT_apply_render,
    STYLIZE_OT_add_part,
    STYLIZE_OT_remove_part,
)
