"""Traps that artists fell into, played in a real Blender's window: python tools/real_blender_traps.py FOLDER.

FOLDER as for real_blender_test.py. Pictures of the window are left in FOLDER/stylize-test/shots. At the end
it says how soon Cancel ended a run, and for how long the window stood still at most.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import build_extension
from real_blender_test import WORK, TestError, missing, mounted
from real_blender_window import opened, wait

VIEW = (330, 560)
"""A place in the 3D view, away from everything."""
SCENE = """
import numpy as np
bpy.ops.object.select_all(action="SELECT")
bpy.ops.object.delete()
side = np.mgrid[0:1024, 0:1024] / 1024
for number in range(4):
    bpy.ops.mesh.primitive_uv_sphere_add(location=(2.2 * number - 3.3, 0, 0))
    material = bpy.data.materials.new(f"Skin {number}")
    material.use_nodes = True
    picture = bpy.data.images.new(f"skin {number}", 1024, 1024)
    pixels = np.ones((1024, 1024, 4), np.float32)
    pixels[..., 0] = 0.5 + 0.4 * np.sin(20 * side[0] + number)
    pixels[..., 1] = 0.5 + 0.4 * np.sin(31 * side[1])
    picture.pixels.foreach_set(pixels.ravel())
    picture.pack()
    nodes = material.node_tree.nodes
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = picture
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    material.node_tree.links.new(texture.outputs[0], shader.inputs["Base Color"])
    bpy.context.object.data.materials.append(material)
bpy.ops.object.camera_add(location=(0, -14, 3), rotation=(1.36, 0, 0))
bpy.context.scene.camera = bpy.context.object
bpy.ops.object.light_add(type="SUN", rotation=(0.6, 0.3, 0))
bpy.ops.object.select_all(action="DESELECT")
ball = bpy.data.objects["Sphere"]
ball.select_set(True)
bpy.context.view_layer.objects.active = ball
scene = bpy.context.scene
scene.stylize.look, scene.stylize.scope, scene.stylize.motion = "oil", "ALL", "none"
scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
scene.render.resolution_x, scene.render.resolution_y = 320, 200
scene.frame_start, scene.frame_end = 1, 3
"""
SIDEBAR = """
area = view()["area"]
area.spaces.active.show_region_ui = True
area.tag_redraw()
"""
PANEL = """
area = view()["area"]
region = next(region for region in area.regions if region.type == "UI")
try:
    region.active_panel_category = "Stylize"
except AttributeError:  # it has not been drawn yet
    print("later")
area.tag_redraw()
"""
WATCH = """
import time
HEARD, GAPS, LAST = [], [], [time.monotonic()]
def watch():
    now = time.monotonic()
    GAPS.append((now - LAST[0], session().text))
    LAST[0] = now
    if session().running and session().countdown.shown is not None:
        HEARD.append(session().countdown.shown)
    return 0.02
bpy.app.timers.register(watch, persistent=True)
"""
PRESS = """
with bpy.context.temp_override(**view()):
    try:
        bpy.ops.stylize.{name}("INVOKE_DEFAULT")
    except RuntimeError as error:
        print(error)
