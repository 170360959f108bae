"""PCA-KD: tiny photorealistic networks, distilled from an auto-encoder along its principal components."""

from dataclasses import dataclass

from ...card import Card
from ...fields import param

STUDENTS = ("vgg", "mobilenet")
TRANSFORMS = ("zca", "ot", "adain")


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of PCA-KD."""

    student: str = param(
        "vgg",
        choices=STUDENTS,
        help="which network: vgg keeps more detail, mobilenet is four times smaller and faster",
    )
    transform: str = param(
        "zca",
        choices=TRANSFORMS,
        help="how features take on the style: zca its covariance, ot likewise by the smallest change, "
        "adain each channel's contrast alone",
    )
    colors: bool = param(
        default=True,
        help="at the end, give the picture the mean and covariance of the style's colours, of which a small "
        "network falls short",
    )
    smooth: bool = param(
        default=True,
        help="follow the content's edges (guided filter), which hides what is left of noise",
    )


CARD = Card(
    id="pca_kd",
    number=14,
    title="PCA-KD",
    look="Photo, Recolored",
    summary="A photograph in another's light and colours by a tiny network; for photos, not for paintings",
    paper="Chiu & Gurari, PCA-Based Knowledge Distillation Towards Lightweight and Content-Style Balanced "
    "Photorealistic Style Transfer Models",
    year=2022,
    licence="MIT",
    call="local",
    module="methods.pca_kd.stylize",
    makes="photo",
    params=Params,
    backbones=("compact", "published"),
    networks=("pca_kd_vgg",),
    half=False,
    bytes_per_pixel=500,
    halo=160,
)
