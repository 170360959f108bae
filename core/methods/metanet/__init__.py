"""Meta networks: one network that generates the weights of another, small one, for any style."""

from ...card import Card

CARD = Card(
    id="metanet",
    number=12,
    title="Meta networks",
    look="Rough, Any Style",
    summary="Any style, by a small network whose weights are written for it; for research and rough studies: "
    "of five methods, eyes put it last; plain places are hatched",
    paper="Shen et al., Neural Style Transfer via Meta Networks",
    year=2018,
    licence="none stated",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.metanet.stylize",
    backbones=("compact", "vgg16"),
    networks=("metanet",),
    bytes_per_pixel=500,
)
