"""What is told of a finished job."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Facts about a finished job; the fields of ``--json``."""

    output: str
    method: str
    width: int
    height: int
    engine_seconds: float
    peak_memory_mb: int
    device: str
    precision: str
    notes: tuple[str, ...] = ()
    maps: Mapping[str, str] = field(default_factory=dict[str, str])
    """Name of each map that was asked for → its file."""
