"""What colors a material, read from its shaders: color, opacity and glow, as sockets or values to be copied.

Shaders that are mixed become colors that are mixed. Groups that hold shaders are asked for their inputs.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from bpy.types import Node, NodeSocket

from ..materials.walk import NO_COLOR, live_link

COLORS = ("Base Color", "Color", "Diffuse", "Albedo", "Diffuse Color", "BaseColor")
PLAIN = (0.8, 0.8, 0.8, 1.0)
Mix = Callable[[Any, Any, Any], NodeSocket]
"""Adds a node that mixes two values by a factor, if they differ."""


class Feed(NamedTuple):
    """What a shader shows. Each is an output to link, an input whose value is copied, or a value."""

    color: Any = PLAIN
    alpha: Any = 1.0
    glow: Any = None
    strength: Any = 1.0
    """Of the glow."""
    clear: bool = False
    """Whether it shows nothing at all, so that its share is one of opacity."""
    normal: Any = None


def read_shader(socket: NodeSocket, mix: Mix) -> Feed:
    """Return what the shader linked to an input shows; mixing nodes are added where it is mixed."""
    link = live_link(socket)
    if link is None:
        return Feed(color=(0.0, 0.0, 0.0, 1.0))
    node: Any = link.from_node
    if node.mute:
        inner = next(
            (k.from_socket for k in node.internal_links if k.to_socket == link.from_socket), None
        )
        return Feed() if inner is None else read_shader(inner, mix)
    if node.type == "REROUTE":
        return read_shader(node.inputs[0], mix)
    if node.type == "MIX_SHADER":
        one, other = (read_shader(end, mix) for end in node.inputs[1:3])
        return _mix(value_of(node.inputs[0]), one, other, mix)
    if node.type == "ADD_SHADER":
        one, other = (read_shader(end, mix) for end in node.inputs[:2])
        return _add(one, other, mix)
    return _read_node(node)


def _read_node(node: Node) -> Feed:
    if node.type in NO_COLOR:
        return Feed(clear=True, alpha=0.0)
    inputs = {socket.name: socket for socket in node.inputs if socket.enabled}
    if node.type in ("EMISSION", "BACKGROUND"):
        return Feed(glow=value_of(inputs["Color"]), strength=value_of(inputs["Strength"]))
    color = next((inputs[name] for name in COLORS if name in inputs), None)
    if color is None:
        color = next((s for s in node.inputs if s.type == "RGBA" and s.enabled), None)
    if color is None or color.type != "RGBA":
        return Feed()
    alpha, normal = inputs.get("Alpha"), inputs.get("Normal")
    return Feed(
        value_of(color),
        1.0 if alpha is None else value_of(alpha),
        *_read_glow(inputs),
        normal=None if normal is None or live_link(normal) is None else value_of(normal),
    )


def _read_glow(inputs: dict[str, NodeSocket]) -> tuple[Any, Any]:
    glow = inputs.get("Emission Color", inputs.get("Emission"))
    strength = inputs.get("Emission Strength")
    if glow is None or glow.type != "RGBA":
        return None, 1.0
    dark = strength is not None and live_link(strength) is None and not strength.default_value
    return (
        (None, 1.0) if dark else (value_of(glow), 1.0 if strength is None else value_of(strength))
    )


def value_of(socket: NodeSocket) -> NodeSocket:
    """Return the output that feeds an input; the input itself if it has a value of its own."""
    link = live_link(socket)
    return socket if link is None else link.from_socket


def _mix(factor: Any, one: Feed, other: Feed, mix: Mix) -> Feed:
    if one.clear and other.clear:
        return one
    alpha = mix(factor, one.alpha, other.alpha)
    shown = [feed for feed in (one, other) if not feed.clear]
    if len(shown) == 1:
        return shown[0]._replace(alpha=alpha)
    one, other = _lit(one), _lit(other)
    return Feed(mix(factor, one.color, other.color), alpha)


def _add(one: Feed, other: Feed, mix: Mix) -> Feed:
    """Return two shaders added up: light that one gives off glows on the other."""
    if one.clear or other.clear:
        return other if one.clear else one
    if other.glow is not None and other.color == PLAIN:
        return one._replace(glow=other.glow, strength=other.strength)
    if one.glow is not None and one.color == PLAIN:
        return other._replace(glow=one.glow, strength=one.strength)
    return Feed(mix(0.5, one.color, other.color))


def _lit(feed: Feed) -> Feed:
    """Return a shader that only gives off light as one that is lit in its color."""
    return feed if feed.glow is None or feed.color != PLAIN else Feed(feed.glow, feed.alpha)


def as_surface(feed: Feed) -> Feed:
    """Return what a whole material shows; one that only gives off light is lit in its color."""
    return _lit(feed)
