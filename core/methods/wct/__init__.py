"""WCT: whiten the content's features, colour them with the style's covariance, decode; in five stages."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of WCT."""

    stages: int = param(
        5,
        min=1,
        max=5,
        help="the deepest stage; the picture then passes all shallower ones down to 1",
    )
    single: bool = param(default=False, help="only that one stage, without the shallower ones")
    alpha: float = param(
        0.6, min=0, max=1, help="how much of the style every stage takes on, in its features"
    )
    threshold: float = param(
        1e-3,
        min=1e-9,
        max=0.1,
        help="features that vary less than this share of the strongest count as noise and fade out",
    )


CARD = Card(
    id="wct",
    number=4,
    title="WCT",
    look="Wild",
    summary="Any style, by algebra: colours and textures from coarse to fine; the strongest, forms dissolve",
    paper="Li et al., Universal Style Transfer via Feature Transforms",
    year=2017,
    licence="MIT",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.wct.stylize",
    params=Params,
    backbones=("compact", "vgg19", "cd16x"),
    networks=(
        "decoder_relu5_1",
        "decoder_relu4_1",
        "decoder_relu3_1",
        "decoder_relu2_1",
        "decoder_relu1_1",
    ),
    half=False,
    bytes_per_pixel=500,
    halo=288,
)
