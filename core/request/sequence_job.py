"""A request for a sequence: all that the engine must know to stylize its frames. Plain data, no torch."""

import json
import math
import re
from dataclasses import asdict, dataclass

from ..errors import ParamsError
from ..fields import param
from ..files.typed import read_json, read_typed
from .picture_job import Job

MOTIONS = ("auto", "passes", "flow", "none")
"""Where motion comes from: the frames' own Vector pass, an estimate from the pictures, or nowhere."""
SOURCES = ("dis", "flownet", "flownet_s", "flownets", "flownets_bn", "flownetc", "raft")
"""Ways to estimate it, which may be named in place of ``flow``."""
STATISTICS = ("fixed", "follow")
SHOWN = ("combined", "diffuse_color")
"""Passes of a render that may be stylized; a colour is put back into the light that fell on it."""


PARTS, VIEW = "parts of a frame", "scene-linear frames"
"""Headings of options."""
LIFE = 2
"""Life of a stroke that sticks to things (``Card.film``), times the frames from one keyframe to the next."""
MAX_KEYFRAME_INTERVAL = 500
"""Frames from one keyframe to the next, at most."""


@dataclass(frozen=True, slots=True)
class ViewTransform:
    """How scene-linear frames are shown, as in Blender's Color Management."""

    name: str = param(
        "Standard", option="--view", group=VIEW, whom="cli", help="view transform, such as AgX"
    )
    look: str = param(
        "", option="--view-look", group=VIEW, whom="cli", help="its look, such as 'AgX - Punchy'"
    )
    display: str = param("sRGB", group=VIEW, whom="cli", help="display device")
    exposure: float = param(
        0.0, min=-32, max=32, unit="STOPS", group=VIEW, whom="cli", help="as in Color Management"
    )
    gamma: float = param(1.0, above=0, max=100, unit="G", group=VIEW, whom="cli", help="likewise")
    config: str | None = param(
        None,
        unit="FILE",
        option="--view-config",
        group=VIEW,
        whom="cli",
        help="OpenColorIO's config.ocio, for all but Standard: Blender's lies in datafiles/colormanagement",
    )


@dataclass(frozen=True, slots=True)
class Region:
    """A part of every frame that is more or less stylized than the rest."""

    where: str
    """``object:NAME,NAME``, ``material:``, ``asset:``, ``object_index:``, ``material_index:``,
    ``depth:A..B``, each with ``not`` before it or without; or a mask's file or pattern."""
    strength: float = param(0.0, min=0, max=1)
    """Beside the job's own; 0 leaves the part as it was rendered."""


def parse_region(text: str) -> Region:
    """Read ``WHERE=STRENGTH``; without a strength it is 0.

    Raises:
        ParamsError: if the strength is no number.
    """
    where, equals, strength = text.rpartition("=")
    try:
        return Region(where, float(strength)) if equals else Region(text)
    except ValueError as error:
        raise ParamsError(f"{text}: the strength must be a number from 0 to 1") from error


def parse_frames(text: str) -> tuple[int, int]:
    """Read ``1-250`` or ``7``: the first and the last frame.

    Raises:
        ParamsError: if it is neither.
    """
    found = re.fullmatch(r"\s*(-?[0-9]{1,15})(?:\s*(?:-|\.\.)\s*(-?[0-9]{1,15}))?\s*", text)
    if not found:
        raise ParamsError(f"{text[:40]} is no range; write it as 1-250, or 12 for one frame")
    first = int(found[1])
    last = int(found[2]) if found[2] is not None else first
    if last < first:
        raise ParamsError(f"{text} runs backward; the first frame must be the smaller")
    return first, last


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceJob:
    """The request for a sequence: its frames, their motion, and how they are stylized."""

    job: Job
    """Content and output are patterns, with a # for each digit of the frame's number. Masks of the job
    and of its styles may be patterns too, or what ``Region.where`` says; its mask of detail several of
    these, with ``;`` between."""
    frames: tuple[int, int] | None = param(
        None,
        unit="A-B",
        read=parse_frames,
        help="first and last frame (all that are there)",
    )
    motion: str = param(
        "auto",
        choices=(*MOTIONS, *SOURCES),
        unit="M",
        group="motion",
        help="where motion comes from: the frames' own Vector pass (passes), a guess from pictures (flow, "
        f"or a way to guess by its name: {', '.join(SOURCES)}), none (every frame for itself); auto: passes "
        "where there are any",
    )
    anchor: int = param(
        12,
        min=1,
        max=MAX_KEYFRAME_INTERVAL,
        soft=(1, 48),
        label="Repaint Every",
        group="motion",
        help="frames from one that is painted anew to the next; paint moves with things between",
    )
    both_ways: bool = param(
        default=False,
        group="motion",
        whom="cli",
        help="carry paint back from the next such frame, too: what comes into view has its paint at once",
    )
    """Needs frames ahead, and reads them twice."""
    statistics: str = param(
        "fixed",
        choices=STATISTICS,
        group="motion",
        whom="cli",
        help="measure the content once, over frames from the whole sequence, or whenever it is painted anew",
    )
    """``fixed``: nothing changes color because something else comes into view."""
    cameras: str | None = param(
        None,
        unit="FILE",
        group="motion",
        whom="cli",
        help="JSON of the cameras: the background's motion, which Cycles does not write",
    )
    """``{"frames": {"1": {"world": 4 x 4, "projection": 4 x 4 or null}}}``."""
    vectors: str | None = param(
        None,
        unit="PATTERN",
        group="motion",
        whom="cli",
        help="multilayer EXRs that tell how the frames move, where these have no vectors of their own: "
        "rendered without Motion Blur, one sample will do",
    )
    regions: tuple[Region, ...] = param(
        (),
        unit="WHERE=0..1",
        option="--region",
        group=PARTS,
        whom="cli",
        read=parse_region,
        help="a part and its strength, may be given several times: object:Fox=0.3, 'not material:Skin=0', "
        "asset:, object_index:, material_index:, depth:2..10=0.5, or a mask's file",
    )
    """The last that covers a pixel counts."""
    layer: str | None = param(
        None,
        label="View Layer",
        group=PARTS,
        help="view layer that is stylized (the first of the frames; in Blender, the active one)",
    )
    source: str = param(
        "combined",
        choices=SHOWN,
        option="--pass",
        label="Applies To",
        group=PARTS,
        help="what is stylized: the render, or the color of its surfaces, put back into the light",
    )
    view: ViewTransform = ViewTransform()
    overwrite: bool = param(default=False, whom="cli", help="replace files that were not made here")

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
BETWEEN = ";"
"""Stands between parts of a frame that are meant together."""
SURFACES = ("auto", "flat", "equirect")
SINGLE = (
    "depth",
    "near_is_white",
    "layers",
    "focus",
    "softness",
    "uv",
    "by_area",
    "tiles",
    "labels",
    "scene",
    "light",
    "relief",
    "flow",
    "along_bends",
    "along_axis",
    "along_slope",
    "along_light",
    "light_from",
    "maps",
    "own_normal",
    "own_roughness",
    "own_metallic",
    "lies",
    "cover",
)
"""Fields of a job that are for single pictures."""


def split_parts(wheres: str | None) -> list[str]:
    """Return parts of a frame that are meant together, each by itself."""
    return [where.strip() for where in (wheres or "").split(BETWEEN) if where.strip()]


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
