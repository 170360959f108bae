"""Traps that artists fell into, played in a real Blender's window.

python tools/real_blender_traps.py FOLDER [TRAP ...]

FOLDER as for real_blender_test.py; without names all traps are played. Pictures of the window are left in
FOLDER/stylize-test/shots. At the end it says how soon Cancel ended a run, and for how long the window stood
still at most.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import build_extension
from real_blender_scene import FORGET, LARGE, PANEL, PRESS, SCENE, SIDEBAR, STATE, WATCH
from real_blender_test import WORK, TestError, missing, mounted
from real_blender_window import opened, wait

VIEW = (330, 560)
"""A place in the 3D view, away from everything."""
HERE = ("wood.png", "skin", "cloth", "stone", "Squares", "By nodes")
"""Materials of this scene that can be stylized."""
RESTORE, MAKE_UVS = (771, 458), (771, 637)
"""Buttons in the sidebar: above the report, and after two sentences of what was left out."""
CHOOSE = """
try:
    bpy.ops.stylize.choose_style(filepath={!r})
except RuntimeError as error:
    print(error)
"""
DRAW = 'bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=2)'
CLOSE = """
for known in bpy.context.window_manager.windows:
    for area in known.screen.areas:
        if area.type == "FILE_BROWSER":
            with bpy.context.temp_override(window=known, area=area):
                bpy.ops.file.cancel()
"""


LONG = 30.0
"""Seconds of a run over textures after which its time left is known; a shorter one may end before."""


class Play:
    """A window in which traps are played."""

    def __init__(self, window):
        self.window = window
        self.shots = window.inside / "shots"
        self.shots.mkdir()

    def state(self):
        """What is known of the run, the scene and the editors."""
        return json.loads(self.window.tell(STATE).splitlines()[-1])

    def press(self, name, **options):
        """Run an operator as its button does, and wait until it is at work or has refused."""
        self.window.tell(FORGET)
        return self.window.tell(PRESS.format(name=name, options=options))

    def end(self):
        """Wait for the end of a run; return what is known then."""
        wait(lambda: not self.state()["running"], pause=0.1)
        return self.state()

    def run(self, name, **options):
        """Press a button and wait for the end; the time left must not have risen. Return what is known."""
        self.press(name, **options)
        began = time.monotonic()
        state = self.end()
        state["seconds"] = time.monotonic() - began
        check(not state["failed"], f"{name}: {state['lines']}")
        heard = state["heard"]
        check(
            all(later <= sooner for sooner, later in pairwise(heard)), f"{name}, time left: {heard}"
        )
        return state

    def shoot(self, name):
        """Keep a picture of the window, to be looked at."""
        self.window.tell(DRAW)
        self.window.look().save(self.shots / f"{name}.png")


def check(happened, said):
    """Raise TestError saying what went wrong."""
    if not happened:
        raise TestError(said)


def wrong_style(play):
    """A style that is no picture is said when it is chosen, and again by the button; no engine is started."""
    wrong = play.window.inside / "words.png"
    wrong.write_text("no picture but words, and some more of them", encoding="utf-8")
    said = play.window.tell(CHOOSE.format(str(WORK / wrong.name)))
    check("it is not a picture" in said, f"a wrong style, chosen: {said}")
    typed = 'scene = bpy.context.scene\nscene.stylize.look, scene.stylize.style = "PICTURE", {!r}'
    play.window.tell(typed.format(str(WORK / wrong.name)) + '\nview()["area"].tag_redraw()')
    play.shoot("wrong_style")
    said = play.press("textures")
    state = play.state()
    check("it is not a picture" in said and state["failed"], f"a wrong style: {said}")
    check(not state["running"], "a wrong style started the engine")
    play.window.tell('bpy.context.scene.stylize.look = "oil"')


def choose_style(play):
    """Styles are chosen among thumbnails of pictures."""
    play.press("choose_style")
    wait(lambda: play.state()["browsers"])
    play.shoot("choose_style")
    check(play.state()["browsers"] == [["THUMBNAIL", True]], f"it shows {play.state()['browsers']}")
    play.window.tell(CLOSE)
    wait(lambda: not play.state()["browsers"])


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
    check(not any(state["shown"].values()), f"{by} left {state['shown']}")


def textures(play):
    """Geometry Nodes count, another scene does not; names tell the style; the report is short and whole."""
    play.window.tell(f"bpy.ops.wm.save_as_mainfile(filepath={str(WORK / 'scene.blend')!r})")
    state = play.run("textures")
    check(state["heard"] or state["seconds"] < LONG, "the time left was never said")
    check(len(state["report"]) == 1, state["report"])
    check(state["report"][0].startswith(f"Stylized {len(HERE)} pictures"), state["report"])
    check(all(state["shown"][name].endswith(".oil") for name in HERE), state["shown"])
    check(not state["shown"]["Elsewhere"], "All Objects stylized what only another scene shows")
    check(state["shown"]["wood.png"] == "wood.oil", state["shown"])
    files = sorted(path.name for path in (play.window.inside / "stylized").iterdir())
    check("wood.oil.png" in files and len(files) == len(HERE), files)
    said = " ".join(state["skipped"])
    check(
        "Grease Pencil" in said and "Bare" in said, f"not said to be left out: {state['skipped']}"
    )
    check(state["lacking"] == ["Bare"], f"Make UVs is offered for {state['lacking']}")
    play.shoot("textures")
    return {"textures_still_s": round(state["gap"], 2), "textures_at": state["at"]}


def make_uvs(play):
    """The button in the report makes UVs for what lacks them."""
    play.window.tell(FORGET)
    play.window.click(*MAKE_UVS)
    wait(lambda: play.state()["running"] or play.state()["uvs"])
    state = play.end()
    check(state["uvs"] == ["Stylize"], f"UV maps {state['uvs']}")
    check(state["shown"]["Bare"].endswith(".oil"), state["shown"])


def looks(play):
    """A second style is one look more; each can be shown, and given up."""
    play.window.tell('bpy.context.scene.stylize.look = "pastel"')
    state = play.run("textures")
    check(state["heard"] or state["seconds"] < LONG, "the time left was never said")
    check(state["shown"]["skin"] == "skin.pastel", state["shown"])
    play.window.tell('bpy.ops.stylize.show_look(look="oil", scope="ALL")')
    check(play.state()["shown"]["skin"] == "skin.oil", "the first look is not shown again")
    play.shoot("looks")
    play.window.tell('bpy.ops.stylize.remove_look(look="oil", scope="ALL")')
    check(
        play.state()["shown"]["skin"] == "skin.pastel", "the second look is not shown in its place"
    )
    play.window.tell('bpy.context.scene.stylize.look = "oil"')


def restore(play):
    """Restore Originals is in sight below a long report's beginning, and restores this scene alone."""
    state = play.run("textures", scope="FILE")
    check(state["shown"]["Elsewhere"], "Whole File left another scene out")
    play.shoot("restore")
    play.window.click(*RESTORE)
    wait(lambda: not any(play.state()["shown"][name] for name in (*HERE, "Bare")), pause=0.5)
    state = play.state()
    check(state["shown"]["Elsewhere"], "All Objects restored what only another scene shows")
    check(not state["uvs"], f"Restore Originals left the UV maps {state['uvs']}")


