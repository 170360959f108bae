"""A request for a sequence: all that the engine must know to stylize its frames. Plain data, no torch."""

import json
import math
from dataclasses import asdict, dataclass

from ..errors import ParamsError
from ..files.typed import check_limits, limited, read_json, read_typed
from .picture_job import Job

MOTIONS = ("auto", "passes", "flow", "none")
"""Where motion comes from: the frames' own Vector pass, an estimate from the pictures, or nowhere."""
SOURCES = ("dis", "flownet", "flownet_s", "flownets", "flownets_bn", "flownetc", "raft")
"""Ways to estimate it, which may be named in place of ``flow``."""
STATISTICS = ("fixed", "follow")
SHOWN = ("combined", "diffuse_color")
"""Passes of a render that may be stylized; a colour is put back into the light that fell on it."""


MAX_KEYFRAME_INTERVAL = 500
"""Frames from one keyframe to the next, at most."""


@dataclass(frozen=True, slots=True)
class ViewTransform:
    """How scene-linear frames are shown, as in Blender's Color Management."""

    name: str = "Standard"
    look: str = ""
    display: str = "sRGB"
    exposure: float = limited(0.0, min=-32, max=32)
    gamma: float = limited(1.0, above=0, max=100)
    config: str | None = None
    """OpenColorIO's ``config.ocio``, for all but Standard."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of every frame that is more or less stylized than the rest."""

    where: str
    """``object:NAME,NAME``, ``material:``, ``asset:``, ``object_index:``, ``material_index:``,
    ``depth:A..B``, each with ``not`` before it or without; or a mask's file or pattern."""
    strength: float = limited(0.0, min=0, max=1)
    """Multiplied by the job's own; 0 leaves the part as it was rendered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceJob:
    """The request for a sequence: its frames, their motion, and how they are stylized."""

    job: Job
    """Content and output are patterns, with a # for each digit of the frame's number. Masks of the job
    and of its styles may be patterns too, or what ``Region.where`` says."""
    frames: tuple[int, int] | None = None
    """First and last; none: all that are there."""
    motion: str = limited("auto", choices=(*MOTIONS, *SOURCES))
    """One of ``MOTIONS`` or of ``SOURCES``; auto takes the frames' own vectors where they have them."""
    anchor: int = limited(12, min=1, max=MAX_KEYFRAME_INTERVAL)
    """Frames from one keyframe to the next. Keyframes are painted anew; between them, paint moves along."""
    both_ways: bool = False
    """Whether paint is also carried backward from the next keyframe: frames are then read twice."""
    statistics: str = limited("fixed", choices=STATISTICS)
    """``fixed``: the method measures its content once, over frames from the whole sequence, so that nothing
    changes colour when something else comes into view. ``follow``: it measures at every keyframe."""
    layer: str | None = None
    """View layer of multilayer frames; none: the first."""
    source: str = limited("combined", choices=SHOWN)
    """The pass that is stylized, one of ``SHOWN``."""
    regions: tuple[Region, ...] = ()
    """Parts with a strength of their own; where several cover a pixel, the last one counts."""
    cameras: str | None = None
    """JSON file of the cameras, for the motion of the background, which Cycles does not write:
    ``{"frames": {"1": {"world": 4 x 4, "projection": 4 x 4 or null}}}``."""
    vectors: str | None = None
    """Pattern of multilayer EXRs that tell how the frames move, with the Vector pass and without Motion
    Blur; none: the frames have their own vectors."""
    view: ViewTransform = ViewTransform()
    overwrite: bool = False
    """Whether files that are not ours may be replaced."""

    def to_json(self) -> str:
        """Return the request as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "SequenceJob":
        """Read a request from ``to_json``'s line.

        Raises:
            ParamsError: if it is not one, naming the field that is wrong.
        """
        return read_typed(cls, read_json(line, "sequence"), "sequence")


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceResult:
    """Facts about a finished sequence; the fields of ``--json``."""

    output: str
    """The pattern."""
    method: str
    width: int
    height: int
    frames: int
    """How many frames were written by this run."""
    skipped: int
    """How many were finished before, with the same settings and from the same files."""
    cuts: tuple[int, ...]
    """Frames at which another shot begins."""
    motion: str
    """passes, the name of a source, or none."""
    engine_seconds: float
    """The work itself, without start-up and files."""
    seconds_per_frame: float
    peak_memory_mb: int
    device: str
    precision: str
    notes: tuple[str, ...] = ()


MATTES = ("object", "material", "asset")
INDICES = ("object_index", "material_index")
KINDS = (*MATTES, *INDICES, "depth")
NOT = "not "
EXAMPLES = "object:Fox, material:Skin, object_index:3, depth:2..10, or a mask's file"
SURFACES = ("auto", "flat", "equirect")
SINGLE = ("depth", "layers", "uv", "tiles", "labels")
"""Fields of a job that are for single pictures."""


def check_sequence(sequence: SequenceJob) -> None:
    """Check what can be checked before a file is read.

    Raises:
        ParamsError: saying what came and what is allowed.
    """
    check_limits(sequence)
    if sequence.job.surface not in SURFACES:
        raise ParamsError(
            f"surface {sequence.job.surface!r} is for single pictures; choose one of: {', '.join(SURFACES)}"
        )
    for name in SINGLE:
        if getattr(sequence.job, name):
            raise ParamsError(f"{name} is for single pictures; leave it out for a sequence")
    _check_parts(sequence)


def _check_parts(sequence: SequenceJob) -> None:
    masks = [sequence.job.mask, *(style.mask for style in sequence.job.styles)]
    for where in [*filter(None, masks), *(region.where for region in sequence.regions)]:
        check_where(where)


def check_where(where: str) -> None:
    """Check that a part of a frame is named as ``Region.where`` says.

    Raises:
        ParamsError: if not.
    """
    kind, names = parse_where(where)
    if not names:
        raise ParamsError(f"{where!r} names no part of a frame; write {EXAMPLES}")
    if kind in INDICES:
        parse_pass_indices(where, names)
    elif kind == "depth":
        parse_depths(where, names)


def parse_where(where: str) -> tuple[str | None, str]:
    """Return the kind of a part, one of ``KINDS``, and what names it; no kind: a file."""
    text = where.strip().removeprefix(NOT).strip()
    kind, colon, names = text.partition(":")
    return (kind, names.strip(" ,")) if colon and kind in KINDS else (None, text)


def parse_pass_indices(where: str, names: str) -> list[int]:
    """Return the pass indices that a part names; raises ParamsError if they are none."""
    try:
        return [int(name) for name in names.split(",")]
    except ValueError as error:
        raise ParamsError(f"{where!r} wants pass indices, such as object_index:1,4") from error


def parse_depths(where: str, names: str) -> tuple[float, float]:
    """Return the two depths that a part lies between; raises ParamsError if they are none."""
    near, dots, far = names.partition("..")
    try:
        found = (float(near or 0), float(far or math.inf))
    except ValueError:
        dots, found = "", (0.0, 0.0)
    if not dots or not found[0] < found[1]:
        raise ParamsError(f"{where!r} wants two depths, the nearer first, such as depth:2..10")
    return found
