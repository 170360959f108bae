"""A job: everything the engine must know to make one picture. Plain data, JSON both ways, no torch."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from ..catalog import CARDS, LOOKS
from ..fields import param
from ..files.typed import read_json, read_typed
from .layer import BRUSHES, LAYERS, Layer, Setting, limit_brush, parse_layer
from .maps import FINISH, MAPS, map_file, split_names
from .other_files import SceneFile, TileFile, parse_scene_file

OWN = (
    "the surface's own {}, a map (its {}, as in glTF) or a number: it stays where there is no paint"
)
MOST = 2**63 - 1
"""The largest number that any field may have."""
AIMS = ("painting", "photo", "video")
"""What a result is to be: painted, still a photograph, or painted and calm from frame to frame."""
METHODS = ("auto", *(look.id for look in LOOKS), *(card.id for card in CARDS))


@dataclass(frozen=True, slots=True)
class StyleFile:
    """A style picture's path (or ``builtin:<name>``), its weight, mask and label picture."""

    path: str = param(
        unit="PICTURE", help="a picture, builtin:NAME, or a style that the method knows"
    )
    weight: float = param(1.0, above=0, max=1e9, help="its share; shares are relative")
    mask: str | None = param(None, unit="FILE", help="picture, white where the style applies")
    labels: str | None = param(
        None,
        unit="FILE",
        help="picture of its regions, in the colors of the content's label picture",
    )


PALETTES = ("auto", "scene", "picture", "free")
LITS = ("auto", "always", "never")
LIGHTS = ("auto", "keep", "free")
LIES = ("auto", "everywhere", "top", "creases")


