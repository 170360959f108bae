"""NNST: every cell of the picture takes its nearest neighbour in the style; the finest look."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of NNST."""

    loyalty: float = param(
        0.6,
        min=0,
        max=1,
        help="how much of the content stays: 0 paints freely, 1 keeps small lettering and faces",
    )
    iterations: int = param(
        60, min=1, help="steps at each size: 20 are a sketch, 150 blend the strokes to the last"
    )
    coherence: float = param(
        0.5,
        min=0,
        max=1,
        help="how large the pieces are that come from one place of the style: 0 mixes, 1 copies",
    )
    reuse: float = param(
        3.0,
        min=1,
        max=1000,
        help="how many times more often than on average the same patch of the style may be taken",
    )
    turned: bool = param(
        default=True, help="whether patches of the style are also taken turned by quarter turns"
    )
    smoothness: float = param(
        0.0, min=0, max=10, help="weight of total variation: fewer fine lines"
    )


CARD = Card(
    id="nnst",
    number=20,
    title="Neural Neighbours",
    look="Finest",
    summary="The finest: painted from the style's own patches and strokes, size by size; slow",
    paper="Kolkin et al., Neural Neighbor Style Transfer",
    year=2022,
    licence="MIT",
    call="whole",
    module="methods.nnst.stylize",
    params=Params,
    backbones=("compact", "vgg19", "vgg19_gatys", "vgg19_imagenet"),
    bytes_per_pixel=1500,
    kept_bytes_per_pixel=320,
    kept_megabytes=300,
    halo=85,
)
