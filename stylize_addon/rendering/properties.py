"""What the panel edits about rendered frames, kept with the scene."""

from typing import Any

from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
)
from bpy.types import PropertyGroup, Scene

from ...core.request.sequence_job import PARTS as PART_SETTINGS
from ...core.request.sequence_job import SequenceJob
from ...core.request.toon_look import PRESETS
from ..declared import property_of, shared_fields
from .settings import Part

MOTIONS = (
    ("auto", "Exact", "Motion as the renderer knows it (Vector pass): nothing swims"),
    ("flow", "Estimated", "Motion guessed from the pictures"),
    ("none", "None", "Each frame by itself, which flickers"),
)
SHOWN = (
    ("COMBINED", "Picture", "The rendered picture"),
    (
        "DIFFUSE",
        "Surface Colors",
        "The colors of surfaces alone: light, shadow and shine stay real",
    ),
)
DRAWN = (
    ("STYLE", "Style", "In the style alone"),
    ("INKED", "Style, Inked", "In the style, with the lines of a toon look on top"),
    ("TOON", "Toon", "In a toon look: tones, highlights and lines; the style is not used"),
)
TOON_LOOKS = tuple(
    (name, preset.title, preset.summary[:1].upper() + preset.summary[1:])
    for name, preset in PRESETS.items()
)
VIEWS = (
    (
        "SCENE",
        "Scene",
        "As the scene's Color Management shows it (needs OpenColorIO in the engine)",
    ),
    ("STANDARD", "Standard", "As Standard shows it, whatever the scene's view transform is"),
)
PLACES = (
    ("OUTPUT", "Over Everything", "In place of what the scene's compositor puts out"),
    (
        "RENDER",
        "Under Compositing",
        "In place of the render, so that the scene's compositing works on it",
    ),
    ("NOWHERE", "Nowhere", "Write files and leave the compositor alone"),
)
PARTS = (
    ("OBJECT", "Object", "One object", "OBJECT_DATA", 0),
    ("MATERIAL", "Material", "All that wears a material", "MATERIAL", 1),
    ("COLLECTION", "Collection", "All objects of a collection", "OUTLINER_COLLECTION", 2),
)


FRAMES = tuple(f for f in shared_fields(SequenceJob, "motion", PART_SETTINGS) if f.name != "source")
"""What every sequence has that is set by hand; its source is called ``shown`` in .blend files."""
SHOWN_PASSES = {"COMBINED": "combined", "DIFFUSE": "diffuse_color"}
"""What ``shown`` stands for."""
WORDS: dict[str, dict[str, Any]] = {
    "motion": {"items": MOTIONS, "description": "What moves the paint"},
    "layer": {"description": "The view layer that is rendered and stylized; empty: the active one"},
}
"""What Blender says of a setting in other words."""


def sequence_properties() -> dict[str, Any]:
    """Return the properties that the panel and the operators for rendered frames share."""
    return {
        "shown": EnumProperty(
            name="Applies To", description="What gets the style", items=SHOWN, default="COMBINED"
        ),
        "drawn": EnumProperty(
            name="Drawing", description="How frames are drawn", items=DRAWN, default="STYLE"
        ),
        "ink_look": EnumProperty(
            name="Toon Look", description="Whose lines and tones they are", items=TOON_LOOKS
        ),
        "view": EnumProperty(
            name="View", description="How the engine sees light", items=VIEWS, default="SCENE"
        ),
        "keep_blur": BoolProperty(
            name="Keep Motion Blur",
            description=(
                "Render frames with the scene's Motion Blur; exact motion then takes a second, rough "
                "render of each, without blur"
            ),
            default=True,
        ),
        **{f.name: property_of(f, **WORDS.get(f.name, {})) for f in FRAMES},
        "paint_layers": BoolProperty(
            name="Paint Layers",
            description="Ground, paint, lines and weave of a painter as layers, which the compositor lays "
            "over each other, each as much as its node says",
        ),
        "again": BoolProperty(
            name="Render Again", description="Also render frames that have been rendered before"
        ),
        "live": BoolProperty(
            name="Live Mattes",
            description="Parts are mattes in the compositor, to be changed there, and the frames have none",
        ),
        "compositor": EnumProperty(
            name="Compositor",
            description="Where the stylized frames go in the scene's compositor",
            items=PLACES,
            default="OUTPUT",
        ),
    }


class StylizePart(PropertyGroup):
    """Something in the frames that gets more or less of the style; its name is that of the thing."""

    __annotations__ = {
        "kind": EnumProperty(name="Kind", description="What it is", items=PARTS, default="OBJECT"),
        "strength": FloatProperty(
            name="Strength",
            description="How much of the style it gets, beside what all get; 0 leaves it as rendered",
            default=0,
            min=0,
            max=1,
            subtype="FACTOR",
        ),
        "fine": BoolProperty(
            name="Finer Brushes",
            description="Oil, gouache and pastel take finer brushes there: eyes, lettering",
        ),
    }


def parts_of(scene: Scene) -> tuple[Part, ...]:
    """Return the panel's parts, each with its own strength."""
    named = (part for part in scene.stylize.parts if part.name)
    return tuple(Part(part.kind, part.name, part.strength, part.fine) for part in named)


def sequence_choices() -> dict[str, Any]:
    """Return the properties that the panel alone has."""
    return {
        "parts": CollectionProperty(
            name="Parts", description="What gets less of the style", type=StylizePart
        ),
        "active_part": IntProperty(
            name="Active Part", description="The one that is shown below the list", default=0
        ),
        "each_frame": BoolProperty(
            name="Stylize What Is Rendered",
            description="Stylize each frame as soon as a render has written it",
        ),
    }
