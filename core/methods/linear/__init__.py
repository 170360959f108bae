"""Linear style transfer (LST): one learned 32x32 matrix maps the content's features to the style's."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param
from ...settings import declare_fidelity, declare_follow, declare_smoothing

LEVELS = ("relu3_1", "relu4_1")


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of linear style transfer."""

    level: str = param(
        "relu4_1",
        choices=LEVELS,
        help="which features are transformed: relu4_1 paints broadly, relu3_1 keeps more of the content",
    )


@dataclass(frozen=True, slots=True)
class PhotoParams(Params):
    """Settings of its photorealistic variant."""

    smoothing: str = declare_smoothing(
        "propagation",
        help="what makes the result a photograph again: a learned network as published, or PhotoWCT's ways",
    )
    loyalty: float = declare_fidelity()
    follow: bool = declare_follow()


CARD = Card(
    id="linear",
    number=3,
    title="Linear",
    look="Calm",
    summary="Any style in one pass by a learned linear map: steady in video; edges get coloured rims",
    paper="Li et al., Learning Linear Transformations for Fast Image and Video Style Transfer",
    year=2019,
    licence="BSD-2-Clause",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.linear.stylize",
    steady=True,
    params=Params,
    networks=("linear_relu4_1", "decoder_relu4_1"),
)
PHOTO = Card(
    id="linear_photo",
    number=16,
    title="Linear, photorealistic",
    look="Photo, Calm",
    summary="A photograph in another's light by the learned linear map, region by region",
    paper="Li et al., Learning Linear Transformations for Fast Image and Video Style Transfer",
    year=2019,
    licence="BSD-2-Clause",
    call="whole",
    module="methods.linear.photo",
    makes="photo",
    params=PhotoParams,
    networks=("linear_relu4_1", "decoder_relu4_1"),
    labels=True,
)
