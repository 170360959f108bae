"""Painters: strokes, bristles and relief by code, without any network; crisp at any size."""

from dataclasses import dataclass
from typing import Any

from ...card import Card
from ...fields import param

GROUNDS = ("umber", "white", "grey", "black")
SHEETS = ("night", "cream", "grey", "black")
STARTS = ("brushwork", "nnst")
"""Methods whose painting may be painted over."""


def _layers(most: int) -> Any:
    return param(
        most, min=1, max=most, help="brushes that are used, from the broadest on: fewer are looser"
    )


def _detail() -> Any:
    return param(
        1.0, min=0.25, max=4.0, help="how much of the picture the finer brushes bring out again"
    )


def _edges() -> Any:
    return param(
        0.0,
        min=0.0,
        max=1.0,
        help="how much finer brushes go along the picture's own edges and small forms",
    )


def _impasto(default: float = 1.0) -> Any:
    return param(
        default, min=0.0, max=3.0, help="how thick the paint lies, and so how strongly it is lit"
    )


def _follow() -> Any:
    return param(
        1.0,
        min=0.0,
        max=1.0,
        help="how much strokes go along the picture's forms; the rest of the way they go at the angle",
    )


def _angle() -> Any:
    return param(
        90.0,
        min=0.0,
        max=180.0,
        help="degrees at which strokes go that do not follow forms: 0 is level, 90 upright",
    )


def _length() -> Any:
    return param(
        1.0, min=0.25, max=4.0, help="how long strokes are: 1 is usual, less are dabs, more run on"
    )


def _variety() -> Any:
    return param(
        1.0,
        min=0.0,
        max=3.0,
        help="how much colors differ from stroke to stroke and from bristle to bristle",
    )


def _start() -> Any:
    return param(
        "none",
        choices=("none", *STARTS),
        help="what is painted over: the picture, or its painting in the style by brushwork, or by nnst, the "
        "finest: its colors, this painter's strokes",
    )


