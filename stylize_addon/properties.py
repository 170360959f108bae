"""What the panel edits, kept with the scene. A method's own settings are made from its card."""

from dataclasses import Field, fields
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)
from bpy.types import Context, PropertyGroup, Scene, World

from ..core import styles
from ..core.card import Card
from ..core.catalog import CARDS, find_card
from ..core.request.picture_job import StyleFile
from .materials.graph import amount_of, set_amount
from .materials.panorama import RENDER
from .method_list import METHODS
from .preferences import memory_limit
from .rendering.properties import StylizePart, sequence_choices, sequence_properties
from .rendering.settings import SequenceSettings
from .settings import Settings, materials_of
from .style_picture import BUILTIN, absolute_style

PICTURE = "PICTURE"


def _words(title: str) -> tuple[str, str]:
    """Return name and description of a style whose title has both."""
    name, _, more = title.partition(", ")
    return name.title(), (more or name).capitalize()


LOOKS = (
    (PICTURE, "Picture File", "A picture of your own"),
    *((name, *_words(styles.title(name))) for name in styles.names()),
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
FOLDER = StringProperty(
    name="Folder",
    description="Where the new pictures go",
    default="//stylized",
    subtype="DIR_PATH",
)


def _property(declared: Field[Any]) -> Any:
    """Return the Blender property of one setting of a method."""
    low, high, choices = (declared.metadata[key] for key in ("min", "max", "choices"))
    words = {
        "name": declared.name.replace("_", " ").title(),
        "description": declared.metadata["help"],
    }
    default = declared.default
    if choices:
        return EnumProperty(
            items=[(c, c.replace("_", " ").title(), "") for c in choices],
            default=default,
            **words,
        )
    if isinstance(default, bool):
        return BoolProperty(default=default, **words)
    span = {key: value for key, value in (("min", low), ("max", high)) if value is not None}
    if isinstance(default, int):
        return IntProperty(
            default=default, **words, **{key: int(value) for key, value in span.items()}
        )
    if isinstance(default, float):
        return FloatProperty(default=default, **words, **span)
    return StringProperty(default=str(default), **words)


def _group(card: Card) -> type[PropertyGroup]:
    """Return a property group with a method's settings."""
    declared = {f.name: _property(f) for f in fields(card.params)}
    body = {"__annotations__": declared, "__doc__": f"Settings of {card.title}."}
    return type(f"Stylize_PG_{card.id}", (PropertyGroup,), body)


GROUPS = tuple((card, _group(card)) for card in CARDS)


def shown_amount(scene: Scene) -> float | None:
    """Return how much of the stylized pictures shows on the panel's materials; None if they have none."""
    return amount_of(materials_of(scene.stylize.scope))


def _set_amount(scene: Scene, amount: float) -> None:
    set_amount(materials_of(scene.stylize.scope), amount)


def _amount(scene: Scene) -> float:
    amount = shown_amount(scene)
    return 1 if amount is None else amount


def shown_world_amount(world: World) -> float | None:
    """Return how much of the stylized pictures shows around a World's scenes; None if it has none."""
    return amount_of([world])


def _set_world_amount(world: World, amount: float) -> None:
    set_amount([world], amount)


def _world_amount(world: World) -> float:
    amount = shown_world_amount(world)
    return 1 if amount is None else amount


def shown_frames_amount(scene: Scene) -> float | None:
    """Return how much of the stylized frames a scene's compositor shows; None if it has none."""
    return amount_of([scene])


def _set_frames_amount(scene: Scene, amount: float) -> None:
    set_amount([scene], amount)


def _frames_amount(scene: Scene) -> float:
    amount = shown_frames_amount(scene)
    return 1 if amount is None else amount


def _amount_property(**access: Any) -> Any:
    """Return a live amount, to stand by itself.

    In bpy 4.2 and 4.5 a property group whose property calls Python when it changes crashes or hangs the
    process at its end.
    """
    return FloatProperty(
        name="Amount",
        description="How much of the result shows over the original, live; Strength is how it was painted",
        default=1,
        min=0,
        max=1,
        subtype="FACTOR",
        **access,
    )


def look_properties() -> dict[str, Any]:
    """Return the properties that the panel and all operators share: what the style is and does."""
    return {
        "look": EnumProperty(
            name="Style", description="Where the style comes from", items=LOOKS, default=PICTURE
        ),
        "style": StringProperty(
            name="Style Picture", description="Picture whose hand the new pictures get"
        ),
        "method": EnumProperty(
            name="Method",
            description="What it looks like, and the seconds that 1024 x 1024 pixels take on two cores",
            items=METHODS,
            default="auto",
        ),
        "strength": FloatProperty(
            name="Strength",
            description="How much of the style is painted, chosen before; Amount fades the result afterwards",
            default=1,
            min=0,
            max=1,
            subtype="FACTOR",
        ),
        "style_scale": FloatProperty(
            name="Brush Size",
            description="Size of the strokes; 1 is normal",
            default=1,
            min=0.05,
            soft_min=0.25,
            soft_max=4,
            max=16,
        ),
        "keep_color": BoolProperty(
            name="Keep Colors", description="Take the strokes of the style and leave the colors"
        ),
        "seed": IntProperty(
            name="Seed", description="For methods that draw random numbers", default=0, min=0
        ),
        "pack": BoolProperty(
            name="Pack Results",
            description="Keep the new pictures inside the .blend instead of beside it",
        ),
    }


def texture_properties() -> dict[str, Any]:
    """Return the properties that the panel and the operator for textures share."""
    return {
        "one_brush": BoolProperty(
            name="One Brush Size",
            default=True,
            description="Strokes of one size on all surfaces, whatever their pictures' sizes and UVs",
        ),
        "surface": EnumProperty(
            name="Surface", description="How seams are treated", items=SURFACES, default="auto"
        ),
        "by_area": BoolProperty(
            name="Measure by Area",
            description="Texels count by the surface that they cover, not all alike",
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
    }


class StylizeSettings(PropertyGroup):
    """What the panel edits."""

    __annotations__ = (
        look_properties()
        | texture_properties()
        | panorama_properties()
        | sequence_properties()
        | sequence_choices()
        | {
            "scope": EnumProperty(
                name="For", description="What to stylize", items=SCOPES[:3:2], default="SELECTED"
            ),
            **{f"params_{card.id}": PointerProperty(type=group) for card, group in GROUPS},
        }
    )


def params_of(settings: StylizeSettings, method: str) -> PropertyGroup:
    """Return the panel's settings of a method."""
    return getattr(settings, f"params_{find_card(method).id}")


def params_values(settings: StylizeSettings, method: str) -> dict[str, Any]:
    """Return the panel's settings of a method as plain values."""
    group = params_of(settings, method)
    return {f.name: getattr(group, f.name) for f in fields(find_card(method).params)}


def style_files(look: str, style: str) -> tuple[StyleFile, ...]:
    """Return the styles that are chosen: none if no picture has been chosen yet."""
    path = absolute_style(style) if look == PICTURE else BUILTIN + look
    return (StyleFile(path),) if path else ()


def look_from(source: Any, context: Context) -> dict[str, Any]:
    """Return the settings in the properties that panel and all operators share."""
    return {
        "styles": style_files(source.look, source.style),
        "method": source.method,
        "params": params_values(context.scene.stylize, source.method),
        "strength": source.strength,
        "style_scale": source.style_scale,
        "keep_color": source.keep_color,
        "seed": source.seed,
        "pack": source.pack,
        "max_memory": memory_limit(),
    }


def texture_settings(source: Any, context: Context, **more: Any) -> Settings:
    """Return the settings for textures in the properties of a panel or an operator."""
    return Settings(
        **look_from(source, context),
        one_brush=source.one_brush,
        surface=source.surface,
        by_area=source.by_area,
        emission=source.emission,
        bake=source.bake,
        bake_size=int(source.bake_size),
        make_uvs=source.make_uvs,
        scope=source.scope,
        amount=context.scene.stylize_amount,
        **more,
    )


def panorama_settings(source: Any, context: Context, **more: Any) -> Settings:
    """Return the settings for a panorama in the properties of a panel or an operator."""
    world = context.scene.world
    return Settings(
        **look_from(source, context),
        source=source.source,
        image=source.image,
        surface="equirect",
        amount=1 if world is None else world.stylize_amount,
        **more,
    )


def sequence_settings(source: Any, context: Context, **more: Any) -> SequenceSettings:
    """Return the settings for rendered frames in the properties of a panel or an operator."""
    folder = more.pop("folder", "//stylized")
    return SequenceSettings(
        look=Settings(
            **look_from(source, context), folder=folder, amount=context.scene.stylize_frames_amount
        ),
        motion=source.motion,
        keep_blur=source.keep_blur,
        layer=source.layer,
        anchor=source.anchor,
        diffuse=source.shown == "DIFFUSE",
        view=source.view,
        again=source.again,
        live=source.live,
        compositor=source.compositor,
        **more,
    )


CLASSES = (*(group for _, group in GROUPS), StylizePart, StylizeSettings)


def register() -> None:
    """Give every scene its settings, and every scene and World its amount."""
    bpy.types.Scene.stylize = PointerProperty(type=StylizeSettings)
    bpy.types.Scene.stylize_amount = _amount_property(get=_amount, set=_set_amount)
    bpy.types.Scene.stylize_frames_amount = _amount_property(
        get=_frames_amount, set=_set_frames_amount
    )
    bpy.types.World.stylize_amount = _amount_property(get=_world_amount, set=_set_world_amount)


def unregister() -> None:
    """Take them away again."""
    del bpy.types.World.stylize_amount
    del bpy.types.Scene.stylize_frames_amount
    del bpy.types.Scene.stylize_amount
    del bpy.types.Scene.stylize
