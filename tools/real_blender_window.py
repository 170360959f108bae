"""A real Blender in a window of a display of its own: it does what Python says, and is clicked as by hand."""

import io
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import build_extension
from PIL import Image, ImageStat
from real_blender_test import WORK, TestError, python_of
from setup_env import ROOT

SIZE = (1120, 760)
DISPLAY = ":79"
PATIENCE = 1800
"""Seconds."""
COLORFUL = 40
"""Mean saturation, 0 to 255, that the demo's view has with its textures and without them has not."""
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
SHADE = """
view()["area"].spaces.active.shading.type = {kind!r}
view()["area"].tag_redraw()
"""


class Window:
    """Blender in a window of a display of its own."""

    def __init__(self, folder, inside):
        self.folder, self.inside = folder, inside

    def run(self, *command):
        """Run a program of the folder's system on the display; return what it wrote."""
        whole = ["chroot", str(self.folder), "env", f"DISPLAY={DISPLAY}", *command]
        return subprocess.run(whole, capture_output=True, check=True).stdout

    def tell(self, code):
        """Have Blender run Python; return what it printed."""
        answer = self.inside / "answer"
        answer.unlink(missing_ok=True)
        part = self.inside / "command.part"
        part.write_text(code, encoding="utf-8")
        part.replace(self.inside / "command.py")
        wait(answer.exists)
        said = answer.read_text(encoding="utf-8").strip()
        if "Traceback" in said:
            raise TestError(said)
        return said

    def look(self, window="root"):
        """Return what a window shows."""
        shot = self.run("import", "-window", window, "png:-")
        return Image.open(io.BytesIO(shot)).convert("RGB")

    def settle(self):
        """Wait until Blender answers at once and has nothing more to draw."""
        before, still = None, 0
        while still < 3:
            began = time.monotonic()
            self.tell("")
            shown = self.look()
            quick = time.monotonic() - began < 3
            still = still + 1 if quick and shown == before else 0
            before = shown
            time.sleep(3)

    def shade(self, kind):
        """Have the 3D view drawn as SOLID or MATERIAL; colours come when the shaders are there."""
        self.tell(SHADE.format(kind=kind))
        if kind == "MATERIAL":
            wait(lambda: ImageStat.Stat(self.look().convert("HSV")).mean[1] > COLORFUL, pause=5)
        self.settle()

    def click(self, x, y):
        """Click as a hand does: come near, stay a moment, press."""
        for step in (
            ("mousemove", x - 3, y - 2),
            ("mousemove", x, y),
            ("mousedown", 1),
            ("mouseup", 1),
        ):
            self.run("xdotool", *map(str, step))
            time.sleep(0.5)

    def press(self, *keys):
        """Press keys where the mouse is, one after the other."""
        for key in keys:
            self.run("xdotool", "key", key)
            time.sleep(0.3)

    def move(self, x, y):
        """Move the mouse as a hand does."""
        for place in ((x - 3, y - 2), (x, y)):
            self.run("xdotool", "mousemove", *map(str, place))
            time.sleep(0.2)


def wait(happened, pause=0.05):
    """Wait until something has happened; look again after a pause."""
    until = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > until:
            raise TestError("Blender does not answer")
        time.sleep(pause)


@contextmanager
def opened(folder, sources):
    """Yield Blender's window, the extension's zip and these files in its folder; it is closed at the end."""
    inside = folder / WORK.relative_to("/")
    shutil.rmtree(inside, ignore_errors=True)
    inside.mkdir()
    driver = Path(__file__).with_name("real_blender_driver.py")
    for source in (build_extension.target(), driver, *sources):
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, inside / source.name)
    screen = ["Xvfb", DISPLAY, "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"]
    settings = [
        f"HOME={WORK}", f"DISPLAY={DISPLAY}", "LIBGL_ALWAYS_SOFTWARE=1", "PATH=/usr/bin:/bin",
        f"STYLIZE_PYTHON={python_of(ROOT / '.venv')}",
    ]  # fmt: skip  # one list
    command = [
        "blender", "--gpu-backend", "opengl", "--factory-startup", "--window-geometry", "0", "0",
        *map(str, SIZE), "--python", str(WORK / driver.name), "--", str(WORK),
    ]  # fmt: skip  # one command
    display = subprocess.Popen(["chroot", str(folder), *screen], **QUIET)
    time.sleep(2)
    with (inside / "blender.log").open("wb") as log:
        said = {"stdout": log, "stderr": subprocess.STDOUT}
        blender = subprocess.Popen(
            ["chroot", str(folder), "env", "-i", *settings, *command], **said
        )
        try:
            yield Window(folder, inside)
        finally:
            for process in (blender, display):
                process.terminate()
                process.wait()