"""
STATE = """
import json
ball = bpy.data.objects.get("Sphere")
print(json.dumps({
    "running": session().running, "lines": session().lines, "failed": session().failed,
    "place": list(ball.location) if ball else [], "plays": window().screen.is_animation_playing,
    "heard": HEARD, "gap": max(GAPS)[0], "at": max(GAPS)[1],
    "stylized": [image.name for image in bpy.data.images if "stylized" in image.name],
    "editors": [
        getattr(area.spaces.active.image, "name", "")
        for known in bpy.context.window_manager.windows for area in known.screen.areas
        if area.ui_type == "IMAGE_EDITOR"
    ],
}))
"""
FORGET = "HEARD.clear(); GAPS.clear(); LAST[0] = time.monotonic()"


class Play:
    """A window in which traps are played."""

    def __init__(self, window):
        self.window = window
        self.shots = window.inside / "shots"
        self.shots.mkdir()

    def state(self):
        """What is known of the run, the scene and the editors."""
        return json.loads(self.window.tell(STATE).splitlines()[-1])

    def press(self, name):
        """Run an operator as its button does, and wait until it is at work or has refused."""
        self.window.tell(FORGET)
        return self.window.tell(PRESS.format(name=name))

    def end(self):
        """Wait for the end of a run; return what is known then."""
        wait(lambda: not self.state()["running"], pause=0.1)
        return self.state()

    def shoot(self, name):
        """Keep a picture of the window, to be looked at."""
        time.sleep(1)
        self.window.look().save(self.shots / f"{name}.png")


def check(happened, said):
    """Raise TestError saying what went wrong."""
    if not happened:
        raise TestError(said)


def escape(play):
    """Esc that ends a move or the playback goes on with the run; Esc alone ends it, and so does Cancel."""
    play.press("textures")
    play.window.move(*VIEW)
    play.window.press("g")
    play.window.move(VIEW[0] + 60, VIEW[1] - 40)
    play.window.press("Escape")
    time.sleep(1)
    state = play.state()
    check(state["running"], "Esc during a move cancelled the run")
    check(state["place"] == [-3.299999952316284, 0, 0], "Esc did not end the move")
    play.window.press("space")
    wait(lambda: play.state()["plays"])
    play.window.press("Escape")
    time.sleep(1)
    state = play.state()
    check(not state["plays"], "Esc did not end the playback")
    check(state["running"], f"Esc during the playback ended the run: {state['lines']}")
    play.shoot("running")
    play.window.press("Escape")
    ended(play, "Esc")
    play.press("textures")
    wait(lambda: play.state()["running"])
    began = time.monotonic()
    play.window.tell("bpy.ops.stylize.cancel()")
    ended(play, "Cancel")
    return {"cancel_s": round(time.monotonic() - began, 2)}


def ended(play, by):
    """Check that a run ends, and changed nothing."""
    state = play.end()
    check(state["lines"] == ["Cancelled; nothing was changed"], f"{by}: {state['lines']}")
    check(not state["stylized"], f"{by} left {state['stylized']}")


def wrong_style(play):
    """A style that is no picture is said at once, and no engine is started."""
    wrong = play.window.inside / "words.png"
    wrong.write_text("no picture but words, and some more of them", encoding="utf-8")
    choose = 'scene = bpy.context.scene\nscene.stylize.look, scene.stylize.style = "PICTURE", {!r}'
    play.window.tell(choose.format(str(WORK / wrong.name)) + '\nview()["area"].tag_redraw()')
    play.shoot("wrong_style")
    said = play.press("textures")
    state = play.state()
    check("it is not a picture" in said and state["failed"], f"a wrong style: {said}")
    check(not state["running"], "a wrong style started the engine")
    play.window.tell('bpy.context.scene.stylize.look = "oil"')


def textures(play):
    """The time left never rises; what came of it is said, below Amount and Restore."""
    play.press("textures")
    state = play.end()
    check(state["lines"] and state["lines"][0].startswith("Stylized 4 pictures"), state["lines"])
    heard = state["heard"]
    check(heard, "the time left was never said")
    check(all(later <= sooner for sooner, later in pairwise(heard)), f"it rose: {heard}")
    play.shoot("textures")
    return {"textures_still_s": round(state["gap"], 2), "at": state["at"]}


def frames(play):
    """Frames leave the window alive."""
    scene = str(WORK / "scene.blend")
    play.window.tell(f"bpy.ops.wm.save_as_mainfile(filepath={scene!r})")
    play.press("frames")
    state = play.end()
    check(not state["failed"], state["lines"])
    heard = state["heard"]
    check(all(later <= sooner for sooner, later in pairwise(heard)), f"it rose: {heard}")
    return {"frames_still_s": round(state["gap"], 2), "frames_at": state["at"]}


def render(play):
    """The stylized render is shown, and its seconds are all that it took."""
    began = time.monotonic()
    play.press("render")
    state = play.end()
    seconds = time.monotonic() - began
    wait(lambda: "Render Result.stylized" in play.state()["editors"])
    check("of them for rendering" in state["lines"][0], state["lines"])
    play.shoot("render")
    return {"render_s": round(seconds, 1)}


def new_file(play):
    """A new file begins without the report of the last one."""
    play.window.tell("bpy.ops.wm.read_homefile(app_template='')")
    wait(lambda: not play.state()["lines"])


def play_all(folder):
    """Play all traps; return what was measured."""
    found = {}
    with opened(folder, ()) as window:
        package = str(WORK / build_extension.target().name)
        install = "bpy.ops.extensions.package_install_files"
        window.tell(f'{install}(filepath={package!r}, repo="user_default", enable_on_install=True)')
        window.tell(SCENE + SIDEBAR)
        wait(lambda: "later" not in window.tell(PANEL), pause=1)
        window.tell(WATCH)
        play = Play(window)
        for trap in (wrong_style, escape, textures, frames, render, new_file):
            found |= trap(play) or {}
            print(f"real Blender: {trap.__name__}", flush=True)
    return found


def main(arguments):
    """Play the traps; return the exit code."""
    if reason := missing():
        print(f"real Blender: skipped, {reason}")
        return 0
    folder = Path(arguments[0]).resolve()
    try:
        with mounted(folder):
            print(f"real Blender: {json.dumps(play_all(folder))}")
    except TestError as error:
        print(f"real Blender: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
