"""Pairs of domains to learn a translation from, made from nothing: no picture of anybody's is in them.

Both sides of a pair are of the same materials, so that what a network can learn is the rust, the snow,
the water alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from ...npr.noise import Array, generator
from .autumn import in_autumn, leafy
from .night import by_day, day, lit_alone, moonlit, night
from .painted import painted, photo
from .rust import clean, rusted, rusted_all_over
from .snow import snowed_under, summer, winter
from .surface import FINER, Rng, Shape
from .water import dry, wet, wet_all_over, wet_in_some_way

Picture = Callable[[Shape, float, Rng], Array]
"""Makes (H, W, 3) in [0, 1] of (height, width); details have ``scale`` times their usual size."""
SCALES = (0.28, 0.85)
"""Least and greatest ``scale`` of a picture before it is drawn larger."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A pair: what it is, and a picture of each side."""

    title: str
    a: Picture
    b: Picture


DOMAINS: Mapping[str, Domain] = {
    "rust": Domain("clean metal, rusted metal", clean, rusted),
    "snow": Domain("green ground, rock, bark, walls; the same under snow", summer, winter),
    "wet": Domain("dry stone, wet stone", dry, wet),
    "night": Domain("streets, landscapes, walls by day; at night", day, night),
    "rust_all": Domain("clean metal, metal rusted all over", clean, rusted_all_over),
    "snow_all": Domain("green ground, rock, bark, walls; under snow", summer, snowed_under),
    "wet_all": Domain("dry stone, stone wet all over", dry, wet_all_over),
    "wet_ways": Domain("dry stone; anything from damp to soaked", dry, wet_in_some_way),
    "night_all": Domain("streets, landscapes, walls by day; in the moon's light", day, moonlit),
    "night_lights": Domain(
        "views, ground, walls, metal by day; in one light of the night", by_day, lit_alone
    ),
    "autumn": Domain("trees, meadows, ground, bark, walls in summer; in autumn", leafy, in_autumn),
    "painted": Domain("views, ground, stone, metal; others painted in oil", photo, painted),
}

SIDES = ("a", "b", "pair_b")


def draw(name: str, side: str, number: int, size: int = 256, seed: int = 0) -> Array:
    """Return one picture (size, size, 3) of a domain, float32 in [0, 1].

    Args:
        name: one of ``DOMAINS``.
        side: "a", "b", or "pair_b": what side a's picture of this number shows, in the state of b.
        number: which picture; equal numbers of a and b have nothing in common.
        size: height and width, pixels.
        seed: another seed makes another set.

    Raises:
        KeyError: for an unknown name.
    """
    domain = DOMAINS[name]
    rng = generator(seed, 1701, sum(name.encode()), int(side == "b"), number)
    low, high = np.log(SCALES)
    scale = float(np.exp(rng.uniform(low, high))) * FINER
    large = (domain.a if side == "a" else domain.b)(
        (round(size * FINER), round(size * FINER)), scale, rng
    )
    return np.clip(cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA), 0, 1)
