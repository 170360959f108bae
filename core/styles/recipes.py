"""How each built-in style picture is painted: a scene composed from nothing, and a painter."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..npr import (
    engraving,
    glass,
    gouache,
    halftone,
    mosaic,
    oil,
    pastel,
    pointillism,
    watercolor,
    woodblock,
)
from ..npr.composition import Scene
from ..npr.emblems import irises, wave
from ..npr.noise import Array
from ..npr.scenes import valley
from ..npr.waterside import harbour, koi, riverbank
from ..npr.woodland import birches, city, fjord

SIZE = 704
"""Side of the shipped pictures, pixels."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A scene, its painter, and the seed of the shipped picture.

    ``along`` says whether strokes follow the scene's own directions.
    """

    scene: Callable[..., Scene]
    painter: Callable[..., Array]
    along: bool = False
    seed: int = 1


RECIPES = {
    "oil": Recipe(valley, oil, along=True, seed=2),
    "gouache": Recipe(harbour, gouache, along=True),
    "pastel": Recipe(birches, pastel, along=True),
    "pointillism": Recipe(riverbank, pointillism, along=True),
    "watercolor": Recipe(fjord, watercolor),
    "woodblock": Recipe(wave, woodblock),
    "engraving": Recipe(valley, engraving, along=True, seed=4),
    "comic": Recipe(city, halftone),
    "stained_glass": Recipe(irises, glass),
    "mosaic": Recipe(koi, mosaic),
}


def compose(name: str, height: int = SIZE, width: int = SIZE, seed: int | None = None) -> Scene:
    """Return a style's scene before it is painted; ``seed`` None: that of the shipped picture.

    Raises:
        KeyError: for a name that ``core.styles.names`` does not list.
    """
    recipe = RECIPES[name]
    return recipe.scene(height, width, recipe.seed if seed is None else seed)


def make(name: str, height: int = SIZE, width: int = SIZE, seed: int | None = None) -> Array:
    """Return a style picture (height, width, 3) in [0, 1], painted anew.

    Raises:
        KeyError: for a name that ``core.styles.names`` does not list.
    """
    scene, recipe = compose(name, height, width, seed), RECIPES[name]
    painter = partial(recipe.painter, flow=scene.flow) if recipe.along else recipe.painter
    return painter(scene.color, seed=recipe.seed if seed is None else seed)
