"""What traps are played with, as Python for a real Blender: a scene, its panel, what is known of it."""

SCENE = """
import numpy as np
bpy.ops.object.select_all(action="SELECT")
bpy.ops.object.delete()
side = np.mgrid[0:1024, 0:1024] / 1024

def picture(name, number):
    image = bpy.data.images.new(name, 1024, 1024)
    pixels = np.ones((1024, 1024, 4), np.float32)
    pixels[..., 0] = 0.5 + 0.4 * np.sin(20 * side[0] + number)
    pixels[..., 1] = 0.5 + 0.4 * np.sin(31 * side[1])
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image

def material(name, image=None):
    made = bpy.data.materials.new(name)
    tree = made.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    texture = tree.nodes.new("ShaderNodeTexImage" if image else "ShaderNodeTexChecker")
    if image:
        texture.image = image
    tree.links.new(texture.outputs[0], shader.inputs["Base Color"])
    return made

def ball(name, made, x):
    bpy.ops.mesh.primitive_uv_sphere_add(location=(x, 0, 0))
    bpy.context.object.name = name
    bpy.context.object.data.materials.append(made)
    return bpy.context.object

for number, name in enumerate(("wood.png", "skin", "cloth", "stone")):
    ball("Sphere" if not number else name, material(name, picture(name, number)), 2.2 * number - 3.3)
ball("Squares", material("Squares"), 5.5)  # no picture: it is baked
set_by_nodes = ball("Set by nodes", material("Under"), 7.7)
set_by_nodes.data.materials.clear()
group = bpy.data.node_groups.new("Set", "GeometryNodeTree")
for way in ("INPUT", "OUTPUT"):
    group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
inside, setter, outside = map(group.nodes.new, (
    "NodeGroupInput", "GeometryNodeSetMaterial", "NodeGroupOutput"))
setter.inputs["Material"].default_value = material("By nodes", picture("by nodes", 5))
group.links.new(inside.outputs[0], setter.inputs["Geometry"])
group.links.new(setter.outputs[0], outside.inputs[0])
set_by_nodes.modifiers.new("Set", "NODES").node_group = group
bare = ball("Bare", material("Bare"), 9.9)  # a bake, but nowhere to put it
bare.data.uv_layers.remove(bare.data.uv_layers[0])
bpy.ops.object.grease_pencil_add(type="STROKE", location=(12, 0, 0))
elsewhere = ball("Elsewhere", material("Elsewhere", picture("elsewhere", 7)), 0)
for collection in elsewhere.users_collection:
    collection.objects.unlink(elsewhere)
bpy.data.scenes.new("Other").collection.objects.link(elsewhere)
bpy.ops.object.camera_add(location=(2, -20, 3), rotation=(1.36, 0, 0))
bpy.context.scene.camera = bpy.context.object
bpy.ops.object.light_add(type="SUN", rotation=(0.6, 0.3, 0))
bpy.ops.object.select_all(action="DESELECT")
first = bpy.data.objects["Sphere"]
first.select_set(True)
bpy.context.view_layer.objects.active = first
scene = bpy.context.scene
scene.stylize.look, scene.stylize.scope, scene.stylize.motion = "oil", "ALL", "none"
scene.stylize.bake_size = "256"
scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
scene.render.resolution_x, scene.render.resolution_y = 320, 200
scene.frame_start, scene.frame_end = 1, 3
"""
LARGE = """
rng = np.random.default_rng(0)
for number in range(14):
    image = bpy.data.images.new(f"large {number}", 4096, 2048)
    pixels = rng.random(4096 * 2048 * 4, dtype=np.float32)
    pixels[3::4] = 1
    image.pixels.foreach_set(pixels)
    image.pack()
    image.use_fake_user = True
for number in range(7):
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=900, y_subdivisions=900, location=(0, 40, 0))
    bpy.context.object.name = f"Large {number}"
    bpy.context.object.display_type = "BOUNDS"
"""
"""Some 850 MB, which no picture is made of."""
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
HEARD, GAPS, LAST = [], [(0.0, "")], [time.monotonic()]
def watch():
    now = time.monotonic()
    if session().running:
        GAPS.append((now - LAST[0], session().text))
    LAST[0] = now
    if session().running and session().countdown.shown is not None:
        HEARD.append(session().countdown.shown)
    return 0.02
bpy.app.timers.register(watch, persistent=True)
"""
PRESS = """
with bpy.context.temp_override(**view()):
    began = time.monotonic()
    try:
        bpy.ops.stylize.{name}("INVOKE_DEFAULT", **{options!r})
    except RuntimeError as error:
        print(error)
    GAPS.append((time.monotonic() - began, "pressing the button"))
"""
STATE = """
import json
ball = bpy.data.objects.get("Sphere")
bare = bpy.data.objects.get("Bare")

def shown(name):
    made = bpy.data.materials.get(name)
    nodes = made.node_tree.nodes if made else ()
    return next((n.image.name for n in nodes if n.get("stylize") == "picture" and n.image), "")

print(json.dumps({
    "running": session().running, "text": session().text, "failed": session().failed,
    "lines": session().lines, "report": session().report, "skipped": session().skipped,
    "lacking": list(session().lacking),
    "place": list(ball.location) if ball else [], "plays": window().screen.is_animation_playing,
    "heard": HEARD, "gap": max(GAPS)[0], "at": max(GAPS)[1],
    "shown": {made.name: shown(made.name) for made in bpy.data.materials},
    "uvs": [layer.name for layer in bare.data.uv_layers] if bare else [],
    "editors": [
        getattr(area.spaces.active.image, "name", "")
        for known in bpy.context.window_manager.windows for area in known.screen.areas
        if area.ui_type == "IMAGE_EDITOR"
    ],
    "browsers": [
        [area.spaces.active.params.display_type, area.spaces.active.params.use_filter_image]
        for known in bpy.context.window_manager.windows for area in known.screen.areas
        if area.type == "FILE_BROWSER" and area.spaces.active.params
    ],
}))
"""
FORGET = 'HEARD.clear(); GAPS[:] = [(0.0, "")]; LAST[0] = time.monotonic()'
