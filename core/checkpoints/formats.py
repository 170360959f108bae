"""Formats of published files as data: conditions on names and shapes, and the conversion to ours."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from torch import Tensor

from ..errors import WeightsError

Shapes = Mapping[str, tuple[int, ...]]
State = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of names and shapes; combine with ``&`` and ``|``.

    ``unmet`` returns what is missing, in words; an empty list means that the condition holds.
    """

    unmet: Callable[[Shapes], tuple[str, ...]]

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(lambda shapes: self.unmet(shapes) + other.unmet(shapes))

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(lambda shapes: min(self.unmet(shapes), other.unmet(shapes), key=len))

    def holds(self, shapes: Shapes) -> bool:
        """Return whether nothing is missing."""
        return not self.unmet(shapes)


def has_all(*names: str) -> Condition:
    """Every one of these tensors is there."""
    return Condition(lambda shapes: tuple(name for name in names if name not in shapes))


def has_none(*names: str) -> Condition:
    """None of these tensors is there."""
    return Condition(lambda shapes: tuple(f"no {name}" for name in names if name in shapes))


def shape_is(name: str, *shape: int | None) -> Condition:
    """The tensor has this shape; None stands for any number."""

    def unmet(shapes: Shapes) -> tuple[str, ...]:
        got = shapes.get(name, ())
        fits = len(got) == len(shape)
        fits = fits and all(want in (None, n) for n, want in zip(got, shape, strict=True))
        return () if fits else (f"{name} of shape {shape}",)

    return Condition(unmet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of published file.

    Attributes:
        id: Short name of the format.
        name: What the converted network is called in a store; ``*`` stands for the file's name.
        detect: Holds for this format's names and shapes and for no other's.
        convert: From the published names to ours.
        source: Where the file is published.
        licence: The licence it is published under.
        file: Pattern of the file's name, which decides where another format has the same tensors.
    """

    id: str
    name: str
    detect: Condition
    convert: Callable[[State], dict[str, Tensor]]
    source: str
    licence: str
    file: str = ""


def rename(
    pairs: Iterable[tuple[str, str]], *, ignore: tuple[str, ...] = ()
) -> Callable[[State], dict[str, Tensor]]:
    """Return a conversion that renames layers, (theirs, ours), and takes weight and bias of each.

    See ``rename_tensors``.
    """
    names = {f"{t}.{kind}": f"{o}.{kind}" for t, o in pairs for kind in ("weight", "bias")}
    return rename_tensors(names, ignore=ignore)


def rename_tensors(
    names: Mapping[str, str], *, ignore: tuple[str, ...] = ()
) -> Callable[[State], dict[str, Tensor]]:
    """Return a conversion that renames tensors; ``names`` are ours by theirs.

    The conversion raises a WeightsError that lists tensors which are missing, and those which are
    neither used nor named by a pattern of ``ignore`` as parts of the file that are of no use here.
    """

    def convert(state: State) -> dict[str, Tensor]:
        missing = [name for name in names if name not in state]
        unused = [name for name in state if name not in names and not _matches(name, ignore)]
        if missing or unused:
            raise WeightsError(
                f"the file lacks {', '.join(missing) or 'nothing'}, "
                f"and nothing here has a use for its {', '.join(unused) or 'tensors'}"
            )
        return {ours: state[theirs] for theirs, ours in names.items()}

    return convert


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def layer_names(*layers: str) -> tuple[str, ...]:
    """Return the weight and the bias of every layer by name."""
    return tuple(f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias"))
