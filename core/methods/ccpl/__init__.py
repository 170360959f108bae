"""CCPL's simple covariance transform (SCT): a small learned map that gives features a style's covariance."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param

MODES = ("art", "photo")


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of CCPL."""

    mode: str = param(
        "art",
        choices=MODES,
        help="art paints; photo works on finer features and keeps a photograph a photograph",
    )
    smooth: bool = param(
        default=True, help="photo: follow the content's edges (guided filter), so that detail stays"
    )


CARD = Card(
    id="ccpl",
    number=11,
    title="CCPL",
    look="Fine",
    summary="Any style in one pass, trained so that neighbouring pixels stay neighbours: for video, where "
    "it does not flicker; a texture's patterns dissolve",
    paper="Wu et al., CCPL: Contrastive Coherence Preserving Loss for Versatile Style Transfer",
    year=2022,
    licence="Apache-2.0",
    call="local",
    thumbnail=True,
    brush="canvas",
    module="methods.ccpl.stylize",
    steady=True,
    params=Params,
    networks=("ccpl_art", "ccpl_sct_art"),
    halo=104,
)
