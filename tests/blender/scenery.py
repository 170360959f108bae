"""Small scenes, pictures and what is seen of them, for tests inside Blender."""

import struct
import zlib

import bpy
import numpy as np


def draw(height=48, width=64, channels=3, seed=0):
    """A small picture with slopes and stripes, (H, W, C) float32 in [0, 1], alpha a slope of its own."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    stripes = 0.2 * np.sin(30 * (rows + rng.uniform(-1, 1) * columns))
    color = np.stack([rows, columns, 1 - rows], -1) * rng.uniform(0.5, 1, 3) + stripes[..., None]
    color = np.clip(color, 0, 1)
    if channels == 4:
        color = np.concatenate([color, np.clip(columns * 1.5, 0, 1)[..., None]], -1)
    return color.astype(np.float32)


def new_image(name, pixels, *, is_float=False, is_data=False):
    """A generated image with these pixels, top row first."""
    height, width, channels = pixels.shape
    image = bpy.data.images.new(
        name, width, height, alpha=channels == 4, float_buffer=is_float, is_data=is_data
    )
    whole = np.ones((height, width, 4), np.float32)
    whole[..., :channels] = pixels
    image.pixels.foreach_set(np.ascontiguousarray(whole[::-1]).ravel())
    image.update()
    return image


def pixels_of(image):
    """An image's pixels, (H, W, C) float32, top row first."""
    found = np.empty(image.size[0] * image.size[1] * image.channels, np.float32)
    image.pixels.foreach_get(found)
    return found.reshape(image.size[1], image.size[0], image.channels)[::-1]


def write_picture(path, pixels, file_format="PNG", depth="8"):
    """Write pixels, (H, W, C) in [0, 1], as they are, to a file."""
    image = new_image("written", pixels, is_float=depth != "8", is_data=True)
    scene = bpy.data.scenes.new("written")
    settings = scene.render.image_settings
    settings.file_format = file_format
    settings.color_mode = "RGBA" if pixels.shape[2] == 4 else "RGB"
    if file_format != "JPEG":
        settings.color_depth = depth
    settings.color_management = "OVERRIDE"
    settings.view_settings.view_transform = "Raw" if depth != "8" else "Standard"
    scene.render.dither_intensity = 0
    image.save_render(str(path), scene=scene)
    bpy.data.images.remove(image)
    bpy.data.scenes.remove(scene)
    return path


def write_packed_png(path, pixels):
    """Write (H, W, 4) in [0, 1] to a 16-bit PNG value by value: Blender would multiply by alpha."""
    height, width, _ = pixels.shape
    rows = np.round(pixels * 65535).astype(">u2").reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    framed = (
        struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))
        for kind, d in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(framed))
    return path


def add_object(material, *, uv=True, name="Plane"):
    """A plane that fills the UV square, wearing a material."""
    corners = ((-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0))
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    if uv:
        layer = mesh.uv_layers.new(name="UVMap")
        layer.uv.foreach_set(
            "vector", np.array(((0, 0), (1, 0), (1, 1), (0, 1)), np.float32).ravel()
        )
    mesh.materials.append(material)
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


def add_material(name="Material", image=None):
    """A material with a Principled shader, and a picture as its base colour if there is one."""
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    if image is not None:
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        tree.links.new(shader_of(material).inputs["Base Color"], node.outputs["Color"])
    return material


def add_checker(name="Material"):
    """Black and white squares by the UV map, four a side."""
    material = add_material(name)
    tree = material.node_tree
    squares, coordinates = (
        tree.nodes.new("ShaderNodeTexChecker"),
        tree.nodes.new("ShaderNodeTexCoord"),
    )
    squares.inputs["Scale"].default_value = 4
    squares.inputs["Color1"].default_value = (0.5, 0.0, 0.0, 1)
    squares.inputs["Color2"].default_value = (0.0, 0.0, 1.0, 1)
    tree.links.new(squares.inputs["Vector"], coordinates.outputs["UV"])
    tree.links.new(shader_of(material).inputs["Base Color"], squares.outputs["Color"])
    return material


