"""Painters: strokes, bristles and relief by code, without any network; crisp at any size."""

from dataclasses import dataclass
from typing import Any

from ...card import Card
from ...fields import param

GROUNDS = ("umber", "white", "grey", "black")
SHEETS = ("night", "cream", "grey", "black")


def _layers(most: int) -> Any:
    return param(
        most, min=1, max=most, help="brushes that are used, from the broadest on: fewer are looser"
    )


def _detail() -> Any:
    return param(
        1.0, min=0.25, max=4.0, help="how much of the picture the finer brushes bring out again"
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


@dataclass(frozen=True, slots=True)
class Oil:
    """Settings of oil."""

    layers: int = _layers(4)
    detail: float = _detail()
    impasto: float = _impasto()
    follow: float = _follow()
    angle: float = _angle()
    ground: str = param("umber", choices=GROUNDS, help="color of the bare canvas")


@dataclass(frozen=True, slots=True)
class Gouache:
    """Settings of gouache."""

    layers: int = _layers(3)
    detail: float = _detail()
    impasto: float = _impasto()
    follow: float = _follow()
    angle: float = _angle()
    contours: bool = param(default=True, help="draw dark lines along strong edges")


@dataclass(frozen=True, slots=True)
class Pastel:
    """Settings of pastel."""

    layers: int = _layers(4)
    detail: float = _detail()
    pressure: float = param(
        0.0, min=-1.0, max=1.0, help="how hard chalk is pressed: less leaves more of the paper bare"
    )
    follow: float = _follow()
    angle: float = _angle()
    paper: str = param("night", choices=SHEETS, help="color of the paper")


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
        relief=True,
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
    ),
    _card(
        id="gouache",
        number=26,
        title="Gouache",
        look="Gouache",
        summary="Broad patches of opaque color, dark lines along strong edges",
        params=Gouache,
    ),
    _card(
        id="pastel",
        number=27,
        title="Pastel",
        look="Pastel",
        summary="Chalk on rough, toned paper that shows between the strokes",
        params=Pastel,
    ),
    _card(
        id="pointillism",
        number=28,
        title="Pointillism",
        look="Pointillism",
        summary="Dabs of pure color that mix in the eye",
        params=Pointillism,
    ),
)
