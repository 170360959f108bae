"""What the panel edits, kept with the scene. A method's own settings are made from its card."""

from dataclasses import fields, replace
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty, StringProperty
from bpy.types import Context, PropertyGroup

from ..core import styles
from ..core.card import Card
from ..core.catalog import CARDS, TOON, find_card, find_look
from ..core.request.directions import lays_strokes
from ..core.request.layer import limit_brush
from ..core.request.picture_job import Job, StyleFile
from ..core.request.sequence_job import SequenceJob
from ..core.styles.states import find_state
from .declared import property_of, shared_fields
from .materials.panorama import RENDER
from .method_list import FRAME_METHODS, METHODS, STATES
from .preferences import memory_limit
from .rendering.properties import (
    FRAMES,
    SHOWN_PASSES,
    StylizePart,
    sequence_choices,
    sequence_properties,
)
from .rendering.settings import SequenceSettings
from .settings import Settings, ask
from .style_picture import BUILTIN, absolute_style
from .toon.properties import StylizeToonBake, toon_properties

PICTURE = "PICTURE"
OWN = "OWN"
"""No style: what is painted keeps its colours."""


def _words(title: str) -> tuple[str, str]:
    """Return name and description of a style whose title has both."""
    name, _, more = title.partition(", ")
    return name.title(), (more or name).capitalize()


_PICTURES = (
    (PICTURE, "Picture File", "A picture of your own"),
    *((name, *_words(styles.title(name))) for name in styles.names()),
)
LOOKS = (
    *((*words, "NONE", number) for number, words in enumerate(_PICTURES)),
    *((state.name, state.title, state.summary, "NONE", state.number) for state in STATES),
    (OWN, "Own Colors", "No style: a painter paints what is there in its own colors", "NONE", 99),
)
SIZES = tuple((str(n), f"{n} px", f"Bake {n} x {n} pixels") for n in (256, 512, 1024, 2048, 4096))
SURFACES = (
    ("auto", "Automatic", "Close the seams of UV islands; textures that tile stay tileable"),
    ("flat", "Flat", "Treat pictures as flat: faster, and seams show"),
    ("seamless", "Tileable", "Continue pictures over their borders, whatever their UVs"),
)
SCOPES = (
    ("SELECTED", "Selected Objects", "The materials of the selected objects"),
    ("NAMED", "Named Materials", "The materials named in Materials"),
    ("ALL", "All Objects", "The materials of all objects of this scene"),
    ("FILE", "Whole File", "The materials of all objects of all scenes"),
)
SOURCES = (
    ("WORLD", "World", "The pictures that surround the scene: the World's Environment Textures"),
    ("IMAGE", "Picture", "One 360° picture, or what a panoramic camera has rendered"),
)
LOOK = tuple(shared_fields(Job, "", "style"))
"""What every job has that is set by hand, in Blender and elsewhere."""
SURFACE = tuple(shared_fields(Job, "surface", "relief"))
DIRECTIONS = tuple(shared_fields(Job, "directions"))
"""How much strokes go along a mesh."""
SURROUNDINGS = tuple(shared_fields(Job, "surroundings"))
PALETTES = (
    (
        "auto",
        "Automatic",
        "The chosen materials together, frames as a shot; Worlds by themselves",
    ),
    ("scene", "Scene", "All that is stylized together: materials stay apart, and dark stays dark"),
    ("picture", "Each Picture", "Every picture gets the style's whole palette"),
    ("free", "Free", "Colors come as the method paints them"),
)
LIGHTS = (
    (
        "auto",
        "Automatic",
        "Keep the mean light and its color of HDR pictures",
    ),
    ("keep", "Keep", "Keep the mean light and its color"),
    ("free", "Free", "Let the style make it darker, brighter, or of another color"),
)
LIES = (
    (
        "auto",
        "Automatic",
        "Snow on top, rust in creases, as far as a height or normal map or the model says it; else "
        "everywhere",
    ),
    ("everywhere", "Everywhere", "All over the textures"),
    ("top", "On Top", "On what stands out of a height or normal map and looks up"),
    ("creases", "In Creases", "In what lies low in a height or normal map"),
)
WORDS: dict[str, dict[str, Any]] = {
    "method": {
        "items": METHODS,
        "description": "What it looks like, and the seconds that 1024 x 1024 pixels take on two cores",
    },
    "strength": {
        "description": "How much of the style is painted, chosen before; Amount fades the result afterwards"
    },
    "surface": {"items": SURFACES, "description": "How seams are treated"},
    "lies": {"items": LIES, "description": "Where on the relief of a texture it is painted"},
    "palette": {"items": PALETTES, "description": "What gets the style's palette"},
    "light": {"items": LIGHTS, "description": "How much light the stylized surroundings send"},
}
"""What Blender says of a setting in other words."""
FOLDER = StringProperty(
    name="Folder",
    description="Where the new pictures go",
    default="//stylized",
    subtype="DIR_PATH",
)


