"""Looks by depth: how one layer of a picture is stylized."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import ParamsError
from ..fields import param

BRUSHES = (0.25, 8.0)
"""The smallest and the largest brush size."""
Setting = str | int | float | bool
"""The value of a method's own setting."""


def limit_brush(size: float) -> float:
    """Return a brush size, or the smallest or largest where it is beyond them."""
    return min(max(size, BRUSHES[0]), BRUSHES[1])


@dataclass(frozen=True, slots=True)
class Layer:
    """The style of one depth layer; its strength and style scale are multiplied by the job's own."""

    method: str = "auto"
    strength: float = param(1.0, min=0, max=1)
    style_scale: float = param(1.0, min=BRUSHES[0], max=BRUSHES[1])
    params: Mapping[str, Setting] = field(default_factory=dict[str, Setting])


LAYERS = (Layer(strength=0.2), Layer(strength=0.75), Layer(style_scale=1.7))
"""From the focus plane outward: nearly the picture itself, painted, and in broad strokes."""


def parse_layer(text: str) -> Layer:
    """Read ``METHOD,NAME=VALUE,...``, such as ``adain,strength=0.3,style_scale=2``.

    Raises:
        ParamsError: if strength or style scale is no number.
    """
    method, *pairs = text.split(",")
    params = {name.replace("-", "_"): value for name, _, value in (p.partition("=") for p in pairs)}
    try:
        strength, scale = (float(params.pop(name, "1")) for name in ("strength", "style_scale"))
    except ValueError as error:
        raise ParamsError(f"{text}: strength and style_scale are numbers") from error
    return Layer(method, strength, scale, params)
