"""Install, look for and remove the engine."""

from collections.abc import Generator
from typing import Any

import bpy
from bpy.props import BoolProperty
from bpy.types import Context, Event, Operator, Timer

from ...core.errors import StylizeError
from ..engine import own_folder
from ..installation.install import install, remove
from ..installation.plan import describe, plan_engine
from ..preferences import preferred_python
from ..sentence import draw_sentence
from ..session import SESSION, Answer, describe_engine
from .running import AT_WORK, redraw

OFFLINE = "Installing needs the network: turn on Preferences > System > Allow Online Access"
FORBIDDEN = "Installing needs the network, and Blender was started with --offline-mode"

WIDTH = 560
"""Of the dialog: a folder's name is long."""
PRINTED = 0.05
"""How much must have been done for another line in background mode."""


class STYLIZE_OT_install_engine(Operator):
    """Download PyTorch and what else the engine needs into a folder; says first what that takes."""

    bl_idname = "stylize.install_engine"
    bl_label = "Install Engine"

    cpu_only: BoolProperty(
        name="Without GPU Support",
        description="A smaller download for a machine without a graphics card",
        default=False,
    )

    _steps: Generator[Any, None, None] | None = None
    _timer: Timer | None = None

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set(FORBIDDEN if bpy.app.online_access_override else OFFLINE)
        elif SESSION.running:
            cls.poll_message_set(AT_WORK)
        return bpy.app.online_access and not SESSION.running

    def invoke(self, context: Context, event: Event) -> Answer:
        try:
            plan_engine(cpu_only=False)
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return context.window_manager.invoke_props_dialog(self, width=WIDTH, confirm_text="Install")

    def draw(self, context: Context) -> None:
        column = self.layout.column(align=True)
        column.label(text="PyTorch and a few libraries; Blender's own Python stays as it is.")
        for line in describe(cpu_only=self.cpu_only):
            draw_sentence(column, context, line, width=WIDTH)
        if plan_engine(cpu_only=False).smaller:
            self.layout.prop(self, "cpu_only")

    def execute(self, context: Context) -> Answer:
        if not bpy.app.online_access:
            self.report({"ERROR"}, FORBIDDEN if bpy.app.online_access_override else OFFLINE)
            return {"CANCELLED"}
        SESSION.begin("Making an environment")
        self._steps = install(cpu_only=self.cpu_only)
        if bpy.app.background:
            return self._run_to_end()
        self._timer = context.window_manager.event_timer_add(0.1, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> Answer:
        if SESSION.stopping:
            self.cancel(context)
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        redraw(context)
        try:
            status = next(self._steps)
            SESSION.show(status.done, status.text)
        except StopIteration:
            return self._end(context, "The engine is installed")
        except (StylizeError, OSError) as error:
            self._end(context, str(error))
            SESSION.fail(error)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"PASS_THROUGH"}

    def cancel(self, context: Context) -> None:
        self._steps.close()
        self._end(context, "The installation was cancelled")

    def _run_to_end(self) -> Answer:
        printed = -PRINTED
        try:
            for status in self._steps:
                if status.done >= printed + PRINTED:
                    printed = status.done
                    SESSION.show(status.done, status.text)
                    print(f"stylize: {status.text}", flush=True)  # noqa: T201  # background mode
        except (StylizeError, OSError) as error:
            SESSION.fail(error)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return self._end(bpy.context, "The engine is installed")

    def _end(self, context: Context, message: str) -> Answer:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        SESSION.end(message)
        SESSION.engine = describe_engine(preferred_python())
        redraw(context)
        return {"FINISHED"}


class STYLIZE_OT_check_engine(Operator):
    """Look which Python would run the engine, and whether it has all that is needed."""

    bl_idname = "stylize.check_engine"
    bl_label = "Check Engine"

    def execute(self, context: Context) -> Answer:
        SESSION.engine = describe_engine(preferred_python())
        self.report({"INFO"} if SESSION.engine.startswith("Ready") else {"WARNING"}, SESSION.engine)
        return {"FINISHED"}


class STYLIZE_OT_remove_engine(Operator):
    """Remove the engine that was installed here, and free its space."""

    bl_idname = "stylize.remove_engine"
    bl_label = "Remove Engine"

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not own_folder().exists():
            cls.poll_message_set("No engine is installed here")
        elif SESSION.running:
            cls.poll_message_set(AT_WORK)
        return own_folder().exists() and not SESSION.running

    def invoke(self, context: Context, event: Event) -> Answer:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: Context) -> Answer:
        try:
            existed = remove()
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        SESSION.engine = ""
        self.report(
            {"INFO"}, "The engine was removed" if existed else "There was no installed engine"
        )
        return {"FINISHED"}


CLASSES = (STYLIZE_OT_install_engine, STYLIZE_OT_check_engine, STYLIZE_OT_remove_engine)
