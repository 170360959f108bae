"""How much of what was made shows, live: amounts of scenes and Worlds that stand by themselves."""

from typing import Any

import bpy
from bpy.props import FloatProperty
from bpy.types import Scene, World

from .materials.graph import RELIEF, amount_of, set_amount
from .settings import materials_of

AMOUNT = "How much of the result shows over the original, live; Strength is how it was painted"
THICKNESS = "How much of the paint's relief shows, live"


def shown_amount(scene: Scene) -> float | None:
    """Return how much of the stylized pictures shows on the panel's materials; None if they have none."""
    return amount_of(materials_of(scene.stylize.scope))


def _set_amount(scene: Scene, amount: float) -> None:
    set_amount(materials_of(scene.stylize.scope), amount)


def _amount(scene: Scene) -> float:
    amount = shown_amount(scene)
    return 1 if amount is None else amount


def shown_relief(scene: Scene) -> float | None:
    """Return how much of the paint's relief shows on the panel's materials; None if they have none."""
    return amount_of(materials_of(scene.stylize.scope), RELIEF)


def _set_relief(scene: Scene, amount: float) -> None:
    set_amount(materials_of(scene.stylize.scope), amount, RELIEF)


def _relief(scene: Scene) -> float:
    amount = shown_relief(scene)
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


def _amount_property(name: str = "Amount", what: str = AMOUNT, **access: Any) -> Any:
    """Return a live amount, to stand by itself.

    In bpy 4.2 and 4.5 a property group whose property calls Python when it changes crashes or hangs the
    process at its end.
    """
    return FloatProperty(
        name=name,
        description=what,
        default=1,
        min=0,
        max=1,
        subtype="FACTOR",
        **access,
    )


def register() -> None:
    """Give every scene and every World its amounts."""
    bpy.types.Scene.stylize_amount = _amount_property(get=_amount, set=_set_amount)
    bpy.types.Scene.stylize_relief = _amount_property(
        "Relief", THICKNESS, get=_relief, set=_set_relief
    )
    bpy.types.Scene.stylize_frames_amount = _amount_property(
        get=_frames_amount, set=_set_frames_amount
    )
    bpy.types.World.stylize_amount = _amount_property(get=_world_amount, set=_set_world_amount)


def unregister() -> None:
    """Take them away again."""
    del bpy.types.World.stylize_amount
    del bpy.types.Scene.stylize_frames_amount
    del bpy.types.Scene.stylize_relief
    del bpy.types.Scene.stylize_amount
