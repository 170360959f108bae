"""A toon look: how its shades, highlights, rims, lines and dots are, and the looks that come with Stylize.

Plain data without numpy, for finished renders (``core/npr/shading``) and for materials in Blender. All tones
are a *level*: 0 in the deepest shadow, 1 in full light. Colours are ``#rrggbb``, sRGB, and mixed in OKLab.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from ..errors import ParamsError
from ..fields import check_limits, param

SHADES, HIGHLIGHT, RIM = "shades", "highlight", "rim light"
LINES, HATCHES, DOTS, PAINT = "lines", "hatches", "dots", "paint"
"""Headings of a look's settings."""
COLOR = "COLOR"
"""Unit of the settings that are colours."""
OUTLINES: Mapping[str, tuple[float, float, float]] = MappingProxyType({
    "round": (2.0, 1.0, 1.0),
    "square": (6.0, 1.0, 1.0),
    "star": (0.7, 1.0, 1.0),
    "streak": (2.0, 0.3, 2.4),
})  # fmt: skip  # a table
"""Outlines of highlights: the norm in which one is a circle, and how much it counts turns sideways and up.

A streak lies across, as on hair.
"""
SHAPES = tuple(OUTLINES)
ALONG = ("object", "uv", "curvature")
"""What strokes follow on surfaces."""
Stop = tuple[float, float]
"""A place on the way from no light, 0, to full light, 1; and its level."""


