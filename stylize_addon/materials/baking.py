"""Baking a procedural or plain base colour into a picture with Cycles, in a second Blender.

A temporary scene holds a copy of the object with a copy of the material that emits its colour as light, so
that the bake is the colour itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
from bpy.types import Image, Material, Mesh, Node, NodeTree, Object, Scene
from numpy.typing import NDArray

from .. import compat
from ..images import Unsuitable, read_pixels, to_bytes
from ..wearing import in_slot
from .walk import Target, live_link

SAMPLES = 4
MOTTLE = 0.02
"""Standard deviation of the blotches on a plain color."""
MARGIN = 4
"""Texels that colours reach over the edge of an island; the engine fills the rest."""


def bake_color(
    target: Target,
    material: Material,
    objects: Sequence[Object],
    size: int,
    frame: tuple[int, float],
) -> NDArray[np.uint8]:
    """Return the colour that feeds ``target`` on the objects' UV map: (size, size, 3) sRGB, top row first.

    Args:
        target: The colour input.
        material: Its material.
        objects: Objects that show the material.
        size: Side of the picture, in pixels.
        frame: Frame number and subframe.

    Raises:
        Unsuitable: if Cycles cannot bake it.
    """
    if is_plain(target):
        return plain_color(target, size)
    with _image(size) as image, _scene() as scene, _luminous(target, material, image) as glowing:
        scene.frame_set(frame[0], subframe=frame[1])
        for count, object_ in enumerate(objects):
            _bake_object(scene, object_, (material, glowing), clear=count == 0)
        return to_bytes(read_pixels(image)[..., :3])


def is_plain(target: Target) -> bool:
    """Return whether nothing feeds a colour input."""
    return live_link(target.socket) is None


def plain_color(target: Target, size: int) -> NDArray[np.uint8]:
    """Return a colour input's own colour, (size, size, 3) sRGB, with faint blotches."""
    from mathutils import Color

    encoded = np.array(
        Color(target.socket.default_value[:3]).from_scene_linear_to_srgb()[:], np.float32
    )
    return to_bytes(np.clip(encoded + _make_mottle(size)[..., None], 0, 1))


def _make_mottle(size: int) -> NDArray[np.float64]:
    """Return (size, size) faint blotches that tile: on a perfectly even color, methods paint no strokes."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    draw = np.random.default_rng(0).standard_normal((2, *frequency.shape))
    waves = (draw[0] + 1j * draw[1]) * np.exp(-((frequency / 0.12) ** 2))
    waves[0, 0], frequency[0, 0] = 0, 1
    blotches = np.fft.irfft2(waves / frequency, (size, size))
    return MOTTLE * blotches / blotches.std()


@contextmanager
def _image(size: int) -> Iterator[Image]:
    image = bpy.data.images.new("Stylize bake", size, size, alpha=False)
    try:
        yield image
    finally:
        bpy.data.images.remove(image)


@contextmanager
def _scene() -> Iterator[Scene]:
    scene = bpy.data.scenes.new("Stylize bake")
    scene.render.engine = "CYCLES"
    scene.cycles.samples = SAMPLES
    scene.cycles.use_denoising = False
    scene.cycles.device = "CPU"
    try:
        yield scene
    finally:
        bpy.data.scenes.remove(scene)


@contextmanager
def _luminous(target: Target, material: Material, image: Image) -> Iterator[Material]:
    """Yield a copy of a material that emits the colour of ``target``, for baking into ``image``."""
    copy: Any = material.copy()
    groups: list[NodeTree] = []
    try:
        tree, node = _find_in_copy(copy, target, groups)
        socket = next(s for s in node.inputs if s.identifier == target.socket.identifier)
        light = tree.nodes.new("ShaderNodeEmission")
        tree.links.new(light.inputs["Color"], live_link(socket).from_socket)
        for link in list(node.outputs[0].links):
            tree.links.new(link.to_socket, light.outputs[0])
        if not target.place.groups:
            output = tree.get_output_node("ALL") or tree.get_output_node("CYCLES")
            tree.links.new(output.inputs["Surface"], light.outputs[0])
        bake_into(copy, image)
        yield copy
    finally:
        bpy.data.materials.remove(copy)
        for group in groups:
            bpy.data.node_groups.remove(group)


def _find_in_copy(copy: Material, target: Target, groups: list[NodeTree]) -> tuple[NodeTree, Node]:
    """Return the target's tree and node in a copied material; groups on the way are copied too."""
    tree: Any = copy.node_tree
    for group in target.place.groups:
        own = tree.nodes[group.name]
        own.node_tree = own.node_tree.copy()
        groups.append(own.node_tree)
        tree = own.node_tree
    return tree, tree.nodes[target.node.name]


