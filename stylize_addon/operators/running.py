"""The base of the operators that stylize: take a run's steps, show progress, apply the result."""

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import bpy
from bpy.types import Context, Event, KeyMap, KeyMapItem, Operator, Timer

from ...core.errors import StylizeError
from ..materials.results import apply, group_sentences
from ..materials.run import stylize, to_end
from ..preferences import preferred_python
from ..session import SESSION, Answer
from ..time_left import Status

AT_WORK = "Stylize is at work already"
TICK = 0.05
"""Seconds between two steps of a run."""
KEY = "ESC"
"""Cancels a run where nothing else takes it."""
POPUP = 3
"""Reasons that a popup lists."""
WIDTH = 90
"""Letters in its lines."""

_running: list["Running"] = []
_finished: list[Any] = []
"""The outcome, passed from the modal operator to the one that applies it (the step that undo reverts)."""
_stops_playback: list[bool] = []
"""Whether the key that was pressed last ends the playback, which lets it pass on as if it had not."""
_failed: list[StylizeError] = []
"""Why it could not be applied, passed back to the modal operator."""


class Running:
    """An operator's run: modal in a window, to its end at once in the background."""

    opening = ""
    """What is said at first."""
    applying = ""
    """Name of the operator that puts the result in place."""
    cancelled = "Cancelled; nothing was changed"
    _steps: Generator[Status, None, Any] | None = None
    _timer: Timer | None = None
    _said: str = ""

    @classmethod
    def poll(cls, context: Context) -> bool:
        if SESSION.running:
            cls.poll_message_set(AT_WORK)
        return not SESSION.running

    def invoke(self, context: Context, event: Event) -> Answer:
        if bpy.app.background:
            return self.execute(context)
        try:
            self._steps = self.steps(context)
            SESSION.begin(self.opening)
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
        if SESSION.stopping:
            self._stop(context)
            SESSION.end(self.cancelled)
            self.report({"INFO"}, self.cancelled)
            redraw(context)
            return {"CANCELLED"}
        if event.type == KEY and event.value == "PRESS":
            _stops_playback[:] = [_is_playing(context)]
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            status = next(self._steps)
            SESSION.show(status.done, status.text, status.left)
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
        message = f"Stylize: {SESSION.text}  {SESSION.left}  (Esc cancels)"
        if message != self._said:
            self._said = message
            context.workspace.status_text_set(message)
            redraw(context)

    def execute(self, context: Context) -> Answer:
        try:
            for step in to_end(self.steps(context)):
                if not isinstance(step, Status):
                    return self._apply(step, context)
                _print_step(step)
        except StylizeError as error:
            return self._fail(error)
        return {"CANCELLED"}

    def cancel(self, context: Context) -> None:
        self._stop(context)
        SESSION.end(self.cancelled)

    def steps(self, context: Context) -> Generator[Status, None, Any]:
        """Return the run."""
        return stylize(self.settings(context), preferred_python())

    if TYPE_CHECKING:  # every operator has its own

        def settings(self, context: Context) -> Any:
            """Return what to stylize and how."""

    def _apply(self, outcome: Any, context: Context) -> Answer:
        _finished.append(outcome)
        try:
            done = getattr(bpy.ops.stylize, self.applying)("EXEC_DEFAULT", True)  # a step to undo
            if _failed:
                return self._fail(_failed.pop())
        except RuntimeError as error:
            return self._fail(StylizeError(_explain(error)))
        except BaseException:
            SESSION.end()
            raise
        finally:
            _finished.clear()
            _failed.clear()
            outcome.discard()
        message, skipped = outcome.summary(), group_sentences(outcome.notes)
        SESSION.end(*message, skipped=skipped, details=group_sentences(outcome.remarks))
        tell(self, "WARNING" if skipped else "INFO", "; ".join(message), skipped)
        redraw(context)
        return done

    def _fail(self, error: StylizeError) -> Answer:
        SESSION.fail(error)
        tell(self, "ERROR", SESSION.report[0], SESSION.skipped)
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


