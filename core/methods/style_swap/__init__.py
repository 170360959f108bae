"""Style-Swap: replace every patch of the content's features by the most similar patch of the style."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of Style-Swap."""

    patch: int = param(
        3, min=1, max=9, help="side of a patch, in cells of 4 pixels: larger ones are more abstract"
    )
    stride: int = param(
        2,
        min=1,
        max=8,
        help="cells from one of the style's patches to the next: 1 offers all of them, four times slower",
    )
    blend: float = param(
        0.002,
        min=0,
        max=0.1,
        help="patches whose likeness differs by no more than about this are averaged; 0: the best one alone",
    )


CARD = Card(
    id="style_swap",
    number=10,
    title="Style-Swap",
    look="Patchwork",
    summary="Any style, patch by patch; for research, and where patchwork is wanted: soft, and slow for that",
    paper="Chen & Schmidt, Fast Patch-based Style Transfer of Arbitrary Style",
    year=2016,
    licence="GPL-3.0",
    call="local",
    brush="canvas",
    module="methods.style_swap.stylize",
    params=Params,
    backbones=("compact", "vgg19", "vgg19_imagenet"),
    networks=("style_swap_relu3_1",),
    bytes_per_pixel=1600,
    halo=60,
)
