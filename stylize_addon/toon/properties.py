"""What the toon panel and the operators share."""

from dataclasses import fields
from typing import Any

from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import PropertyGroup

from ..declared import property_of
from ..rendering.properties import TOON_LOOKS
from .bake_settings import ToonBake


def toon_properties() -> dict[str, Any]:
    """Return the properties of how materials are shown as toon."""
    return {
        "toon_look": EnumProperty(
            name="Look", description="The look that materials get", items=TOON_LOOKS, default="cel"
        ),
        "toon_outlines": BoolProperty(
            name="Outlines",
            description="Draw the objects' outlines: a modifier, with a material of its own",
            default=True,
        ),
        "toon_bumps": BoolProperty(
            name="Normal Maps",
            description="Keep what normal maps and bumps do to the light; they break the tones up",
        ),
    }


def bake_properties() -> dict[str, Any]:
    """Return the properties of how a toon look is baked."""
    return {
        **{declared.name: property_of(declared) for declared in fields(ToonBake)},
        "filepath": StringProperty(
            name="File", description="The model to write", default="//toon.glb", subtype="FILE_PATH"
        ),
    }


class StylizeToonBake(PropertyGroup):
    """What the panel says of a bake."""

    __annotations__ = bake_properties()
