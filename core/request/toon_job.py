"""A request for a toon look on finished renders: plain data, no torch, no numpy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import NamedTuple

from ..errors import ParamsError
from ..fields import param
from .sequence_job import parse_frames
from .toon_look import PRESETS, ToonLook, check_look, find_preset, read_color

BACKGROUNDS = ("render", "paper", "none")
"""What lies behind the surfaces: what was rendered, the look's paper, or nothing, with alpha."""
Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class LineColor:
    """The ink of one object's lines."""

    object: str
    color: str


class ToonFiles(NamedTuple):
    """The files of a job, or their patterns."""

    read: tuple[str, ...]
    written: tuple[str, ...]


def parse_line_color(text: str) -> LineColor:
    """Read ``OBJECT=#rrggbb``.

    Raises:
        ParamsError: if it names no object, or no colour.
    """
    name, equals, color = text.rpartition("=")
    if not (equals and name):
        raise ParamsError(f"{text!r} names no object's ink; write it as OBJECT=#rrggbb")
    read_color(color)
    return LineColor(name, color)


def parse_direction(text: str) -> tuple[float, float, float]:
    """Read ``X,Y,Z``, a direction in the scene.

    Raises:
        ParamsError: if it is none.
    """
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ParamsError(f"{text!r} is no direction; write it as X,Y,Z, such as 1,-1,2") from error
    if not 0 < x * x + y * y + z * z < float("inf"):
        raise ParamsError(f"{text!r} is no direction; one of its numbers must not be 0")
    return x, y, z


@dataclass(frozen=True, slots=True, kw_only=True)
class ToonJob:
    """A render, or the frames of one, to be given a toon look. What is None is left to the engine."""

    content: str = param(
        help="a multilayer EXR; or frames, with a # for each digit of their number", whom="engine"
    )
    output: str = param(help="where the result goes, likewise", whom="engine")
    preset: str = param(
        "cel", choices=tuple(PRESETS), unit="LOOK", help="the look that the settings begin with"
    )
    look: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """Settings of ``ToonLook`` that differ from the preset's."""
    fill: str | None = param(
        None,
        unit="FILE",
        help="picture, or frames, inside the lines in place of the shades: the same render in a style",
    )
    background: str = param(
        "render",
        choices=BACKGROUNDS,
        help="what lies behind the surfaces: the render, the look's paper, or nothing",
    )
    layers: str | None = param(
        None,
        unit="FILE",
        whom="cli",
        help="multilayer EXR, or frames, for background, shades and lines as layers of their own",
    )
    line_colors: tuple[LineColor, ...] = param(
        (),
        unit="OBJECT=#rrggbb",
        option="--line-color-of",
        whom="cli",
        read=parse_line_color,
        help="ink of one object's lines; may be given several times",
    )
    layer: str | None = param(
        None, unit="NAME", whom="cli", option="--view-layer", help="the view layer (the first)"
    )
    sun: tuple[float, float, float] | None = param(
        None,
        unit="X,Y,Z",
        whom="cli",
        read=parse_direction,
        help="where highlights and rim have their light from, in the scene (measured from the shading)",
    )
    white: float | None = param(
        None, above=0, max=1e9, whom="cli", unit="X", help="light that counts as full (measured)"
    )
    frames: tuple[int, int] | None = param(
        None,
        unit="A-B",
        whom="cli",
        read=parse_frames,
        help="first and last frame (all that are there)",
    )
    overwrite: bool = param(default=False, whom="cli", help="replace files that were not made here")

    @property
    def files(self) -> ToonFiles:
        """Its files."""
        named = ((self.content, self.fill), (self.output, self.layers))
        return ToonFiles(*(tuple(file for file in files if file is not None) for files in named))


@dataclass(frozen=True, slots=True)
class ToonResult:
    """What came out of a toon job."""

    output: str
    frames: int
    skipped: int
    width: int
    height: int
    engine_seconds: float
    processor_seconds: float
    """Of one frame, without reading and writing it."""
    notes: tuple[str, ...] = ()


def make_look(job: ToonJob) -> ToonLook:
    """Return a job's look: its preset with the settings that differ.

    Raises:
        ParamsError: for an unknown preset, setting or value.
    """
    look = find_preset(job.preset).look
    known = {declared.name: declared for declared in fields(ToonLook)}
    values: dict[str, Value] = {}
    for name, value in job.look.items():
        if name not in known:
            raise ParamsError(f"a toon look has no setting {name!r}; it has {', '.join(known)}")
        kind = type(known[name].default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)  # noqa: PLW2901  # JSON knows one kind of number
        if type(value) is not kind:
            raise ParamsError(
                f"{name.replace('_', ' ')} is {value!r}; it must be a {kind.__name__}", name
            )
        values[name] = value
    look = replace(look, **values)  # pyright: ignore[reportArgumentType]  # each was checked
    check_look(look)
    return look


def is_pattern(path: str) -> bool:
    """Return whether a path stands for frames: its name has a #."""
    return "#" in Path(path).name
