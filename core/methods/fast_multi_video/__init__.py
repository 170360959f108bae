"""Fast multi-style video: one network of several styles with a memory of earlier frames."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param

MEMORIES = ("early", "late")
"""Where a network may remember: before its residual blocks, and behind them."""


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of fast multi-style video."""

    memory: str = param(
        "late",
        choices=("late", "both", "early", "none"),
        help="which of the network's memories are used; none: each frame for itself",
    )
    alpha: float = param(
        1.0, min=0, max=1, help="how far the norms are the style's; 0: the network's, of no style"
    )


CARD = Card(
    id="fast_multi_video",
    number=9,
    title="Fast multi-style video",
    look="Soft and Steady",
    summary="Several trained styles in one small network that remembers the frames before; soft, for calm "
    "backgrounds and for research",
    paper="Gao et al., Fast Video Multi-Style Transfer",
    year=2020,
    licence="none stated",
    call="recurrent",
    brush="canvas",
    module="methods.fast_multi_video.stylize",
    params=Params,
    backbones=("compact", "published", "published_image"),
    networks=("fast_multi_video",),
    styles="names",
    steady=True,
    bytes_per_pixel=1,  # frames are never cut into tiles
    kept_bytes_per_pixel=1200,  # of the published network; ours takes half of it
)
