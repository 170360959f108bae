"""PhotoWCT: whitening and colouring with networks that keep every edge in place, then smoothing."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param
from ...settings import declare_fidelity, declare_follow, declare_smoothing


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of PhotoWCT."""

    stages: int = param(
        4,
        min=1,
        max=4,
        help="the deepest stage; the picture then passes all shallower ones down to 1",
    )
    smoothing: str = declare_smoothing(
        help="what makes the result a photograph again: closed solves for it, guided is quick and rougher",
    )
    loyalty: float = declare_fidelity()
    follow: bool = declare_follow()


CARD = Card(
    id="photowct",
    number=15,
    title="PhotoWCT",
    look="Photo, Other Light",
    summary="A photograph in another photograph's light, weather or season; regions can be paired by labels",
    paper="Li et al., A Closed-form Solution to Photorealistic Image Stylization",
    year=2018,
    licence="CC-BY-NC-SA-4.0",
    call="whole",
    module="methods.photowct.stylize",
    makes="photo",
    params=Params,
    networks=("photowct",),
    labels=True,
    half=False,
)
