"""Coherent online video: a network of one style that warps its features from frame to frame."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of coherent online video."""

    carry: float = param(
        0.95,
        min=0,
        max=1,
        help="how much of what was painted is at most carried on; less fades old paint sooner",
    )
    cut: float = param(
        0.05,
        min=0,
        max=1,
        help="a frame of which less than this share can be carried on begins a new scene",
    )
    trust: str = param(
        "learned",
        choices=("learned", "difference"),
        help="what decides where to carry on: the trained mask, or how much the features differ",
    )


CARD = Card(
    id="covst",
    number=8,
    title="Coherent online video",
    look="Bold, Moving Along",
    summary="ReCoNet's trained styles, remembered: paint moves with the things that it is on",
    paper="Chen et al., Coherent Online Video Style Transfer",
    year=2017,
    licence="none published",
    call="recurrent",
    brush="canvas",
    module="methods.covst.stylize",
    params=Params,
    backbones=("compact", "published"),
    networks=("covst", "flownet", "reconet_"),
    styles="names",
    steady=True,
    max_styles=4,
    bytes_per_pixel=1,  # frames are never cut into tiles
    kept_bytes_per_pixel=1400,  # with a published network; ours take a third of it
)