@dataclass(frozen=True, slots=True)
class ToonLook:
    """All settings of a toon look; each is a number, a choice or a colour, so each can be animated."""

    bands: int = param(
        3, min=1, max=8, group=SHADES, help="number of tones from shadow to light; 1: no shading"
    )
    softness: float = param(
        0.0,
        min=0,
        max=1,
        label="Band Softness",
        option="--band-softness",
        group=SHADES,
        help="how soft the steps between tones are: 0 cut with a knife, 1 one even gradation",
    )
    shadow_edge: float = param(
        0.2, min=0, max=1, group=SHADES, help="light at which the deepest shadow ends"
    )
    light_edge: float = param(
        0.65, min=0, max=1, group=SHADES, help="light at which the brightest tone begins"
    )
    shadow_tone: float = param(
        0.6,
        min=0,
        max=1,
        group=SHADES,
        help="lightness of the deepest shadow, of the surface's own",
    )
    shadow_hue: float = param(
        0.0,
        min=-180,
        max=180,
        unit="DEGREES",
        group=SHADES,
        help="how far the shadow's hue is turned from the surface's",
    )
    shadow_chroma: float = param(
        1.0, min=0, max=3, group=SHADES, help="colourfulness of the shadow, of the surface's own"
    )
    tint: float = param(0.0, min=0, max=1, group=SHADES, help="how strong the three tints are")
    shadow_tint: str = param(
        "#5a4fcf", unit=COLOR, group=SHADES, help="what the darkest tone is tinted with"
    )
    middle_tint: str = param(
        "#808080",
        unit=COLOR,
        group=SHADES,
        help="what tones halfway are tinted with; grey: nothing",
    )
    light_tint: str = param(
        "#ffd9a0", unit=COLOR, group=SHADES, help="what the brightest tone is tinted with"
    )
    ambient: float = param(
        0.0, min=0, max=1, group=SHADES, help="light from all around, which fills the shadows"
    )
    ambient_tint: str = param("#b8d0ff", unit=COLOR, group=SHADES, help="its colour")
    color: float = param(
        1.0, min=0, max=1, group=SHADES, help="how much of the surface's own colour; 0: paper's"
    )
    paper: str = param("#f7f3e8", unit=COLOR, group=SHADES, help="the colour in place of it")
    chroma: float = param(1.0, min=0, max=3, group=SHADES, help="colourfulness of the whole")

    highlight: float = param(
        0.0, min=0, max=1, group=HIGHLIGHT, help="how much of it shows; 0: no highlight"
    )
    highlight_size: float = param(
        0.25, min=0, max=1, group=HIGHLIGHT, help="its radius, of 45 degrees of the surface's turn"
    )
    highlight_softness: float = param(
        0.0, min=0, max=1, group=HIGHLIGHT, help="how soft its edge is"
    )
    highlight_shape: str = param("round", choices=SHAPES, group=HIGHLIGHT, help="its outline")
    highlight_right: float = param(
        0.0, min=-1, max=1, group=HIGHLIGHT,
        help="how far it is moved to the right, of 45 degrees of the surface's turn",
    )  # fmt: skip  # as its neighbour
    highlight_up: float = param(
        0.0, min=-1, max=1, group=HIGHLIGHT, help="how far it is moved upward, likewise"
    )
    highlight_color: str = param("#ffffff", unit=COLOR, group=HIGHLIGHT, help="its colour")

    rim: float = param(0.0, min=0, max=1, group=RIM, help="how much of it shows; 0: no rim light")
    rim_width: float = param(
        0.3, min=0, max=1, group=RIM, help="how far it reaches in from the silhouette"
    )
    rim_softness: float = param(0.1, min=0, max=1, group=RIM, help="how soft its inner edge is")
    rim_side: float = param(
        0.0,
        min=-1,
        max=1,
        group=RIM,
        help="where it is: 0 all around, 1 on the light's side, -1 on the other",
    )
    rim_color: str = param("#ffffff", unit=COLOR, group=RIM, help="its colour")

    line_width: float = param(
        2.0,
        min=0,
        max=64,
        soft=(0, 12),
        unit="PIXELS",
        group=LINES,
        help="width of the lines in a picture 1080 pixels high; 0: none",
    )
    line_metres: float = param(
        0.0,
        min=0,
        max=10,
        soft=(0, 0.1),
        unit="METRES",
        group=LINES,
        help="their width in the scene instead, so that they are thinner farther off; 0: in pixels",
    )
    line_color: str = param("#14121a", unit=COLOR, group=LINES, help="the ink")
    line_tint: float = param(
        0.0, min=0, max=1, group=LINES, help="how much of the surface's own colour is in the ink"
    )
    silhouettes: float = param(
        1.0, min=0, max=4, group=LINES, help="width of lines where a thing ends, of the lines'"
    )
    creases: float = param(
        0.6, min=0, max=4, group=LINES, help="width of lines along sharp edges, of the lines'"
    )
    crease_angle: float = param(
        40.0, min=1, max=179, unit="DEGREES", group=LINES, help="how sharp an edge must be for it"
    )
    borders: float = param(
        0.6, min=0, max=4, group=LINES, help="width of lines between materials, of the lines'"
    )
    taper: float = param(
        0.0, min=0, max=1, group=LINES, help="how much thinner lines become toward their ends"
    )
    brush: float = param(
        0.0, min=0, max=1, group=LINES, help="how uneven the lines are, as if brushed by hand"
    )
    far_lines: float = param(
        0.0, min=0, max=1, group=LINES, help="how much thinner lines of far things are"
    )
    detail: float = param(
        0.0, min=0, max=1, group=LINES, help="how much of the surfaces' own drawing is inked too"
    )

    hatching: float = param(
        0.0, min=0, max=1, group=HATCHES, help="how much the shadows are hatched; 0: not"
    )
    hatch_gap: float = param(
        9.0,
        min=2,
        max=128,
        soft=(4, 32),
        unit="PIXELS",
        group=HATCHES,
        help="distance of the strokes in a picture 1080 pixels high",
    )
    hatch_angle: float = param(
        35.0, min=-90, max=90, unit="DEGREES", group=HATCHES, help="their turn on the surface"
    )

    hatch_along: str = param(
        "object",
        choices=ALONG,
        group=HATCHES,
        help="what they follow: the object's own sides, its UVs, or the way it bends most",
    )

    halftone: float = param(
        0.0, min=0, max=1, group=DOTS, help="how much shadows are printed in dots; 0: not"
    )
    dot_size: float = param(
        10.0,
        min=2,
        max=128,
        soft=(4, 32),
        unit="PIXELS",
        group=DOTS,
        help="distance of the dots in a picture 1080 pixels high",
    )
    dot_angle: float = param(
        45.0, min=-90, max=90, unit="DEGREES", group=DOTS, help="turn of the dots' rows"
    )

    paint: float = param(
        0.0,
        min=0,
        max=32,
        soft=(0, 12),
        unit="PIXELS",
        group=PAINT,
        help="radius of the daubs into which the picture runs together, at 1080 pixels; 0: none",
    )
    levels: int = param(
        0, min=0, max=64, group=PAINT, help="number of lightnesses that are left; 0: all"
    )
    grain: float = param(0.0, min=0, max=1, group=PAINT, help="how uneven paper, paint or clay is")