def bake_into(material: Material, image: Image) -> None:
    """Have bakes of a material go to a picture: that of its active node."""
    tree = material.node_tree
    for node in tree.nodes:
        node.select = False
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image, node.select = image, True
    tree.nodes.active = node


def _bake_object(
    scene: Scene, object_: Object, swap: tuple[Material, Material], *, clear: bool
) -> None:
    material, glowing = swap
    solid = not in_slot(object_, material)
    with _idle_material() as idle, _copy_in(scene, object_, solid=solid) as copy:
        for slot in copy.material_slots:
            worn = slot.material
            slot.link = "OBJECT"
            slot.material = glowing if worn == material else idle
        active_map = next((m.name for m in object_.data.uv_layers if m.active_render), "")
        try:
            run_bake(scene, copy, active_map, type="EMIT", margin=MARGIN, use_clear=clear)
        except Unsuitable as error:
            why = f"its color could not be baked on {object_.name} ({error})"
            raise Unsuitable(why) from error


def run_bake(scene: Scene, object_: Object, uv_map: str, **options: Any) -> None:
    """Bake an object's materials by a UV map into their pictures.

    Raises:
        Unsuitable: saying why Cycles cannot.
    """
    into = {"target": "IMAGE_TEXTURES", "save_mode": "INTERNAL", "uv_layer": uv_map}
    try:
        with chosen_alone(scene, object_):
            bpy.ops.object.bake(**into, **options)
    except RuntimeError as error:
        raise Unsuitable(str(error).strip().removeprefix("Error: ")) from error


@contextmanager
def chosen_alone(scene: Scene, object_: Object) -> Iterator[None]:
    """Context in which an object of a scene's first view layer is the only selected one, and active."""
    layer = scene.view_layers[0]
    layer.update()  # before, it may still list objects that are gone
    for other in layer.objects:
        other.select_set(other == object_, view_layer=layer)
    layer.objects.active = object_
    chosen = {"object": object_, "active_object": object_, "selected_objects": [object_]}
    with bpy.context.temp_override(scene=scene, view_layer=layer, **chosen):
        yield


@contextmanager
def _copy_in(scene: Scene, object_: Object, *, solid: bool) -> Iterator[Object]:
    """Yield a copy of an object; a solid one has its evaluated mesh, with materials from modifiers."""
    copy: Any = object_.copy()
    scene.collection.objects.link(copy)
    copy.hide_render = copy.hide_viewport = False
    mesh: Any = None
    if solid:
        mesh = copy.data = evaluated_mesh(scene, copy)
        copy.modifiers.clear()
    elif copy.data.library is not None:  # Blender cannot bake on a linked mesh
        mesh = copy.data = copy.data.copy()
    try:
        yield copy
    finally:
        bpy.data.objects.remove(copy)
        if mesh is not None:
            bpy.data.meshes.remove(mesh)


def evaluated_mesh(scene: Scene, object_: Object) -> Mesh:
    """Return a new mesh: an object's with its modifiers, in a scene's first view layer."""
    graph = scene.view_layers[0].depsgraph
    graph.update()
    evaluated = object_.evaluated_get(graph)
    return bpy.data.meshes.new_from_object(
        evaluated, preserve_all_data_layers=True, depsgraph=graph
    )


@contextmanager
def _idle_material() -> Iterator[Material]:
    """Yield a material for the slots that are not baked: each slot needs a picture to bake into."""
    material = compat.new_material("Stylize bake")
    image = bpy.data.images.new("Stylize bake", 4, 4)
    bake_into(material, image)
    try:
        yield material
    finally:
        bpy.data.materials.remove(material)
        bpy.data.images.remove(image)
