"""AdaIN: give every channel of the content's features the style's mean and deviation, then decode."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param

LEVELS = ("relu3_1", "relu4_1")


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of AdaIN."""

    level: str = param(
        "relu4_1",
        choices=LEVELS,
        help="which features are matched: relu4_1 paints broadly, relu3_1 keeps more of the content",
    )


CARD = Card(
    id="adain",
    number=2,
    title="AdaIN",
    look="Broad Colors",
    summary="Any style in one pass: the style's colours and contrast, feature by feature; for moods, less "
    "for strokes",
    paper="Huang & Belongie, Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization",
    year=2017,
    licence="MIT",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.adain.stylize",
    params=Params,
    networks=("adain_relu4_1",),
)
