"""``bpy.ops.stylize.textures``: stylize the pictures that colour materials."""

from contextlib import suppress
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy.types import Context, Event, Operator, Timer

from ...core.errors import StylizeError
from ..preferences import preferred_python
from ..properties import SCOPES, settings_from, shared_properties
from ..session import SESSION, Answer
from ..settings import Settings
from ..texture_results import Outcome, apply
from ..texture_run import Status, Steps, run_to_end, stylize

TICK = 0.05
"""Seconds between two steps of a run."""

_running: list["STYLIZE_OT_textures"] = []
_finished: list[Outcome] = []
"""Handed from the modal operator to the one that applies it, which is the step that undo takes back."""


class _Stepper:
    """What an operator keeps while its steps are taken."""

    _steps: Steps | None = None
    _timer: Timer | None = None
    _said: str = ""


class STYLIZE_OT_textures(_Stepper, Operator):
    """Give the pictures that color these materials the style of another picture; originals are kept."""

    bl_idname = "stylize.textures"
    bl_label = "Stylize Textures"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way

    __annotations__ = shared_properties() | {
        "scope": EnumProperty(
            name="For", description="What to stylize", items=SCOPES, default="SELECTED"
        ),
        "materials": StringProperty(
            name="Materials",
            description="Names of materials, one a line, for the scope of named materials",
        ),
        "folder": StringProperty(
            name="Folder",
            description="Where the new pictures go",
            default="//stylized",
            subtype="DIR_PATH",
        ),
    }

    @classmethod
    def poll(cls, context: Context) -> bool:
        if SESSION.running:
            cls.poll_message_set("Stylize is at work already")
        return not SESSION.running

    def invoke(self, context: Context, event: Event) -> Answer:
        if bpy.app.background:
            return self.execute(context)
        try:
            self._steps = stylize(self._settings(context), preferred_python())
            SESSION.begin("Looking through the materials")
            next(self._steps)
        except StylizeError as error:
            return self._fail(error)
        except BaseException:
            SESSION.end()
            raise
        self._timer = context.window_manager.event_timer_add(TICK, window=context.window)
        context.window_manager.modal_handler_add(self)
        _running.append(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> Answer:
        if event.type == "ESC" or SESSION.stopping:
            self._stop(context)
            SESSION.end("Cancelled; nothing was changed")
            self.report({"INFO"}, "Cancelled; nothing was changed")
            redraw(context)
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            status = next(self._steps)
            SESSION.show(status.done, status.text)
        except StopIteration as end:
            self._stop(context)
            return self._apply(end.value, context)
        except StylizeError as error:
            self._stop(context)
            redraw(context)
            return self._fail(error)
        except BaseException:
            self.cancel(context)
            raise
        self._say(context)
        return {"PASS_THROUGH"}

    def _say(self, context: Context) -> None:
        said = f"Stylize: {SESSION.text}  {SESSION.left}  (Esc cancels)"
        if said != self._said:
            self._said = said
            context.workspace.status_text_set(said)
            redraw(context)

    def execute(self, context: Context) -> Answer:
        try:
            for step in run_to_end(self._settings(context), preferred_python()):
                if isinstance(step, Outcome):
                    return self._apply(step, context)
                _print_step(step)
        except StylizeError as error:
            return self._fail(error)
        return {"CANCELLED"}

    def cancel(self, context: Context) -> None:
        self._stop(context)
        SESSION.end("Cancelled; nothing was changed")

    def _settings(self, context: Context) -> Settings:
        names = tuple(name for name in self.materials.splitlines() if name)
        return settings_from(_Chosen(self, context), context, materials=names, folder=self.folder)

    def _apply(self, outcome: Outcome, context: Context) -> Answer:
        _finished.append(outcome)
        try:
            done = bpy.ops.stylize.apply_textures("EXEC_DEFAULT", True)  # True: with a step to undo
        except RuntimeError as error:
            return self._fail(StylizeError(_said(error)))
        except BaseException:
            SESSION.end()
            raise
        finally:
            _finished.clear()
            outcome.discard()
        SESSION.end(*_summary(outcome))
        self.report({"WARNING"} if outcome.notes else {"INFO"}, "; ".join(_summary(outcome)))
        redraw(context)
        return done

    def _fail(self, error: StylizeError) -> Answer:
        SESSION.fail(error)
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}

    def _stop(self, context: Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            for workspace in bpy.data.workspaces:
                workspace.status_text_set(None)
            self._timer = None
        self.end_steps()

    def end_steps(self) -> None:
        """End the engine; ``_stop`` without a window."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None
        if self in _running:
            _running.remove(self)


class _Chosen:
    """The operator's properties where they were given, and the panel's for the rest."""

    def __init__(self, operator: Operator, context: Context) -> None:
        self._operator, self._panel = operator, context.scene.stylize

    def __getattr__(self, name: str) -> Any:
        given = self._operator.properties.is_property_set(name)
        if name == "look" and self._operator.properties.is_property_set("style") and not given:
            return "PICTURE"
        return getattr(self._operator if given else self._panel, name)


class STYLIZE_OT_apply_textures(Operator):
    """Put stylized pictures into the materials."""

    bl_idname = "stylize.apply_textures"
    bl_label = "Stylize Textures"
    bl_options = {"INTERNAL", "UNDO"}  # noqa: RUF012  # Blender's way

    def execute(self, context: Context) -> Answer:
        if not _finished:
            return {"CANCELLED"}
        try:
            names = apply(_finished[0])
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"} if names else {"CANCELLED"}


class STYLIZE_OT_cancel(Operator):
    """Stop what Stylize is doing; nothing will have been changed."""

    bl_idname = "stylize.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: Context) -> bool:
        return SESSION.running

    def execute(self, context: Context) -> Answer:
        SESSION.stopping = True
        return {"FINISHED"}


def _said(error: RuntimeError) -> str:
    said = str(error).strip().removeprefix("Error: ")
    return (
        "Stylize failed unexpectedly; the console has the details" if "Traceback" in said else said
    )


def _summary(outcome: Outcome) -> list[str]:
    count = len(outcome.pictures) + len(outcome.bakes)
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    return [f"Stylized {pictures} in {outcome.seconds:.1f} s", *outcome.notes]


def _print_step(status: Status) -> None:
    text = f"{status.done:4.0%} {status.text}"
    if text != SESSION.text:
        SESSION.text = text
        print(f"stylize: {text}", flush=True)  # noqa: T201  # background mode has no other place for it


def redraw(context: Context) -> None:
    """Draw the places that show progress again; not the 3D view itself, which may be slow."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            kind = {"VIEW_3D": "UI", "PREFERENCES": "WINDOW"}.get(area.type)
            for region in area.regions:
                if region.type == kind:
                    region.tag_redraw()


CLASSES = (STYLIZE_OT_textures, STYLIZE_OT_apply_textures, STYLIZE_OT_cancel)


def unregister() -> None:
    """End a run that is still going on."""
    while _running:
        with suppress(ReferenceError):
            _running.pop().end_steps()
