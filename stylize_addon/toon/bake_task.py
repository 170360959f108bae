"""Baking the toon look in a second Blender, which may change all of its copy of the file.

Each object becomes a copy with one picture on UVs of its own and one plain material; the copies are exported.
"""

from collections.abc import Iterator, Mapping
from math import radians
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Image, Material, Object, Scene

from ...core.errors import StylizeError
from .. import compat
from ..images import Unsuitable, read_pixels
from ..lamps import lamps_of
from ..materials.baking import bake_into, run_bake
from ..painted import read_painted
from .bake_settings import COLORS, ToonBake
from .baked_copy import NAME, bakeable_copy, unwrap
from .baked_material import plain_material
from .control import HIGHLIGHTS, RIMS, dial_of
from .lights import set_key
from .material import toon_node
from .outlines import outline_of

PASSES = {"DIRECT", "INDIRECT", "DIFFUSE", "GLOSSY", "TRANSMISSION", "EMIT"}
GAP = 64
"""A picture's side has so many times the pixels that colors reach over the edge of an island."""
Request = Mapping[str, Any]


def bake_all(request: Request) -> Iterator[dict[str, Any]]:
    """Bake objects one after another, then write the model; yield what has been done."""
    asked = ToonBake(**request["asked"])
    scene = bpy.data.scenes[request["scene"]]
    if bpy.context.window is not None:
        bpy.context.window.scene = scene
    scene.frame_set(request["frame"], subframe=request["subframe"])
    read_painted(request["painted"])
    _prepare(scene, asked)
    named = {object_.name_full: object_ for object_ in bpy.data.objects}
    copies = [bakeable_copy(scene, named[name]) for name in request["objects"]]
    pictures = []
    for copy in copies:
        pictures.append(_bake(scene, copy, asked))
        yield {"baked": copy.name}
    clears = [_bake_opacity(scene, c, i, asked) for c, i in zip(copies, pictures, strict=True)]
    for number, (copy, image, clear) in enumerate(zip(copies, pictures, clears, strict=True)):
        image.filepath_raw = str(Path(request["folder"]) / f"{number}.png")
        image.file_format = "PNG"
        image.save()
        _wear(copy, plain_material(copy.name, image, asked, clear=clear))
    _export(scene, copies, Path(request["model"]))


def _prepare(scene: Scene, asked: ToonBake) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.samples = asked.samples
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.render.bake.view_from = "ACTIVE_CAMERA" if asked.seen else "ABOVE_SURFACE"
    for object_ in bpy.data.objects:
        outline = outline_of(object_)
        if outline is not None:
            outline.show_render = outline.show_viewport = False
        if object_.type == "LIGHT" and asked.lamp:
            object_.hide_render = object_.name != asked.lamp
    if asked.lamp:
        scene.world = None
    if not lamps_of(scene):
        _add_sun(scene)
    if not asked.seen:
        _leave_out_views()


def _add_sun(scene: Scene) -> None:
    """Add a lamp, from the left above, where there is none: a toon look needs one."""
    sun = bpy.data.objects.new("Toon Sun", bpy.data.lights.new("Toon Sun", "SUN"))
    sun.data.energy, sun.data.angle, sun.rotation_euler = 3.0, 0.0, (radians(50), 0, radians(-35))
    scene.collection.objects.link(sun)
    set_key(scene, [], anew=True)


def _leave_out_views() -> None:
    """Take out what depends on where one stands: highlights, rims and printed dots."""
    for name in (HIGHLIGHTS, RIMS):
        dial_of(name).id_data.animation_data_clear()
        dial_of(name).default_value = 0
    for node in filter(None, map(toon_node, bpy.data.materials)):
        node.inputs["Halftone"].default_value = 0


