"""What the toon panel and the operator share."""

from typing import Any

from bpy.props import BoolProperty, EnumProperty

from ...core.request.toon_look import PRESETS

LOOKS = tuple(
    (name, preset.title, preset.summary[:1].upper() + preset.summary[1:])
    for name, preset in PRESETS.items()
)


def toon_properties() -> dict[str, Any]:
    """Return the properties of how materials are shown as toon."""
    return {
        "toon_look": EnumProperty(
            name="Look", description="The look that materials get", items=LOOKS, default="cel"
        ),
        "toon_outlines": BoolProperty(
            name="Outlines",
            description="Draw the objects' outlines (a Solidify modifier with a material of its own)",
            default=True,
        ),
        "toon_bumps": BoolProperty(
            name="Normal Maps",
            description="Keep what normal maps and bumps do to the light; they break the tones up",
        ),
    }
