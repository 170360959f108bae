"""Deep photo style transfer: fit a picture to a style's regions while it still looks like a photograph."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param
from ...settings import declare_follow


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of deep photo style transfer."""

    side: int = param(
        512,
        min=64,
        max=2048,
        help="longest side of the picture that is fitted; a larger one takes its local colours from it",
    )
    iterations: int = param(100, min=1, help="steps in each of the two rounds, free and realistic")
    content_weight: float = param(
        100.0,
        min=0,
        max=1e6,
        help="how much the picture's contents count; the style counts 200 a layer",
    )
    realism: float = param(
        1e6,
        min=0,
        max=1e9,
        help="what it costs to be, in any neighbourhood, no affine map of the photograph's colours",
    )
    follow: bool = declare_follow()


CARD = Card(
    id="deep_photo",
    number=17,
    title="Deep photo",
    look="Photo, Faithful",
    summary="A photograph in another's light by optimisation, region by region; slow and faithful to both",
    paper="Luan et al., Deep Photo Style Transfer",
    year=2017,
    licence="BSD-3-Clause",
    call="whole",
    module="methods.deep_photo.stylize",
    makes="photo",
    params=Params,
    labels=True,
    half=False,
)
