"""Take the pictures of docs/blender.md in a real Blender's window, with the demo's scene.

python tools/real_blender_pictures.py FOLDER [STYLE [textures|render]]

FOLDER as for real_blender_test.py; STYLE is a built-in one; without a last word all pictures are taken. Run
`make demo` and `make extension` before: the scene is taken from build/demo. It takes some minutes, since
the views are drawn by the processor.
"""

import sys
from pathlib import Path

import build_extension
from real_blender_scene import PANEL
from real_blender_test import WORK, missing, mounted
from real_blender_window import opened, wait
from setup_env import ROOT

PICTURES = ROOT / "docs" / "pictures"
SCENE = ROOT / "build" / "demo"
FILES = (SCENE / "textures", SCENE / "before.blend")
RENDER = (893, 544)
"""The header of its panel for rendered frames."""
SIDEBAR = (960, 96)
ASIDE = (300, 300)
"""Where the mouse covers nothing."""
QUALITY = 82

PREPARE = """
bpy.ops.extensions.package_install_files(filepath={zip!r}, repo="user_default", enable_on_install=True)
bpy.ops.wm.open_mainfile(filepath={scene!r}, load_ui=False)
"""
FILL = """
space = view()["area"].spaces.active
space.show_region_ui, space.show_region_toolbar = True, False
with bpy.context.temp_override(**view()):
    bpy.ops.screen.screen_full_area()
"""
LOOK = """
space, scene = view()["area"].spaces.active, bpy.context.scene
space.overlay.show_overlays = space.show_gizmo = False
scene.camera.data.show_passepartout = False
space.region_3d.view_perspective = "CAMERA"
space.region_3d.view_camera_offset, space.region_3d.view_camera_zoom = (0.16, 0.03), 8
space.shading.use_scene_lights = space.shading.use_scene_world = True
scene.eevee.taa_samples = {samples}
scene.stylize.look, scene.stylize.scope = {style!r}, "ALL"
"""
PRESS = """
with bpy.context.temp_override(**view()):
    bpy.ops.stylize.textures("INVOKE_DEFAULT")
"""
SEQUENCE = """
scene = bpy.context.scene
scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 8, True
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 480, 320, 100
scene.frame_start, scene.frame_end, scene.render.use_motion_blur = 1, 3, True
part = scene.stylize.parts.add()
part.kind, part.name, part.strength = "OBJECT", "Vase", 0.3
for frame in (1, 3):
    scene.camera.location.x += 0.03
    scene.camera.keyframe_insert("location", frame=frame)
"""
PRESS_FRAMES = """
with bpy.context.temp_override(**view()):
    bpy.ops.stylize.frames("INVOKE_DEFAULT")
"""
COMPOSITE = """
bpy.context.scene.frame_set(2)
bpy.context.scene.render.compositor_device = "CPU"
bpy.ops.render.render()
with bpy.context.temp_override(**view()):
    bpy.ops.screen.back_to_previous()
"""
SPLIT = """
with bpy.context.temp_override(**view()):
    bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.5)
"""
EDITORS = """
areas = [area for area in window().screen.areas if area.type == "VIEW_3D"]
low, high = sorted(areas, key=lambda area: area.y)
low.ui_type, high.ui_type = "CompositorNodeTree", "IMAGE_EDITOR"
"""
CONTENTS = """
low = next(area for area in window().screen.areas if area.type == "NODE_EDITOR").spaces.active
high = next(area for area in window().screen.areas if area.type == "IMAGE_EDITOR").spaces.active
low.node_tree = bpy.context.scene.compositing_node_group
high.image = bpy.data.images["Render Result"]
low.show_region_asset_shelf = False
for space in (low, high):
    space.show_region_ui = space.show_region_toolbar = False
"""
WHOLE = """
for area in window().screen.areas:
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window(), area=area, region=region):
        if area.type == "NODE_EDITOR":
            bpy.ops.node.select_all(action="DESELECT")
            bpy.ops.node.view_all()
        if area.type == "IMAGE_EDITOR":
            bpy.ops.image.view_all(fit_view=True)
"""
SETTINGS = """
bpy.ops.preferences.addon_show(module="bl_ext.user_default.stylize")
"""


def shoot(window, name, box=None, which="root"):
    """Write a window, or a part of it (left, top, right, bottom), as a picture of the docs."""
    shot = window.look(which)
    path = PICTURES / f"blender_{name}.webp"
    shot.crop(box or (0, 0, *shot.size)).save(path, quality=QUALITY, method=6)
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} kB", flush=True)


def prepare(window, style):
    """Open the scene, the 3D view as large as the window, and the sidebar's tab."""
    window.tell(
        PREPARE.format(
            zip=str(WORK / build_extension.target().name), scene=str(WORK / "before.blend")
        )
    )
    window.settle()
    window.tell(FILL)
    window.settle()
    window.tell(LOOK.format(style=style, samples=6))
    window.settle()
    wait(lambda: "later" not in window.tell(PANEL), pause=1)
    window.settle()


def take_textures(window):
    """Take the pictures of stylized textures, and of the preferences."""
    window.shade("MATERIAL")
    shoot(window, "panel")
    window.shade("SOLID")
    window.tell(PRESS)
    wait(lambda: float(window.tell("print(session().done)")) > 0.5, pause=1)
    shoot(window, "running", (820, 80, 1120, 480))
    wait(lambda: window.tell("print(session().running)") == "False", pause=1)
    print(window.tell("print(session().report)"))
    window.shade("MATERIAL")
    shoot(window, "result")
    window.shade("SOLID")
    window.tell(SETTINGS)
    window.settle()
    preferences = window.run("xdotool", "search", "--name", "Preferences").split()[0].decode()
    window.run("xdotool", "windowmove", preferences, "60", "60")
    window.settle()
    shoot(window, "preferences", (0, 0, 875, 430), preferences)


def take_render(window):
    """Take the pictures of rendered frames: the panel, and the compositor."""
    window.tell(SEQUENCE)
    window.click(*RENDER)
    window.run("xdotool", "mousemove", *map(str, SIDEBAR))
    window.run("xdotool", "click", "--repeat", "20", "--delay", "150", "5")
    window.run("xdotool", "mousemove", *map(str, ASIDE))
    window.shade("MATERIAL")
    shoot(window, "render")
    window.shade("SOLID")
    window.tell(PRESS_FRAMES)
    wait(lambda: window.tell("print(session().running)") == "False", pause=1)
    print(window.tell("print(session().report)"))
    for code in (COMPOSITE, SPLIT, EDITORS, CONTENTS, WHOLE):
        window.tell(code)
        window.settle()
    shoot(window, "compositor", (2, 27, 919, 684))


TAKEN = {"textures": take_textures, "render": take_render}


def main(arguments):
    """Take the pictures; return the exit code."""
    if reason := missing():
        print(f"pictures: {reason}", file=sys.stderr)
        return 1
    folder = Path(arguments[0]).resolve()
    style = arguments[1] if len(arguments) > 1 else "oil"
    for name in arguments[2:] or TAKEN:
        with mounted(folder), opened(folder, FILES) as window:
            prepare(window, style)
            TAKEN[name](window)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