@dataclass(frozen=True, slots=True)
class Oil:
    """Settings of oil."""

    layers: int = _layers(4)
    detail: float = _detail()
    edges: float = _edges()
    impasto: float = _impasto()
    length: float = _length()
    variety: float = _variety()
    follow: float = _follow()
    angle: float = _angle()
    ground: str = param("umber", choices=GROUNDS, help="color of the bare canvas")
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Gouache:
    """Settings of gouache."""

    layers: int = _layers(3)
    detail: float = _detail()
    edges: float = _edges()
    impasto: float = _impasto()
    length: float = _length()
    variety: float = _variety()
    follow: float = _follow()
    angle: float = _angle()
    contours: bool = param(default=True, help="draw dark lines along strong edges")
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Pastel:
    """Settings of pastel."""

    layers: int = _layers(4)
    detail: float = _detail()
    edges: float = _edges()
    pressure: float = param(
        0.0, min=-1.0, max=1.0, help="how hard chalk is pressed: less leaves more of the paper bare"
    )
    length: float = _length()
    variety: float = _variety()
    follow: float = _follow()
    angle: float = _angle()
    paper: str = param("night", choices=SHEETS, help="color of the paper")
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Pointillism:
    """Settings of pointillism."""

    purity: float = param(
        1.0,
        min=0.0,
        max=2.0,
        help="how far the dabs' colors are from the picture's; they mix in the eye",
    )
    impasto: float = _impasto()
    follow: float = _follow()
    angle: float = _angle()
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Watercolor:
    """Settings of watercolor."""

    wet: float = param(1.0, min=0.0, max=2.0, help="how far washes bleed and bloom")
    grain: float = param(
        1.0, min=0.0, max=2.0, help="how much pigment settles in the paper's grain"
    )
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Woodblock:
    """Settings of the woodblock print."""

    tints: int = param(12, min=2, max=24, help="blocks of color that are printed")
    lines: float = param(
        1.0, min=0.0, max=3.0, help="how wide the dark lines of the key block are; 0: none"
    )
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Engraving:
    """Settings of engraving."""

    bold: float = param(1.0, min=0.5, max=2.0, help="how wide lines get where it is dark")
    tint: float = param(
        0.8, min=0.0, max=1.0, help="how strongly it is colored by hand; 0: ink on paper"
    )
    follow: float = _follow()
    angle: float = _angle()
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Halftone:
    """Settings of halftone."""

    tints: int = param(
        14, min=0, max=24, help="flat colors before they are screened; 0: gradations stay, no lines"
    )
    lines: float = param(1.0, min=0.0, max=3.0, help="how wide the ink lines are; 0: none")
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Glass:
    """Settings of stained glass."""

    loyalty: float = param(
        1.0, min=0.0, max=2.0, help="how closely panes follow the picture's colors; 0: not at all"
    )
    leads: float = param(1.0, min=0.25, max=3.0, help="how wide the leads are")
    start: str = _start()


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Settings of mosaic."""

    joints: float = param(1.0, min=0.25, max=3.0, help="how wide the joints between stones are")
    impasto: float = param(1.0, min=0.0, max=3.0, help="how far stones stand out")
    follow: float = _follow()
    angle: float = _angle()
    start: str = _start()


def _card(**facts: Any) -> Card:
    return Card(
        paper="of this project; docs/methods/paint.md",
        year=2026,
        licence="GPL-3.0-or-later",
        call="local",
        module="methods.paint.stylize",
        backbones=("compact",),
        encoder=False,
        brush="own",
        needs_style=False,
        ground=True,
        begins=STARTS,
        chooses=True,
        bytes_per_pixel=60,
        kept_bytes_per_pixel=6,
        kept_megabytes=300,
        halo=0,
        **facts,
    )


CARDS = (
    _card(
        id="oil",
        number=25,
        title="Oil",
        look="Oil",
        summary="Thick strokes that follow the forms, with bristles and a lit relief",
        params=Oil,
        staged=("Ground", "Paint", "Linen"),
        film=True,
    ),
    _card(
        id="gouache",
        number=26,
        title="Gouache",
        look="Gouache",
        summary="Broad patches of opaque color, dark lines along strong edges",
        params=Gouache,
        staged=("Ground", "Paint", "Lines", "Linen"),
        film=True,
    ),
    _card(
        id="pastel",
        number=27,
        title="Pastel",
        look="Pastel",
        summary="Chalk on rough, toned paper that shows between the strokes",
        params=Pastel,
        staged=("Paper", "Paint"),
        film=True,
    ),
    _card(
        id="pointillism",
        number=28,
        title="Pointillism",
        look="Pointillism",
        summary="Dabs of pure color that mix in the eye",
        params=Pointillism,
        staged=("Ground", "Paint", "Linen"),
        film=True,
    ),
    _card(
        id="watercolor",
        number=29,
        title="Watercolor",
        look="Watercolor",
        summary="Wet washes that bleed, darker at their edges, and settle in the paper's grain",
        params=Watercolor,
    ),
    _card(
        id="woodblock",
        number=30,
        title="Woodblock",
        look="Woodblock",
        summary="Flat tints printed from wood, a dark key block, hand-made paper",
        params=Woodblock,
    ),
    _card(
        id="engraving",
        number=31,
        title="Engraving",
        look="Engraving",
        summary="Lines along the forms, wider and crossed where it is dark, tinted by hand",
        params=Engraving,
        staged=("Paper", "Lines"),
    ),
    _card(
        id="halftone",
        number=32,
        title="Halftone",
        look="Halftone",
        summary="A comic in four screened inks, bold outlines, cheap paper",
        params=Halftone,
    ),
    _card(
        id="glass",
        number=33,
        title="Stained glass",
        look="Stained Glass",
        summary="Panes along the colors, streaks and bubbles, round leads",
        params=Glass,
    ),
    _card(
        id="mosaic",
        number=34,
        title="Mosaic",
        look="Mosaic",
        summary="Stones in rows along the forms, set in grout",
        params=Mosaic,
    ),
)
