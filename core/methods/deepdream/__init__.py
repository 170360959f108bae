"""DeepDream: amplify what a layer of the network sees in the picture, or in the style's."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of DeepDream."""

    layers: str = param(
        "relu4_1",
        help="what grows: layers of the network, relu1_1 to relu5_1, several joined by +; "
        "deeper ones dream of larger things",
    )
    channel: int = param(
        -1, min=-1, help="only this channel of the layers, and no guide; -1: all of them"
    )
    guided: bool = param(
        default=True, help="whether the dream follows the style's picture or the content alone"
    )
    octaves: int = param(4, min=1, max=12, help="sizes at which it dreams, from small to full")
    ratio: float = param(1.4, min=1.1, max=4, help="how much larger each octave is")
    iterations: int = param(10, min=1, help="steps an octave")
    step: float = param(
        1.5, min=0.01, max=50, help="how far pixels move at each step, on average, of 255"
    )
    jitter: int = param(
        32,
        min=0,
        max=256,
        help="pixels by which the picture is shifted about, so that no grid shows",
    )
    convention: str = param(
        "google",
        choices=("google", "gordic"),
        help="google adds detail to the picture, crisp; gordic smooths gradients and lets one picture grow",
    )


CARD = Card(
    id="deepdream",
    number=19,
    title="DeepDream",
    look="Dreamlike",
    summary="Dreams the network's own patterns into the picture, or those it finds in the style",
    paper="Mordvintsev et al., Inceptionism: Going Deeper into Neural Networks",
    year=2015,
    licence="Apache-2.0",
    call="whole",
    module="methods.deepdream.stylize",
    params=Params,
    palette=False,
    backbones=("compact", "vgg19", "vgg19_imagenet"),
    half=False,
    bytes_per_pixel=1200,
    halo=85,
)
