"""Linear style transfer (LST): one learned 32x32 matrix takes the content's features to the style's."""

from dataclasses import dataclass

from ...card import Card, param

LEVELS = ("relu3_1", "relu4_1")


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of linear style transfer."""

    level: str = param(
        "relu4_1",
        choices=LEVELS,
        help="which features are transformed: relu4_1 paints broadly, relu3_1 keeps more of the content",
    )


CARD = Card(
    id="linear",
    title="Linear",
    summary="Any style in one pass by a learned linear map; calm, close to the content, good for video",
    paper="Li et al., Learning Linear Transformations for Fast Image and Video Style Transfer",
    year=2019,
    licence="BSD-2-Clause",
    call="local",
    module="methods.linear.stylize",
    params=Params,
)