class Applying:
    """An operator that puts into the file what a run has made."""

    bl_options = {"INTERNAL", "UNDO"}  # noqa: RUF012  # Blender's way
    apply: Callable[[Any], list[str]] = staticmethod(apply)

    def execute(self, context: Context) -> Answer:
        if not _finished:
            return {"CANCELLED"}
        try:
            names = self.apply(_finished[0])
        except StylizeError as error:  # said by the one that runs it, once
            _failed.append(error)
            return {"CANCELLED"}
        return {"FINISHED"} if names else {"CANCELLED"}


class Chosen:
    """The operator's properties where they were given, and the panel's for the rest."""

    implied = {"look": ("style", "PICTURE"), "source": ("image", "IMAGE")}  # noqa: RUF012  # read alone
    """What one property is if it was not given and another one was."""

    def __init__(self, operator: Operator, context: Context) -> None:
        self._given, self._panel = operator, context.scene.stylize

    def __getattr__(self, name: str) -> Any:
        if self._is_given(name):
            return getattr(self._given, name)
        by, value = self.implied.get(name, ("", ""))
        return value if by and self._is_given(by) else getattr(self._panel, name)

    def _is_given(self, name: str) -> bool:
        return self._given.properties.is_property_set(name)


class STYLIZE_OT_cancel(Operator):
    """Stop what Stylize is doing; nothing will have been changed."""

    bl_idname = "stylize.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not SESSION.running:
            cls.poll_message_set("Stylize is not at work")
        return SESSION.running

    def invoke(self, context: Context, event: Event) -> Answer:
        """By its key it is asked last of all; even so Esc closes a render's view, and no installation."""
        shows_render = context.area is not None and context.area.type == "IMAGE_EDITOR"
        if event.type == KEY and (shows_render or any(_stops_playback) or not _running):
            return {"PASS_THROUGH"}
        return self.execute(context)

    def execute(self, context: Context) -> Answer:
        SESSION.stopping = True
        return {"FINISHED"}


def tell(operator: Operator, kind: str, message: str, skipped: Sequence[str] = ()) -> None:
    """Report the result of a run: in the status bar, or in a popup of few and short lines."""
    if bpy.app.background:  # a script wants to know all of it
        operator.report({kind}, ": ".join(filter(None, (message, "; ".join(skipped)))))
        return
    lines = [message, *skipped[:POPUP]]
    if len(skipped) > POPUP:
        lines.append(f"{len(skipped) - POPUP} more are listed in the Stylize panel")
    if kind != "ERROR":  # the status bar has one line
        lines = [message + (f"; {len(skipped)} left out, see the Stylize panel" if skipped else "")]
    operator.report({kind}, " \n".join(part for line in lines for part in wrap(line, WIDTH)))


def _is_playing(context: Context) -> bool:
    return any(window.screen.is_animation_playing for window in context.window_manager.windows)


def _explain(error: RuntimeError) -> str:
    message = str(error).strip().removeprefix("Error: ")
    return (
        "Stylize failed unexpectedly; the console has the details"
        if "Traceback" in message
        else message
    )


def _print_step(status: Status) -> None:
    text = f"{status.done:4.0%} {status.text}"
    if text != SESSION.text:
        SESSION.text = text
        print(f"stylize: {text}", flush=True)  # noqa: T201  # background mode has no other place for it


def redraw(context: Context) -> None:
    """Draw the places that show progress again; not the 3D view itself, which may be slow."""
    places = {"VIEW_3D": "UI", "PREFERENCES": "WINDOW", "PROPERTIES": "WINDOW"}
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == places.get(area.type):
                    region.tag_redraw()


CLASSES = (STYLIZE_OT_cancel,)
_keys: list[tuple[KeyMap, KeyMapItem]] = []


def register() -> None:
    """Give Cancel its key, in the keymap that Blender asks after all others."""
    known = bpy.context.window_manager.keyconfigs.addon
    if known is not None:  # in the background there is none
        keymap = known.keymaps.new(name="Window")
        item = keymap.keymap_items.new(STYLIZE_OT_cancel.bl_idname, KEY, "PRESS")
        _keys.append((keymap, item))


def unregister() -> None:
    """Take the key back, and end a run that is still going on."""
    while _keys:
        keymap, item = _keys.pop()
        keymap.keymap_items.remove(item)
    while _running:
        with suppress(ReferenceError):
            _running.pop().end_steps()
