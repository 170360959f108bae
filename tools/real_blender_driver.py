"""Runs inside a real Blender with a window: does what ``command.py`` says, and writes what that printed.

``blender --python real_blender_driver.py -- FOLDER``; a timer looks for commands, so the window stays alive.
"""

import contextlib
import io
import sys
import traceback
from pathlib import Path

import bpy  # runs in Blender

FOLDER = Path(sys.argv[sys.argv.index("--") + 1])
COMMAND, ANSWER = FOLDER / "command.py", FOLDER / "answer"


def window():
    """Blender's first window."""
    return bpy.context.window_manager.windows[0]


def view():
    """The 3D view, as a context to override."""
    area = next(area for area in window().screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return {"window": window(), "area": area, "region": region}


def session():
    """What the add-on's panel knows of a run."""
    name = next(name for name in sys.modules if name.endswith("stylize_addon.session"))
    return sys.modules[name].SESSION


def listen():
    """Do the next command if there is one; return when to look again."""
    if COMMAND.exists():
        code = COMMAND.read_text(encoding="utf-8")
        COMMAND.unlink()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            try:
                with bpy.context.temp_override(window=window()):
                    exec(compile(code, "command", "exec"), globals())  # noqa: S102  # its purpose
            except Exception:  # noqa: BLE001  # told to the one who asked
                traceback.print_exc(file=said)
        part = ANSWER.with_suffix(".part")
        part.write_text(said.getvalue(), encoding="utf-8")
        part.replace(ANSWER)
    return 0.05


bpy.context.preferences.view.show_splash = False
bpy.app.timers.register(listen, persistent=True)