def frames(play):
    """Frames of a file of 850 MB that has not been saved since, from the second Blender."""
    play.window.tell(LARGE)
    state = play.run("frames")
    check(state["report"][0].startswith("Stylized 3 frames"), state["lines"])
    return {"frames_still_s": round(state["gap"], 2), "frames_at": state["at"]}


def render(play):
    """The stylized render is shown, and its seconds are all that it took."""
    began = time.monotonic()
    state = play.run("render")
    seconds = time.monotonic() - began
    wait(lambda: "Render Result.oil" in play.state()["editors"])
    check("of them for rendering" in state["lines"][0], state["lines"])
    play.shoot("render")
    return {"render_s": round(seconds, 1)}


def new_file(play):
    """A new file begins without the report of the last one."""
    play.window.tell("bpy.ops.wm.read_homefile(app_template='')")
    wait(lambda: not play.state()["lines"])


TRAPS = (
    choose_style,
    wrong_style,
    escape,
    textures,
    make_uvs,
    looks,
    restore,
    frames,
    render,
    new_file,
)


def play_all(folder, names):
    """Play all traps, or those named; return what was measured."""
    found = {}
    with opened(folder, ()) as window:
        package = str(WORK / build_extension.target().name)
        install = "bpy.ops.extensions.package_install_files"
        window.tell(f'{install}(filepath={package!r}, repo="user_default", enable_on_install=True)')
        window.tell(SCENE + SIDEBAR)
        wait(lambda: "later" not in window.tell(PANEL), pause=1)
        window.tell(WATCH)
        play = Play(window)
        for trap in (trap for trap in TRAPS if not names or trap.__name__ in names):
            found |= trap(play) or {}
            print(f"real Blender: {trap.__name__}", flush=True)
    return found


def main(arguments):
    """Play the traps; return the exit code."""
    if reason := missing():
        print(f"real Blender: skipped, {reason}")
        return 0
    folder, *names = arguments
    try:
        with mounted(Path(folder).resolve()):
            print(f"real Blender: {json.dumps(play_all(Path(folder).resolve(), names))}")
    except TestError as error:
        print(f"real Blender: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