SURFACES = ("auto", "flat", "seamless", "seamless-x", "seamless-y", "equirect", "cube")
SURROUNDINGS = ("equirect", "cube")
"""Surfaces that surround a scene."""
BACKBONES = tuple(dict.fromkeys(name for card in CARDS for name in card.backbones))
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture to stylize. Paths are strings; what is None is left to the engine."""

    content: str = param(help="the picture to stylize", whom="engine")
    output: str = param(help="where the result goes; its suffix says the format", whom="engine")
    styles: tuple[StyleFile, ...]
    method: str = param(
        "auto",
        choices=METHODS,
        unit="ID",
        help="a look or a method; auto chooses by what is asked, and says what it chose",
    )
    aim: str = param(
        "painting",
        choices=AIMS,
        option="--for",
        whom="cli",
        help="what auto chooses for: a photo stays a photograph, video does not flicker",
    )
    params: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    strength: float = param(
        1.0, min=0, max=1, help="how much of the style is painted; 0 is the original, bit for bit"
    )
    """Results are blended as pictures."""
    keep_color: bool = param(
        default=False,
        label="Keep Colors",
        help="take the strokes of the style and leave the colors: hue, chroma and lightness",
    )
    keep_values: bool = param(
        default=False,
        help="leave light and dark as they are: what was black stays black",
    )
    palette: str = param(
        "auto",
        choices=PALETTES,
        help="what gets the style's palette: the scene as a whole, so that materials stay apart and dark "
        "stays dark; each picture by itself; or free, as the method does alone; auto: the scene, if known",
    )
    """The scene is ``scene``, of a sequence the shot, else the picture."""
    scene: tuple[SceneFile, ...] = param(
        (),
        unit="FILE[:AREA]",
        whom="cli",
        read=parse_scene_file,
        help="another picture of the same scene and the area that shows it, may be given several times; all "
        "get the style's palette by one map, and the style's statistics together",
    )
    flow: str | None = param(
        None,
        unit="FILE",
        group="paint",
        whom="cli",
        help="picture of directions of strokes: red to the right, green up, as in a normal map; half: none",
    )
    along_bends: float = param(
        0.0,
        min=0,
        max=1,
        group="directions",
        help="how much strokes go the way that the mesh bends most: round limbs and rims",
    )
    along_axis: float = param(
        0.0, min=0, max=1, group="directions", help="how much they go round each object's axis"
    )
    along_slope: float = param(
        0.0, min=0, max=1, group="directions", help="how much they go down the mesh, as water runs"
    )
    along_light: float = param(
        0.0, min=0, max=1, group="directions", help="how much they go over the mesh to the light"
    )
    light_from: str | None = param(
        None,
        unit="X,Y,Z",
        group="directions",
        whom="cli",
        help="where the light is, seen from the mesh, z up: -1,-1,2 (from above)",
    )
    maps: str = param(
        "",
        unit="NAMES",
        group="paint",
        whom="cli",
        help=f"maps of the paint's relief to write beside the result: {', '.join(MAPS)}, with commas "
        "between; a painter knows its relief, of other methods' strokes it is estimated; snow, rust and wet "
        f"have {', '.join(FINISH)}",
    )
    detail_mask: str | None = param(
        None,
        unit="FILE",
        group="paint",
        whom="cli",
        help="picture, white where a painter takes finer brushes: eyes, lettering; of frames likewise, or "
        "parts of them, with ; between: object:Eyes;material:Sign",
    )
    paint_layers: str | None = param(
        None,
        unit="FILE",
        group="paint",
        whom="cli",
        help="multilayer EXR for ground, paint and lines as layers of their own, of a painter with strokes",
    )
    lit: str = param(
        "auto",
        choices=LITS,
        group="paint",
        whom="cli",
        help="whether the paint's relief is lit in the picture; auto: unless maps of it are asked for",
    )
    seed: int = param(0, min=-MOST, max=MOST, help="for methods that draw random numbers")
    mask: str | None = param(
        None, unit="FILE", whom="cli", help="picture, white where the content may change"
    )
    labels: str | None = param(
        None,
        unit="FILE",
        whom="cli",
        help="picture that paints each region in a color; it takes its style from that color's",
    )
    style_scale: float = param(
        1.0,
        min=BRUSHES[0],
        max=BRUSHES[1],
        label="Brush Size",
        group="style",
        help="size of the strokes; 1 is normal",
    )
    """At 1 a network paints the picture itself and sees the style 512 pixels long; a brush of 2 gives it
    half the picture, or the style twice as long, as its card says."""
    surface: str = param(
        "auto",
        choices=SURFACES,
        group="surface",
        help="what the picture is wrapped on: flat, seamless (it tiles, in both directions or one), equirect "
        "(360 degrees, 2:1), cube (six faces); auto sees by itself whether it tiles",
    )
    uv: str | None = param(
        None,
        unit="FILE",
        group="surface",
        whom="cli",
        help="triangles that show the picture (.npz of uv and position): seams between them are closed",
    )
    """``.npz`` as ``surface.mesh.load_mesh`` reads it, or ``.npy`` of UVs."""
    by_area: bool = param(
        default=False,
        label="Measure by Area",
        group="surface",
        help="texels count by the surface that they cover, not all alike",
    )
    tiles: tuple[TileFile, ...] = ()
    """Tiles that one surface shows, the first being content and output; their UVs count from tile 1001 on."""
    light: str = param(
        "auto",
        choices=LIGHTS,
        group="surroundings",
        help="of what surrounds a scene: keep its mean light and its color, and the sun; auto: of HDR "
        "panoramas",
    )
    space: str = "auto"
    """Color space of the content's file: auto, srgb or linear."""
    alpha: str = param("opacity", choices=("opacity", "data"), whom="engine")
    """What the content's alpha is: opacity, so texels count as much as they show, or data of another kind."""
    depth: str | None = param(
        None,
        unit="FILE",
        group="depth",
        whom="cli",
        help="picture of depth, or EXR with a depth channel: what lies at different depths looks different",
    )
    near_is_white: bool = param(
        default=False,
        group="depth",
        whom="cli",
        help="the depth picture is white at the nearest, not, as Blender's mist, at the farthest",
    )
    layers: tuple[Layer, ...] = param(
        (),
        unit="LAYER",
        option="--layer",
        group="depth",
        whom="cli",
        read=parse_layer,
        help="how one depth looks, from the focus plane outward, two or more: a method or auto, then "
        "strength, style_scale and its settings, such as adain,strength=0.3,style_scale=2 (ours: crisp, "
        "painted, broad strokes)",
    )
    focus: float = param(
        0.0, min=0, max=1, group="depth", whom="cli", help="depth that stays crisp; 0 is nearest"
    )
    softness: float = param(
        0.5, min=0, max=1, group="depth", whom="cli", help="how gently layers blend; 0 cuts"
    )
    relief: str | None = param(
        None,
        unit="FILE",
        group="relief",
        whom="cli",
        help="height map or normal map of the picture, which says what is high and what is low",
    )
    lies: str = param(
        "auto",
        choices=LIES,
        group="relief",
        help="where it is painted: on top, as snow lies, on what is high and looks up; in creases, as rust "
        "sits; or everywhere; auto: as the named style does, by a relief, a model, or light and dark",
    )
    cover: float = param(
        0.6, min=0, max=1, group="relief", help="share of the relief on which it lies"
    )
    own_normal: str | None = param(
        None,
        unit="FILE",
        group="paint",
        whom="cli",
        help="the surface's own normal map (tangent space, +Y): the paint's is laid on it",
    )
    own_roughness: str | None = param(
        None, unit="FILE", group="paint", whom="cli", help=OWN.format("roughness", "green")
    )
    own_metallic: str | None = param(
        None, unit="FILE", group="paint", whom="cli", help=OWN.format("metal", "blue")
    )
    max_memory: int | None = param(
        None,
        min=1,
        max=MOST,
        unit="MB",
        group="machine",
        help="megabytes that the whole process may take, itself included",
    )
    max_pixels: int = param(
        512_000_000,
        min=1,
        max=MOST,
        group="machine",
        whom="cli",
        help="larger pictures are refused: a small file may claim a huge size",
    )
    thumbnail: bool = param(
        default=False,
        group="machine",
        whom="cli",
        help="measure in a small copy of the content: faster if it is large, not quite the same",
    )
    device: str = param("auto", unit="D", group="machine", help="auto, cpu, cuda, cuda:1, mps")
    precision: str = param(
        "auto", choices=PRECISIONS, group="machine", whom="cli", help="of the networks"
    )
    backbone: str = param(
        "compact",
        choices=BACKBONES,
        group="machine",
        whom="cli",
        help="the encoder that methods build on",
    )
    weights: str | None = param(
        None,
        unit="DIR",
        group="machine",
        whom="cli",
        help="folder of imported weights, beside those that are shipped",
    )

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Content and output of each tile, or of the one picture."""
        own = ((self.content, self.output),)
        return tuple((tile.content, tile.output) for tile in self.tiles) or own

    @property
    def wanted_maps(self) -> tuple[str, ...]:
        """Names of the maps that are asked for, each once."""
        return split_names(self.maps)

    @property
    def results(self) -> tuple[str, ...]:
        """All files that are written: pictures, the maps of each, and the layers."""
        outputs = [output for _, output in self.files]
        maps = [map_file(output, name) for output in outputs for name in self.wanted_maps]
        return (*outputs, *maps, *([self.paint_layers] if self.paint_layers else []))

    @property
    def is_lit(self) -> bool:
        """Whether the relief of paint is lit in the picture."""
        return self.lit == "always" or (self.lit == "auto" and not self.wanted_maps)

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
                style_scale=limit_brush(self.style_scale * layer.style_scale),
            )
            for layer in self.layers or LAYERS
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
