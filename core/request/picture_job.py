"""A job: everything the engine must know to make one picture. Plain data, JSON both ways, no torch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from ..errors import ParamsError
from ..files.typed import limited, read_json, read_typed

MOST = 2**63 - 1
"""The largest number that any field may have."""
LARGEST_SCALE = 16
AIMS = ("painting", "photo", "video")
"""What a result is to be: painted, still a photograph, or painted and calm from frame to frame."""
Setting = str | int | float | bool
"""The value of a method's own setting."""


@dataclass(frozen=True, slots=True)
class StyleFile:
    """A style picture's path (or ``builtin:<name>``), its weight, mask and label picture."""

    path: str
    weight: float = limited(1.0, above=0, max=1e9)
    mask: str | None = None
    labels: str | None = None


@dataclass(frozen=True, slots=True)
class TileFile:
    """One tile of a UDIM texture: its picture, where its result goes, and its number (1001 …)."""

    content: str
    output: str
    number: int = limited(min=1001, max=9999)


@dataclass(frozen=True, slots=True)
class Layer:
    """The style of one depth layer; its strength and style scale are multiplied by the job's own."""

    method: str = "auto"
    strength: float = limited(1.0, min=0, max=1)
    style_scale: float = limited(1.0, above=0, max=LARGEST_SCALE)
    params: Mapping[str, Setting] = field(default_factory=dict[str, Setting])


LAYERS = (Layer(strength=0.2), Layer(strength=0.75), Layer(style_scale=1.7))
"""From the focus plane outward: nearly the picture itself, painted, and in broad strokes."""


SURFACES = ("auto", "flat", "seamless", "seamless-x", "seamless-y", "equirect", "cube")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture to stylize. Paths are strings; what is None is left to the engine."""

    content: str
    output: str
    styles: tuple[StyleFile, ...]
    method: str = "auto"
    """A method's id; auto chooses by what is asked (``core.request.auto_method``)."""
    aim: str = limited("painting", choices=AIMS)
    """What ``auto`` chooses for: painting, photo or video."""
    params: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    strength: float = limited(1.0, min=0, max=1)
    """Share of the stylized picture in the blend with the content; 0 gives the content back bit for bit."""
    style_scale: float = limited(1.0, above=0, max=LARGEST_SCALE)
    """Brush size: 1 shows the style picture to the network 512 pixels long."""
    keep_color: bool = False
    surface: str = limited("auto", choices=SURFACES)
    """What the picture is wrapped on: one of ``SURFACES``; auto tells by its UVs and its borders."""
    space: str = "auto"
    """Colour space of the content's file: auto, srgb or linear."""
    alpha: str = limited("opacity", choices=("opacity", "data"))
    """What alpha means: opacity, so transparent texels do not count in statistics, or other data."""
    mask: str | None = None
    """Picture, white where the content may change."""
    labels: str | None = None
    """Picture of the content's regions, each in the colour that it has in the styles' label pictures."""
    depth: str | None = None
    """Picture of depth, or EXR with a depth channel: each depth layer is stylized in its own way."""
    near_is_white: bool = False
    """Whether white means near in a picture of depth; else, as in Blender's mist pass, it means far."""
    layers: tuple[Layer, ...] = ()
    """From the focus plane outward, two at least; none: ``LAYERS`` of the job's method."""
    focus: float = limited(0.0, min=0, max=1)
    """The depth that stays crisp: 0 is the nearest, 1 the farthest."""
    softness: float = limited(0.5, min=0, max=1)
    """How softly one layer is blended into the next; 0 is a hard edge."""
    uv: str | None = None
    """``.npz`` of the triangles that show the picture (``surface.atlas.load_mesh``), or ``.npy`` of UVs."""
    by_area: bool = False
    """Whether texels are weighted in statistics by the area that they cover on the surface."""
    tiles: tuple[TileFile, ...] = ()
    """UDIM tiles of one surface; the first has the job's content and output. UVs count from tile 1001 on."""
    backbone: str = "compact"
    weights: str | None = None
    """Folder of the user's own imported weights, beside those that are shipped."""
    device: str = "auto"
    precision: str = "auto"
    max_memory: int | None = limited(None, min=1, max=MOST)
    """Megabytes that the whole process may take."""
    max_pixels: int = limited(512_000_000, min=1, max=MOST)
    """Larger pictures are refused: a small file may claim a huge size."""
    thumbnail: bool = False
    """Measure statistics in a small copy of the content: faster for a large one, and not quite the same."""
    seed: int = limited(0, min=-MOST, max=MOST)

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Content and output of each tile, or of the one picture."""
        own = ((self.content, self.output),)
        return tuple((tile.content, tile.output) for tile in self.tiles) or own

    def by_layer(self) -> tuple["Job", ...]:
        """Return a job without layers for each of this one's, from the focus plane outward."""
        return tuple(
            replace(
                self,
                depth=None,
                layers=(),
                method=self.method if layer.method == "auto" else layer.method,
                params=layer.params or (self.params if layer.method == "auto" else {}),
                strength=self.strength * layer.strength,
                style_scale=self.style_scale * layer.style_scale,
            )
            for layer in self.layers or LAYERS
        )

    def check_labels(self, method: str, able: Sequence[str]) -> None:
        """Check that the content and all styles have label pictures, or none, and that the method takes them.

        Raises:
            ParamsError: if not; ``able`` are the methods that do.
        """
        lacking = [style.path for style in self.styles if style.labels is None]
        if self.labels is None and len(lacking) == len(self.styles):
            return
        if method not in able:
            raise ParamsError(
                f"{method} knows no regions; methods that take labels: {', '.join(able)}"
            )
        if self.labels is None:
            raise ParamsError(
                "a style has a label picture and the content has none; give --labels too"
            )
        if lacking:
            raise ParamsError(
                f"the content has a label picture and {lacking[0]} has none; give --style-labels after it"
            )

    def to_json(self) -> str:
        """Return the job as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Job":
        """Read a job from ``to_json``'s line.

        Raises:
            ParamsError: if it is not a job, naming the field that is wrong.
        """
        return read_typed(cls, read_json(line, "job"), "job")


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