def _group(card: Card) -> type[PropertyGroup]:
    """Return a property group with a method's settings."""
    declared = {f.name: property_of(f) for f in fields(card.params)}
    body = {"__annotations__": declared, "__doc__": f"Settings of {card.title}."}
    return type(f"Stylize_PG_{card.id}", (PropertyGroup,), body)


GROUPS = tuple((card, _group(card)) for card in CARDS)


def look_properties() -> dict[str, Any]:
    """Return the properties that the panel and all operators share: what the style is and does."""
    return {
        "look": EnumProperty(
            name="Style", description="Where the style comes from", items=LOOKS, default=PICTURE
        ),
        "style": StringProperty(
            name="Style Picture", description="Picture whose hand the new pictures get"
        ),
        **{f.name: property_of(f, **WORDS.get(f.name, {})) for f in LOOK},
        "pack": BoolProperty(
            name="Pack Results",
            description="Keep the new pictures inside the .blend instead of beside it",
        ),
    }


def texture_properties() -> dict[str, Any]:
    """Return the properties that the panel and the operator for textures share."""
    return {
        "one_brush": BoolProperty(
            name="Same on All",
            default=True,
            description="The brush is as large in metres on all chosen materials, whatever their pictures' "
            "sizes and UVs; Brush Size is that of the median surface",
        ),
        **{f.name: property_of(f, **WORDS.get(f.name, {})) for f in (*SURFACE, *DIRECTIONS)},
        "detail_group": StringProperty(
            name="Detail Group",
            description="Vertex groups of this name say where oil, gouache and pastel take finer brushes",
        ),
        "paint_relief": BoolProperty(
            name="Paint Relief",
            description="Also make normals and roughness of the paint, which the scene's lights then show",
        ),
        "displace": BoolProperty(
            name="Displace",
            description="Also move the surface by the paint's height; it wants a finely divided mesh",
        ),
        "emission": BoolProperty(
            name="Emission", description="Also stylize the pictures that feed Emission"
        ),
        "bake": BoolProperty(
            name="Bake Plain Colors",
            default=True,
            description="Make pictures of base colors that have none (procedural or plain), on the UV map",
        ),
        "make_uvs": BoolProperty(
            name="Make UVs",
            description="Unwrap what needs UVs and has none (Smart UV Project, on a UV map of its own, "
            "which Restore Originals takes off again)",
        ),
        "bake_size": EnumProperty(
            name="Bake Size", description="Side of the baked pictures", items=SIZES, default="1024"
        ),
    }


def frame_properties() -> dict[str, Any]:
    """Return the properties that the operators for rendered frames share; their method may be toon."""
    words = WORDS["method"] | {"name": "Method", "items": FRAME_METHODS}
    return look_properties() | {"method": EnumProperty(**words)} | sequence_properties()


def panorama_properties() -> dict[str, Any]:
    """Return the properties that the panel and the operator for panoramas share."""
    return {
        "source": EnumProperty(
            name="Source", description="Which panorama to stylize", items=SOURCES, default="WORLD"
        ),
        "image": StringProperty(
            name="Picture",
            description="Name of a 360° picture: it is twice as wide as high",
            default=RENDER,
        ),
        **{f.name: property_of(f, **WORDS.get(f.name, {})) for f in SURROUNDINGS},
    }


class StylizeSettings(PropertyGroup):
    """What the panel edits."""

    __annotations__ = (
        look_properties()
        | texture_properties()
        | panorama_properties()
        | sequence_properties()
        | sequence_choices()
        | toon_properties()
        | {
            "scope": EnumProperty(
                name="For", description="What to stylize", items=SCOPES[:3:2], default="SELECTED"
            ),
            "toon_bake": PointerProperty(
                name="Toon Bake", description="How the toon look is baked", type=StylizeToonBake
            ),
            **{f"params_{card.id}": PointerProperty(type=group) for card, group in GROUPS},
        }
    )


