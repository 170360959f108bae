"""MUNIT: from one domain to another in many styles: drawn, taken from an example, or between two of them."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param

DOMAINS = ("rust", "snow", "wet", "night")
"""Translations by name."""


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of MUNIT."""

    domain: str = param(
        "rust",
        choices=DOMAINS,
        help="the translation, where only pictures are given as styles and none is named",
    )
    variant: float = param(
        0.0,
        min=0,
        max=99,
        help="which of the styles; between two whole numbers one goes over into the next",
    )
    back: bool = param(
        default=False, help="go the other way: from rusted to clean, winter to summer"
    )


CARD = Card(
    id="munit",
    number=22,
    title="MUNIT",
    look="Another State",
    summary="From one state of things to another, as from clean to rusted, in as many variants as you like",
    paper="Huang et al., Multimodal Unsupervised Image-to-Image Translation",
    year=2018,
    licence="CC-BY-NC-SA-4.0",
    call="local",
    params=Params,
    thumbnail=True,
    makes="photo",
    palette=False,
    module="methods.munit.stylize",
    backbones=("compact", "published"),
    encoder=False,
    networks=("munit_",),
    styles="both",
    max_styles=4,
    bytes_per_pixel=2600,
    kept_bytes_per_pixel=128,
    halo=96,
)
