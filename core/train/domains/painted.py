"""Pictures made from nothing, and others of the same kind in thick oil paint."""

import cv2

from ...npr import oil
from ...npr.noise import Array
from .night import day
from .rust import clean
from .snow import summer
from .surface import FINER, Rng, Shape, state_of, uniform
from .water import dry


def photo(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3): a view in half of all cases, else ground, stone or metal."""
    kinds = (day, day, day, summer, dry, clean)
    return kinds[int(rng.integers(len(kinds)))](shape, scale, rng)


def painted(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return such a picture as an oil painting (H, W, 3); all are by the same hand."""
    size = [round(side / FINER) for side in shape]
    small = cv2.resize(photo(shape, scale, rng), size[::-1], interpolation=cv2.INTER_AREA)
    state = state_of(rng)
    brush = max(3.0, size[0] / 45) * uniform(state, 0.9, 1.5)
    seed, impasto = int(state.integers(1 << 31)), uniform(state, 0.8, 1.2)
    paint = oil(small, size=brush, impasto=impasto, seed=seed)
    return cv2.resize(paint, shape[::-1], interpolation=cv2.INTER_CUBIC)
