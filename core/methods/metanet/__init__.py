"""Meta networks: one network that generates the weights of another, small one, for any style."""

from ...card import Card

CARD = Card(
    id="metanet",
    number=12,
    title="Meta networks",
    look="Bold, Any Style",
    summary="Any style: the weights of a small network are written for it, which paints as a trained one",
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
