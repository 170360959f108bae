"""Gatys: optimise the picture itself until a network sees the content's objects in the style's manner."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param

STARTS = ("transport", "content", "colors", "noise", "style")
RECIPES = ("ours", "gatys", "neural_style", "anishathalye", "tutorial")


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of Gatys."""

    recipe: str = param(
        "ours",
        choices=RECIPES,
        help="which losses and which optimiser: this project's, or those of a published program",
    )
    start: str = param(
        "transport",
        choices=STARTS,
        help="what it begins with: the default method's result, the content, the content in the style's "
        "colours, noise, or the style's own picture",
    )
    iterations: int = param(
        60, min=1, help="steps at full size; the published programs take 300 to 1000"
    )
    scales: int = param(
        3,
        min=1,
        max=8,
        help="sizes at which it works, each twice the one before; more: larger forms",
    )
    content_weight: float = param(
        1.0, min=0, max=100, help="how much more, or less, than usual the content counts"
    )
    style_layers: str = param(
        "", help="layers and their weights, as relu1_1=1,relu4_1=0.5; empty: those of the recipe"
    )
    smoothness: float = param(
        0.0, min=0, max=100, help="weight of total variation besides the recipe's own"
    )
    optimiser: str = param(
        "recipe",
        choices=("recipe", "lbfgs", "adam"),
        help="L-BFGS comes farther in a step; Adam needs less memory",
    )
    pooling: str = param(
        "max", choices=("max", "avg"), help="how the network pools; avg paints more smoothly"
    )
    colors: str = param(
        "style",
        choices=("style", "luminance", "histogram"),
        help="whose colours: the style's, or the content's, by painting its luminance only or by "
        "giving the style its colours first",
    )


CARD = Card(
    id="gatys",
    number=18,
    title="Gatys",
    look="Closest to the Style",
    summary="The slow original: paints the picture itself, closest to the style's own hand",
    paper="Gatys et al., Image Style Transfer Using Convolutional Neural Networks",
    year=2016,
    licence="MIT",
    call="whole",
    module="methods.gatys.stylize",
    params=Params,
    backbones=("compact", "vgg19", "vgg19_gatys", "vgg19_imagenet"),
    networks=("heads",),
    begins=("transport",),
    bytes_per_pixel=1000,
    kept_bytes_per_pixel=450,
    halo=85,
)