def _bake(scene: Scene, copy: Any, asked: ToonBake) -> Image:
    """Return a copy's picture; in the look's light the copy itself stays as it is, and throws its shadow."""
    unwrap(scene, copy)
    image = bpy.data.images.new(f"{copy.name} toon", asked.size, asked.size, alpha=True)
    if asked.what == COLORS:
        _shine(copy, "Color")
    _run(scene, copy, image, asked, "EMIT" if asked.what == COLORS else "COMBINED")
    return image


def _wear(copy: Any, material: Material) -> None:
    """Give a copy one material, and no other UVs than the bake's."""
    for layer in [layer for layer in copy.data.uv_layers if layer.name != NAME]:
        copy.data.uv_layers.remove(layer)
    copy.data.materials.clear()
    copy.data.materials.append(material)
    copy.data.polygons.foreach_set("material_index", [0] * len(copy.data.polygons))


def _shine(copy: Any, source: str) -> None:
    """Have all toon materials of a copy give off one of their shader's outputs, or what feeds an input."""
    for slot in copy.material_slots:
        tree, node = slot.material.node_tree, toon_node(slot.material)
        if node is None:
            continue
        light = tree.nodes.new("ShaderNodeEmission")
        output = tree.nodes.new("ShaderNodeOutputMaterial")
        if source in node.outputs:
            tree.links.new(light.inputs["Color"], node.outputs[source])
        elif node.inputs[source].is_linked:
            tree.links.new(light.inputs["Color"], node.inputs[source].links[0].from_socket)
        else:
            light.inputs["Color"].default_value = (*[node.inputs[source].default_value] * 3, 1)
        for old in [n for n in tree.nodes if n.type == "OUTPUT_MATERIAL" and n != output]:
            tree.nodes.remove(old)
        tree.links.new(output.inputs["Surface"], light.outputs[0])


def _bake_opacity(scene: Scene, copy: Any, image: Image, asked: ToonBake) -> bool:
    """Put the opacity into a picture's alpha; return whether anything is seen through."""
    inputs = [
        toon_node(s.material).inputs["Alpha"] for s in copy.material_slots if toon_node(s.material)
    ]
    if all(not i.is_linked and i.default_value >= 1 for i in inputs):
        return False
    color = read_pixels(image)[..., :3]
    _shine(copy, "Alpha")
    mask = bpy.data.images.new("Stylize opacity", asked.size, asked.size, is_data=True)
    _run(scene, copy, mask, asked, "EMIT")
    alpha = read_pixels(mask)[..., :1]
    whole = np.concatenate([color, alpha], -1)[::-1]
    image.alpha_mode = "CHANNEL_PACKED"
    image.pixels.foreach_set(np.ascontiguousarray(whole, np.float32).ravel())
    image.update()
    return True


def _run(scene: Scene, copy: Object, image: Image, asked: ToonBake, kind: str) -> None:
    """Bake all of a copy into one picture."""
    for slot in copy.material_slots:
        bake_into(slot.material, image)
    passes = {"pass_filter": PASSES} if kind == "COMBINED" else {}
    margin = max(asked.size // GAP, 2)
    try:
        run_bake(scene, copy, NAME, type=kind, margin=margin, use_clear=True, **passes)
    except Unsuitable as error:
        raise StylizeError(f"{copy.name} could not be baked: {error}") from error


def _export(scene: Scene, copies: list[Any], path: Path) -> None:
    """Write the copies, and the armatures that move them, as a model."""
    layer = scene.view_layers[0]
    wanted = {*copies, *(m.object for o in copies for m in o.modifiers if m.type == "ARMATURE")}
    for object_ in layer.objects:
        object_.select_set(object_ in wanted)
    options = {
        "export_format": "GLB",
        "use_selection": True,
        "export_image_format": "AUTO",
        "export_animations": any(o.modifiers for o in copies),
    }
    operator = bpy.ops.export_scene.gltf
    try:
        with bpy.context.temp_override(scene=scene, view_layer=layer):
            operator(filepath=str(path), **compat.known_options(operator, options))
    except (RuntimeError, AttributeError) as error:
        raise StylizeError(f"The model could not be written: {str(error).strip()}") from error
