"""Recognising a published file: exactly one known format must match it."""

from collections.abc import Sequence
from fnmatch import fnmatch

from ..errors import WeightsError
from .formats import Format, Shapes, State


def shapes_of(state: State) -> dict[str, tuple[int, ...]]:
    """Return names and shapes."""
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def identify(shapes: Shapes, formats: Sequence[Format], file: str = "") -> Format:
    """Return the one format that claims these names and shapes; between equals the name ``file`` decides.

    Raises:
        WeightsError: if none does, saying what was seen and which format is nearest; or if several do.
    """
    claims = [known for known in formats if known.detect.holds(shapes)]
    named = [known for known in claims if known.file and fnmatch(file, known.file)]
    for matching in (claims, named):
        if len(matching) == 1:
            return matching[0]
    if claims:
        names = ", ".join(known.id for known in claims)
        raise WeightsError(f"several formats claim this file: {names}; say which it is", "format")
    raise WeightsError(f"no known format: {_summarize(shapes)}; {_find_nearest(shapes, formats)}")


def _summarize(shapes: Shapes) -> str:
    name, shape = next(iter(shapes.items()), ("none", ()))
    return f"{len(shapes)} tensors, first {name!r} {shape}"


def _find_nearest(shapes: Shapes, formats: Sequence[Format]) -> str:
    nearest = min(formats, key=lambda known: len(known.detect.unmet(shapes)))
    wanting = nearest.detect.unmet(shapes)
    listed = ", ".join(wanting[:4]) + (" …" if len(wanting) > 4 else "")
    return f"nearest is {nearest.id}, for which {len(wanting)} are wanting: {listed}"
