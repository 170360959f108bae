"""What a shader's own roughness and metal come from, so that a state's can be laid over them."""

from collections.abc import Iterable, Mapping

from bpy.types import Image, Node, NodeSocket

from ..images import is_tiled
from .graph import socket_of
from .relief import coincide
from .shaders import Shader
from .walk import GLOSS, IMAGE, PAINT, is_ours, live_link

CHANNELS = {"Roughness": ("Green", "G"), "Metallic": ("Blue", "B")}
"""Of one picture of several values, as in glTF: by which output of a node that takes it apart each comes."""
APART = ("SEPARATE_COLOR", "SEPRGB")
Own = float | Image
"""One number for all of a surface, or a picture of it."""


def own_values(shaders: Iterable[Shader]) -> Mapping[str, Own]:
    """Return what all shaders have of their own, by the inputs' names, where it is known and alike."""
    shaders = tuple(shaders)
    found = {name: {_own(shader, name) for shader in shaders} for name in CHANNELS}
    alike = {name: next(iter(own)) for name, own in found.items() if len(own) == 1}
    return {name: own for name, own in alike.items() if own is not None}


def _own(shader: Shader, name: str) -> Own | None:
    """Return a shader's own value, or its picture at the places of its color; None: neither is known."""
    socket = shader.node.inputs.get(name)
    if socket is None:
        return None
    while (fed := live_link(socket)) is not None and is_ours(fed.from_node, GLOSS, PAINT):
        socket = socket_of(fed.from_node, "A_Color")
    if fed is None:
        return _number(socket)
    return _picture(shader, fed.from_socket, name)


def _number(socket: NodeSocket) -> float:
    value = socket.default_value
    return round(float(value if isinstance(value, float) else value[0]), 6)


def _picture(shader: Shader, source: NodeSocket, name: str) -> Image | None:
    node = source.node
    if node.type in APART:
        fed = live_link(node.inputs[0])
        rgb = getattr(node, "mode", "RGB") == "RGB" and source.name in CHANNELS[name]
        node = fed.from_node if fed is not None and rgb else node
    if node.type != IMAGE or source.name == "Alpha":
        return None
    return _data(node) if _lies_alike(shader, node) else None


def _lies_alike(shader: Shader, node: Node) -> bool:
    return shader.source.type == IMAGE and coincide(
        (shader.place, shader.source), (shader.place, node)
    )


def _data(node: Node) -> Image | None:
    """Return a node's picture if its values are what is stored."""
    image = node.image
    if image is None or is_tiled(image):
        return None
    return image if image.colorspace_settings.is_data else None
