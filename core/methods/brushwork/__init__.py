"""Brushwork: our own method, the default. The style's own strokes, laid along the content's forms."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of brushwork."""

    loyalty: float = param(
        0.6,
        min=0.0,
        max=1.0,
        help="how much of the content stays: 0 paints freely, 1 keeps every joint, letter and eye; "
        "pictures keep more than textures do",
    )
    strokes: float = param(
        1.0, min=0.0, max=2.0, help="how strongly the style's brush strokes stand out"
    )


CARD = Card(
    id="brushwork",
    number=21,
    title="Brushwork",
    look="Fast",
    summary="Any style in seconds: its colours, forms and its own brush strokes; materials stay themselves",
    paper="of this project; docs/methods/brushwork.md",
    year=2026,
    licence="GPL-3.0-or-later",
    call="local",
    module="methods.brushwork.stylize",
    params=Params,
    backbones=("compact",),
    networks=("decoder_relu3_1",),
    brush="canvas",
    chooses=True,
    bytes_per_pixel=350,
    kept_bytes_per_pixel=6,
    halo=48,
)