def params_of(settings: StylizeSettings, method: str) -> PropertyGroup:
    """Return the panel's settings of a method."""
    return getattr(settings, f"params_{find_card(method).id}")


def params_values(settings: StylizeSettings, method: str) -> dict[str, Any]:
    """Return the panel's settings of a method as plain values; a look has its own, which stand fast."""
    if find_look(method) is not None:
        return {}
    group = params_of(settings, method)
    return {f.name: getattr(group, f.name) for f in fields(find_card(method).params)}


def style_files(look: str, style: str) -> tuple[StyleFile, ...]:
    """Return the styles that are chosen: none if none is wanted, or no picture has been chosen yet."""
    if look == OWN:
        return ()
    named = look if find_state(look) else BUILTIN + look
    path = absolute_style(style) if look == PICTURE else named
    return (StyleFile(path),) if path else ()


def look_from(source: Any, context: Context, *more: str, **fixed: Any) -> Settings:
    """Return the settings in the properties that panel and all operators share.

    Args:
        source: What has them.
        context: Whose scene has the methods' own settings.
        *more: Names of further fields of the job among the properties.
        **fixed: Fields of the job that stand fast.
    """
    names = (*(declared.name for declared in LOOK), *more)
    chosen = {name: getattr(source, name) for name in names}
    if chosen["method"] == TOON:  # which has no style
        chosen["method"] = "auto"
    state = find_state(source.look)
    if state is not None:
        chosen |= {"method": state.method, "palette": "free"}
        chosen["style_scale"] = limit_brush(chosen["style_scale"] * state.brush)
    job = ask(
        styles=style_files(source.look, source.style),
        params=params_values(context.scene.stylize, chosen["method"]),
        max_memory=memory_limit(),
        **chosen,
        **fixed,
    )
    return Settings(job=job, pack=source.pack)


def texture_settings(source: Any, context: Context, **more: Any) -> Settings:
    """Return the settings for textures in the properties of a panel or an operator."""
    asked = look_from(source, context, *(declared.name for declared in SURFACE))
    return replace(
        asked,
        job=replace(asked.job, **_directions(source, asked.job.method)),
        detail_group=source.detail_group,
        one_brush=source.one_brush,
        emission=source.emission,
        bake=source.bake,
        bake_size=int(source.bake_size),
        make_uvs=source.make_uvs,
        scope=source.scope,
        amount=context.scene.stylize_amount,
        relief=source.paint_relief,
        relief_amount=context.scene.stylize_relief,
        displace=source.displace,
        **more,
    )


def _directions(source: Any, method: str) -> dict[str, Any]:
    """Return the fields of a job that say how much strokes go along a mesh; none if there are no strokes."""
    card = None if find_look(method) is not None else find_card(method)
    if card is None or not lays_strokes(card):
        return {}
    return {declared.name: getattr(source, declared.name) for declared in DIRECTIONS}


def panorama_settings(source: Any, context: Context, **more: Any) -> Settings:
    """Return the settings for a panorama in the properties of a panel or an operator."""
    world = context.scene.world
    return replace(
        look_from(source, context, *(f.name for f in SURROUNDINGS), surface="equirect"),
        source=source.source,
        image=source.image,
        amount=1 if world is None else world.stylize_amount,
        **more,
    )


def sequence_settings(source: Any, context: Context, **more: Any) -> SequenceSettings:
    """Return the settings for rendered frames in the properties of a panel or an operator."""
    folder = more.pop("folder", "//stylized")
    look = look_from(source, context)
    asked = {declared.name: getattr(source, declared.name) or None for declared in FRAMES}
    return SequenceSettings(
        look=replace(look, folder=folder, amount=context.scene.stylize_frames_amount),
        asked=SequenceJob(job=look.job, source=SHOWN_PASSES[source.shown], **asked),
        keep_blur=source.keep_blur,
        view=source.view,
        again=source.again,
        live=source.live,
        paint_layers=source.paint_layers,
        compositor=source.compositor,
        drawn="TOON" if source.method == TOON else source.drawn,
        toon_look=source.ink_look,
        **more,
    )


CLASSES = (*(group for _, group in GROUPS), StylizePart, StylizeToonBake, StylizeSettings)


def register() -> None:
    """Give every scene its settings."""
    bpy.types.Scene.stylize = PointerProperty(type=StylizeSettings)


def unregister() -> None:
    """Take them away again."""
    del bpy.types.Scene.stylize
