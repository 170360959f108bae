"""A scene's pictures before and after: whether its materials are still themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import PictureError
from .pictures import read_rgba
from .pixels import Array
from .scene import Scene, compare, mean_color


@dataclass(frozen=True, slots=True)
class Material:
    """A picture of a scene: its mean colour before and after, OKLab times 100."""

    name: str
    before: tuple[float, ...]
    after: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A scene's figures, and its materials."""

    scene: Scene
    materials: tuple[Material, ...]


def measure_scene(before: Sequence[Path], after: Sequence[Path]) -> Measured:
    """Return how the materials of one scene stand to each other after, against before.

    Args:
        before: A picture of each material, as it was.
        after: The same as they are, of whatever size: of the same names, or else in the same order.

    Raises:
        PictureError: if it is not clear which belong together, or one cannot be read.
    """
    pairs = pair_up(before, after)
    colors = [(_mean(old), _mean(new)) for old, new in pairs]
    materials = [
        Material(old.stem, tuple(map(float, a)), tuple(map(float, b)))
        for (old, _), (a, b) in zip(pairs, colors, strict=True)
    ]
    scene = compare([a for a, _ in colors], [b for _, b in colors])
    return Measured(scene, tuple(materials))


def pair_up(before: Sequence[Path], after: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Return each picture with that of the same name, or with that in its place if no name is shared.

    Raises:
        PictureError: if names or numbers do not match.
    """
    named = {path.stem: path for path in after}
    missing = [path for path in before if path.stem not in named]
    if len(before) != len(after) or (missing and len(missing) < len(before)):
        lack = f"; none is named like {missing[0].name}" if missing else ""
        raise PictureError(
            f"{len(before)} pictures before and {len(after)} after{lack}: give one after for each before, "
            "of the same name or all in the same order"
        )
    if missing:
        return list(zip(before, after, strict=True))
    return [(path, named[path.stem]) for path in before]


def _mean(path: Path) -> Array:
    pixels = read_rgba(path)
    return mean_color(pixels[:3], pixels[3])


def scene_table(found: Measured) -> str:
    """Return a scene's figures as lines of text; what could not be measured is a dash."""
    wide = max([10, *(len(one.name) + 2 for one in found.materials)])
    lines = [f"{'material':<{wide}}{'lightness':>10}{'after':>8}{'difference':>12}"]
    for one in found.materials:
        far = sum((a - b) ** 2 for a, b in zip(one.after, one.before, strict=True)) ** 0.5
        lines.append(f"{one.name:<{wide}}{one.before[0]:>10.1f}{one.after[0]:>8.1f}{far:>12.1f}")
    scene = found.scene
    figures = {
        "values, rank correlation of lightness": scene.values,
        "pairs whose order of lightness is kept": scene.order_kept,
        "separation, colour difference after over before": scene.separation,
        "the least of a pair": scene.least_separation,
    }
    return "\n".join(
        [*lines, *(f"{k}: {'–' if x is None else f'{x:.2f}'}" for k, x in figures.items())]
    )
