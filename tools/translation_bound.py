"""Measure what a translation can reach: python tools/translation_bound.py wet --a … --b … --pictures ….

The code that made B's state (core/train/domains) is applied to the pictures themselves, and measured as
tools/measure_translation.py measures networks. --heights: a height map for each picture, in the same order
(wet; without them light is taken for height).
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
import torch
from torch import Tensor

from core.evaluation.judges import load_judge
from core.evaluation.pictures import expand, read
from core.evaluation.translation import measure
from core.npr.noise import Array, generator
from core.train.domains.night import LIGHTS, light_up
from core.train.domains.scenery import Scenery
from core.train.domains.water import rain_on

DEEP = 40
"""Texels from the lowest to the highest of a height map."""


def wet(color: Array, height: Array, number: int) -> Array:
    """Return a picture (H, W, 3) wet all over."""
    return rain_on(color, height, generator(number, 11))


def night(color: Array, _: Array, number: int) -> Array:
    """Return a picture (H, W, 3) in one light of the night, another for each number."""
    none = np.zeros(color.shape[:2], np.float32)
    return light_up(
        Scenery(color, none, none, []), LIGHTS[number % len(LIGHTS)], generator(number, 12)
    )


STATES: dict[str, Callable[[Array, Array, int], Array]] = {"wet": wet, "night": night}


def heights(picture: Tensor, path: Path | None) -> Array:
    """Return the height (H, W) of a picture, texels."""
    if path is None:
        return cv2.GaussianBlur(to_array(picture).mean(-1), (0, 0), 1.5) * DEEP * 0.3
    found = read(path)[0].mean(0).numpy()
    size = picture.shape[-1], picture.shape[-2]
    return cv2.resize(found, size, interpolation=cv2.INTER_AREA) * DEEP


def to_array(picture: Tensor) -> Array:
    """Return a picture (1, 3, H, W) as (H, W, 3)."""
    return np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy(), np.float32)


def to_tensor(picture: Array) -> Tensor:
    """Return a picture (H, W, 3) as (1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.clip(picture, 0, 1).astype(np.float32)).permute(2, 0, 1)[None]


def bound(options: argparse.Namespace) -> dict[str, float | None]:
    """Return the figures."""
    make = STATES[options.state]
    pictures = [read(p) for p in expand(options.pictures)]
    given: Sequence[Path | None] = options.heights or [None] * len(pictures)
    if len(given) != len(pictures):
        sys.exit(f"error: {len(given)} heights for {len(pictures)} pictures; give one for each")
    lies = {id(p): heights(p, h) for p, h in zip(pictures, given, strict=True)}

    def code(picture: Tensor, number: int) -> Tensor:
        return to_tensor(make(to_array(picture), lies[id(picture)], number))

    a, b = ([read(p) for p in expand(side)] for side in (options.a, options.b))
    return measure((a, b), pictures, code, load_judge("alexnet"), variants=6).facts()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", choices=sorted(STATES))
    for name in ("a", "b", "pictures"):
        parser.add_argument(f"--{name}", nargs="+", required=True, metavar="GLOB")
    parser.add_argument("--heights", nargs="+", type=Path, metavar="FILE")
    options = parser.parse_args()
    for key, value in bound(options).items():
        print(f"{key.replace('_', ' '):22}{'-' if value is None else f'{value:.3f}'}")


if __name__ == "__main__":
    main()
