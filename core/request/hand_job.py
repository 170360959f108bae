"""What is asked of the hand of a picture, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..fields import param
from .layer import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class HandJob:
    """A picture whose hand is looked for."""

    style: str = param(help="the picture whose hand is wanted, or builtin:NAME", whom="engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandResult:
    """The painter who comes nearest to a picture's hand; the fields of ``--json``."""

    method: str
    style_scale: float
    """Size of the brush."""
    params: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    """All of the painter's own settings."""
    distance: float
    """How far the painter's strokes are from the picture's: 0 alike, from 1 on by no means."""
    notes: tuple[str, ...] = ()
    """Sentences for the artist, where nobody comes near."""
