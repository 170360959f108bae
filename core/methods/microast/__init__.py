"""MicroAST: any style by a network of half a million weights, without a VGG."""

from ...card import Card

CARD = Card(
    id="microast",
    number=13,
    title="MicroAST",
    look="Delicate",
    summary="Any style in one pass by a very small network of its own, with no VGG at work",
    paper="Wang et al., MicroAST: Towards Super-Fast Ultra-Resolution Arbitrary Style Transfer",
    year=2023,
    licence="MIT",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.microast.stylize",
    backbones=("compact", "published"),
    networks=("microast",),
    half=False,
    bytes_per_pixel=600,
)