@dataclass(frozen=True, slots=True)
class Preset:
    """A look that comes with Stylize."""

    title: str
    summary: str
    look: ToonLook


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "cel": Preset(
            "Cel",
            "two hard tones, one round highlight, even black lines",
            ToonLook(bands=2, shadow_edge=0.35, shadow_tone=0.68, shadow_hue=-12, shadow_chroma=1.15,
                     highlight=0.85, highlight_size=0.2, line_width=2.5, creases=0.7, chroma=1.1),
        ),
        "comic": Preset(
            "Comic",
            "strong colour, shadows in dots, swelling brush lines",
            ToonLook(bands=3, shadow_edge=0.18, light_edge=0.55, shadow_tone=0.52, shadow_chroma=1.2,
                     tint=0.25, shadow_tint="#3b3fb0", highlight=0.9, highlight_size=0.17,
                     highlight_shape="square", line_width=4, silhouettes=1.3, creases=0.7, taper=0.7,
                     brush=0.25, halftone=0.8, dot_size=9, chroma=1.3),
        ),
        "anime": Preset(
            "Anime",
            "clean tones with violet shadows, a streak of light, a lit rim, thin coloured lines",
            ToonLook(bands=3, softness=0.12, shadow_edge=0.3, light_edge=0.5, shadow_tone=0.7,
                     shadow_hue=-18, shadow_chroma=1.25, tint=0.35, shadow_tint="#6a4fc8",
                     light_tint="#ffe2b0", ambient=0.08, highlight=0.7, highlight_size=0.22,
                     highlight_softness=0.1, highlight_shape="streak", rim=0.6, rim_width=0.22,
                     rim_side=1, rim_color="#fff2dc", line_width=1.8, line_color="#2a1630",
                     line_tint=0.45, taper=0.5, chroma=1.15),
        ),
        "ink": Preset(
            "Ink",
            "pen and paper: hatched shadows, lines of living width, no colour",
            ToonLook(bands=4, softness=0.5, shadow_edge=0.12, light_edge=0.7, shadow_tone=0.9,
                     shadow_chroma=0.6, color=0, paper="#f4eddc", line_width=2.6, line_color="#1b1a22",
                     silhouettes=1.3, taper=0.8, brush=0.3, far_lines=0.5, detail=0.3, hatching=1,
                     hatch_gap=8, grain=0.25),
        ),
        "gouache": Preset(
            "Gouache",
            "broad opaque daubs, warm lights and cool shadows, hardly a line",
            ToonLook(bands=4, softness=0.35, shadow_edge=0.15, light_edge=0.75, shadow_tone=0.6,
                     shadow_hue=-25, shadow_chroma=1.15, tint=0.4, shadow_tint="#4a55b8",
                     light_tint="#ffdca0", ambient=0.12, rim=0.25, rim_width=0.3, rim_softness=0.5,
                     rim_side=1, rim_color="#ffe9c8", line_width=1.6, line_color="#3a2a3c",
                     line_tint=0.7, creases=0, borders=0, taper=0.8, brush=0.7, paint=6, levels=12,
                     grain=0.35, chroma=1.12),
        ),
        "clay": Preset(
            "Clay",
            "soft graded light on one warm material, no lines",
            ToonLook(bands=5, softness=1, shadow_edge=0.05, light_edge=0.9, shadow_tone=0.45,
                     shadow_hue=-8, shadow_chroma=1.2, tint=0.2, shadow_tint="#5b3a7a",
                     light_tint="#ffe6c4", ambient=0.15, ambient_tint="#c8b8ff", color=0.25,
                     paper="#d9a98a", highlight=0.25, highlight_size=0.7, highlight_softness=1,
                     rim=0.3, rim_width=0.45, rim_softness=1, line_width=0, grain=0.5),
        ),
    }
)  # fmt: skip  # a table
"""The looks by name."""


def find_preset(name: str) -> Preset:
    """Return a preset.

    Raises:
        ParamsError: for an unknown name, listing the known ones.
    """
    if name not in PRESETS:
        raise ParamsError(f"there is no toon look {name!r}; choose one of: {', '.join(PRESETS)}")
    return PRESETS[name]


def step_places(look: ToonLook) -> tuple[float, ...]:
    """Return the lights at which a look's tones meet, from dark to light: one fewer than it has bands.

    They lie evenly from ``shadow_edge`` to ``light_edge``; a look of two tones has the first alone.
    """
    low, high = sorted((look.shadow_edge, look.light_edge))
    gaps = max(look.bands - 2, 1)
    return tuple(low + (high - low) * index / gaps for index in range(look.bands - 1))


def ramp_stops(look: ToonLook) -> tuple[Stop, ...]:
    """Return the level by light as stops with straight lines between them, as Blender's Color Ramp has it.

    Each step is drawn out to both sides by a share of the way to the middle between it and its neighbour, or
    to no and full light, so at softness 1 the steps meet. Before the first stop and behind the last the level
    stays. A look of one band has the one level 1.
    """
    places = step_places(look)
    if not places:
        return ((0.0, 1.0),)
    middles = [(a + b) / 2 for a, b in pairwise(places)]
    stops: list[Stop] = []
    for index, place in enumerate(places):
        start, end = (0.0, *middles)[index], (*middles, 1.0)[index]
        stops += [
            (place + look.softness * (start - place), index / len(places)),
            (place + look.softness * (end - place), (index + 1) / len(places)),
        ]
    return tuple(stops)


def read_color(text: str) -> tuple[float, float, float]:
    """Return a colour ``#rrggbb`` as sRGB values in [0, 1].

    Raises:
        ParamsError: if it is none.
    """
    digits = text.removeprefix("#")
    try:
        found = bytes.fromhex(digits) if len(digits) == 6 else b""
    except ValueError:
        found = b""
    if len(found) != 3:
        raise ParamsError(f"{text!r} is no colour; write it as #rrggbb, such as #14121a")
    red, green, blue = (value / 255 for value in found)
    return red, green, blue


def check_look(look: ToonLook) -> None:
    """Check that all settings of a look are what they may be.

    Raises:
        ParamsError: naming the setting, what came and what is allowed.
    """
    check_limits(look)
    for name, declared in ToonLook.__dataclass_fields__.items():
        if declared.metadata["unit"] == COLOR:
            try:
                read_color(getattr(look, name))
            except ParamsError as error:
                raise ParamsError(f"{name.replace('_', ' ')}: {error}", name) from error