def set_material(made, material, *, by_modifier=False):
    """Have Geometry Nodes give an object a material; return the group."""
    group = bpy.data.node_groups.new("Paint", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    chosen = group.interface.new_socket("M", in_out="INPUT", socket_type="NodeSocketMaterial")
    enter, leave = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    paint = group.nodes.new("GeometryNodeSetMaterial")
    group.links.new(paint.inputs["Geometry"], enter.outputs["Geometry"])
    group.links.new(leave.inputs["Geometry"], paint.outputs["Geometry"])
    modifier = made.modifiers.new("Paint", "NODES")
    modifier.node_group = group
    if not by_modifier:
        paint.inputs["Material"].default_value = material
    else:
        group.links.new(paint.inputs["Material"], enter.outputs["M"])
        if hasattr(modifier, "properties"):
            getattr(modifier.properties.inputs, chosen.identifier).value = material
        else:
            modifier[chosen.identifier] = material
    bpy.context.view_layer.update()
    return group


def add_world(image=None, name="World"):
    """The scene's World, with a picture around it if there is one."""
    world = bpy.context.scene.world = bpy.data.worlds.new(name)
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    if image is not None:
        node = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
        node.image = image
        background = node_of(world, "BACKGROUND")
        world.node_tree.links.new(background.inputs["Color"], node.outputs["Color"])
    return world


def shader_of(material):
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")


def node_of(owner, kind):
    return next(node for node in owner.node_tree.nodes if node.type == kind)


def mixes_of(tree):
    return [node for node in tree.nodes if node.get("stylize") in ("mix", "bake")]


def socket(sockets, identifier):
    return next(s for s in sockets if s.identifier == identifier)


def before(node, identifier):
    """The node that feeds an input, by the input's name or identifier; None: there is none."""
    end = next(s for s in node.inputs if identifier in (s.identifier, s.name))
    return end.links[0].from_node if end.links else None


def factor(mix):
    """The input that says how much of a mix shows."""
    return socket(mix.inputs, "Factor_Float")


def stylized_of(material):
    """The stylized image that feeds the base colour."""
    mix = shader_of(material).inputs["Base Color"].links[0].from_node
    assert mix.label == "Stylize"
    return socket(mix.inputs, "B_Color").links[0].from_node.image


def surroundings(world):
    """The stylized image that surrounds the scene."""
    mix = node_of(world, "BACKGROUND").inputs["Color"].links[0].from_node
    assert mix.label == "Stylize"
    return socket(mix.inputs, "B_Color").links[0].from_node.image


def differs(one, other):
    """Whether two images of one size have other colours."""
    before, after = (pixels_of(image)[..., :3] for image in (one, other))
    return before.shape == after.shape and float(np.abs(before - after).mean()) > 0.01


def snapshot():
    """Everything about all graphs that a user could see: nodes, values, places, links."""
    owners = [o for o in (*bpy.data.materials, *bpy.data.worlds) if o.node_tree]
    trees = {(type(o).__name__, o.name_full): o.node_tree for o in owners}
    trees |= {("NodeGroup", g.name_full): g for g in bpy.data.node_groups if g.type == "SHADER"}
    return {name: (_nodes(tree), _links(tree), _active(tree)) for name, tree in trees.items()}


def _nodes(tree):
    return [_node(node) for node in tree.nodes]


def _node(node):
    facts = {
        "parent": node.parent and node.parent.name,
        "sockets": [_value(s) for s in node.inputs],
    }
    for prop in node.bl_rna.properties:
        if prop.type in (
            "BOOLEAN",
            "INT",
            "FLOAT",
            "STRING",
            "ENUM",
        ) and not prop.identifier.startswith("bl_"):
            value = getattr(node, prop.identifier)
            facts[prop.identifier] = tuple(value) if getattr(prop, "is_array", False) else value
    facts["image"] = getattr(node, "image", None) and node.image.name
    facts["keys"] = sorted(node.keys())
    return facts


def _value(socket):
    value = getattr(socket, "default_value", None)
    value = tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value
    return socket.identifier, value, socket.hide


def _links(tree):
    return sorted(
        (
            k.from_node.name,
            k.from_socket.identifier,
            k.to_node.name,
            k.to_socket.identifier,
            k.is_muted,
        )
        for k in tree.links
    )


def _active(tree):
    return tree.nodes.active and tree.nodes.active.name


def animate(*, panorama=False):
    """A scene of three small frames in which object and camera move."""
    scene = bpy.context.scene
    material = add_material("Paint")
    shader_of(material).inputs["Base Color"].default_value = (0.8, 0.3, 0.1, 1)
    floor, box = (
        add_object(material, name="Floor"),
        add_object(add_material("Skin"), name="Box"),
    )
    floor.scale = (8, 8, 1)
    data = bpy.data.cameras.new("Camera")
    camera = scene.camera = bpy.data.objects.new("Camera", data)
    scene.collection.objects.link(camera)
    for frame in (1, 3):
        box.location, camera.location = (0.2 * frame, 0, 0.5), (0.1 * frame, 0, 6)
        box.keyframe_insert("location", frame=frame)
        camera.keyframe_insert("location", frame=frame)
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    lamp.data.energy, lamp.rotation_euler = 2, (0.5, 0.3, 0)
    scene.collection.objects.link(lamp)
    add_world()
    _render_small(scene)
    if panorama:
        data.type, data.panorama_type = "PANO", "EQUIRECTANGULAR"
        scene.render.resolution_x = 64
    return scene


def _render_small(scene):
    """One sample of Cycles, with all that a user may have chosen otherwise."""
    scene.render.engine, scene.cycles.device, scene.cycles.samples = "CYCLES", "CPU", 1
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.frame_start, scene.frame_end = 1, 3
    scene.render.resolution_x, scene.render.resolution_y = 48, 32
    scene.render.use_motion_blur = True
    scene.render.dither_intensity = 0
    scene.render.compositor_device = "CPU"
    scene.render.image_settings.file_format = "JPEG"
    scene.render.image_settings.color_mode = "BW"
    scene.render.image_settings.quality = 70
    scene.render.use_file_extension = False
    scene.view_settings.view_transform = "Standard"
